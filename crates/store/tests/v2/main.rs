//! What the Python version 2 has left in a database becomes history of this version.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod old_bridge;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use old_bridge::OldBridge;
use plant::energy::Calendar;
use sqlx::AssertSqlSafe;
use store::postgres::v2::{Carried, Found, Plan, Stage};
use store::{PostgresStore, Record, Store, StoreError};
use world::*;

const ZONE: &str = "Europe/Berlin";
/// Three days around the night in which the clocks were put back.
const FROM: &str = "2025-10-24T22:00:00Z";
const TO: &str = "2025-10-27T21:00:00Z";

/// The books and the readings, and what they belong to. Without the numbers of inverters: those
/// depend on who came first.
const EVERYTHING: [&str; 10] = [
    "SELECT serial_number, dtu_name, first_seen, last_seen, inverter_type FROM inverters",
    "SELECT * FROM inverter_readings",
    "SELECT * FROM port_readings",
    "SELECT serial_number, d.* FROM port_daily AS d JOIN inverters USING (inverter_id)",
    "SELECT serial_number, h.* FROM port_hourly AS h JOIN inverters USING (inverter_id)",
    "SELECT * FROM plant_daily",
    "SELECT * FROM plant_hourly",
    "SELECT serial_number, p.* FROM inverter_power AS p JOIN inverters USING (inverter_id)",
    "SELECT serial_number, c.* FROM production_cache AS c JOIN inverters USING (inverter_id)",
    "SELECT * FROM row_counts",
];

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn store(database: &PgDatabase) -> PostgresStore {
    database.store().in_calendar(Calendar::new(TimeZone::get(ZONE).unwrap()))
}

/// Every row as text, in the order of the texts.
async fn rows(database: &PgDatabase, queries: &[&str]) -> Vec<String> {
    let mut connection = database.connect().await;
    let mut rows = Vec::new();
    for query in queries {
        let sql = format!(
            "SELECT (to_jsonb(t) - 'last_updated' - 'inverter_id')::text FROM ({query}) AS t ORDER BY 1"
        );
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        rows.push((*query).to_owned());
        rows.extend(found);
    }
    rows
}

async fn everything(database: &PgDatabase) -> Vec<String> {
    rows(database, &EVERYTHING).await
}

/// Both databases hold the same; else the rows that only one of them has.
async fn assert_same(one: &PgDatabase, other: &PgDatabase) {
    let (one, other) = (everything(one).await, everything(other).await);
    let only = |rows: &[String], others: &[String]| -> Vec<String> {
        rows.iter().filter(|row| !others.contains(row)).take(5).cloned().collect()
    };
    assert!(one == other, "{:#?}\n{:#?}", only(&one, &other), only(&other, &one));
}

/// What is where in the schema that the program uses, and every old row.
async fn old_world(database: &PgDatabase) -> Vec<String> {
    rows(
        database,
        &[
            "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace",
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hoymiles%'",
            "SELECT * FROM inverters",
            "SELECT * FROM inverter_data",
            "SELECT * FROM port_data",
            "SELECT * FROM production_cache",
        ],
    )
    .await
}

/// An old database, and one of this version that has the same readings.
async fn old_and_new(with_indexes: bool) -> (PgDatabase, PgDatabase) {
    let (old, new) = (PgDatabase::create().await, PgDatabase::create().await);
    let bridge = OldBridge::start(&old, ZONE, with_indexes).await;
    let noon = instant("2025-10-25T10:05:00Z");
    let mut snapshots = bridge.read(instant(FROM), noon).await;
    snapshots.push(bridge.garbled_answer(noon + jiff::SignedDuration::from_mins(2)).await);
    snapshots.extend(bridge.read(noon + jiff::SignedDuration::from_mins(5), instant(TO)).await);
    let reference = store(&new);
    reference.prepare().await.unwrap();
    let records: Vec<Record> = snapshots.into_iter().map(Record::Snapshot).collect();
    for records in records.chunks(50) {
        reference.write(records).await.unwrap();
    }
    (old, new)
}

async fn plan(store: &PostgresStore) -> Plan {
    let survey = store.v2().survey().await.unwrap();
    let names: BTreeMap<_, _> =
        survey.inverters.iter().map(|serial| (*serial, "roof".to_owned())).collect();
    Plan { zone: ZONE.to_owned(), dtu_names: names, gap_ms: survey.gap_ms }
}

async fn carry(store: &PostgresStore, rows: u32) -> Carried {
    loop {
        let carried = store.v2().step(rows).await.unwrap();
        if carried.stage != Stage::Carrying {
            return carried;
        }
    }
}

#[tokio::test]
async fn every_row_and_every_watt_hour_of_both_layouts_is_carried_over() {
    for with_indexes in [true, false] {
        let (old, new) = old_and_new(with_indexes).await;
        let store = store(&old);
        let survey = store.v2().survey().await.unwrap();
        assert_eq!((survey.inverters.len(), survey.left.len()), (2, 31), "{survey:?}");
        assert_eq!(survey.gap_ms, 20_000);

        store.v2().begin(&plan(&store).await).await.unwrap();
        let carried = carry(&store, 1000).await;
        store.prepare().await.unwrap();
        assert_same(&old, &new).await;
        // Two rows for each port that does not exist, and the port 200.
        assert_eq!(carried.rows_left, 2 * 31 + 1);
        assert_eq!(carried.inverter_rows.0, carried.inverter_rows.1);
        assert_eq!(carried.port_rows.0, carried.port_rows.1);

        let before = everything(&old).await;
        let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
        let days = day("2025-10-25")..=day("2025-10-27");
        store.recompute(days, instant(TO)).await.unwrap();
        assert_eq!(everything(&old).await, before, "recomputing finds the same");
    }
}

#[tokio::test]
async fn it_goes_on_wherever_it_was_cut_off() {
    let (old, new) = old_and_new(false).await;
    let first = store(&old);
    let refusal = first.prepare().await.unwrap_err().to_string();
    assert!(refusal.contains("migrate-v2 run"), "{refusal}");
    first.v2().begin(&plan(&first).await).await.unwrap();
    first.close().await;
    let mut steps = 0;
    loop {
        // A new process each time; now and then two of them at once, or a server that goes away.
        let store = store(&old);
        let v2 = store.v2();
        v2.resume().await.unwrap();
        let outcome = match steps % 3 {
            0 => v2.step(37).await,
            1 => {
                let (one, other) = tokio::join!(v2.step(41), v2.step(40));
                one.and(other)
            }
            _ => {
                let (outcome, ()) = tokio::join!(v2.step(43), cut_off(&old, steps));
                outcome
            }
        };
        steps += 1;
        match outcome {
            Ok(carried) if carried.stage == Stage::Carried => break,
            Ok(_) if is_carrying(&store).await => {
                let refusal = store.prepare().await.unwrap_err();
                let says = |text: &str| text.contains("is being carried over");
                assert!(matches!(&refusal, StoreError::Schema(text) if says(text)), "{refusal}");
            }
            Ok(_) | Err(_) => {}
        }
        assert!(steps < 1000, "it never ends");
    }
    assert!(steps > 20, "{steps}");
    assert_same(&old, &new).await;
    store(&old).prepare().await.unwrap();
}

async fn is_carrying(store: &PostgresStore) -> bool {
    let found = store.v2().found().await;
    matches!(found, Ok(Found::Begun(carried)) if carried.stage == Stage::Carrying)
}

/// Ends every connection to a database, sooner or later within the next step.
async fn cut_off(database: &PgDatabase, step: u64) {
    let mut connection = database.connect().await;
    tokio::time::sleep(Duration::from_millis(step % 17)).await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
}

#[tokio::test]
async fn at_every_point_it_can_be_rolled_back_and_everything_is_as_it_was() {
    let (old, new) = old_and_new(true).await;
    let before = old_world(&old).await;
    let plan = plan(&store(&old)).await;
    for steps in [0, 1, 5, 1000] {
        let store = store(&old);
        store.v2().begin(&plan).await.unwrap();
        for _ in 0..steps {
            if store.v2().step(200).await.unwrap().stage == Stage::Carried {
                break;
            }
        }
        let done = store.v2().roll_back().await.unwrap();
        assert_eq!(done.aside, None);
        assert_eq!(old_world(&old).await, before, "after {steps} steps");
        assert_eq!(store.v2().found().await.unwrap(), Found::Untouched);
    }
    let store = store(&old);
    store.v2().begin(&plan).await.unwrap();
    carry(&store, 500).await;
    assert_same(&old, &new).await;
}

#[tokio::test]
async fn what_was_read_since_is_set_aside_by_a_rollback() {
    let (old, _) = old_and_new(false).await;
    let before = old_world(&old).await;
    let store = store(&old);
    store.v2().begin(&plan(&store).await).await.unwrap();
    carry(&store, 5000).await;
    store.prepare().await.unwrap();
    store.write(&[snapshot(poll(NOON + 20_000_000, 2))]).await.unwrap();
    let done = store.v2().roll_back().await.unwrap();
    assert_eq!((done.aside.as_deref(), done.new_rows), (Some("hoymiles_v3"), (2, 4)));
    let kept = rows(&old, &["SELECT count(*) AS rows FROM hoymiles_v3.inverter_readings"]).await;
    assert!(!kept[1].contains("\"rows\": 0"), "{kept:?}");
    let after = old_world(&old).await;
    let without_ours: Vec<_> = after.iter().filter(|row| !row.contains("hoymiles_v3")).collect();
    assert_eq!(without_ours, before.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_bridge_at_work_forbids_the_rollback() {
    let (old, _) = old_and_new(false).await;
    let store = store(&old);
    store.v2().begin(&plan(&store).await).await.unwrap();
    carry(&store, 5000).await;
    let claim = store::Claim {
        dtu: serial(900),
        holder: "bridge".to_owned(),
        holder_name: "nas:8080".to_owned(),
        process: "run".to_owned(),
        restarted: false,
        ttl: Duration::from_secs(60),
    };
    store::Leases::claim(&store, &claim).await.unwrap();
    let refusal = store.v2().roll_back().await.unwrap_err().to_string();
    assert!(refusal.contains("nas:8080"), "{refusal}");
}

#[tokio::test]
async fn confirming_drops_the_old_tables_and_keeps_what_was_not_carried_over() {
    let (old, new) = old_and_new(false).await;
    let store = store(&old);
    let nothing_yet = store.v2().confirm().await.unwrap_err().to_string();
    assert!(nothing_yet.contains("nothing has been carried over"), "{nothing_yet}");
    store.v2().begin(&plan(&store).await).await.unwrap();
    let early = store.v2().confirm().await.unwrap_err().to_string();
    assert!(early.contains("migrate-v2 run"), "{early}");
    carry(&store, 5000).await;
    let confirmed = store.v2().confirm().await.unwrap();
    // Of each that is no inverter: itself, both readings, and its cache. And the port 200.
    assert_eq!(confirmed.rows_kept, 4 * 31 + 1);
    let left = rows(
        &old,
        &["SELECT relname FROM pg_class
           WHERE relnamespace = 'hoymiles_v2'::regnamespace AND relkind = 'r'"],
    )
    .await;
    assert_eq!(left.len(), 3, "{left:?}");
    assert_same(&old, &new).await;
    store.prepare().await.unwrap();
    let late = store.v2().roll_back().await.unwrap_err().to_string();
    assert!(late.contains("no way back"), "{late}");
}

#[tokio::test]
async fn what_version_2_never_wrote_is_carried_over_too() {
    let (old, _) = old_and_new(false).await;
    let mut connection = old.connect().await;
    sqlx::raw_sql(
        "INSERT INTO config_cache VALUES ('a', '{\"b\": 1}', '2025-10-25 12:00');
         INSERT INTO system_metrics (timestamp, metric_name, metric_value)
         VALUES ('2025-10-25 12:00', 'x', 1.5)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let store = store(&old);
    store.v2().begin(&plan(&store).await).await.unwrap();
    carry(&store, 5000).await;
    assert_eq!(store.config("v2/a").await.unwrap().unwrap()["b"], 1);
    let metrics = rows(&old, &["SELECT timestamp, metric_value FROM system_metrics"]).await;
    assert!(metrics[1].contains("2025-10-25T10:00:00+00:00"), "{metrics:?}");
    assert_eq!(store.stats().await.unwrap().metrics_entries, 1);
}

#[tokio::test]
async fn the_same_microsecond_twice_is_no_obstacle() {
    let database = PgDatabase::create().await;
    let bridge = OldBridge::start(&database, "UTC", false).await;
    let at = instant("2025-06-21T12:00:00Z");
    bridge.read(at, at + jiff::SignedDuration::from_hours(1)).await;
    // The clock of the server was put back by an hour.
    bridge.read(at, at + jiff::SignedDuration::from_hours(1)).await;
    let store = store(&database);
    let plan = Plan { zone: "UTC".to_owned(), ..plan(&store).await };
    store.v2().begin(&plan).await.unwrap();
    let carried = carry(&store, 25).await;
    assert_eq!(carried.port_rows.0, 72);
    assert_eq!(carried.new_rows, (12, 36));
}

#[tokio::test]
async fn a_database_without_version_2_has_nothing_to_carry_over() {
    let database = PgDatabase::create().await;
    let store = store(&database);
    assert_eq!(store.v2().found().await.unwrap(), Found::Nothing);
    store.prepare().await.unwrap();
    assert_eq!(store.v2().found().await.unwrap(), Found::Nothing);
    let refusal = store.v2().roll_back().await.unwrap_err().to_string();
    assert!(refusal.contains("nothing of the Python version 2"), "{refusal}");
}
