//! The Wi-Fi driver against a DTU on a real socket that does what the test says.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use dtu::driver::{Cause, DriverError};
use dtu::{Driver, WifiDriver, WifiEndpoint};
use jiff::{SignedDuration, Timestamp};
use plant::status::Activity;
use tokio::net::TcpListener;
use wifi::message::*;
use wifi::server::{Reply, Request, Service};
use wifi::{Command, Key};

const INVERTER: i64 = 0x1412_a000_0101;
const NOON: i64 = 1_782_043_200;

fn noon() -> Timestamp {
    Timestamp::from_second(NOON).unwrap()
}

fn later(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

/// What the DTU has, and what it refuses.
struct State {
    serial: &'static str,
    seed: Option<[u8; 16]>,
    /// It says that it encrypts.
    claims_encryption: bool,
    pages: Vec<Readings>,
    alarms: Vec<Alarm>,
    history: Option<PowerHistory>,
    hybrid: Option<Hybrid>,
    refusals: BTreeMap<Command, Reply>,
    asked: Vec<Command>,
}

struct Dtu(Mutex<State>);

impl Dtu {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Shows a reading of this time and power from now on.
    fn show(&self, at: Timestamp, tenths_of_watts: i32) {
        self.state().pages = vec![page(at.as_second(), tenths_of_watts)];
    }
}

impl Service for Dtu {
    fn key(&self) -> Option<Key> {
        self.state().seed.map(|seed| Key::new(seed.into()))
    }

    async fn reply(&self, request: Request) -> Reply {
        let key = self.key();
        let mut state = self.state();
        state.asked.push(request.command);
        if let Some(refusal) = state.refusals.get(&request.command) {
            return refusal.clone();
        }
        if request.payload.is_err() {
            // What a DTU does about a wrong key.
            return Reply::Last(vec![0; 16]);
        }
        let page = |asked: Option<i32>| usize::try_from(asked.unwrap_or(0)).unwrap();
        let key = key.as_ref();
        let bytes = match request.command {
            Command::INFORMATION => {
                let dtu = DtuInformation {
                    firmware: Some(4354),
                    features: Some(if state.claims_encryption { 1 << 25 } else { 0 }),
                    key_seed: state.seed.map(|seed| seed.to_vec()),
                    ..DtuInformation::default()
                };
                let serial = format!("{}J", state.serial).into_bytes();
                let information = Information {
                    dtu_serial: Some(serial),
                    dtu: Some(dtu),
                    ..Information::default()
                };
                request.answer(&information, key)
            }
            Command::READINGS => {
                let Ok(asked) = request.message::<ReadingsRequest>() else {
                    return Reply::Last(Vec::new());
                };
                match state.pages.get(page(asked.page)) {
                    Some(answer) => request.answer(answer, key),
                    None => return Reply::Silence,
                }
            }
            Command::COMMAND => request.answer(&CommandAnswer::default(), key),
            Command::ALARMS => {
                let alarms = state.alarms.clone();
                request.answer(&Alarms { alarms, ..Alarms::default() }, key)
            }
            Command::POWER_HISTORY => match &state.history {
                Some(history) => request.answer(history, key),
                None => return Reply::Silence,
            },
            Command::GATEWAY => request
                .answer(&Gateway { serial: Some(0x4301_00a1_b2c3), ..Gateway::default() }, key),
            Command::REGISTERED => {
                let inverter =
                    RegisteredInverter { serial: Some(1234), ..RegisteredInverter::default() };
                let inverters = vec![inverter];
                request.answer(&Registered { inverters, ..Registered::default() }, key)
            }
            Command::HYBRID => request.answer(state.hybrid.as_ref().unwrap(), key),
            _ => return Reply::Silence,
        };
        Reply::Send(bytes)
    }
}

fn page(time: i64, power: i32) -> Readings {
    let port = |number, power| Port {
        serial: Some(INVERTER),
        port: Some(number),
        voltage: Some(344),
        current: Some(413),
        power: Some(power),
        total_energy: Some(2_401_684),
        today_energy: Some(684),
        ..Port::default()
    };
    Readings {
        dtu_serial: Some(b"4143a0000101".to_vec()),
        time: i32::try_from(time).ok(),
        page_count: Some(1),
        single_phase: vec![SinglePhaseInverter {
            serial: Some(INVERTER),
            grid_voltage: Some(2299),
            active_power: Some(power),
            warning_count: Some(1),
            link_status: Some(1),
            ..SinglePhaseInverter::default()
        }],
        ports: vec![port(1, power / 2), port(2, power / 2)],
        ..Readings::default()
    }
}

async fn device(encrypted: bool) -> (Arc<Dtu>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dtu = Arc::new(Dtu(Mutex::new(State {
        serial: "4143a0000101",
        seed: encrypted.then_some([1; 16]),
        claims_encryption: encrypted,
        pages: vec![page(NOON, 4000)],
        alarms: Vec::new(),
        history: None,
        hybrid: None,
        refusals: BTreeMap::new(),
        asked: Vec::new(),
    })));
    tokio::spawn(wifi::server::serve(listener, Arc::clone(&dtu)));
    (dtu, port)
}

fn endpoint(port: u16) -> WifiEndpoint {
    WifiEndpoint {
        name: "roof".to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        timeout: Duration::from_millis(300),
        period: Duration::from_secs(120),
        upload_pause: Duration::ZERO,
    }
}

fn driver(port: u16) -> WifiDriver {
    WifiDriver::new(endpoint(port), None, None)
}

#[tokio::test]
async fn a_reading_has_the_dtus_own_time() {
    for encrypted in [false, true] {
        let (dtu, port) = device(encrypted).await;
        dtu.show(noon(), 4000);
        let poll = driver(port).poll(later(1)).await.unwrap();
        let snapshot = poll.snapshot.unwrap();
        assert_eq!(snapshot.taken_at, noon());
        assert_eq!(snapshot.pv_power_w(), 400.0);
        assert_eq!(snapshot.inverters[0].grid_voltage_v, Some(229.9));
        assert_eq!(poll.dtu_serial, "4143a0000101".parse().ok());
        assert_eq!(poll.model.as_deref(), Some("DTU inside the inverter"));
        assert_eq!(poll.firmware.as_deref(), Some("V01.01.02"));
        let words = if encrypted { "protobuf, encrypted" } else { "protobuf, plain" };
        assert_eq!(poll.dialect, words);
    }
}

#[tokio::test]
async fn a_reading_that_was_there_before_is_not_new() {
    let (dtu, port) = device(false).await;
    let mut driver = driver(port);
    assert!(driver.poll(later(0)).await.unwrap().snapshot.is_some());
    dtu.state().asked.clear();
    assert_eq!(driver.poll(later(2)).await.unwrap().snapshot, None);
    assert_eq!(dtu.state().asked, [Command::READINGS], "nothing else is asked for");
    dtu.show(later(3), 4100);
    assert!(driver.poll(later(4)).await.unwrap().snapshot.is_some());
    let error = driver.poll(later(20)).await.unwrap_err();
    assert_eq!(error.cause, Cause::Frozen { since: later(3) });
    dtu.show(later(21), 4100);
    assert!(driver.poll(later(22)).await.unwrap().snapshot.is_some(), "it has recovered");
}

#[tokio::test]
async fn a_dtu_without_a_clock_has_no_readings() {
    let (dtu, port) = device(false).await;
    let mut driver = driver(port);
    for second in [0, 1_000_000] {
        dtu.show(Timestamp::from_second(second).unwrap(), 4000);
        assert_eq!(driver.poll(later(0)).await.unwrap().snapshot, None);
    }
    dtu.show(later(60), 4000);
    let ahead = driver.poll(later(1)).await.unwrap().snapshot.unwrap();
    assert_eq!(ahead.taken_at, later(1), "a clock that is an hour ahead is not believed");
}

#[tokio::test]
async fn all_pages_make_a_reading_and_a_missing_one_unmakes_it() {
    let (dtu, port) = device(true).await;
    let second = Readings {
        page: Some(1),
        page_count: Some(2),
        meters: vec![Meter {
            serial: Some(0x10c0_7100_0001),
            power: Some(-191),
            ..Meter::default()
        }],
        single_phase: Vec::new(),
        ports: Vec::new(),
        ..page(NOON, 0)
    };
    dtu.state().pages = vec![Readings { page_count: Some(2), ..page(NOON, 4000) }, second];
    let mut driver = driver(port);
    let snapshot = driver.poll(noon()).await.unwrap().snapshot.unwrap();
    assert_eq!((snapshot.ports.len(), snapshot.meters[0].power_w), (2, Some(-1910.0)));

    let state = || dtu.state();
    state().pages[0].time = i32::try_from(NOON + 30).ok();
    state().pages[1].page = Some(0);
    let error = driver.poll(later(2)).await.unwrap_err();
    assert_eq!(error.cause, Cause::MissingPage { page: 2, of: 2 }, "another page than asked for");
    state().pages.truncate(1);
    let error = driver.poll(later(4)).await.unwrap_err();
    assert_eq!(error.kind(), "incomplete");
    assert!(error.to_string().contains("page 2 of 2"), "{error}");
}

#[tokio::test]
async fn a_key_that_has_changed_costs_no_poll() {
    let (dtu, port) = device(true).await;
    let mut driver = driver(port);
    assert!(driver.poll(later(0)).await.unwrap().snapshot.is_some());
    for (minutes, seed) in [(2, Some([2; 16])), (4, None), (6, Some([3; 16]))] {
        dtu.state().seed = seed;
        dtu.state().claims_encryption = seed.is_some();
        dtu.show(later(minutes), 4000);
        let poll = driver.poll(later(minutes)).await;
        assert!(poll.unwrap().snapshot.is_some(), "key {seed:?}");
    }
}

async fn failure(prepare: impl FnOnce(&mut State), polls: u32) -> DriverError {
    let (dtu, port) = device(false).await;
    prepare(&mut dtu.state());
    let mut driver = driver(port);
    for _ in 1..polls {
        driver.poll(noon()).await.unwrap_err();
    }
    driver.poll(noon()).await.unwrap_err()
}

#[tokio::test]
async fn an_owner_is_told_what_is_wrong() {
    let no_key = failure(|dtu| dtu.claims_encryption = true, 1).await;
    assert_eq!(no_key.cause, Cause::NoKey);
    assert!(no_key.to_string().contains("encrypts but gives no key"), "{no_key}");

    let refuse = |dtu: &mut State| {
        dtu.refusals.insert(Command::READINGS, Reply::Silence);
    };
    let first = failure(refuse, 1).await;
    assert_eq!(first.kind(), "timeout", "it may only be busy");
    let no_data = failure(refuse, 3).await;
    assert_eq!(no_data.cause, Cause::InformationOnly);
    assert!(no_data.to_string().contains("protocol to modbus"), "{no_data}");

    let bluetooth = failure(
        |dtu| {
            refuse(dtu);
            dtu.serial = "161000000001";
        },
        1,
    )
    .await;
    assert!(bluetooth.to_string().contains("Bluetooth only"), "{bluetooth}");

    let taken = failure(
        |dtu| {
            dtu.refusals.insert(Command::READINGS, Reply::Last(Vec::new()));
        },
        1,
    )
    .await;
    assert_eq!(taken.cause, Cause::TakenOver);
    assert!(taken.to_string().contains("another client took the connection"), "{taken}");

    let empty = failure(
        |dtu| dtu.pages = vec![Readings { time: i32::try_from(NOON).ok(), ..Readings::default() }],
        1,
    )
    .await;
    assert_eq!(empty.kind(), "no_inverters");

    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let closed = driver(closed).poll(noon()).await.unwrap_err();
    assert_eq!(closed.cause, Cause::WifiOff);
    let words = closed.to_string();
    assert!(words.contains("modbus on port 502") && words.contains("Bluetooth only"), "{words}");
}

#[tokio::test]
async fn gone_after_falling_power_is_asleep_and_gone_by_day_is_not() {
    let (dtu, port) = device(false).await;
    let mut driver = driver(port);
    let off = DriverError { address: String::new(), cause: Cause::Off };
    driver.poll(later(0)).await.unwrap();
    assert_eq!(driver.asleep_since(later(2), &off), None, "400 W a minute ago");
    for (minutes, tenths) in [(60, 600), (62, 200), (64, 80)] {
        dtu.show(later(minutes), tenths);
        driver.poll(later(minutes)).await.unwrap();
    }
    let busy = DriverError { cause: Cause::Silent { seconds: 3 }, ..off.clone() };
    assert_eq!(driver.asleep_since(later(66), &busy), None, "it is there");
    assert_eq!(driver.asleep_since(later(66), &off), Some(later(64)));
    let mut restarted = WifiDriver::new(endpoint(port), Some(driver.memory()), None);
    assert_eq!(restarted.asleep_since(later(300), &off), Some(later(64)), "a restart at night");
    dtu.state().serial = "10d300000001";
    let mut stick = self::driver(port);
    stick.poll(later(64)).await.unwrap();
    assert_eq!(stick.asleep_since(later(66), &off), None, "a DTU with a supply of its own");
}

#[tokio::test]
async fn an_inverter_out_of_reach_is_asleep_while_its_dtu_answers() {
    let (dtu, port) = device(false).await;
    dtu.state().pages[0].single_phase[0].link_status = None;
    let mut driver = driver(port);
    let snapshot = driver.poll(noon()).await.unwrap().snapshot.unwrap();
    assert_eq!(Activity::of(&snapshot.inverters[0]), Activity::Asleep);
    assert_eq!(driver.poll(later(300)).await.unwrap().snapshot, None, "all night the same");
}

#[tokio::test]
async fn the_alarm_list_becomes_events_and_costs_no_reading() {
    let (dtu, port) = device(true).await;
    let alarm = Alarm {
        serial: Some(INVERTER),
        code: Some(16593),
        started: i32::try_from(NOON - 600).ok(),
        ..Alarm::default()
    };
    dtu.state().alarms = vec![alarm];
    let mut driver = driver(port);
    let poll = driver.poll(later(0)).await.unwrap();
    let [event] = poll.events.as_slice() else { panic!("{poll:?}") };
    assert_eq!(
        (event.subject.as_str(), event.text.as_str()),
        ("1412a0000101", "panel 1: no input")
    );
    assert_eq!((event.started_at, event.ended_at), (later(-10), None));

    dtu.show(later(2), 4000);
    dtu.state().pages[0].single_phase[0].warning_count = Some(2);
    dtu.state().refusals.insert(Command::ALARMS, Reply::Silence);
    let poll = driver.poll(later(2)).await.unwrap();
    assert!(poll.snapshot.is_some() && poll.events.is_empty());
}

#[tokio::test]
async fn a_gap_is_filled_from_what_the_dtu_remembers() {
    let (dtu, port) = device(true).await;
    dtu.state().history = Some(PowerHistory {
        first_time: u32::try_from(NOON - 3600).ok(),
        step: Some(600),
        powers: vec![1000, 1010, 1020, 1030, 1040, 1050, 1060],
        ..PowerHistory::default()
    });
    let last = Some(later(-40));
    let poll = WifiDriver::new(endpoint(port), None, last).poll(noon()).await.unwrap();
    let told: Vec<_> =
        poll.backfill.unwrap().points.iter().map(|point| (point.at, point.power_w)).collect();
    assert_eq!(told, [(later(-30), 103.0), (later(-20), 104.0), (later(-10), 105.0)]);
    let recent = Some(later(-4));
    let poll = WifiDriver::new(endpoint(port), None, recent).poll(noon()).await.unwrap();
    assert_eq!(poll.backfill, None, "two polls are no gap");
}

#[tokio::test]
async fn a_gateway_of_hybrid_inverters_is_recognized() {
    let (dtu, port) = device(false).await;
    dtu.state().refusals.insert(Command::INFORMATION, Reply::Last(Vec::new()));
    dtu.state().hybrid = Some(Hybrid {
        time: i32::try_from(NOON).ok(),
        battery: Some(HybridBattery { state_of_charge: Some(45), ..HybridBattery::default() }),
        inputs: vec![HybridInput { input: Some(1), power: Some(439), ..HybridInput::default() }],
        ..Hybrid::default()
    });
    let mut driver = driver(port);
    let poll = driver.poll(later(1)).await.unwrap();
    let snapshot = poll.snapshot.unwrap();
    assert_eq!((snapshot.taken_at, snapshot.pv_power_w()), (noon(), 439.0));
    assert_eq!(snapshot.storage[0].battery.state_of_charge_percent, Some(45.0));
    assert_eq!(poll.model.as_deref(), Some("DTS-WIFI-G1"));
    assert_eq!(driver.poll(later(3)).await.unwrap().snapshot, None, "the same data");
    assert!(!dtu.state().asked.contains(&Command::READINGS));
}

#[tokio::test]
async fn neither_key_nor_seed_is_remembered_or_shown() {
    let (_dtu, port) = device(true).await;
    let mut driver = driver(port);
    driver.poll(noon()).await.unwrap();
    let told = format!("{driver:?} {}", driver.memory());
    let seed = format!("{:?}", [1u8; 16]);
    let shown = seed.trim_matches(['[', ']']);
    assert!(!told.contains(shown), "{told}");
    assert!(told.contains("hidden"), "it has a key, unseen: {told}");
}
