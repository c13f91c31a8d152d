//! What begins, ends, and does not repeat.

use super::*;
use crate::energy::Correction;
use crate::live::{BreakerState, DtuState, Failure, StorageState};
use crate::{InverterReading, Snapshot};

const PANEL_1: u16 = 209;
const GRID_OUTAGE: u16 = 147;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn serial() -> Serial {
    "116100000001".parse().unwrap()
}

fn plant() -> LivePlant {
    let mut plant = LivePlant::new(at(0), StorageState::connecting("sqlite"));
    plant.storage.link = StoreLink::Up;
    let dtu = DtuState::starting("10.0.0.1:502".into(), "modbus", 60);
    plant.dtus.insert("roof".into(), DtuState { phase: DtuPhase::Online, ..dtu });
    plant
}

/// What a poll of the inverter with this status and alarm code makes happen.
fn poll(watch: &mut Watch, plant: &mut LivePlant, second: i64, on: u16, alarm: u16) -> Vec<Event> {
    let reading = InverterReading {
        operating_status: Some(on * 3),
        link_status: Some(on),
        alarm_code: Some(alarm),
        ..InverterReading::blank(serial())
    };
    let snapshot =
        Snapshot { inverters: vec![reading], ..Snapshot::blank("roof".into(), None, at(second)) };
    plant.apply(&snapshot, at(second));
    watch.look(plant, &[], at(second))
}

fn dtu(plant: &mut LivePlant) -> &mut DtuState {
    plant.dtus.get_mut("roof").unwrap()
}

fn fail(plant: &mut LivePlant, second: i64, text: &str) {
    let failure = Failure { at: at(second), kind: "connect", text: text.into() };
    let dtu = dtu(plant);
    dtu.phase = DtuPhase::Failing;
    dtu.breaker = BreakerState::Open;
    dtu.last_failure = Some(failure);
}

fn answer(plant: &mut LivePlant, second: i64) {
    dtu(plant).phase = DtuPhase::Online;
    dtu(plant).last_success = Some(at(second));
}

fn told(events: &[Event]) -> Vec<(EventKind, i64, Option<i64>)> {
    events
        .iter()
        .map(|event| {
            (event.kind, event.started_at.as_second(), event.ended_at.map(|at| at.as_second()))
        })
        .collect()
}

#[test]
fn an_alarm_begins_changes_and_ends() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    assert_eq!(poll(&mut watch, &mut plant, 60, 1, 0), []);
    let begun = poll(&mut watch, &mut plant, 120, 1, PANEL_1);
    assert_eq!(told(&begun), [(EventKind::Alarm, 120, None)]);
    assert_eq!((&*begun[0].subject, &*begun[0].text), ("116100000001", "panel 1: no input"));
    assert_eq!(poll(&mut watch, &mut plant, 180, 1, PANEL_1), [], "it lasts");
    let changed = poll(&mut watch, &mut plant, 240, 1, GRID_OUTAGE);
    let expected = [(EventKind::Alarm, 120, Some(240)), (EventKind::Alarm, 240, None)];
    assert_eq!(told(&changed), expected);
    let over = poll(&mut watch, &mut plant, 300, 1, 0);
    assert_eq!(told(&over), [(EventKind::Alarm, 240, Some(300))]);
    assert_eq!(poll(&mut watch, &mut plant, 360, 1, 0), []);
}

#[test]
fn sleep_lasts_from_dusk_to_dawn() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    poll(&mut watch, &mut plant, 60, 1, 0);
    assert_eq!(poll(&mut watch, &mut plant, 120, 0, 0), [], "not believed at once");
    let asleep = poll(&mut watch, &mut plant, 180, 0, 0);
    assert_eq!(told(&asleep), [(EventKind::Sleep, 120, None)]);
    for second in (240..6000).step_by(60) {
        assert_eq!(poll(&mut watch, &mut plant, second, 0, 0), []);
    }
    let awake = poll(&mut watch, &mut plant, 6000, 1, 0);
    assert_eq!(told(&awake), [(EventKind::Sleep, 120, Some(6000))]);
}

#[test]
fn zeros_for_a_single_read_are_no_sleep_and_do_not_end_an_alarm() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    poll(&mut watch, &mut plant, 60, 1, PANEL_1);
    assert_eq!(poll(&mut watch, &mut plant, 120, 0, 0), []);
    assert_eq!(watch.look(&plant, &[], at(150)), [], "the same reading is not a second one");
    assert_eq!(poll(&mut watch, &mut plant, 180, 1, PANEL_1), []);
}

#[test]
fn a_dtu_outage_is_one_event_however_many_polls_fail() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    fail(&mut plant, 60, "10.0.0.1:502 refuses the connection");
    let begun = watch.look(&plant, &[], at(61));
    assert_eq!(told(&begun), [(EventKind::DtuOutage, 60, None)]);
    assert_eq!(
        (&*begun[0].subject, &*begun[0].text),
        ("roof", "10.0.0.1:502 refuses the connection")
    );
    for second in [120, 180, 240] {
        fail(&mut plant, second, "it does not answer");
        assert_eq!(watch.look(&plant, &[], at(second)), []);
    }
    answer(&mut plant, 300);
    let over = watch.look(&plant, &[], at(301));
    assert_eq!(told(&over), [(EventKind::DtuOutage, 60, Some(300))]);
    assert_eq!(watch.look(&plant, &[], at(302)), []);
}

#[test]
fn a_restart_continues_what_was_open() {
    let (mut before, mut plant_before) = (Watch::default(), plant());
    fail(&mut plant_before, 60, "gone");
    let open = before.look(&plant_before, &[], at(60));

    let (mut watch, mut plant) = (Watch::default(), plant());
    dtu(&mut plant).phase = DtuPhase::Starting;
    assert_eq!(watch.adopt(open.clone()), []);
    assert_eq!(watch.look(&plant, &[], at(100)), []);
    fail(&mut plant, 101, "gone");
    assert_eq!(watch.look(&plant, &[], at(101)), [], "the same outage");
    answer(&mut plant, 160);
    assert_eq!(told(&watch.look(&plant, &[], at(160))), [(EventKind::DtuOutage, 60, Some(160))]);
}

#[test]
fn a_store_that_comes_late_leaves_no_doubles() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    fail(&mut plant, 101, "gone");
    let ours = watch.look(&plant, &[], at(101));
    let earlier = Event { started_at: at(60), ..ours[0].clone() };
    let superseded = watch.adopt(vec![earlier, ours[0].clone()]);
    assert_eq!(told(&superseded), [(EventKind::DtuOutage, 60, Some(101))]);
    answer(&mut plant, 160);
    assert_eq!(told(&watch.look(&plant, &[], at(160))), [(EventKind::DtuOutage, 101, Some(160))]);
}

#[test]
fn what_another_bridge_watches_is_left_to_it() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    poll(&mut watch, &mut plant, 60, 1, PANEL_1);
    dtu(&mut plant).phase = DtuPhase::Standby;
    assert_eq!(poll(&mut watch, &mut plant, 120, 1, 0), []);
    // The other bridge has ended the alarm and nothing is open: there is nothing to end later.
    watch.follow(&plant, Vec::new());
    answer(&mut plant, 180);
    assert_eq!(poll(&mut watch, &mut plant, 180, 1, 0), []);
}

#[test]
fn a_database_outage_and_lost_readings_are_told_apart() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    plant.storage.link = StoreLink::Down;
    plant.storage.last_failure =
        Some(Failure { at: at(60), kind: "store", text: "no route".into() });
    let begun = watch.look(&plant, &[], at(61));
    assert_eq!(told(&begun), [(EventKind::DatabaseOutage, 60, None)]);
    assert_eq!(begun[0].subject, DATABASE);
    plant.storage.accepting = false;
    let lost = watch.look(&plant, &[], at(120));
    assert_eq!((lost.len(), &*lost[0].subject), (1, READINGS));
    plant.storage.accepting = true;
    plant.storage.link = StoreLink::Up;
    let over = watch.look(&plant, &[], at(180));
    assert_eq!(over.len(), 2);
    assert!(over.iter().all(|event| event.ended_at == Some(at(180))));
}

#[test]
fn corrections_and_new_dialects_are_instants() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    let correction = Correction::Reset { before_wh: 5000, after_wh: 3 };
    let corrected = Corrected { serial: serial(), port: 2, at: at(60), correction };
    let events = watch.look(&plant, &[corrected], at(61));
    assert_eq!(told(&events), [(EventKind::CounterCorrection, 60, Some(60))]);
    assert_eq!(events[0].subject, "116100000001/2");
    assert_eq!(events[0].text, correction.sentence());

    dtu(&mut plant).dialect = Some("byte addressing".into());
    assert_eq!(watch.look(&plant, &[], at(62)), [], "learned, not changed");
    dtu(&mut plant).dialect = Some("word addressing".into());
    let events = watch.look(&plant, &[], at(63));
    assert_eq!(told(&events), [(EventKind::DialectChange, 63, Some(63))]);
}

#[test]
fn the_bridge_was_down_when_more_than_a_restart_is_missing() {
    let mut plant = plant();
    plant.started_at = at(1000);
    assert_eq!(Watch::bridge_down(&plant, at(820)), None);
    let down = Watch::bridge_down(&plant, at(819)).unwrap();
    assert_eq!(told(&[down]), [(EventKind::BridgeDown, 819, Some(1000))]);
}

#[test]
fn of_a_retired_inverter_nothing_is_going_on() {
    let (mut watch, mut plant) = (Watch::default(), plant());
    poll(&mut watch, &mut plant, 60, 3, 5);
    assert!(watch.is_open(EventKind::Alarm, &serial().to_string()));
    plant.arrange(crate::arrangement::Change::Retired { serial: serial(), retired: true });
    let ended = watch.look(&plant, &[], at(90));
    assert_eq!(told(&ended), [(EventKind::Alarm, 60, Some(90))]);
    assert_eq!(poll(&mut watch, &mut plant, 120, 3, 5), [], "it raises no alarm");
    plant.arrange(crate::arrangement::Change::Retired { serial: serial(), retired: false });
    let begun = watch.look(&plant, &[], at(130));
    assert_eq!(told(&begun), [(EventKind::Alarm, 120, None)]);
}
