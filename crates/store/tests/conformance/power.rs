//! Means in buckets.

use std::collections::BTreeMap;

use plant::{InverterReading, Snapshot};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use store::{MeanQuery, MeanSeries, Quantity, Record};

use crate::world::*;

fn query(quantity: Quantity) -> MeanQuery {
    let (from, to) = (at(NOON), at(NOON + 900));
    MeanQuery { quantity, from, to, bucket_s: 300, serial: None, port: None }
}

fn sorted(mut series: Vec<MeanSeries>) -> Vec<MeanSeries> {
    series.iter_mut().for_each(|series| series.means.sort_by_key(|(bucket, _)| *bucket));
    series
}

pub(crate) async fn means_are_those_of_each_bucket(world: &World) {
    let store = world.store().await;
    for minute in [-1, 0, 2, 5, 14, 15] {
        let second = NOON + 60 * minute;
        let mut poll = poll(second, 2);
        for port in &mut poll.ports {
            // Port 2 tells its power only every second time.
            let watts = 100.0 * minute as f32 + f32::from(port.port);
            port.pv_power_w = Some(watts).filter(|_| port.port == 1 || minute % 2 == 0);
        }
        let inverters = poll.inverters.into_iter();
        let voltage = Some(230.0 + minute as f32);
        let inverters = inverters.map(|i| InverterReading { grid_voltage_v: voltage, ..i });
        store
            .write(&[snapshot(Snapshot { inverters: inverters.collect(), ..poll })])
            .await
            .unwrap();
    }
    let found = sorted(store.means(&query(Quantity::PortPower)).await.unwrap());
    assert_eq!(found.len(), 4);
    let first = &found[0];
    assert_eq!((first.serial, first.port), (serial(1), Some(1)));
    assert_eq!(first.dtu_name.as_deref(), Some("roof"));
    assert_eq!(first.means, [(0, 101.0), (1, 501.0), (2, 1401.0)]);
    assert_eq!(found[1].means, [(0, 102.0), (2, 1402.0)], "what is not told is no zero");
    assert_eq!((found[3].serial, found[3].port), (serial(2), Some(2)));

    let one = MeanQuery { serial: Some(serial(2)), port: Some(1), ..query(Quantity::PortPower) };
    let one = sorted(store.means(&one).await.unwrap());
    assert_eq!((one.len(), one[0].serial, one[0].port), (1, serial(2), Some(1)));

    let grid = sorted(store.means(&query(Quantity::GridVoltage)).await.unwrap());
    assert_eq!((grid.len(), grid[0].port), (2, None));
    assert_eq!(grid[1].means, [(0, 231.0), (1, 235.0), (2, 244.0)]);
    let panel = sorted(store.means(&query(Quantity::PortVoltage)).await.unwrap());
    assert_eq!(panel[0].means, [(0, 33.1), (1, 33.1), (2, 33.1)]);

    let empty = MeanQuery { from: at(0), to: at(900), ..query(Quantity::PortPower) };
    let empty = store.means(&empty).await.unwrap();
    assert!(empty.len() == 4 && empty.iter().all(|series| series.means.is_empty()));
}

/// A poll of inverters whose first port delivers this, and whose second one 1 W more.
fn poll_of(second: i64, inverters: u32, watts: f32) -> Snapshot {
    let mut poll = poll(second, inverters);
    for port in &mut poll.ports {
        port.pv_power_w = Some(watts + f32::from(port.port - 1));
    }
    poll
}

pub(crate) async fn power_of_inverters_is_kept_in_slots(world: &World) {
    let store = world.store().await;
    for (minute, watts) in [(-1, 7.0), (0, 100.0), (5, 500.0), (14, 90.0), (15, 11.0)] {
        store.write(&[snapshot(poll_of(NOON + 60 * minute, 2, watts))]).await.unwrap();
    }
    let mut missing = poll_of(NOON + 120, 2, 200.0);
    missing.ports.remove(1);
    // Late, and told twice.
    for _ in 0..2 {
        store.write(&[snapshot(missing.clone())]).await.unwrap();
    }
    // One is gone, and its DTU repeats what it delivered; the other says that it does not work.
    let mut night = poll_of(NOON + 660, 2, 90.0);
    night.inverters[0].link_status = Some(0);
    night.inverters[1].operating_status = Some(0);
    night.ports[3].pv_power_w = None;
    store.write(&[snapshot(night)]).await.unwrap();

    let found = sorted(store.means(&query(Quantity::InverterPower)).await.unwrap());
    assert_eq!(found.len(), 2);
    assert_eq!((found[1].serial, found[1].port), (serial(2), None));
    assert_eq!(found[1].dtu_name.as_deref(), Some("roof"));
    // The second port of the first inverter is missing once, which takes nothing from the sum.
    assert_eq!(found[0].means, [(0, 150.0 + 101.0), (1, 1001.0), (2, 90.5)]);
    assert_eq!(found[1].means, [(0, 301.0), (1, 1001.0), (2, 90.5)]);

    let ten_minutes = MeanQuery { bucket_s: 600, ..query(Quantity::InverterPower) };
    let found = sorted(store.means(&ten_minutes).await.unwrap());
    assert_eq!(found[1].means, [(0, 651.0), (1, 90.5)]);
    let second = MeanQuery { serial: Some(serial(2)), ..query(Quantity::InverterPower) };
    let found = store.means(&second).await.unwrap();
    assert_eq!((found.len(), found[0].serial, found[0].means.len()), (1, serial(2), 3));
    let empty = MeanQuery { from: at(0), to: at(900), ..query(Quantity::InverterPower) };
    let empty = store.means(&empty).await.unwrap();
    assert!(empty.len() == 2 && empty.iter().all(|series| series.means.is_empty()));
}

/// What every slot of every inverter should hold, W.
fn expected(polls: &[Snapshot]) -> Vec<Option<i64>> {
    let mut ports: BTreeMap<_, BTreeMap<u8, Vec<f64>>> = BTreeMap::new();
    for poll in polls {
        let slot = poll.taken_at.as_second() / 300;
        for port in &poll.ports {
            let of = ports.entry((slot, port.serial)).or_default().entry(port.port).or_default();
            let asleep = |i: &InverterReading| i.serial == port.serial && i.link_status == Some(0);
            let power = port.pv_power_w.filter(|_| !poll.inverters.iter().any(asleep));
            of.push(power.map_or(0.0, f64::from));
        }
    }
    let mean = |powers: &Vec<f64>| powers.iter().sum::<f64>() / powers.len() as f64;
    ports
        .values()
        .map(|ports| ports.values().map(mean).sum::<f64>())
        .map(|watts| Some(watts.round() as i64))
        .collect()
}

pub(crate) async fn slots_depend_on_nothing_but_the_readings(world: &World) {
    const SLOTS: &str =
        "SELECT CAST(power AS bigint) FROM inverter_power ORDER BY slot, inverter_id";
    let mut random = StdRng::seed_from_u64(9);
    let store = world.store().await;
    let mut no_watts = poll(NOON, 3);
    no_watts.ports.iter_mut().for_each(|port| port.pv_power_w = Some(0.0));
    // Inverters get their numbers in the order of their serials.
    store.write(&[snapshot(no_watts.clone())]).await.unwrap();
    let mut polls: Vec<Snapshot> = (1..200)
        .map(|number| {
            let second = NOON + 97 * number + 7200 * (number / 50);
            let mut poll = poll(second, 3);
            for port in &mut poll.ports {
                // At most four in a slot, whose mean is a whole number.
                port.pv_power_w = Some(12.0 * random.random_range(0..30) as f32);
            }
            poll.ports.retain(|_| random.random_range(0..10) > 0);
            for inverter in &mut poll.inverters {
                inverter.link_status = Some(u16::from(random.random_range(0..10) > 0));
            }
            poll
        })
        .collect();
    // Live and from a backlog, then in disorder.
    polls[100..].shuffle(&mut random);
    let mut records: Vec<Record> = polls.iter().cloned().map(snapshot).collect();
    records.extend_from_within(..40);
    for record in records.drain(..30) {
        store.write(&[record]).await.unwrap();
    }
    for batch in records.chunks(12) {
        store.write(batch).await.unwrap();
    }
    polls.push(no_watts);
    let right = expected(&polls);
    assert!(right.len() > 150, "{}", right.len());
    assert_eq!(world.numbers(SLOTS).await, right);

    let garbage = "UPDATE inverter_power SET power = 1;
                   DELETE FROM inverter_power WHERE inverter_id = 2;
                   INSERT INTO inverter_power SELECT {}, 3, 5 FROM inverter_power WHERE slot =
                   (SELECT min(slot) FROM inverter_power) AND inverter_id = 1";
    let earlier = match world {
        World::Postgres(_) => "slot - INTERVAL '1 hour'",
        World::Sqlite(_) => "slot - 3600000000",
    };
    world.execute(&garbage.replace("{}", earlier)).await;
    world.recompute(at(NOON + 86_400)).await;
    assert_eq!(world.numbers(SLOTS).await, right);
}

pub(crate) async fn two_writers_share_a_slot(world: &World) {
    let (one, two) = (world.store().await, world.store().await);
    for minute in 0..40 {
        let (a, b) = (NOON + 60 * minute, NOON + 60 * minute + 30);
        let a = [snapshot(poll_of(a, 30, 100.0))];
        let b = [snapshot(poll_of(b, 30, 200.0))];
        let (a, b) = tokio::join!(one.write(&a), two.write(&b));
        a.unwrap();
        b.unwrap();
    }
    let wrong = "SELECT CAST(count(*) AS bigint) FROM inverter_power WHERE power <> 301";
    assert_eq!(world.number(wrong).await, Some(0));
}
