//! What the poller makes of a DTU that is off with the sun.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use dtu::driver::{Cause, DriverError};
use dtu::poller::Turn;
use dtu::{Driver, Poll, Poller, PollerOptions};
use jiff::Timestamp;
use plant::Serial;
use plant::inventory::Inventory;
use plant::live::{BreakerState, DtuPhase};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const DUSK: Timestamp = Timestamp::UNIX_EPOCH;

/// Polls as the test says, then answers.
struct Script(VecDeque<Step>);

#[derive(Clone, Copy)]
enum Step {
    Off { asleep: bool },
    Answers,
}

#[async_trait]
impl Driver for Script {
    fn protocol(&self) -> &'static str {
        "wifi"
    }

    fn address(&self) -> String {
        "inverter:10081".to_owned()
    }

    async fn identify(&mut self, _at: Timestamp) -> Result<Option<Serial>, DriverError> {
        Ok(None)
    }

    async fn poll(&mut self, _at: Timestamp) -> Result<Poll, DriverError> {
        match self.0.front() {
            None | Some(Step::Answers) => {
                self.0.pop_front();
                Ok(Poll::default())
            }
            Some(Step::Off { .. }) => {
                Err(DriverError { address: self.address(), cause: Cause::Off })
            }
        }
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn asleep_since(&mut self, _at: Timestamp, _error: &DriverError) -> Option<Timestamp> {
        matches!(self.0.pop_front(), Some(Step::Off { asleep: true })).then_some(DUSK)
    }
}

#[tokio::test(start_paused = true)]
async fn a_night_is_no_error_and_its_end_is_one() {
    let options = PollerOptions {
        name: "roof".to_owned(),
        period: Duration::from_secs(120),
        retries: 0,
        retry_delay: Duration::ZERO,
        retry_delay_max: Duration::from_secs(300),
        exponential_backoff: true,
        breaker_threshold: 2,
        excluded: BTreeSet::new(),
    };
    let mut steps = vec![Step::Answers];
    steps.extend([Step::Off { asleep: true }; 5]);
    steps.extend([Step::Off { asleep: false }, Step::Answers]);
    let (sender, mut reports) = mpsc::channel(1);
    let driver = Box::new(Script(steps.into()));
    let poller = Poller::new(driver, Inventory::default(), options, sender, || DUSK);
    tokio::spawn(poller.run(CancellationToken::new()));

    let awake = reports.recv().await.unwrap();
    assert_eq!((awake.state.phase, awake.snapshots.len()), (DtuPhase::Online, 0));
    for _ in 0..5 {
        let night = reports.recv().await.unwrap();
        assert_eq!(night.turn, Turn::Asleep { since: DUSK });
        assert_eq!((night.state.phase, night.state.error_count), (DtuPhase::Asleep, 0));
        assert_eq!(night.state.breaker, BreakerState::Closed, "it is asked on, all night");
        assert_eq!(night.state.pv_power_w, Some(0.0));
        assert!(night.state.last_failure.is_none() && night.state.is_alive(DUSK));
    }
    let outage = reports.recv().await.unwrap();
    assert_eq!((outage.state.phase, outage.state.error_count), (DtuPhase::Failing, 1));
    assert!(outage.state.asleep.is_none());
    let morning = reports.recv().await.unwrap();
    assert_eq!(morning.state.phase, DtuPhase::Online);
}
