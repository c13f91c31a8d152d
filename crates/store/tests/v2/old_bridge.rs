//! The Python version 2, as far as its tables are concerned.

use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::{InverterReading, PortReading, Snapshot};
use sqlx::AssertSqlSafe;

use crate::world::{PgDatabase, serial};

/// As its last version made them, without indexes.
const TABLES: &str = include_str!("tables.sql");

/// What its first version had besides.
const INDEXES: &str = "
    CREATE INDEX idx_inverter_data_serial ON inverter_data (serial_number);
    CREATE INDEX idx_inverter_data_timestamp ON inverter_data (timestamp DESC);
    CREATE INDEX idx_port_data_serial ON port_data (serial_number);
    CREATE INDEX idx_port_data_timestamp ON port_data (timestamp DESC);
    CREATE INDEX idx_port_data_serial_port ON port_data (serial_number, port_number);
    CREATE INDEX idx_metrics_timestamp ON system_metrics (timestamp DESC);
    CREATE INDEX idx_metrics_name ON system_metrics (metric_name)";

/// From one row of a poll to the next.
const ROW: SignedDuration = SignedDuration::from_millis(7);
const PERIOD: SignedDuration = SignedDuration::from_mins(10);
const INVERTERS: u32 = 2;
const PORTS: u8 = 3;

/// What a DTU showed of one port.
struct Shown {
    serial: String,
    port: u8,
    /// Grid voltage, panel voltage, power.
    physical: [f32; 3],
    status: i32,
    /// Of the day, of the lifetime.
    counters: [i64; 2],
}

fn garbage() -> Shown {
    Shown {
        serial: String::new(),
        port: 1,
        physical: [0.0; 3],
        status: 3,
        counters: [77, 1_000_000],
    }
}

/// A running version 2 with a server in some time zone.
pub(crate) struct OldBridge<'a> {
    database: &'a PgDatabase,
    zone: TimeZone,
}

impl<'a> OldBridge<'a> {
    /// Its first start.
    pub(crate) async fn start(database: &'a PgDatabase, zone: &str, with_indexes: bool) -> Self {
        let old = Self { database, zone: TimeZone::get(zone).unwrap() };
        old.execute(TABLES.to_owned()).await;
        if with_indexes {
            old.execute(INDEXES.to_owned()).await;
        }
        old
    }

    /// Reads the plant from one instant up to another, and returns what this version would have
    /// stored of the same polls.
    pub(crate) async fn read(&self, from: Timestamp, to: Timestamp) -> Vec<Snapshot> {
        let mut snapshots = Vec::new();
        let mut sql = String::new();
        let mut at = from;
        while at < to {
            snapshots.push(self.poll(at, &mut sql));
            at += PERIOD;
        }
        self.execute(sql).await;
        snapshots
    }

    /// A garbled answer: inverters that do not exist, of which none comes again. What this version
    /// keeps of it is the reading of the one that does exist.
    pub(crate) async fn garbled_answer(&self, at: Timestamp) -> Snapshot {
        let mut sql = String::new();
        for number in 0..30 {
            let serial = format!("11619999{number:04}");
            self.row(&mut sql, at + ROW * number, &Shown { serial, port: 1, ..garbage() });
        }
        let nobody = Shown { serial: "??".to_owned(), ..garbage() };
        self.row(&mut sql, at + ROW * 31, &nobody);
        let impossible = Shown { serial: serial(1).to_string(), port: 200, ..garbage() };
        self.row(&mut sql, at + ROW * 32, &impossible);
        self.execute(sql).await;
        let reading = InverterReading {
            grid_voltage_v: Some(0.0),
            grid_frequency_hz: Some(0.0),
            temperature_c: Some(0.0),
            operating_status: Some(3),
            alarm_code: Some(0),
            alarm_count: Some(0),
            link_status: Some(1),
            ..InverterReading::blank(serial(1))
        };
        Snapshot { inverters: vec![reading], ..Snapshot::blank("roof".to_owned(), None, at) }
    }

    pub(crate) async fn execute(&self, sql: String) {
        let mut connection = self.database.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    fn poll(&self, at: Timestamp, sql: &mut String) -> Snapshot {
        let local = self.zone.to_datetime(at);
        // Sun from 8 to 18; the day counter is cleared at night.
        let minutes = i64::from(local.hour()) * 60 + i64::from(local.minute()) - 480;
        let sun = (0..600).contains(&minutes);
        let days = (at.as_second() - 1_760_000_000) / 86_400;
        let mut snapshot = Snapshot::blank("roof".to_owned(), None, at);
        let mut row_at = at;
        for inverter in 1..=INVERTERS {
            let serial = serial(inverter);
            for port in 1..=PORTS {
                let made = minutes.clamp(0, 600) * i64::from(port);
                let total = 100_000 * i64::from(inverter) + days * 600 * i64::from(port) + made;
                let today = if minutes < 0 { 0 } else { made };
                let physical = if sun { [230.5, 33.25, 60.0 * f32::from(port)] } else { [0.0; 3] };
                let status = if sun { 3 } else { 0 };
                let serial_text = serial.to_string();
                let counters = [today, total];
                let shown = Shown { serial: serial_text, port, physical, status, counters };
                self.row(sql, row_at, &shown);
                row_at += ROW * 2;
                let measured = |value: f32| (sun || value != 0.0).then_some(value);
                snapshot.ports.push(PortReading {
                    serial,
                    port,
                    pv_voltage_v: measured(physical[1]),
                    pv_current_a: measured(physical[0] / 100.0),
                    pv_power_w: Some(physical[2]),
                    today_wh: u32::try_from(today).ok(),
                    total_wh: u32::try_from(total).ok(),
                });
            }
            let status = if sun { 3 } else { 0 };
            snapshot.inverters.push(InverterReading {
                grid_voltage_v: sun.then_some(230.5),
                grid_frequency_hz: sun.then_some(50.02),
                temperature_c: sun.then_some(31.5),
                operating_status: Some(status),
                alarm_code: Some(0),
                alarm_count: Some(0),
                link_status: Some(u16::from(sun)),
                ..InverterReading::blank(serial)
            });
        }
        snapshot
    }

    /// What it wrote for one port: the inverter, its reading, the port's, and the cache.
    fn row(&self, sql: &mut String, at: Timestamp, shown: &Shown) {
        let Shown { serial, port, physical, status, counters } = shown;
        let [grid_voltage, pv_voltage, power] = *physical;
        let [today, total] = counters;
        let local = |at: Timestamp| self.zone.to_datetime(at).to_string();
        let (first, second) = (local(at), local(at + ROW));
        let lit = i32::from(grid_voltage > 0.0);
        let (frequency, temperature) = (50.02 * f64::from(lit), 31.5 * f64::from(lit));
        let link = i32::from(*status != 0);
        let current = grid_voltage / 100.0;
        writeln!(
            sql,
            "INSERT INTO inverters (serial_number, first_seen, last_seen)
             VALUES ('{serial}', '{first}', '{first}')
             ON CONFLICT (serial_number) DO UPDATE SET last_seen = EXCLUDED.last_seen;
             INSERT INTO inverter_data (serial_number, timestamp, grid_voltage, grid_frequency,
                 temperature, operating_status, alarm_code, alarm_count, link_status, raw_data)
             VALUES ('{serial}', '{first}', {grid_voltage}, {frequency}, {temperature}, {status},
                 0, 0, {link}, '{{}}');
             INSERT INTO port_data (serial_number, port_number, timestamp, pv_voltage, pv_current,
                 pv_power, today_production, total_production, raw_data)
             VALUES ('{serial}', {port}, '{second}', {pv_voltage}, {current}, {power}, {today},
                 {total}, '{{}}');
             INSERT INTO production_cache VALUES ('{serial}', {port}, {today}, {total}, '{second}')
             ON CONFLICT (serial_number, port_number) DO UPDATE
             SET today_production = EXCLUDED.today_production,
                 total_production = EXCLUDED.total_production;"
        )
        .unwrap();
    }
}
