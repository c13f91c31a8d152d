use jiff::Timestamp;
use plant::live::{DtuPhase, DtuState, StorageState};
use plant::{InverterReading, Snapshot};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A plant with the DTUs `roof` and `barn`, each with one inverter that was read at these seconds.
fn plant(roof: i64, barn: i64) -> LivePlant {
    let mut plant = LivePlant::new(at(0), StorageState::connecting("sqlite"));
    for (name, serial, second) in [("roof", "116100000001", roof), ("barn", "116100000002", barn)] {
        let mut dtu = DtuState::starting("10.0.0.5:502".into(), "modbus", 60);
        dtu.phase = DtuPhase::Online;
        dtu.last_success = Some(at(second));
        plant.dtus.insert(name.to_owned(), dtu);
        let snapshot = Snapshot {
            dtu_name: name.to_owned(),
            dtu_serial: None,
            taken_at: at(second),
            inverters: vec![InverterReading::blank(serial.parse().unwrap())],
            ports: Vec::new(),
            meters: Vec::new(),
            storage: Vec::new(),
        };
        plant.apply(&snapshot, at(second));
    }
    plant
}

fn moment(plant: LivePlant, second: i64) -> Moment {
    Moment { plant: Arc::new(plant), now: at(second) }
}

/// Name and data of what is told when one moment follows another.
fn told(before: &Moment, now: &Moment) -> Vec<(String, serde_json::Value)> {
    let feed = Feed::default();
    let identity = Identity {
        version: "3.0.0",
        instance_id: Arc::default(),
        time_zone: "UTC".into(),
        demo: false,
    };
    feed.tell(&Shown::at(before), &Shown::at(now), now, &identity);
    let ring = feed.ring.lock().unwrap();
    (ring::FIRST..ring.next())
        .map(|number| {
            let frame = String::from_utf8(ring.get(number).unwrap().to_vec()).unwrap();
            let lines: Vec<&str> = frame.lines().collect();
            let [event, id, data, ""] = lines.as_slice() else { panic!("{frame}") };
            assert_eq!(*id, format!("id: {}-{number}", feed.run));
            let data = data.strip_prefix("data: ").unwrap();
            let name = event.strip_prefix("event: ").unwrap();
            (name.to_owned(), serde_json::from_str(data).unwrap())
        })
        .collect()
}

#[test]
fn a_poll_is_a_snapshot_of_its_dtu() {
    let told = told(&moment(plant(60, 60), 61), &moment(plant(60, 120), 121));
    let [(name, data)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((name.as_str(), &data["dtu_name"]), ("snapshot", &"barn".into()));
    assert_eq!(data["inverters"].as_array().unwrap().len(), 1);
    assert_eq!(data["inverters"][0]["serial_number"], "116100000002");
}

#[test]
fn two_polls_of_which_only_the_outcome_was_seen_are_two_snapshots() {
    let told = told(&moment(plant(60, 60), 61), &moment(plant(120, 120), 121));
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn time_that_passes_is_nothing_new_until_something_changes_by_it() {
    let before = moment(plant(60, 60), 61);
    assert_eq!(told(&before, &moment(plant(60, 60), 300)), []);
    let [(name, _)] = told(&before, &moment(plant(60, 60), 400)).try_into().unwrap();
    assert_eq!(name, "status", "the readings have become stale");
}

#[test]
fn a_dtu_that_fails_is_a_status() {
    let mut failing = plant(60, 60);
    failing.dtus.get_mut("roof").unwrap().phase = DtuPhase::Failing;
    let [(name, _)] = told(&moment(plant(60, 60), 61), &moment(failing, 62)).try_into().unwrap();
    assert_eq!(name, "status");
}

#[test]
fn only_ids_of_this_run_are_resumed() {
    let feed = Feed::default();
    assert_eq!(feed.after(&format!("{}-17", feed.run)), Some(18));
    let other = Feed::default();
    for id in [format!("{}-17", other.run), format!("{}-{}", feed.run, u64::MAX)] {
        assert_eq!(feed.after(&id), None, "{id}");
    }
    for id in ["", "-", "17", "x-17", &format!("{}-", feed.run), &format!("{}-x", feed.run)] {
        assert_eq!(feed.after(id), None, "{id}");
    }
}
