//! One task per DTU: when to poll, how often to try again, when to rest.
//!
//! * The schedule is fixed-rate: polls start on a grid of the period, however long they take. A
//!   poll that takes longer skips the instants it has missed.
//! * A failed poll is tried again within its turn, with a growing, jittered delay; the
//!   [`Breaker`] counts turns, not attempts.
//! * One request at a time: the task owns the driver and nothing else can reach it.
//! * Behind a [`Gate`] a turn may be another bridge's. It is neither a failure nor a success, and
//!   the breaker does not count it.
//! * Cancelling ends the task at once, whatever the DTU does.

use std::collections::BTreeSet;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use plant::event::Event;
use plant::inventory::Inventory;
use plant::live::{Asleep, BreakerState, DtuPhase, DtuState, Failure};
use plant::{PlantPower, Serial, Snapshot};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::breaker::Breaker;
use crate::driver::{Driver, DriverError, Poll};
use crate::gate::{Gate, Permission};

/// A newcomer's second sighting comes this soon, so that the first set-up shows a plant within
/// seconds and not after the next period.
const CONFIRM_AFTER: Duration = Duration::from_secs(2);
/// The first retry's delay when `COMM_RECONNECT_DELAY` is 0.
const LEAST_RETRY_DELAY: Duration = Duration::from_millis(500);

/// How a DTU is polled.
#[derive(Debug, Clone)]
pub struct PollerOptions {
    /// The DTU's name in the configuration.
    pub name: String,
    /// From the start of one poll to the start of the next.
    pub period: Duration,
    /// Attempts after the first one has failed.
    pub retries: u32,
    /// Before the first retry.
    pub retry_delay: Duration,
    /// No wait is longer, between retries or while the breaker is open.
    pub retry_delay_max: Duration,
    /// Whether the delay doubles from retry to retry.
    pub exponential_backoff: bool,
    /// Failed polls in a row after which the breaker opens.
    pub breaker_threshold: u32,
    /// Inverters that are neither stored nor shown.
    pub excluded: BTreeSet<Serial>,
}

/// What one turn has brought.
#[derive(Debug, Clone)]
pub struct Report {
    /// The DTU.
    pub dtu_name: String,
    /// Its state after this turn.
    pub state: DtuState,
    /// What may be stored and shown, oldest first; empty after a failure.
    pub snapshots: Vec<Snapshot>,
    /// Inverters that this turn made known.
    pub adopted: Vec<Serial>,
    /// News of the DTU's own list of alarms.
    pub events: Vec<Event>,
    /// What the DTU remembers of a time in which nobody read it.
    pub backfill: Option<PlantPower>,
    /// What the turn was.
    pub turn: Turn,
    /// What the driver has learned, when it has changed.
    pub memory: Option<serde_json::Value>,
}

/// How a turn went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// Readings came.
    Succeeded {
        /// From the first attempt to the end, s.
        seconds: f64,
    },
    /// All attempts failed.
    Failed {
        /// From the first attempt to the end, s.
        seconds: f64,
        /// [`DriverError::kind`].
        kind: &'static str,
    },
    /// The DTU is asleep.
    Asleep {
        /// Its last reading.
        since: Timestamp,
    },
    /// The DTU was left in peace.
    Rested,
    /// The DTU was left to another bridge.
    StandingBy,
}

/// What came of an attempt that did not fail.
enum Attempt {
    Read(Box<Poll>),
    /// It was off, and that is no fault.
    Asleep(Timestamp),
    /// Not attempted: this bridge polls the DTU.
    LeftTo(String),
}

/// The task that polls one DTU.
pub struct Poller {
    driver: Box<dyn Driver>,
    /// None where no other bridge can be.
    gate: Option<Box<dyn Gate>>,
    /// Whether the DTU was asked who it is: one that does not tell is not asked at every turn.
    asked_for_serial: bool,
    inventory: Inventory,
    breaker: Breaker,
    options: PollerOptions,
    state: DtuState,
    memory: serde_json::Value,
    reports: mpsc::Sender<Report>,
    clock: fn() -> Timestamp,
}

impl Poller {
    /// A poller that knows the inventory of an earlier run and reports to a channel.
    pub fn new(
        driver: Box<dyn Driver>,
        inventory: Inventory,
        options: PollerOptions,
        reports: mpsc::Sender<Report>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let state =
            DtuState::starting(driver.address(), driver.protocol(), options.period.as_secs());
        let breaker = Breaker::new(options.breaker_threshold, options.retry_delay_max);
        let memory = driver.memory();
        Self {
            driver,
            gate: None,
            asked_for_serial: false,
            inventory,
            breaker,
            options,
            state,
            memory,
            reports,
            clock,
        }
    }

    /// The same poller, which asks before each turn.
    pub fn behind(mut self, gate: Box<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// The state before the first poll.
    pub const fn state(&self) -> &DtuState {
        &self.state
    }

    /// Polls until cancelled, or until nobody listens to the reports any more.
    pub async fn run(mut self, cancel: CancellationToken) {
        cancel.run_until_cancelled(self.poll_for_ever()).await;
    }

    async fn poll_for_ever(&mut self) {
        let mut schedule = tokio::time::interval(self.options.period);
        schedule.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            self.wait_for_turn(&mut schedule).await;
            tokio::time::sleep(self.driver.rest((self.clock)())).await;
            let report = self.turn().await;
            let newcomers = !report.state.unconfirmed.is_empty();
            if self.reports.send(report).await.is_err() {
                return;
            }
            let confirm_after = CONFIRM_AFTER.max(self.driver.least_period());
            if newcomers && self.options.period > confirm_after {
                tokio::time::sleep(confirm_after).await;
                let report = self.turn().await;
                if self.reports.send(report).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The next instant of the schedule; a standby's turn comes as soon as the gate opens.
    async fn wait_for_turn(&mut self, schedule: &mut Interval) {
        match &mut self.gate {
            Some(gate) if self.state.phase == DtuPhase::Standby => {
                tokio::select! {
                    _ = schedule.tick() => {}
                    () = gate.changed() => {}
                }
            }
            _ => {
                schedule.tick().await;
            }
        }
    }

    async fn turn(&mut self) -> Report {
        // Before the breaker: a DTU that rests here may be well with another bridge.
        if let Some(gate) = &mut self.gate
            && let Some(serial) = self.state.serial
            && let Permission::StandBy { holder } = gate.ask(Some(serial)).await
        {
            return self.left_to(holder);
        }
        let started = Instant::now();
        let retries = match self.breaker.state(started) {
            BreakerState::Closed => self.options.retries,
            BreakerState::HalfOpen => 0,
            BreakerState::Open => {
                self.state.breaker = BreakerState::Open;
                return self.report(Turn::Rested, Vec::new(), Vec::new());
            }
        };
        let outcome = self.attempts(retries).await;
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(Attempt::Read(poll)) => self.succeeded(*poll, seconds),
            Ok(Attempt::Asleep(since)) => self.asleep(since),
            Ok(Attempt::LeftTo(holder)) => self.left_to(holder),
            Err(error) => self.failed(&error, seconds),
        }
    }

    async fn attempts(&mut self, retries: u32) -> Result<Attempt, DriverError> {
        let mut delays = self.delays(retries);
        loop {
            match self.attempt().await {
                Ok(attempt) => return Ok(attempt),
                Err(error) => {
                    if let Some(since) = self.driver.asleep_since((self.clock)(), &error) {
                        return Ok(Attempt::Asleep(since));
                    }
                    let Some(delay) = delays.next() else {
                        return Err(error);
                    };
                    tracing::debug!(dtu = self.options.name, %error, ?delay, "trying again");
                    tokio::time::sleep(delay).await;
                }
            }
        }
    }

    async fn attempt(&mut self) -> Result<Attempt, DriverError> {
        if let Some(gate) = &mut self.gate
            && self.state.serial.is_none()
            && !self.asked_for_serial
            && gate.ask(None).await == Permission::Identify
        {
            let serial = self.driver.identify((self.clock)()).await?;
            self.asked_for_serial = true;
            self.state.serial = serial;
            if serial.is_none() {
                tracing::warn!(
                    dtu = self.options.name,
                    "it does not tell its serial number, so another bridge that reads it would \
                     not be noticed"
                );
            } else if let Permission::StandBy { holder } = gate.ask(serial).await {
                return Ok(Attempt::LeftTo(holder));
            }
        }
        self.driver.poll((self.clock)()).await.map(|poll| Attempt::Read(Box::new(poll)))
    }

    fn delays(&self, retries: u32) -> impl Iterator<Item = Duration> + use<> {
        let first = self.options.retry_delay.max(LEAST_RETRY_DELAY);
        let longest = self.options.retry_delay_max.max(first);
        ExponentialBuilder::new()
            .with_jitter()
            .with_factor(if self.options.exponential_backoff { 2.0 } else { 1.0 })
            .with_min_delay(first)
            .with_max_delay(longest)
            .with_max_times(retries as usize)
            .build()
    }

    fn asleep(&mut self, since: Timestamp) -> Report {
        self.breaker.succeeded();
        let state = &mut self.state;
        if state.phase != DtuPhase::Asleep {
            tracing::info!(dtu = self.options.name, %since, "asleep: off the network with the sun");
        }
        state.phase = DtuPhase::Asleep;
        state.asleep = Some(Asleep { since, found_at: (self.clock)() });
        state.left_to = None;
        state.breaker = BreakerState::Closed;
        state.pv_power_w = Some(0.0);
        self.report(Turn::Asleep { since }, Vec::new(), Vec::new())
    }

    fn left_to(&mut self, holder: String) -> Report {
        self.breaker.succeeded();
        let state = &mut self.state;
        if state.left_to.as_ref() != Some(&holder) {
            tracing::info!(dtu = self.options.name, holder, "stands by: another bridge polls it");
        }
        state.phase = DtuPhase::Standby;
        state.asleep = None;
        state.left_to = Some(holder);
        state.breaker = BreakerState::Closed;
        state.pv_power_w = None;
        // Both are about polls of our own, and those are over.
        state.not_reported = Vec::new();
        state.unconfirmed = Vec::new();
        self.report(Turn::StandingBy, Vec::new(), Vec::new())
    }

    fn succeeded(&mut self, poll: Poll, seconds: f64) -> Report {
        self.breaker.succeeded();
        let state = &mut self.state;
        match state.phase {
            DtuPhase::Failing => tracing::info!(dtu = self.options.name, "answers again"),
            DtuPhase::Asleep => tracing::info!(dtu = self.options.name, "is awake"),
            DtuPhase::Starting | DtuPhase::Online | DtuPhase::Standby => {}
        }
        if let Some(holder) = state.left_to.take() {
            tracing::info!(
                dtu = self.options.name,
                holder,
                "polled from here now, as before from there"
            );
        }
        state.phase = DtuPhase::Online;
        state.asleep = None;
        state.breaker = BreakerState::Closed;
        state.serial = poll.dtu_serial.or(state.serial);
        state.model = poll.model.or(state.model.take());
        state.firmware = poll.firmware.or(state.firmware.take());
        state.query_count += 1;
        state.last_success = Some((self.clock)());
        state.poll_seconds = Some(seconds);
        state.requests_per_poll = Some(poll.requests);
        state.repaired_answers += poll.repaired;
        state.dialect = Some(poll.dialect);

        let (accepted, adopted) = match poll.snapshot {
            Some(snapshot) => self.observe(snapshot),
            None => (Vec::new(), Vec::new()),
        };
        let report = self.report(Turn::Succeeded { seconds }, accepted, adopted);
        Report { events: poll.events, backfill: poll.backfill, ..report }
    }

    /// What of a snapshot is to be believed, and whom it made known.
    fn observe(&mut self, snapshot: Snapshot) -> (Vec<Snapshot>, Vec<Serial>) {
        let snapshot = without(&self.options.excluded, snapshot);
        let state = &mut self.state;
        let seen = self.inventory.observe(snapshot);
        for serial in &seen.adopted {
            tracing::info!(dtu = self.options.name, %serial, "a new inverter is confirmed");
        }
        if state.not_reported != seen.not_reported && !seen.not_reported.is_empty() {
            tracing::info!(dtu = self.options.name, ports = ?seen.not_reported, "not reported by the DTU");
        }
        state.pv_power_w = seen.accepted.last().map(Snapshot::pv_power_w);
        state.not_reported = seen.not_reported;
        state.unconfirmed = seen.unconfirmed;
        (seen.accepted, seen.adopted)
    }

    fn failed(&mut self, error: &DriverError, seconds: f64) -> Report {
        let now = Instant::now();
        self.breaker.failed(now);
        let breaker = self.breaker.state(now);
        let text = error.to_string();
        let state = &mut self.state;
        // Said when it begins or changes, not every minute of a long outage.
        let news = state.phase != DtuPhase::Failing
            || state.last_failure.as_ref().is_none_or(|last| last.text != text);
        if news {
            tracing::warn!(dtu = self.options.name, "{text}");
        }
        if breaker == BreakerState::Open && state.breaker == BreakerState::Closed {
            tracing::warn!(
                dtu = self.options.name,
                "{} polls in a row failed: the DTU is left in peace and tried again now and then",
                self.options.breaker_threshold
            );
        }
        state.phase = DtuPhase::Failing;
        state.asleep = None;
        state.left_to = None;
        state.breaker = breaker;
        state.error_count += 1;
        state.pv_power_w = None;
        state.last_failure = Some(Failure { at: (self.clock)(), kind: error.kind(), text });
        self.report(Turn::Failed { seconds, kind: error.kind() }, Vec::new(), Vec::new())
    }

    fn report(&mut self, turn: Turn, snapshots: Vec<Snapshot>, adopted: Vec<Serial>) -> Report {
        let memory = self.driver.memory();
        let changed = memory != self.memory;
        if changed {
            self.memory.clone_from(&memory);
        }
        Report {
            dtu_name: self.options.name.clone(),
            state: self.state.clone(),
            snapshots,
            adopted,
            events: Vec::new(),
            backfill: None,
            turn,
            memory: changed.then_some(memory),
        }
    }
}

fn without(excluded: &BTreeSet<Serial>, mut snapshot: Snapshot) -> Snapshot {
    snapshot.inverters.retain(|inverter| !excluded.contains(&inverter.serial));
    snapshot.ports.retain(|port| !excluded.contains(&port.serial));
    snapshot
}
