//! A plant of one Modbus DTU and two Wi-Fi DTUs, one of which encrypts and one of which shows each
//! reading in three pages.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use dtu::{DialectSetting, Driver, Endpoint, ModbusDriver, WifiDriver, WifiEndpoint};
use e2e::{Bridge, Database, eventually, noon};
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::inventory::Inventory;
use serde_json::{Value, json};
use simulator::wifi::{ACCESS_POINT_PASSWORD, WIFI_PASSWORD};
use simulator::{DtuOptions, Running, RunningWifi, SimPlant, SimulatedDtu};
use simulator::{SimulatedWifiDtu, WifiOptions};
use sqlx::{AssertSqlSafe, Row};
use store::{PostgresOptions, PostgresStore, Record, Store};

/// Serial, port, microseconds since 1970.
type Key = (String, i64, i64);

const LOCALHOST: &str = "127.0.0.1";
/// How often the Wi-Fi DTUs take in new values.
const REFRESH: Duration = Duration::from_secs(30);

/// The three DTUs, under the same clock.
struct Plant {
    house: Running,
    /// Encrypts, and has a meter.
    garage: RunningWifi,
    /// Three pages.
    barn: RunningWifi,
}

impl Plant {
    async fn plug_in(
        refresh: Duration,
        clock: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
    ) -> Self {
        let house =
            SimulatedDtu::new(SimPlant::with_ports(9, 1), DtuOptions::default(), clock.clone());
        let garage =
            WifiOptions { seed: Some([1; 16]), meter: true, refresh, ..WifiOptions::default() };
        let barn = WifiOptions {
            serial: Serial::from_bytes([0x41, 0x11, 0x60, 0x65, 0x43, 0x21]),
            ports_per_page: 5,
            refresh,
            ..WifiOptions::default()
        };
        let garage = SimulatedWifiDtu::new(SimPlant::garage(2), garage, clock.clone());
        let barn = SimulatedWifiDtu::new(SimPlant::with_ports(14, 3), barn, clock);
        Self {
            house: house.listen((LOCALHOST, 0)).await.unwrap(),
            garage: garage.listen((LOCALHOST, 0)).await.unwrap(),
            barn: barn.listen((LOCALHOST, 0)).await.unwrap(),
        }
    }
}

fn keys(plant: &SimPlant, at: Timestamp) -> impl Iterator<Item = Key> {
    let key = move |(serial, port): (Serial, u8)| {
        (serial.to_string(), i64::from(port), at.as_microsecond())
    };
    plant.ports().map(key)
}

async fn stored(database: &Database) -> Vec<Key> {
    sqlx::query(
        "SELECT serial_number::text, port_number::bigint,
                (extract(epoch FROM timestamp) * 1000000)::bigint
         FROM port_data JOIN inverters USING (inverter_id)",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get(0), row.get(1), row.get(2)))
    .collect()
}

/// One DTU, from its socket to the store.
struct Line {
    driver: Box<dyn Driver>,
    inventory: Inventory,
}

impl Line {
    fn modbus(dtu: &Running) -> Self {
        let endpoint = Endpoint {
            name: "house".to_owned(),
            host: LOCALHOST.to_owned(),
            port: dtu.address.port(),
            unit: 1,
            timeout: e2e::PATIENCE,
            dialect: DialectSetting::Auto,
        };
        let driver = Box::new(ModbusDriver::new(endpoint, None));
        Self { driver, inventory: Inventory::default() }
    }

    fn wifi(name: &str, dtu: &RunningWifi) -> Self {
        let endpoint = WifiEndpoint {
            name: name.to_owned(),
            host: LOCALHOST.to_owned(),
            port: dtu.address.port(),
            timeout: e2e::PATIENCE,
            period: Duration::from_secs(60),
            upload_pause: Duration::ZERO,
        };
        let driver = Box::new(WifiDriver::new(endpoint, None, None));
        Self { driver, inventory: Inventory::default() }
    }

    async fn poll(&mut self, at: Timestamp, store: &dyn Store) {
        let poll = self.driver.poll(at).await.unwrap();
        let Some(snapshot) = poll.snapshot else { return };
        let records: Vec<Record> =
            self.inventory.observe(snapshot).accepted.into_iter().map(Record::Snapshot).collect();
        store.write(&records).await.unwrap();
    }
}

/// Time is given to drivers and DTUs, so that an hour takes a moment: a poll every minute, 17 seconds
/// past the full one, when the Wi-Fi DTUs show what they took in at the full minute.
#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_sun_with_a_new_key_in_the_middle_is_complete() {
    const MINUTES: i64 = 60;
    let now = Arc::new(AtomicI64::new(noon().as_second()));
    let clock = {
        let now = Arc::clone(&now);
        move || Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap()
    };
    let Plant { house, garage, barn } = Plant::plug_in(REFRESH, clock).await;
    let database = Database::create().await;
    let options = PostgresOptions {
        host: database.host().to_owned(),
        port: database.port(),
        database: database.name.clone(),
        user: database.user().to_owned(),
        ..PostgresOptions::default()
    };
    let store = PostgresStore::new(&options).unwrap();
    store.prepare().await.unwrap();

    let mut lines =
        [Line::modbus(&house), Line::wifi("garage", &garage), Line::wifi("barn", &barn)];
    let mut expected: BTreeSet<Key> = BTreeSet::new();
    for minute in 0..MINUTES {
        let sampled = noon() + SignedDuration::from_mins(minute);
        let at = sampled + SignedDuration::from_secs(17);
        now.store(at.as_second(), Ordering::Relaxed);
        if minute == MINUTES / 2 {
            garage.restart_with_key([2; 16]);
        }
        for line in &mut lines {
            line.poll(at, &store).await;
        }
        expected.extend(keys(house.plant(), at));
        expected.extend(keys(garage.plant(), sampled));
        expected.extend(keys(barn.plant(), sampled));
    }
    store.close().await;

    let found = stored(&database).await;
    assert_eq!(found.len(), expected.len(), "each once");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    let meters = database.number("SELECT count(DISTINCT timestamp) FROM meter_data").await;
    assert_eq!(meters, MINUTES);
    let wifi_inverters = garage.plant().serials().count() + barn.plant().serials().count();
    let with_ac = database
        .number(
            "SELECT count(*) FROM inverter_data JOIN inverters USING (inverter_id)
             WHERE dtu_name <> 'house' AND active_power > 0 AND reactive_power IS NOT NULL
               AND power_factor > 0 AND extra ->> 'grid_current_a' IS NOT NULL",
        )
        .await;
    assert_eq!(with_ac, MINUTES * i64::try_from(wifi_inverters).unwrap());
}

/// Every route that is asked without a parameter.
const ROUTES: [&str; 14] = [
    "/health",
    "/ready",
    "/metrics",
    "/stats",
    "/api/info",
    "/api/plant",
    "/api/dtus",
    "/api/state",
    "/api/inverters",
    "/api/ports",
    "/api/meters",
    "/api/storage",
    "/api/events",
    "/api/layout",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_reads_it_by_day_with_a_new_key_and_at_night() {
    let started = Instant::now();
    let later_s = Arc::new(AtomicI64::new(0));
    let clock = {
        let later_s = Arc::clone(&later_s);
        move || {
            let passed = SignedDuration::try_from(started.elapsed()).unwrap();
            noon() + passed + SignedDuration::from_secs(later_s.load(Ordering::Relaxed))
        }
    };
    let Plant { house, garage, barn } = Plant::plug_in(Duration::from_secs(1), clock).await;
    let database = Database::create().await;
    let wifi = |name: &str, dtu: &RunningWifi| {
        let port = dtu.address.port();
        json!({"name": name, "host": LOCALHOST, "port": port, "protocol": "wifi", "query_period": 35})
    };
    let dtus = json!([
        {"name": "house", "host": LOCALHOST, "port": house.address.port()},
        wifi("garage", &garage),
        wifi("barn", &barn),
    ]);
    let mut settings = database.settings(None);
    settings.push(("DTU_CONFIGS", dtus.to_string()));
    settings.push(("LOG_LEVEL", "debug".to_owned()));
    let bridge = Bridge::start(&settings);
    let polls = |count: u64| {
        let bridge = &bridge;
        eventually("polls of every DTU", async move || {
            let health = bridge.try_get("/health")?.json();
            let dtus = health["dtus"].as_object()?;
            let enough = |dtu: &Value| dtu["query_count"].as_u64() >= Some(count);
            (dtus.len() == 3 && dtus.values().all(enough)).then_some(())
        })
    };
    polls(1).await;
    assert_eq!(bridge.get("/health").status, 200);
    let meters = bridge.get("/api/meters").json();
    assert_eq!(meters.as_array().unwrap().len(), 1, "{meters}");
    garage.restart_with_key([2; 16]);
    polls(2).await;
    // An inverter counts from its second sighting on.
    eventually("the ports of all pages", async || {
        let ports = bridge.get("/api/ports").json();
        (ports.as_array()?.len() == 9 + 6 + 14).then_some(())
    })
    .await;
    let ac = bridge.get("/api/inverters").json();
    let ac = ac.as_array().unwrap().iter().filter(|inverter| inverter["dtu_name"] != "house");
    ac.for_each(|inverter| assert!(inverter["active_power"].as_f64() > Some(0.0), "{inverter}"));
    later_s.store(11 * 3600, Ordering::Relaxed);
    polls(3).await;
    let health = bridge.get("/health");
    assert_eq!(health.status, 200, "{}", health.text);
    let dtus = health.json()["dtus"].clone();
    for (name, dtu) in dtus.as_object().unwrap() {
        assert_eq!(dtu["error_count"], 0, "{name}: {dtu}");
    }
    let night = bridge.get("/api/plant").json();
    assert!(night["power_w"].as_f64().is_none_or(|watts| watts == 0.0), "{night}");
    eventually("all of it in the database", async || {
        let stored = database.number("SELECT count(DISTINCT timestamp) FROM meter_data").await;
        (stored >= 3).then_some(())
    })
    .await;

    // What a DTU knows of the owner's network is nobody's business.
    for dtu in [&garage, &barn] {
        assert!(!dtu.requests().contains(&wifi::Command::CONFIGURATION));
    }
    let mut shown: Vec<String> = ROUTES.iter().map(|route| bridge.get(route).text).collect();
    shown.push(bridge.log());
    let tables = sqlx::query(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
    );
    for table in tables.fetch_all(&database.pool).await.unwrap() {
        let table: &str = table.get(0);
        let rows = format!("SELECT coalesce(string_agg(r::text, ' '), '') FROM {table} AS r");
        let rows = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&database.pool).await;
        shown.push(rows.unwrap());
    }
    for password in [WIFI_PASSWORD, ACCESS_POINT_PASSWORD] {
        assert!(shown.iter().all(|text| !text.contains(password)));
    }
    assert!(bridge.terminate().success());
}
