use super::*;

fn snapshot(at: i64, power: f32) -> Snapshot {
    let serial = "116100000001".parse().unwrap();
    Snapshot {
        inverters: vec![InverterReading::blank(serial)],
        ports: vec![PortReading {
            serial,
            port: 1,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: Some(power),
            today_wh: None,
            total_wh: None,
        }],
        ..Snapshot::blank("roof".into(), None, Timestamp::from_second(at).unwrap())
    }
}

#[test]
fn readings_of_a_clock_that_was_ahead_give_way() {
    let future = Timestamp::from_second(10_000).unwrap();
    let mut plant = LivePlant::new(future, StorageState::connecting("sqlite"));
    plant.apply(&snapshot(10_000, 1.0), future);
    let now = Timestamp::from_second(100).unwrap();
    plant.apply(&snapshot(100, 2.0), now);
    assert_eq!(power(&plant), Some(2.0));
    assert_eq!(plant.inverters.values().next().unwrap().last_seen, now);
}

fn power(plant: &LivePlant) -> Option<f32> {
    plant.inverters.values().next()?.ports[&1].value.pv_power_w
}

#[test]
fn an_older_snapshot_never_replaces_a_newer_one() {
    let now = Timestamp::from_second(100).unwrap();
    let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
    plant.apply(&snapshot(50, 2.0), now);
    plant.apply(&snapshot(40, 1.0), now);
    assert_eq!(power(&plant), Some(2.0));
    assert_eq!(plant.inverters.values().next().unwrap().first_seen.as_second(), 40);
}

#[test]
fn the_newest_reading_of_a_meter_is_shown() {
    let now = Timestamp::from_second(1000).unwrap();
    let serial: Serial = "10c071000001".parse().unwrap();
    let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
    for (second, watts) in [(900, 1.0), (960, 2.0), (930, 3.0), (1400, 4.0)] {
        let reading = MeterReading { power_w: Some(watts), ..MeterReading::blank(serial) };
        let meters = vec![reading];
        plant.apply(&Snapshot { meters, ..snapshot(second, 0.0) }, now);
    }
    assert_eq!(plant.meters[&serial].reading.power_w, Some(2.0));
}

#[test]
fn what_a_store_knows_of_a_meter_never_replaces_a_newer_reading() {
    let now = Timestamp::from_second(1000).unwrap();
    let serial: Serial = "10c071000001".parse().unwrap();
    let known = |second, watts| Latest {
        dtu_name: "roof".to_owned(),
        at: Timestamp::from_second(second).unwrap(),
        reading: MeterReading { power_w: Some(watts), ..MeterReading::blank(serial) },
    };
    let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
    for (second, watts) in [(900, 1.0), (960, 2.0), (930, 3.0)] {
        plant.recall(vec![known(second, watts)], Vec::new(), now);
    }
    assert_eq!(plant.meters[&serial].reading.power_w, Some(2.0));
}

#[test]
fn a_reading_from_the_future_does_not_become_the_latest() {
    let now = Timestamp::from_second(1000).unwrap();
    let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
    plant.apply(&snapshot(1000, 1.0), now);
    plant.apply(&snapshot(1301, 9.0), now);
    assert_eq!(power(&plant), Some(1.0));
}
