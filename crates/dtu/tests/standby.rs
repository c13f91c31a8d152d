//! A poller behind a gate: what it does to the DTU while another bridge polls it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use dtu::poller::Turn;
use dtu::{
    DialectSetting, Endpoint, Gate, ModbusDriver, Permission, Poller, PollerOptions, Report,
};
use jiff::Timestamp;
use plant::Serial;
use plant::inventory::Inventory;
use plant::live::{DtuPhase, DtuState};
use simulator::{DtuOptions, Running, SimPlant, SimulatedDtu};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

fn noon() -> Timestamp {
    "2026-06-21T11:00:00Z".parse().unwrap()
}

/// Says what the test says to a serial, and wants it before.
struct ScriptedGate {
    answer: watch::Receiver<Permission>,
    asked_with: mpsc::UnboundedSender<Option<Serial>>,
}

#[async_trait]
impl Gate for ScriptedGate {
    async fn ask(&mut self, dtu: Option<Serial>) -> Permission {
        self.asked_with.send(dtu).unwrap();
        match dtu {
            Some(_) => self.answer.borrow_and_update().clone(),
            None => Permission::Identify,
        }
    }

    async fn changed(&mut self) {
        self.answer.changed().await.unwrap();
    }
}

struct World {
    device: Running,
    reports: mpsc::Receiver<Report>,
    answer: watch::Sender<Permission>,
    asked_with: mpsc::UnboundedReceiver<Option<Serial>>,
    _cancel: tokio_util::sync::DropGuard,
}

async fn world(answer: Permission, period: Duration) -> World {
    let device = SimulatedDtu::new(SimPlant::with_ports(8, 1), DtuOptions::default(), noon)
        .listen("127.0.0.1:0")
        .await
        .unwrap();
    let endpoint = Endpoint {
        name: "roof".into(),
        host: "127.0.0.1".into(),
        port: device.address.port(),
        unit: 1,
        timeout: Duration::from_secs(5),
        dialect: DialectSetting::Auto,
    };
    let options = PollerOptions {
        name: "roof".into(),
        period,
        retries: 0,
        retry_delay: Duration::ZERO,
        retry_delay_max: Duration::from_secs(300),
        exponential_backoff: true,
        breaker_threshold: 3,
        excluded: BTreeSet::new(),
    };
    let inventory = Inventory::remembering(device.plant().ports());
    let (sender, reports) = mpsc::channel(64);
    let (answer, watched) = watch::channel(answer);
    let (asking, asked_with) = mpsc::unbounded_channel();
    let gate = Box::new(ScriptedGate { answer: watched, asked_with: asking });
    let driver = Box::new(ModbusDriver::new(endpoint, None));
    let cancel = CancellationToken::new();
    let poller = Poller::new(driver, inventory, options, sender, noon).behind(gate);
    tokio::spawn(poller.run(cancel.clone()));
    World { device, reports, answer, asked_with, _cancel: cancel.drop_guard() }
}

fn left_to_nas() -> Permission {
    Permission::StandBy { holder: "nas:8080".to_owned() }
}

fn assert_stands_by(report: &Report) {
    assert_eq!(report.turn, Turn::StandingBy);
    assert!(report.snapshots.is_empty());
    let DtuState { phase, left_to, query_count, error_count, .. } = &report.state;
    assert_eq!((*phase, *query_count, *error_count), (DtuPhase::Standby, 0, 0));
    assert_eq!(left_to.as_deref(), Some("nas:8080"));
}

#[tokio::test]
async fn a_standby_asks_the_dtu_for_its_name_once_and_for_nothing_else() {
    let mut world = world(left_to_nas(), Duration::from_millis(20)).await;
    for _ in 0..4 {
        assert_stands_by(&world.reports.recv().await.unwrap());
    }
    assert_eq!((world.device.requests().len(), world.device.connections_accepted()), (1, 1));
    let serial = Some(world.device.options().serial);
    assert_eq!(world.asked_with.recv().await, Some(None));
    assert_eq!(world.asked_with.recv().await, Some(serial));
}

#[tokio::test]
async fn a_gate_that_opens_is_not_kept_waiting_for_the_next_turn() {
    let mut world = world(left_to_nas(), Duration::from_secs(3600)).await;
    assert_stands_by(&world.reports.recv().await.unwrap());
    world.answer.send(Permission::Poll).unwrap();
    let report = world.reports.recv().await.unwrap();
    assert!(matches!(report.turn, Turn::Succeeded { .. }), "{report:?}");
    assert_eq!((report.state.phase, report.state.left_to), (DtuPhase::Online, None));
    assert_eq!(report.snapshots.len(), 1);
}

#[tokio::test]
async fn a_gate_that_closes_ends_the_polling_without_a_failure() {
    let mut world = world(Permission::Poll, Duration::from_millis(20)).await;
    let first = world.reports.recv().await.unwrap();
    assert_eq!(first.snapshots.len(), 1);
    world.answer.send(left_to_nas()).unwrap();
    let report = loop {
        let report = world.reports.recv().await.unwrap();
        if report.turn == Turn::StandingBy {
            break report;
        }
    };
    assert_eq!((report.state.phase, report.state.error_count), (DtuPhase::Standby, 0));
    world.device.take_requests();
    world.reports.recv().await.unwrap();
    assert!(world.device.requests().is_empty());
}

#[tokio::test]
async fn a_dtu_that_falls_silent_is_the_other_bridges_concern() {
    let mut world = world(left_to_nas(), Duration::from_millis(20)).await;
    assert_stands_by(&world.reports.recv().await.unwrap());
    world.device.switch_off().await;
    world.reports.recv().await.unwrap();
    assert_stands_by(&world.reports.recv().await.unwrap());
}
