//! A week's outbox of a home with 20 ports into PostgreSQL, by the real program, beside COPY of the
//! same rows into the same tables.
//!
//! Ours is timed from the start of the process until the last reading is in the database: start,
//! reading the outbox, rows by key, the latest reading of each port, exact counts, and removal from
//! the outbox are all in it. COPY has its lines ready in memory, and knows the inverters' numbers.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::{Bridge, Database};
use jiff::SignedDuration;
use simulator::{Panel, Plane, SimInverter, SimPlant, Site};
use sqlx::PgConnection;
use store::{Metric, Outbox, Record, Store};

use crate::http_load::postgres;
use crate::process::settings;
use crate::report::{Report, median, thousands};

/// A poll per minute for a week.
const SNAPSHOTS: i64 = 7 * 24 * 60;
const INVERTERS: i64 = 5;
const PORTS: i64 = 4 * INVERTERS;
const REPEATS: usize = 3;
/// Bytes of COPY in one message.
const CHUNK: usize = 1 << 20;
/// Where the bridge keeps the outbox below the data directory.
const OUTBOX_FILE: &str = "outbox.sqlite";

pub(crate) async fn measure(report: &mut Report) {
    let plant = home();
    let records = week(&plant);
    let copy = Copy::of(&plant, &records);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        ours.push(drain(&plant, &records).await);
        theirs.push(copy.run().await);
    }
    let rows = (SNAPSHOTS * (PORTS + INVERTERS)) as f64;
    let (value, reference) = (rows / median(ours), rows / median(theirs));
    report.add(
        format!("drain of a week, {} rows", thousands(rows)),
        format!("{} rows/s", thousands(value)),
        format!("{} rows/s", thousands(reference)),
        "COPY of the same rows, one transaction",
        value / reference,
    );
}

/// Five inverters with four ports.
fn home() -> SimPlant {
    let inverter = |number| {
        let serial = format!("1161000000{number:02}").parse().unwrap();
        SimInverter::new(serial, vec![Panel::new(420.0, Plane::SOUTH); 4])
    };
    SimPlant::new(Site::berlin(1), (1..=INVERTERS).map(inverter).collect())
}

/// What the recorder keeps in a week: of each poll the readings, and how long it took.
fn week(plant: &SimPlant) -> Vec<Record> {
    let start = e2e::noon() - SignedDuration::from_mins(SNAPSHOTS);
    (0..SNAPSHOTS)
        .flat_map(|minute| {
            let at = start + SignedDuration::from_mins(minute);
            let took = Metric {
                at,
                name: "query_duration_seconds".to_owned(),
                value: 0.25,
                dtu_name: Some("DTU".to_owned()),
            };
            [Record::Snapshot(plant.snapshot("DTU", at)), Record::Metrics(vec![took])]
        })
        .collect()
}

/// Seconds that the bridge takes for it.
async fn drain(plant: &SimPlant, records: &[Record]) -> f64 {
    let database = prepared().await;
    let dtu = e2e::dtu_with(plant.clone(), simulator::DtuOptions::default()).await;
    let data_dir = Arc::new(tempfile::tempdir().unwrap());
    let outbox = Outbox::open(data_dir.path().join(OUTBOX_FILE)).await.unwrap();
    for records in records.chunks(1000) {
        outbox.append(records).await.unwrap();
    }
    outbox.close().await;

    let settings = settings(&dtu, Some(&database));
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let start = Instant::now();
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    loop {
        let rows = database
            .number(
                "SELECT COALESCE((SELECT rows FROM row_counts WHERE table_name = 'port_data'), 0)",
            )
            .await;
        if rows >= SNAPSHOTS * PORTS {
            break;
        }
        assert!(start.elapsed() < 2 * e2e::PATIENCE, "never drained:\n{}", bridge.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed().as_secs_f64()
}

/// An empty database with our tables.
async fn prepared() -> Database {
    let database = Database::create().await;
    let store = postgres(&database);
    store.prepare().await.unwrap();
    store.close().await;
    database
}

/// The same rows as lines for COPY.
struct Copy {
    inverters: String,
    ports: String,
    metrics: String,
    /// Registers the inverters under the numbers 1 to 5.
    registry: Vec<String>,
}

impl Copy {
    fn of(plant: &SimPlant, records: &[Record]) -> Self {
        let registry: Vec<String> = plant.serials().map(|serial| serial.to_string()).collect();
        let number = |serial: &plant::Serial| {
            let serial = serial.to_string();
            1 + registry.iter().position(|known| *known == serial).unwrap()
        };
        let (mut inverters, mut ports, mut metrics) = (String::new(), String::new(), String::new());
        for record in records {
            match record {
                Record::Snapshot(snapshot) => {
                    let at = snapshot.taken_at;
                    for r in &snapshot.inverters {
                        let cells = [
                            cell(r.grid_voltage_v),
                            cell(r.grid_frequency_hz),
                            cell(r.active_power_w),
                            cell(r.reactive_power_var),
                            cell(r.power_factor),
                            cell(r.temperature_c),
                            cell(r.alarm_code),
                            cell(r.alarm_count),
                            cell(r.operating_status),
                            cell(r.link_status),
                        ];
                        let id = number(&r.serial);
                        writeln!(inverters, "{id}\t{at}\t{}", cells.join("\t")).unwrap();
                    }
                    for r in &snapshot.ports {
                        let cells = [
                            cell(r.pv_voltage_v),
                            cell(r.pv_current_a),
                            cell(r.pv_power_w),
                            cell(r.today_wh),
                            cell(r.total_wh),
                        ];
                        let (id, port) = (number(&r.serial), r.port);
                        writeln!(ports, "{id}\t{port}\t{at}\t{}", cells.join("\t")).unwrap();
                    }
                }
                Record::Metrics(figures) => {
                    for Metric { at, name, value, .. } in figures {
                        writeln!(metrics, "{name}\t{at}\t{{\"dtu_name\": \"DTU\"}}\t{value}")
                            .unwrap();
                    }
                }
                Record::Event(_) | Record::Config { .. } | Record::PlantPower(_) => {
                    unreachable!("a week of readings holds none")
                }
            }
        }
        Self { inverters, ports, metrics, registry }
    }

    /// Seconds that PostgreSQL takes for it.
    async fn run(&self) -> f64 {
        let database = prepared().await;
        let mut connection = database.pool.acquire().await.unwrap();
        let start = Instant::now();
        sqlx::raw_sql("BEGIN").execute(&mut *connection).await.unwrap();
        sqlx::query(
            "INSERT INTO inverters (serial_number, first_seen, last_seen)
             SELECT serial, now(), now() FROM unnest($1::text[]) AS r (serial)",
        )
        .bind(&self.registry)
        .execute(&mut *connection)
        .await
        .unwrap();
        copy(
            &mut connection,
            "COPY inverter_data (inverter_id, timestamp, grid_voltage, grid_frequency,
                active_power, reactive_power, power_factor, temperature, alarm_code, alarm_count,
                operating_status, link_status) FROM STDIN",
            &self.inverters,
        )
        .await;
        copy(
            &mut connection,
            "COPY port_data (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power,
                today_production, total_production) FROM STDIN",
            &self.ports,
        )
        .await;
        copy(
            &mut connection,
            "COPY system_metrics (metric_name, timestamp, tags, metric_value) FROM STDIN",
            &self.metrics,
        )
        .await;
        sqlx::raw_sql("COMMIT").execute(&mut *connection).await.unwrap();
        let seconds = start.elapsed().as_secs_f64();
        drop(connection);
        assert_eq!(database.number("SELECT count(*) FROM port_data").await, SNAPSHOTS * PORTS);
        seconds
    }
}

async fn copy(connection: &mut PgConnection, statement: &str, lines: &str) {
    let mut copy = connection.copy_in_raw(statement).await.unwrap();
    for chunk in lines.as_bytes().chunks(CHUNK) {
        copy.send(chunk).await.unwrap();
    }
    copy.finish().await.unwrap();
}

fn cell(value: Option<impl Display>) -> String {
    value.map_or_else(|| "\\N".to_owned(), |value| value.to_string())
}
