//! A row that the database refuses costs itself and nothing else.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use jiff::Timestamp;
use plant::Snapshot;
use store::{Metric, Outbox, Record, deliver};
use world::*;

fn now() -> Timestamp {
    at(NOON)
}

/// A constraint that no panel of this world should break, and some do.
const TOO_BRIGHT_PG: &str =
    "ALTER TABLE port_data ADD CONSTRAINT too_bright CHECK (pv_voltage < 900)";
const TOO_BRIGHT_SQLITE: &str = "
    CREATE TRIGGER too_bright BEFORE INSERT ON port_data WHEN NEW.pv_voltage >= 900
    BEGIN SELECT RAISE(ABORT, 'too_bright'); END";

async fn forbid(world: &World) {
    let sql = match world {
        World::Postgres(_) => TOO_BRIGHT_PG,
        World::Sqlite(_) => TOO_BRIGHT_SQLITE,
    };
    world.execute(sql).await;
}

async fn allow(world: &World) {
    let sql = match world {
        World::Postgres(_) => "ALTER TABLE port_data DROP CONSTRAINT too_bright",
        World::Sqlite(_) => "DROP TRIGGER too_bright",
    };
    world.execute(sql).await;
}

fn bright(second: i64, ports: &[usize]) -> Record {
    let mut poll: Snapshot = poll(second, 3);
    for &port in ports {
        poll.ports[port].pv_voltage_v = Some(1000.0);
    }
    snapshot(poll)
}

async fn a_bad_row_is_taken_out_and_the_rest_goes_on(world: World) {
    let store = world.store().await;
    forbid(&world).await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().join("outbox.sqlite")).await.unwrap();
    for n in 0..50 {
        let bad: &[usize] = match n {
            7 => &[2],
            8 => &[0, 5],
            30 => &[0, 1, 2, 3, 4, 5],
            _ => &[],
        };
        outbox.append(&[bright(NOON + n, bad)]).await.unwrap();
    }
    let mut rejected = 0;
    let mut rows = 0;
    while let Some(delivered) = deliver(&outbox, &*store, 20, now).await.unwrap() {
        rejected += delivered.rejected;
        rows += delivered.written.inverter_rows + delivered.written.port_rows;
    }
    assert_eq!((rejected, rows), (9, 50 * 9 - 9));
    assert_eq!(world.number("SELECT count(*) FROM port_data").await, Some(50 * 6 - 9));
    assert_eq!(world.number("SELECT count(*) FROM inverter_data").await, Some(50 * 3));
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.quarantined_readings), (0, 9));
    for entry in outbox.quarantined(0, 99).await.unwrap() {
        assert!(entry.reason.contains("too_bright"), "{}", entry.reason);
        assert!(!entry.text.contains("33.1"), "only what was refused: {}", entry.text);
    }

    // Somebody has put the database right.
    allow(&world).await;
    assert_eq!(outbox.replay().await.unwrap().readings, 9);
    while deliver(&outbox, &*store, 20, now).await.unwrap().is_some() {}
    assert_eq!(world.number("SELECT count(*) FROM port_data").await, Some(50 * 6));
    assert_eq!(outbox.status().await.unwrap().quarantined, 0);
}

#[tokio::test]
async fn a_bad_row_in_sqlite() {
    a_bad_row_is_taken_out_and_the_rest_goes_on(World::sqlite().await).await;
}

#[tokio::test]
async fn a_bad_row_in_postgres() {
    a_bad_row_is_taken_out_and_the_rest_goes_on(World::postgres().await).await;
}

/// PostgreSQL takes no NUL in a text.
#[tokio::test]
async fn records_that_are_refused_as_a_whole_stop_nobody() {
    let world = World::postgres().await;
    let store = world.store().await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().join("outbox.sqlite")).await.unwrap();
    let figure =
        |name: &str| Metric { at: at(NOON), name: name.to_owned(), value: 1.0, dtu_name: None };
    let nameless = Snapshot { dtu_name: "ro\0of".to_owned(), ..poll(NOON, 2) };
    outbox
        .append(&[
            snapshot(nameless),
            Record::Metrics(vec![figure("good"), figure("b\0d"), figure("better")]),
            Record::Config { key: "a\0b".to_owned(), value: serde_json::json!(1) },
            snapshot(poll(NOON + 1, 2)),
        ])
        .await
        .unwrap();
    while deliver(&outbox, &*store, 200, now).await.unwrap().is_some() {}
    assert_eq!(world.number("SELECT count(*) FROM port_data").await, Some(4));
    assert_eq!(world.number("SELECT count(*) FROM system_metrics").await, Some(2));
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.quarantined, status.quarantined_readings), (0, 3, 6));
}

/// Meters and points of a curve are rows like any other.
#[tokio::test]
async fn a_refused_meter_costs_only_itself() {
    let world = World::postgres().await;
    let store = world.store().await;
    world.execute("ALTER TABLE meter_data ADD CHECK (power > -9000)").await;
    world.execute("ALTER TABLE plant_power ADD CHECK (power < 9000)").await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().join("outbox.sqlite")).await.unwrap();
    let bad = plant::MeterReading { power_w: Some(-9001.0), ..meter(2) };
    let poll = Snapshot { meters: vec![meter(1), bad, meter(3)], ..poll_with_devices(NOON) };
    let points = [100.0, 9001.0, 200.0].iter().zip(NOON..);
    let curve = plant::PlantPower {
        dtu_name: "roof".to_owned(),
        read_at: at(NOON),
        points: points
            .map(|(&power_w, second)| plant::curve::PowerPoint { at: at(second), power_w })
            .collect(),
    };
    outbox.append(&[snapshot(poll), Record::PlantPower(curve)]).await.unwrap();
    let mut rejected = 0;
    while let Some(delivered) = deliver(&outbox, &*store, 200, now).await.unwrap() {
        rejected += delivered.rejected;
    }
    assert_eq!(rejected, 1, "a point of a curve is no reading");
    for (table, rows) in [("meter_data", 2), ("storage_data", 1), ("port_data", 2)] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")).await, Some(rows));
    }
    assert_eq!(world.number("SELECT count(*) FROM plant_power").await, Some(2));
    assert_eq!(outbox.status().await.unwrap().quarantined, 2);
}
