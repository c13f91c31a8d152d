//! The books: energy and daily figures in the transaction of the readings.

use jiff::Timestamp;
use plant::Snapshot;
use store::{EnergyPoint, EnergyQuery, EnergySeries, Grouping, Record, Resolution, Store};

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
    let slots = "SELECT CAST(power * 10 AS bigint) FROM inverter_power ORDER BY slot, inverter_id";
    books.extend(world.numbers(slots).await);
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

const GROUPINGS: [Grouping; 4] =
    [Grouping::Plant, Grouping::Dtu, Grouping::Inverter, Grouping::Port];

async fn energy(
    store: &dyn Store,
    (from, to): (&str, &str),
    resolution: Resolution,
    by: Grouping,
) -> Vec<EnergySeries> {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (from, to) = (at(from), at(to));
    let query = EnergyQuery { from, to, resolution, by, serial: None, port: None };
    store.energy(&query).await.unwrap()
}

fn sum(series: &[EnergySeries]) -> u64 {
    series.iter().map(|series| sum_of(&series.points)).sum()
}

fn sum_of(points: &[EnergyPoint]) -> u64 {
    points.iter().map(|point| point.energy_wh).sum()
}

pub(crate) async fn series_of_every_kind_add_up(world: &World) {
    let store = world.store().await;
    for batch in two_days().chunks(7) {
        store.write(batch).await.unwrap();
    }
    let all = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let years = ("2023-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    for by in GROUPINGS {
        for (asked, resolution) in [
            (all, Resolution::Hour),
            (all, Resolution::Day),
            (all, Resolution::Month),
            (all, Resolution::Year),
            (years, Resolution::Day),
            (years, Resolution::Month),
            (years, Resolution::Year),
        ] {
            let series = energy(&*store, asked, resolution, by).await;
            assert_eq!(series.len(), if by == Grouping::Port { 2 } else { 1 }, "{by:?}");
            assert_eq!(sum(&series), 2 * (1_234 + 110 + 170), "{by:?} {resolution:?}");
            for series in &series {
                let last = series.points.last().unwrap();
                let lifetime = match (by, series.port) {
                    (Grouping::Port, Some(1)) => 1_000_290,
                    (Grouping::Port, Some(2)) => 2_000_290,
                    _ => 3_000_580,
                };
                assert_eq!(last.lifetime_wh, Some(lifetime), "{by:?} {resolution:?}");
                for pair in series.points.windows(2) {
                    assert!(pair[0].start < pair[1].start);
                    let grown = pair[1].lifetime_wh.unwrap() - pair[0].lifetime_wh.unwrap();
                    assert_eq!(grown, pair[1].energy_wh, "{by:?} {resolution:?}");
                }
            }
        }
    }
    let port = &energy(&*store, all, Resolution::Year, Grouping::Port).await[1];
    assert_eq!((port.serial, port.port), (Some(serial(1)), Some(2)));
    assert_eq!(port.dtu_name.as_deref(), Some("roof"));
    let point = port.points[0];
    assert_eq!(point.start, "2025-01-01T00:00:00Z".parse().unwrap());
    assert_eq!((point.samples, point.peak), (30, Some((273.4, at(NOON)))), "the first of equals");
    let inverter = &energy(&*store, all, Resolution::Day, Grouping::Inverter).await[0];
    assert_eq!((inverter.members.len(), inverter.points[0].peak), (2, None));
    let polls = &energy(&*store, all, Resolution::Day, Grouping::Dtu).await[0];
    assert_eq!(polls.points.iter().map(|point| point.samples).collect::<Vec<_>>(), [12, 18]);
}

/// One DTU loses a port for six weeks, whose return then changes days that are over and remembered;
/// another is read on some days only.
pub(crate) async fn a_series_over_years_keeps_up_with_the_past(world: &World) {
    let store = world.store().await;
    let year = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let years = ("2023-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    let asked = [
        (Resolution::Day, Grouping::Plant),
        (Resolution::Month, Grouping::Plant),
        (Resolution::Year, Grouping::Dtu),
        (Resolution::Day, Grouping::Dtu),
    ];
    for number in 0..100 {
        let mut roof = counters(NOON + 43_200 * number, 100 * number as u32);
        if (5..90).contains(&number) {
            roof.ports.pop();
        }
        let mut records = vec![snapshot(roof)];
        if number % 20 > 12 {
            let made_wh = 70 * number as u32;
            records.push(snapshot(Snapshot {
                dtu_name: "garage".into(),
                ports: vec![port(serial(2), 1, 3_000_000 + made_wh)],
                inverters: vec![inverter(serial(2))],
                ..poll(NOON + 43_200 * number + 5, 1)
            }));
        }
        store.write(&records).await.unwrap();
        // Not after each, so that some days are sealed at once.
        let is_looked_at = number % 7 == 0 || (88..92).contains(&number);
        for (resolution, by) in asked.into_iter().filter(|_| is_looked_at) {
            let remembered = energy(&*store, years, resolution, by).await;
            let read = energy(&*store, year, resolution, by).await;
            assert_eq!(remembered, read, "{by:?} {resolution:?} after {number}");
        }
    }
    assert_eq!(world.number("SELECT changes FROM past_changes").await, Some(1), "the return");

    let right = energy(&*store, years, Resolution::Day, Grouping::Plant).await;
    world.execute("UPDATE plant_daily SET energy = 1").await;
    let remembered = energy(&*store, years, Resolution::Day, Grouping::Plant).await;
    let first_days = |series: &[EnergySeries]| sum_of(&series[0].points[..30]);
    assert_eq!(first_days(&remembered), first_days(&right), "from memory");
    world.recompute(at(NOON + 43_200 * 100)).await;
    for (resolution, by) in asked {
        let remembered = energy(&*store, years, resolution, by).await;
        assert_eq!(remembered, energy(&*store, year, resolution, by).await);
    }
    assert_eq!(energy(&*store, years, Resolution::Day, Grouping::Plant).await, right);
}

pub(crate) async fn lifetimes_of_the_past_are_those_of_then(world: &World) {
    let store = world.store().await;
    store.write(&two_days()).await.unwrap();
    let afternoon = ("2025-06-21T13:00:00Z", "2025-06-21T18:00:00Z");
    for by in GROUPINGS {
        let series = energy(&*store, afternoon, Resolution::Hour, by).await;
        assert_eq!(series[0].points.len(), 5, "{by:?}");
        let last = series[0].points.last().unwrap();
        let expected = match by {
            Grouping::Port => 1_000_060,
            _ => 3_000_120,
        };
        // The step from 17:00 to 18:00 is of the hour in its middle.
        assert_eq!((last.start, last.lifetime_wh), (at(NOON + 5 * 3600), Some(expected)));
    }
    let first_day = ("2025-06-21T00:00:00Z", "2025-06-22T00:00:00Z");
    let day = &energy(&*store, first_day, Resolution::Day, Grouping::Plant).await[0];
    let hours = &energy(&*store, first_day, Resolution::Hour, Grouping::Plant).await[0];
    assert_eq!(day.points[0].lifetime_wh, hours.points.last().unwrap().lifetime_wh);
}

pub(crate) async fn the_hours_of_days_with_23_and_25_add_up(world: &World) {
    for (zone, day, next, hours) in [
        ("Europe/Berlin", "2025-03-30", "2025-03-31", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-28", 25),
        ("Asia/Kathmandu", "2025-06-21", "2025-06-22", 24),
    ] {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        let store = world.store_in(zone.clone()).await;
        let start = |day: &str| {
            let day: jiff::civil::Date = day.parse().unwrap();
            day.to_zoned(zone.clone()).unwrap().timestamp()
        };
        let (from, to) = (start(day), start(next));
        let first = from.as_second() - 7200;
        let records: Vec<Record> = (0..2 * 30)
            .map(|half| snapshot(counters(first + 1800 * half, 7 * half as u32)))
            .collect();
        store.write(&records).await.unwrap();
        for by in GROUPINGS {
            let query =
                |resolution| EnergyQuery { from, to, resolution, by, serial: None, port: None };
            let of_hours = store.energy(&query(Resolution::Hour)).await.unwrap();
            let of_day = store.energy(&query(Resolution::Day)).await.unwrap();
            assert_eq!(of_hours[0].points.len(), hours, "{day} {by:?}");
            assert_eq!(of_hours[0].points[0].start, from);
            assert_eq!((of_day[0].points.len(), of_day[0].points[0].start), (1, from));
            for (hourly, daily) in of_hours.iter().zip(&of_day) {
                let sum: u64 = hourly.points.iter().map(|point| point.energy_wh).sum();
                assert_eq!(sum, daily.points[0].energy_wh, "{day} {by:?}");
            }
        }
        world.execute("DELETE FROM production_cache; DELETE FROM plant_daily").await;
    }
}
