//! Each test's own world: a PostgreSQL database or a SQLite file of its own, gone afterwards.
//!
//! `TEST_DATABASE_URL` names a server on which databases may be created.

#![allow(dead_code, reason = "no test file needs all of this")]

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plant::energy::Calendar;
use plant::meter::MeterPhase;
use plant::storage::{Battery, EnergyToday, Flow, StorageInput, StoragePhase};
use plant::{InverterReading, MeterReading, PortReading, Serial, Snapshot, StorageReading};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use store::{PostgresOptions, PostgresStore, Recomputed, Record, SqliteStore, Store};
use tempfile::TempDir;

/// Noon of a day long past: no reading of these tests is from the future by accident.
pub(crate) const NOON: i64 = 1_750_507_200;

pub(crate) enum World {
    Postgres(PgDatabase),
    Sqlite(TempDir),
}

impl World {
    pub(crate) async fn postgres() -> Self {
        Self::Postgres(PgDatabase::create().await)
    }

    pub(crate) async fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A store on this world's database, as after a restart of the bridge.
    pub(crate) fn reopen(&self) -> Arc<dyn Store> {
        match self {
            Self::Postgres(database) => Arc::new(database.store()),
            Self::Sqlite(dir) => Arc::new(SqliteStore::open_lazy(dir.path().join("new/plant.db"))),
        }
    }

    /// A store that is ready.
    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let store = self.reopen();
        store.prepare().await.unwrap();
        store
    }

    /// The same with days of a time zone.
    pub(crate) async fn store_in(&self, zone: TimeZone) -> Arc<dyn Store> {
        let calendar = Calendar::new(zone);
        let store: Arc<dyn Store> = match self {
            Self::Postgres(database) => Arc::new(database.store().in_calendar(calendar)),
            Self::Sqlite(dir) => {
                let store = SqliteStore::open_lazy(dir.path().join("new/plant.db"));
                Arc::new(store.in_calendar(calendar))
            }
        };
        store.prepare().await.unwrap();
        store
    }

    /// Makes the books of every day up to `now` anew.
    pub(crate) async fn recompute(&self, now: Timestamp) -> Recomputed {
        self.recompute_days(at(NOON), now, now).await
    }

    /// Makes the books of one day anew.
    pub(crate) async fn recompute_day(&self, day: Timestamp, now: Timestamp) -> Recomputed {
        self.recompute_days(day, day, now).await
    }

    async fn recompute_days(&self, from: Timestamp, to: Timestamp, now: Timestamp) -> Recomputed {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        self.recompute_range(day(from)..=day(to), now).await
    }

    /// Makes the books of every day from one up to `now` anew.
    pub(crate) async fn recompute_from(&self, day: Date, now: Timestamp) -> Recomputed {
        self.recompute_range(day..=now.to_zoned(TimeZone::UTC).date(), now).await
    }

    async fn recompute_range(&self, days: RangeInclusive<Date>, now: Timestamp) -> Recomputed {
        match self {
            Self::Postgres(database) => database.store().recompute(days, now).await.unwrap(),
            Self::Sqlite(dir) => {
                let store = SqliteStore::open_lazy(dir.path().join("new/plant.db"));
                store.recompute(days, now).await.unwrap()
            }
        }
    }

    /// Runs statements that no store would.
    pub(crate) async fn execute(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(database) => {
                sql.execute(&mut database.connect().await).await.unwrap();
            }
            Self::Sqlite(dir) => {
                sql.execute(&mut sqlite(dir).await).await.unwrap();
            }
        }
    }

    /// The integers that a query in the common part of both dialects finds.
    pub(crate) async fn numbers(&self, sql: &str) -> Vec<Option<i64>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(database) => {
                sqlx::query_scalar(sql).fetch_all(&mut database.connect().await).await.unwrap()
            }
            Self::Sqlite(dir) => {
                sqlx::query_scalar(sql).fetch_all(&mut sqlite(dir).await).await.unwrap()
            }
        }
    }

    /// The one integer that a query finds.
    pub(crate) async fn number(&self, sql: &str) -> Option<i64> {
        let found = self.numbers(sql).await;
        assert_eq!(found.len(), 1, "{sql}");
        found[0]
    }

    /// The texts that a query finds.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(database) => {
                sqlx::query_scalar(sql).fetch_all(&mut database.connect().await).await.unwrap()
            }
            Self::Sqlite(dir) => {
                sqlx::query_scalar(sql).fetch_all(&mut sqlite(dir).await).await.unwrap()
            }
        }
    }
}

async fn sqlite(dir: &TempDir) -> SqliteConnection {
    let path = dir.path().join("new/plant.db");
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

/// A database that lives as long as this value.
pub(crate) struct PgDatabase {
    pub(crate) url: String,
    name: String,
}

fn admin_url() -> String {
    std::env::var("TEST_DATABASE_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

async fn administer(sql: String) {
    let mut admin = PgConnection::connect(&admin_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
}

impl PgDatabase {
    pub(crate) async fn create() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!(
            "store_test_{}_{}_{number}",
            std::process::id(),
            Timestamp::now().as_microsecond()
        );
        administer(format!("CREATE DATABASE {name}")).await;
        let admin = admin_url();
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Self { url, name }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions {
            url: Some(self.url.clone()),
            pool_size: 2,
            max_overflow: 1,
            ..PostgresOptions::default()
        }
    }

    pub(crate) fn store(&self) -> PostgresStore {
        PostgresStore::new(&self.options()).unwrap()
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

impl Drop for PgDatabase {
    /// On a thread of its own, so that it also happens while a failed test unwinds.
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(administer(drop));
        });
        thread.join().unwrap();
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn serial(number: u32) -> Serial {
    format!("1161{number:08}").parse().unwrap()
}

pub(crate) fn port(serial: Serial, port: u8, total_wh: u32) -> PortReading {
    PortReading {
        serial,
        port,
        pv_voltage_v: Some(33.1),
        pv_current_a: Some(8.25),
        pv_power_w: Some(273.4),
        today_wh: Some(1234),
        total_wh: Some(total_wh),
    }
}

pub(crate) fn inverter(serial: Serial) -> InverterReading {
    InverterReading {
        grid_voltage_v: Some(231.4),
        grid_frequency_hz: Some(49.98),
        temperature_c: Some(-3.5),
        operating_status: Some(3),
        alarm_code: Some(9000),
        alarm_count: Some(u16::MAX),
        link_status: Some(1),
        ..InverterReading::blank(serial)
    }
}

/// A poll of `inverters` inverters with two ports each.
pub(crate) fn poll(second: i64, inverters: u32) -> Snapshot {
    let serials: Vec<Serial> = (1..=inverters).map(serial).collect();
    Snapshot {
        inverters: serials.iter().map(|&serial| inverter(serial)).collect(),
        ports: serials
            .iter()
            .flat_map(|&serial| [port(serial, 1, 5_000_000), port(serial, 2, 5_000_100)])
            .collect(),
        ..Snapshot::blank("roof".to_owned(), Some("10f800000001".parse().unwrap()), at(second))
    }
}

pub(crate) fn snapshot(snapshot: Snapshot) -> Record {
    Record::Snapshot(snapshot)
}

/// A meter of three phases, with another number in every field.
pub(crate) fn meter(number: u32) -> MeterReading {
    let phase = |salt: u16| MeterPhase {
        power_w: Some(-870.5 - f32::from(salt)),
        voltage_v: Some(231.7 + f32::from(salt)),
        current_a: Some(11.49 + f32::from(salt)),
        power_factor: Some(-0.983),
        import_wh: Some(1_000_000 + u64::from(salt)),
        export_wh: Some(2_000_000 + u64::from(salt)),
    };
    MeterReading {
        serial: format!("10c0{number:08}").parse().unwrap(),
        phase_count: Some(3),
        power_w: Some(-2610.0),
        power_factor: Some(-0.97),
        import_wh: Some(u64::from(u32::MAX) * 10),
        export_wh: Some(70),
        fault_code: Some(-1),
        phases: [Some(phase(1)), None, Some(phase(3))],
    }
}

/// A hybrid inverter, with another number in every field.
pub(crate) fn hybrid(second: i64, number: u32) -> StorageReading {
    let phase = |phase: u8| StoragePhase {
        phase,
        voltage_v: Some(230.1),
        current_a: Some(4.21),
        power_w: Some(-120.0 * f32::from(phase)),
        reactive_power_var: None,
        consumed_wh: Some(9_000),
        fed_in_wh: Some(u64::from(phase)),
    };
    StorageReading {
        serial_number: format!("2206999505{number:04}"),
        gateway_serial_number: "73000000000001".to_owned(),
        sampled_at: at(second),
        battery: Battery {
            state_of_charge_percent: Some(63.0),
            state_of_health_percent: Some(99.0),
            voltage_v: Some(259.2),
            power_w: Some(-1500.0),
            charged_wh: Some(4_100),
            discharged_wh: Some(2_700),
            cell_voltage_max_v: Some(3.309),
            cell_voltage_min_v: Some(3.297),
            temperature_max_c: Some(21.5),
            temperature_min_c: Some(-2.5),
            fault_code: Some(7),
        },
        inputs: vec![StorageInput {
            input: 1,
            voltage_v: Some(412.3),
            current_a: Some(3.1),
            power_w: Some(1278.0),
            energy_wh: None,
        }],
        grid: vec![phase(1), phase(2), phase(3)],
        load: vec![phase(1)],
        flow: Some(Flow {
            pv_to_load_w: Some(300.0),
            pv_to_battery_w: Some(978.0),
            pv_to_grid_w: Some(1.0),
            battery_to_load_w: Some(2.0),
            battery_to_grid_w: Some(3.0),
            grid_to_load_w: None,
        }),
        energy_today: EnergyToday {
            pv_to_load_wh: Some(1),
            pv_to_battery_wh: Some(2),
            pv_to_grid_wh: Some(3),
            load_from_pv_wh: Some(4),
            load_from_battery_wh: Some(5),
            load_from_grid_wh: None,
        },
    }
}

/// What the DTU of [`poll`] shows with a meter and a hybrid inverter beside its inverters.
pub(crate) fn poll_with_devices(second: i64) -> Snapshot {
    Snapshot { meters: vec![meter(1)], storage: vec![hybrid(second, 1)], ..poll(second, 1) }
}
