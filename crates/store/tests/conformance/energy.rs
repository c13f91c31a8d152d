//! The books: energy and daily figures in the transaction of the readings.

use plant::Snapshot;
use store::Record;

use crate::world::*;

/// A poll of one inverter with two ports whose counters stand at so many watt-hours above a start.
fn counters(second: i64, made_wh: u32) -> Snapshot {
    Snapshot {
        ports: vec![
            port(serial(1), 1, 1_000_000 + made_wh),
            port(serial(1), 2, 2_000_000 + made_wh),
        ],
        ..poll(second, 1)
    }
}

/// Two days with a poll an hour, 10 Wh per port and hour, and a zero that means nothing.
fn two_days() -> Vec<Record> {
    let mut polls: Vec<Snapshot> =
        (0..30).map(|hour| counters(NOON + 3600 * hour, 10 * hour as u32)).collect();
    for port in &mut polls[7].ports {
        port.total_wh = Some(0);
    }
    polls.into_iter().map(snapshot).collect()
}

async fn books(world: &World) -> Vec<Option<i64>> {
    let mut books = Vec::new();
    for column in ["energy", "estimated", "samples", "corrections", "peak_power * 10"] {
        let sql =
            format!("SELECT CAST({column} AS bigint) FROM port_daily ORDER BY port_number, day");
        books.extend(world.numbers(&sql).await);
    }
    for column in ["energy", "estimated", "samples", "peak_power * 10"] {
        let sql =
            format!("SELECT CAST({column} AS bigint) FROM port_hourly ORDER BY port_number, hour");
        books.extend(world.numbers(&sql).await);
    }
    for (table, order) in [("plant_daily", "day"), ("plant_hourly", "hour")] {
        for column in ["energy", "polls", "peak_power * 10"] {
            let sql = format!("SELECT CAST({column} AS bigint) FROM {table} ORDER BY {order}");
            books.extend(world.numbers(&sql).await);
        }
    }
    for column in ["today_production", "total_production"] {
        let sql =
            format!("SELECT CAST({column} AS bigint) FROM production_cache ORDER BY port_number");
        books.extend(world.numbers(&sql).await);
    }
    books
}

pub(crate) async fn every_watt_hour_is_booked_to_its_day(world: &World) {
    let store = world.store().await;
    store.write(&two_days()).await.unwrap();
    let energy = world.numbers("SELECT energy FROM port_daily ORDER BY port_number, day").await;
    // The second reading opens the account with what the device has counted (`world::port`: 1,234
    // Wh).
    // The step that ends at midnight belongs to the day before.
    let [first, second] = [1_234 + 110, 170].map(Some);
    assert_eq!(energy, [first, second, first, second]);
    assert_eq!(
        world.numbers("SELECT total_production FROM production_cache ORDER BY port_number").await,
        [Some(1_000_290), Some(2_000_290)]
    );
    assert_eq!(world.number("SELECT sum(polls) FROM plant_daily").await, Some(30));
    let plant = world.numbers("SELECT energy FROM plant_daily ORDER BY day").await;
    assert_eq!(plant, [Some(2 * (1_234 + 110)), Some(2 * 170)]);
}

pub(crate) async fn books_do_not_depend_on_batches_repetition_or_restarts(world: &World) {
    let records = two_days();
    let other = match world {
        World::Postgres(_) => World::postgres().await,
        World::Sqlite(_) => World::sqlite().await,
    };
    other.store().await.write(&records).await.unwrap();
    let expected = books(&other).await;

    for batch in records.chunks(4) {
        // A restart before each batch, and its acknowledgement lost.
        let store = world.store().await;
        store.write(batch).await.unwrap();
        store.write(batch).await.unwrap();
        store.close().await;
    }
    let store = world.store().await;
    store.write(&records[3..9]).await.unwrap();
    assert_eq!(books(world).await, expected);
}

pub(crate) async fn raw_counters_stay_as_they_were(world: &World) {
    let store = world.store().await;
    store.write(&two_days()).await.unwrap();
    let zeros = world.number("SELECT count(*) FROM port_data WHERE total_production = 0").await;
    assert_eq!(zeros, Some(2));
}

pub(crate) async fn recomputation_equals_the_live_path(world: &World) {
    let store = world.store().await;
    for batch in two_days().chunks(7) {
        store.write(batch).await.unwrap();
    }
    let live = books(world).await;
    let accounts = "SELECT CAST(accounting AS text) FROM production_cache ORDER BY port_number";
    let believed = world.texts(accounts).await;
    // Somebody has spoilt the books.
    world.execute("UPDATE port_daily SET energy = 99, estimated = 7, samples = 1").await;
    world.execute("UPDATE port_hourly SET energy = 99, estimated = 7, samples = 1").await;
    world.execute("UPDATE plant_daily SET energy = 1").await;
    world.execute("UPDATE plant_hourly SET energy = 1").await;
    world.execute("UPDATE production_cache SET accounting = NULL, total_production = 0").await;
    let done = world.recompute(at(NOON + 30 * 3600)).await;
    assert_eq!((done.ports, done.readings, done.port_days), (2, 60, 4));
    assert_eq!(books(world).await, live);
    assert_eq!(world.texts(accounts).await, believed);
}

pub(crate) async fn recomputation_leaves_other_days_alone(world: &World) {
    let store = world.store().await;
    store.write(&two_days()).await.unwrap();
    world.execute("UPDATE port_daily SET energy = 99").await;
    let first = world.recompute_day(at(NOON), at(NOON + 30 * 3600)).await;
    assert_eq!(first.port_days, 2);
    let energy = world.numbers("SELECT energy FROM port_daily ORDER BY port_number, day").await;
    let [first, second] = [1_234 + 110, 99].map(Some);
    assert_eq!(energy, [first, second, first, second]);
}
