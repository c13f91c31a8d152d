//! Both engines keep the same rows, whatever is written, in whatever order, however often.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use plant::curve::{PlantPower, PowerPoint};
use plant::reading::Phases;
use plant::{InverterReading, MeterReading, PortReading, Snapshot, StorageReading};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, FileFailurePersistence};
use store::{HistoryQuery, MeterQuery, Record, StorageQuery, Store};
use world::*;

/// A snapshot whose values follow from its key, as a device gives one answer at one instant.
fn record(second: i64, present: [bool; 3], ports: u8) -> Record {
    let value = |salt: i64| (second * 31 + salt) as f32 / 7.0;
    let serials: Vec<_> = (1..=3)
        .zip(present)
        .filter(|&(_, present)| present)
        .map(|(number, _)| serial(number))
        .collect();
    let dtu_name = if second % 2 == 0 { "roof" } else { "garage" }.to_owned();
    let dtu_serial = (second % 3 == 0).then(|| serial(900));
    snapshot(Snapshot {
        inverters: serials
            .iter()
            .map(|&serial| InverterReading {
                grid_voltage_v: (second % 4 != 0).then(|| value(1)),
                alarm_code: u16::try_from(second * 2000).ok(),
                link_status: Some(u16::MAX),
                grid_current_a: (second % 3 == 0).then(|| value(5)),
                phases: (second % 6 == 0).then(|| Phases {
                    current_a: [None, Some(value(6)), None],
                    ..Phases::default()
                }),
                ..InverterReading::blank(serial)
            })
            .collect(),
        ports: serials
            .iter()
            .flat_map(|&serial| (1..=ports).map(move |port| (serial, port)))
            .map(|(serial, port)| PortReading {
                serial,
                port,
                pv_voltage_v: Some(value(i64::from(port))),
                pv_current_a: None,
                pv_power_w: (second % 5 != 0).then(|| value(3)),
                today_wh: u32::try_from(second).ok(),
                total_wh: Some(u32::MAX - u32::from(port)),
            })
            .collect(),
        meters: (1..=u32::from(present[0]) + u32::from(present[1]))
            .map(|number| MeterReading { power_w: Some(value(7)), ..meter(number) })
            .collect(),
        // The device samples more seldom than it is asked: several polls of one DTU show one
        // sample. Two DTUs never do: which of them it would belong to was a matter of order.
        storage: (present[2])
            .then(|| NOON + second / 4 * 4 + second % 2)
            .map(|sampled| StorageReading { flow: None, ..hybrid(sampled, 1) })
            .into_iter()
            .collect(),
        ..Snapshot::blank(dtu_name, dtu_serial, at(NOON + second))
    })
}

/// The curve of a minute, with one value per instant.
fn curve(minute: i64) -> Record {
    let point = |second| PowerPoint { at: at(NOON + second), power_w: second as f32 / 7.0 };
    Record::PlantPower(PlantPower {
        dtu_name: "roof".to_owned(),
        read_at: at(NOON + 1000),
        points: (minute * 60..minute * 60 + 70).step_by(10).map(point).collect(),
    })
}

/// Everything that can be asked of a store, as text; the energy accounts too if readings came in
/// the order of their time, as the outbox delivers them.
async fn answers(store: &dyn Store, in_order: bool) -> String {
    let mut stats = store.stats().await.unwrap();
    stats.database_size_bytes = 0;
    let mut latest = store.latest(at(NOON + 1000)).await.unwrap();
    if !in_order {
        latest.iter_mut().for_each(|(_, inverter)| inverter.accounts.clear());
    }
    let mut all = format!("{stats:#?}\n{latest:#?}");
    for number in 1..=3 {
        let query = HistoryQuery { serial: serial(number), from: None, to: None, limit: 1000 };
        all += &format!("\n{:#?}", store.history(&query).await.unwrap());
        let query = MeterQuery { serial: meter(number).serial, from: None, to: None, limit: 1000 };
        all += &format!("\n{:#?}", store.meter_history(&query).await.unwrap());
    }
    let serial_number = hybrid(0, 1).serial_number;
    let query = StorageQuery { serial_number, from: None, to: None, limit: 1000 };
    all += &format!("\n{:#?}", store.storage_history(&query).await.unwrap());
    all += &format!("\n{:#?}", store.latest_devices(at(NOON + 1000)).await.unwrap());
    let power = store.plant_power("roof", at(NOON), at(NOON + 1000)).await.unwrap();
    all += &format!("\n{power:#?}");
    all
}

async fn write_all(store: &dyn Store, records: &[Record], batch: usize) {
    for batch in records.chunks(batch) {
        store.write(batch).await.unwrap();
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 12,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    #[test]
    fn both_engines_keep_the_same_rows(
        polls in prop::collection::btree_map(0..40i64, (any::<[bool; 3]>(), 1..4u8), 1..12),
        again in prop::collection::vec(any::<Index>(), 0..8),
        (forwards, backwards) in (1..6usize, 1..6usize),
    ) {
        let once: Vec<Record> = polls
            .iter()
            .flat_map(|(&second, &(present, ports))| {
                let power = (second % 5 == 0).then(|| curve(second / 5));
                [record(second, present, ports)].into_iter().chain(power)
            })
            .collect();
        let mut shuffled: Vec<Record> = once.iter().rev().cloned().collect();
        for index in &again {
            let repeated = index.get(&once).clone();
            shuffled.insert(index.index(shuffled.len()), repeated);
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (postgres, sqlite) = (World::postgres().await, World::sqlite().await);
            let (one, two) = (postgres.store().await, sqlite.store().await);
            let shuffled_world = World::sqlite().await;
            let three = shuffled_world.store().await;
            write_all(&*one, &once, forwards).await;
            write_all(&*two, &once, backwards).await;
            write_all(&*three, &shuffled, backwards).await;
            let reference = answers(&*one, true).await;
            assert_eq!(answers(&*two, true).await, reference, "the other engine");
            assert_eq!(answers(&*three, false).await, answers(&*one, false).await, "reordered");
            write_all(&*one, &shuffled, backwards).await;
            assert_eq!(answers(&*one, true).await, reference, "delivered again");
        });
    }
}
