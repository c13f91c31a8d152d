//! Meters, hybrid inverters and the power that a DTU remembers.

use jiff::{SignedDuration, Timestamp};
use plant::curve::{PlantPower, PowerPoint};
use plant::meter::MeterPhase;
use plant::reading::Phases;
use plant::storage::{Battery, EnergyToday, Flow};
use plant::{InverterReading, MeterReading, Snapshot, StorageReading};
use store::{MeterQuery, Record, StorageQuery, Store, Written};

use crate::all;
use crate::world::*;

fn meter_query(number: u32) -> MeterQuery {
    MeterQuery { serial: meter(number).serial, from: None, to: None, limit: 1000 }
}

fn storage_query(number: u32) -> StorageQuery {
    let serial_number = hybrid(0, number).serial_number;
    StorageQuery { serial_number, from: None, to: None, limit: 1000 }
}

async fn meters(store: &dyn Store) -> Vec<MeterReading> {
    let history = store.meter_history(&meter_query(1)).await.unwrap();
    history.into_iter().map(|timed| timed.value).collect()
}

fn curve(points: &[(i64, f32)]) -> Record {
    let points = points.iter().map(|&(second, power_w)| PowerPoint { at: at(second), power_w });
    Record::PlantPower(PlantPower {
        dtu_name: "roof".to_owned(),
        read_at: at(NOON + 3600),
        points: points.collect(),
    })
}

pub(crate) async fn a_meter_and_a_hybrid_read_back_as_they_were(world: &World) {
    let store = world.store().await;
    let written = store.write(&[snapshot(poll_with_devices(NOON))]).await.unwrap();
    assert_eq!(written, Written { inverter_rows: 1, port_rows: 2, meter_rows: 1, storage_rows: 1 });
    assert_eq!(meters(&*store).await, [meter(1)]);
    let history = store.storage_history(&storage_query(1)).await.unwrap();
    assert_eq!(history, [hybrid(NOON, 1)]);
}

pub(crate) async fn the_ac_side_of_an_inverter_reads_back(world: &World) {
    let store = world.store().await;
    let phases = Phases {
        voltage_v: [Some(230.1), Some(231.2), None],
        line_voltage_v: [Some(400.3), None, None],
        current_a: [Some(1.41), Some(1.42), Some(1.43)],
    };
    let ac = |serial| InverterReading {
        active_power_w: Some(979.4),
        reactive_power_var: Some(-3.5),
        power_factor: Some(0.999),
        grid_current_a: Some(4.26),
        ..inverter(serial)
    };
    let three = InverterReading { phases: Some(phases), ..ac(serial(2)) };
    let inverters = vec![ac(serial(1)), three, inverter(serial(3))];
    store
        .write(&[snapshot(Snapshot { inverters: inverters.clone(), ..poll(NOON, 3) })])
        .await
        .unwrap();
    for reading in &inverters {
        assert_eq!(store.history(&all(reading.serial)).await.unwrap()[0].value, *reading);
    }
    let latest = store.latest(at(NOON)).await.unwrap();
    assert_eq!(latest[1].1.reading.as_ref().unwrap().value, inverters[1]);
    let without = "SELECT count(*) FROM inverter_data WHERE extra IS NULL";
    assert_eq!(world.number(without).await, Some(1), "Modbus costs nothing");
    let keys = "SELECT extra -> 'phases' -> 'current_a' ->> 2 FROM inverter_data
                WHERE extra ->> 'grid_current_a' IS NOT NULL ORDER BY inverter_id";
    let keys = match world {
        World::Postgres(_) => keys.to_owned(),
        World::Sqlite(_) => keys.replace("->> 2", "->> '$[2]'").replace(
            "SELECT extra -> 'phases' -> 'current_a' ->> '$[2]'",
            "SELECT CAST(extra ->> '$.phases.current_a[2]' AS TEXT)",
        ),
    };
    assert_eq!(world.texts(&keys).await, [None, Some("1.43".to_owned())]);
}

pub(crate) async fn what_a_device_did_not_report_stays_null(world: &World) {
    let store = world.store().await;
    let silent = StorageReading {
        battery: Battery::default(),
        inputs: Vec::new(),
        grid: Vec::new(),
        load: Vec::new(),
        flow: None,
        energy_today: EnergyToday::default(),
        ..hybrid(NOON, 1)
    };
    let blank = MeterReading::blank(meter(1).serial);
    let nothing =
        Snapshot { meters: vec![blank.clone()], storage: vec![silent.clone()], ..poll(NOON, 0) };
    store.write(&[snapshot(nothing)]).await.unwrap();
    assert_eq!(meters(&*store).await, [blank]);
    assert_eq!(store.storage_history(&storage_query(1)).await.unwrap(), [silent]);

    // That a phase or a flow is there but tells nothing is no knowledge worth a column.
    let empty = MeterReading {
        phases: [Some(MeterPhase::default()), None, None],
        ..MeterReading::blank(meter(1).serial)
    };
    let still = StorageReading { flow: Some(Flow::default()), ..hybrid(NOON + 60, 1) };
    let poll = Snapshot { meters: vec![empty], storage: vec![still], ..poll(NOON + 60, 0) };
    store.write(&[snapshot(poll)]).await.unwrap();
    assert_eq!(meters(&*store).await[0].phases, [None; 3]);
    assert_eq!(store.storage_history(&storage_query(1)).await.unwrap()[0].flow, None);
}

pub(crate) async fn redelivery_of_devices_changes_nothing(world: &World) {
    let store = world.store().await;
    let records = [snapshot(poll_with_devices(NOON)), snapshot(poll_with_devices(NOON + 60))];
    store.write(&records[..1]).await.unwrap();
    let written = store.write(&records).await.unwrap();
    assert_eq!((written.meter_rows, written.storage_rows, written.readings()), (1, 1, 5));
    assert_eq!(store.write(&records).await.unwrap(), Written::default());
    // A poll that comes before the hybrid's next sample shows the same one again.
    let repeated = Snapshot { storage: vec![hybrid(NOON + 60, 1)], ..poll(NOON + 90, 0) };
    assert_eq!(store.write(&[snapshot(repeated)]).await.unwrap(), Written::default());
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.meter_data_entries, stats.storage_data_entries), (2, 2));
    assert_eq!(world.number("SELECT count(*) FROM meter_data").await, Some(2));
    assert_eq!(world.number("SELECT count(*) FROM storage_data").await, Some(2));
}

pub(crate) async fn the_latest_of_each_device_is_known_after_a_restart(world: &World) {
    let store = world.store().await;
    for second in [60, 0, 120] {
        let two = Snapshot {
            meters: vec![meter(1), meter(2)],
            storage: vec![hybrid(NOON + second, 1), hybrid(NOON + second - 5, 2)],
            ..poll(NOON + second, 0)
        };
        store.write(&[snapshot(two)]).await.unwrap();
    }
    store.write(&[snapshot(Snapshot { meters: vec![meter(3)], ..poll(NOON, 0) })]).await.unwrap();
    store.close().await;
    let known = world.store().await.latest_devices(at(NOON + 200)).await.unwrap();
    let times: Vec<_> = known.meters.iter().map(|m| (m.reading.serial, m.at)).collect();
    let newest = at(NOON + 120);
    assert_eq!(
        times,
        [(meter(1).serial, newest), (meter(2).serial, newest), (meter(3).serial, at(NOON))]
    );
    assert!(known.meters.iter().all(|meter| meter.dtu_name == "roof"));
    let hybrids: Vec<_> = known.hybrids.into_iter().map(|h| (h.at, h.reading)).collect();
    assert_eq!(hybrids, [(newest, hybrid(NOON + 120, 1)), (at(NOON + 115), hybrid(NOON + 115, 2))]);
}

pub(crate) async fn a_device_that_moves_takes_the_name_of_its_new_dtu(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll_with_devices(NOON))]).await.unwrap();
    let untold = Snapshot { dtu_serial: None, ..poll_with_devices(NOON + 60) };
    store.write(&[snapshot(untold)]).await.unwrap();
    let dtu_serial = "SELECT dtu_serial FROM meters";
    assert_eq!(world.texts(dtu_serial).await, [Some("10f800000001".to_owned())]);
    let moved = Snapshot {
        dtu_name: "garage".to_owned(),
        dtu_serial: None,
        ..poll_with_devices(NOON + 120)
    };
    let late = Snapshot { dtu_name: "late".to_owned(), ..poll_with_devices(NOON + 30) };
    store.write(&[snapshot(moved), snapshot(late)]).await.unwrap();
    let known = store.latest_devices(at(NOON + 121)).await.unwrap();
    assert_eq!(known.meters[0].dtu_name, "garage");
    assert_eq!(known.hybrids[0].dtu_name, "garage");
    assert_eq!(world.texts(dtu_serial).await, [None]);
    let gateway = "SELECT dtu_serial FROM hybrids";
    assert_eq!(world.texts(gateway).await, [Some("73000000000001".to_owned())]);
}

pub(crate) async fn history_of_devices_is_newest_first_within_bounds(world: &World) {
    let store = world.store().await;
    for minute in [3, 1, 0, 4, 2] {
        store.write(&[snapshot(poll_with_devices(NOON + 60 * minute))]).await.unwrap();
    }
    let minute = |at: Timestamp| (at.as_second() - NOON) / 60;
    for (from, to, limit, expected) in [
        (None, None, 100, vec![4, 3, 2, 1, 0]),
        (None, None, 2, vec![4, 3]),
        (Some(1), Some(4), 100, vec![3, 2, 1]),
        (Some(2), None, 100, vec![4, 3, 2]),
        (None, Some(2), 1, vec![1]),
    ] {
        let from = from.map(|minute| at(NOON + 60 * minute));
        let to = to.map(|minute| at(NOON + 60 * minute));
        let found = store.meter_history(&MeterQuery { from, to, limit, ..meter_query(1) }).await;
        let found: Vec<_> = found.unwrap().iter().map(|timed| minute(timed.at)).collect();
        assert_eq!(found, expected);
        let query = StorageQuery { from, to, limit, ..storage_query(1) };
        let found = store.storage_history(&query).await.unwrap();
        let found: Vec<_> = found.iter().map(|reading| minute(reading.sampled_at)).collect();
        assert_eq!(found, expected);
    }
    assert!(store.meter_history(&meter_query(9)).await.unwrap().is_empty());
    assert!(store.storage_history(&storage_query(9)).await.unwrap().is_empty());
}

pub(crate) async fn a_device_from_the_future_is_stored_but_is_not_the_latest(world: &World) {
    let store = world.store().await;
    let now = Timestamp::now();
    let future = now + SignedDuration::from_hours(24);
    let present = plant::reading::sample_time(now - SignedDuration::from_mins(1));
    let taken = |at: Timestamp| Snapshot { taken_at: at, ..poll_with_devices(at.as_second()) };
    store.write(&[snapshot(taken(future))]).await.unwrap();
    let known = store.latest_devices(now).await.unwrap();
    assert!(known.meters.is_empty() && known.hybrids.is_empty());
    store.write(&[snapshot(taken(present)), snapshot(taken(future))]).await.unwrap();
    let known = store.latest_devices(now).await.unwrap();
    assert_eq!(known.meters[0].at, present);
    assert_eq!(known.hybrids[0].at.as_second(), present.as_second());
    assert_eq!(meters(&*store).await.len(), 2, "both are kept");
}

pub(crate) async fn remembered_power_is_kept_beside_the_readings(world: &World) {
    let store = world.store().await;
    let records = [curve(&[(NOON + 60, 812.4), (NOON, 799.9)]), curve(&[(NOON + 120, 0.0)])];
    for _ in 0..2 {
        assert_eq!(store.write(&records).await.unwrap(), Written::default(), "no readings");
    }
    // Of two values for one instant the first stays.
    store.write(&[curve(&[(NOON, 1.0)])]).await.unwrap();
    let power = async |from: i64, to: i64| {
        let points = store.plant_power("roof", at(NOON + from), at(NOON + to)).await.unwrap();
        points.iter().map(|p| (p.at.as_second() - NOON, p.power_w)).collect::<Vec<_>>()
    };
    assert_eq!(power(0, 1000).await, [(0, 799.9), (60, 812.4), (120, 0.0)]);
    assert_eq!(power(60, 120).await, [(60, 812.4)]);
    assert!(store.plant_power("garage", at(0), at(NOON * 2)).await.unwrap().is_empty());
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.plant_power_entries, stats.inverter_data_entries), (3, 0));
}

pub(crate) async fn devices_are_no_part_of_the_books(world: &World) {
    let store = world.store().await;
    let only = |second| Snapshot { inverters: vec![], ports: vec![], ..poll_with_devices(second) };
    store.write(&[snapshot(only(NOON)), curve(&[(NOON, 500.0)])]).await.unwrap();
    for table in ["plant_daily", "port_daily", "production_cache", "inverters"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(world.number(&sql).await, Some(0), "{table}");
    }
    let done = world.recompute(at(NOON + 60)).await;
    assert_eq!((done.ports, done.readings), (0, 0));
    assert_eq!(meters(&*store).await.len(), 1);
}

pub(crate) async fn people_find_devices_in_views(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll_with_devices(NOON))]).await.unwrap();
    let whole = |view: &str, column: &str| {
        format!("SELECT CAST({column} AS bigint) FROM {view} WHERE dtu_name = 'roof'")
    };
    for (view, column, value) in [
        ("meter_readings", "power", -2610),
        ("storage_readings", "pv_power", 1278),
        ("storage_readings", "grid_power", -720),
        ("storage_readings", "load_power", -120),
        ("storage_readings", "state_of_charge", 63),
    ] {
        assert_eq!(world.number(&whole(view, column)).await, Some(value), "{column}");
    }
    assert_eq!(
        world.texts("SELECT serial_number FROM meter_readings").await,
        [Some(meter(1).serial.to_string())]
    );
}
