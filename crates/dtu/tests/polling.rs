//! The poller: schedule, confirmation, breaker, cancellation.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeSet;
use std::time::Duration;

use dtu::poller::Turn;
use dtu::{DialectSetting, Endpoint, ModbusDriver, Poller, PollerOptions, Report};
use jiff::Timestamp;
use plant::inventory::Inventory;
use plant::live::{BreakerState, DtuPhase};
use simulator::{DtuOptions, Fault, Running, SimPlant, SimulatedDtu};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn noon() -> Timestamp {
    "2026-06-21T11:00:00Z".parse().unwrap()
}

struct World {
    device: Running,
    reports: mpsc::Receiver<Report>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

/// A poller that already knows the plant, so that its first turn brings readings.
async fn world(options: PollerOptions, timeout: Duration) -> World {
    let device = SimulatedDtu::new(SimPlant::with_ports(8, 1), DtuOptions::default(), noon)
        .listen("127.0.0.1:0")
        .await
        .unwrap();
    let inventory = Inventory::remembering(device.plant().ports());
    start(device, inventory, options, timeout)
}

fn start(
    device: Running,
    inventory: Inventory,
    options: PollerOptions,
    timeout: Duration,
) -> World {
    let endpoint = Endpoint {
        name: options.name.clone(),
        host: "127.0.0.1".into(),
        port: device.address.port(),
        unit: 1,
        timeout,
        dialect: DialectSetting::Auto,
    };
    let (sender, reports) = mpsc::channel(64);
    let driver = Box::new(ModbusDriver::new(endpoint, None));
    let poller = Poller::new(driver, inventory, options, sender, noon);
    let cancel = CancellationToken::new();
    let task = tokio::spawn(poller.run(cancel.clone()));
    World { device, reports, cancel, task }
}

fn options() -> PollerOptions {
    PollerOptions {
        name: "roof".into(),
        period: Duration::from_millis(20),
        retries: 0,
        retry_delay: Duration::ZERO,
        retry_delay_max: Duration::from_secs(300),
        exponential_backoff: true,
        breaker_threshold: 3,
        excluded: BTreeSet::new(),
    }
}

const PATIENT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn each_poll_is_one_snapshot_of_every_port() {
    let mut world = world(options(), PATIENT).await;
    for count in 1..=3 {
        let report = world.reports.recv().await.unwrap();
        let [snapshot] = report.snapshots.as_slice() else { panic!("{report:?}") };
        assert_eq!(snapshot.ports.len(), 8);
        assert_eq!(report.state.query_count, count);
        assert_eq!(report.state.phase, DtuPhase::Online);
        assert!(report.state.pv_power_w.unwrap() > 0.0);
    }
    assert_eq!(world.device.max_concurrent_requests(), 1);
}

#[tokio::test]
async fn a_newcomer_is_confirmed_within_seconds_and_nothing_of_it_is_lost() {
    let device = SimulatedDtu::new(SimPlant::with_ports(8, 1), DtuOptions::default(), noon)
        .listen("127.0.0.1:0")
        .await
        .unwrap();
    let options = PollerOptions { period: Duration::from_secs(3600), ..options() };
    let mut world = start(device, Inventory::default(), options, PATIENT);
    let first = world.reports.recv().await.unwrap();
    assert!(first.snapshots.is_empty() && !first.state.unconfirmed.is_empty());
    let second = world.reports.recv().await.unwrap();
    assert_eq!(second.snapshots.len(), 2, "the first poll's readings are released");
    assert!(second.state.unconfirmed.is_empty());
}

#[tokio::test]
async fn a_hundred_bogus_serials_of_one_answer_are_never_reported() {
    let mut world = world(options(), PATIENT).await;
    world.reports.recv().await.unwrap();
    world.device.inject_for(Fault::GarbageRecords { count: 99, seed: 3 }, 2);
    let known: BTreeSet<_> = world.device.plant().serials().collect();
    let mut held_back = 0;
    for _ in 0..8 {
        let report = world.reports.recv().await.unwrap();
        held_back = held_back.max(report.state.unconfirmed.len());
        for snapshot in report.snapshots {
            assert!(snapshot.inverters.iter().all(|i| known.contains(&i.serial)));
        }
    }
    assert!(held_back > 0, "the garbage did arrive");
}

#[tokio::test]
async fn an_excluded_inverter_is_not_there() {
    let probe = SimPlant::with_ports(8, 1);
    let excluded = probe.serials().next().unwrap();
    let options = PollerOptions { excluded: BTreeSet::from([excluded]), ..options() };
    let mut world = world(options, PATIENT).await;
    let report = world.reports.recv().await.unwrap();
    let snapshot = &report.snapshots[0];
    assert!(!snapshot.inverters.is_empty());
    assert!(snapshot.inverters.iter().all(|inverter| inverter.serial != excluded));
}

#[tokio::test]
async fn the_breaker_leaves_a_failing_dtu_in_peace() {
    let mut world = world(options(), PATIENT).await;
    world.reports.recv().await.unwrap();
    world.device.switch_off().await;
    let mut failures = 0;
    loop {
        let report = world.reports.recv().await.unwrap();
        match report.turn {
            Turn::Failed { kind, .. } => {
                failures += 1;
                assert_eq!(kind, "connection_refused");
                assert!(report.snapshots.is_empty());
            }
            Turn::Rested => {
                assert_eq!(report.state.breaker, BreakerState::Open);
                break;
            }
            Turn::Succeeded { .. } => assert_eq!(failures, 0, "a poll under way"),
            Turn::Asleep { .. } | Turn::StandingBy => panic!("there is no other bridge"),
        }
    }
    assert_eq!(failures, 3);
}

#[tokio::test]
async fn a_poll_that_fails_once_is_tried_again_in_its_turn() {
    let mut world = world(PollerOptions { retries: 2, ..options() }, PATIENT).await;
    world.reports.recv().await.unwrap();
    world.device.inject_for(Fault::CloseAtOnce, 1);
    for _ in 0..4 {
        let report = world.reports.recv().await.unwrap();
        assert!(matches!(report.turn, Turn::Succeeded { .. }));
        assert_eq!(report.state.error_count, 0);
    }
}

#[tokio::test]
async fn cancelling_ends_a_poll_of_a_hung_dtu_at_once() {
    let mut world = world(options(), Duration::from_secs(3600)).await;
    world.reports.recv().await.unwrap();
    world.device.take_requests();
    world.device.inject(Fault::Silence);
    // Reports end when a request has met the silence.
    while let Ok(Some(_)) =
        tokio::time::timeout(Duration::from_millis(500), world.reports.recv()).await
    {}
    world.cancel.cancel();
    world.task.await.unwrap();
}

#[tokio::test]
async fn a_hung_dtu_delays_no_other() {
    let hung = world(options(), Duration::from_secs(3600)).await;
    hung.device.inject(Fault::Silence);
    let mut other = world(options(), PATIENT).await;
    for _ in 0..5 {
        assert!(!other.reports.recv().await.unwrap().snapshots.is_empty());
    }
    assert!(!hung.task.is_finished());
}
