//! One gateway as of now.

use jiff::{SignedDuration, Timestamp};

use crate::Serial;
use crate::arrangement::Arrangement;

/// How far a DTU has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtuPhase {
    /// Not polled yet.
    Starting,
    /// The last poll succeeded.
    Online,
    /// The last poll failed.
    Failing,
    /// Off the network with the sun, as a DTU inside an inverter is at night. Not an error.
    Asleep,
    /// Another bridge polls it; this one is ready to.
    Standby,
}

/// Whether the circuit breaker lets polls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BreakerState {
    /// Polls run.
    #[default]
    Closed,
    /// Too many polls failed in a row: the DTU is left in peace for a while.
    Open,
    /// One poll is let through to see whether the DTU is back.
    HalfOpen,
}

impl BreakerState {
    /// One lower-case word, as the API shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A failure, with the words that a person reads and the label that a metric carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Snake-case label of the cause, for metrics: `connect`, `timeout`, `no_inverters`, …
    pub kind: &'static str,
    /// A plain sentence that says what is wrong and what to do.
    pub text: String,
}

/// A DTU that sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asleep {
    /// Its last reading.
    pub since: Timestamp,
    /// The newest poll that found it so.
    pub found_at: Timestamp,
}

/// One gateway as of now.
#[derive(Debug, Clone)]
pub struct DtuState {
    /// `host:port`.
    pub address: String,
    /// `modbus` or `wifi`.
    pub protocol: &'static str,
    /// Its own serial number, once read.
    pub serial: Option<Serial>,
    /// What kind of DTU it is, in words, once known: `DTU-WLite-S`.
    pub model: Option<String>,
    /// Its firmware, once read: `V01.01.02`.
    pub firmware: Option<String>,
    /// How far it has come.
    pub phase: DtuPhase,
    /// The bridge that polls it, while this one stands by.
    pub left_to: Option<String>,
    /// Seconds between the starts of two polls.
    pub poll_interval_s: u64,
    /// Polls that succeeded since start.
    pub query_count: u64,
    /// Polls that failed since start, all their retries used.
    pub error_count: u64,
    /// End of the last poll that succeeded.
    pub last_success: Option<Timestamp>,
    /// That it is asleep, if it is.
    pub asleep: Option<Asleep>,
    /// The newest failure, kept after recovery.
    pub last_failure: Option<Failure>,
    /// See [`BreakerState`].
    pub breaker: BreakerState,
    /// How long the last successful poll took, s.
    pub poll_seconds: Option<f64>,
    /// Requests in the last successful poll.
    pub requests_per_poll: Option<u32>,
    /// Answers whose byte count was wrong and repaired, since start.
    pub repaired_answers: u64,
    /// What was learned of its dialect, in words: `byte addressing, 6 records per request`.
    pub dialect: Option<String>,
    /// Known ports that the last poll left out.
    pub not_reported: Vec<(Serial, u8)>,
    /// Inverters seen but not confirmed yet.
    pub unconfirmed: Vec<Serial>,
    /// Sum of its panels in the last poll, W.
    pub pv_power_w: Option<f64>,
}

impl DtuState {
    /// A DTU before its first poll.
    pub fn starting(address: String, protocol: &'static str, poll_interval_s: u64) -> Self {
        Self {
            address,
            protocol,
            serial: None,
            model: None,
            firmware: None,
            phase: DtuPhase::Starting,
            left_to: None,
            poll_interval_s,
            query_count: 0,
            error_count: 0,
            last_success: None,
            asleep: None,
            last_failure: None,
            breaker: BreakerState::Closed,
            poll_seconds: None,
            requests_per_poll: None,
            repaired_answers: 0,
            dialect: None,
            not_reported: Vec::new(),
            unconfirmed: Vec::new(),
            pv_power_w: None,
        }
    }

    /// Nobody misses an inverter that is out of service.
    pub(super) fn miss_nothing_of(&mut self, arrangement: &Arrangement) {
        self.not_reported.retain(|(serial, _)| !arrangement.retired.contains(serial));
    }

    /// After how long without a poll that succeeded its readings are stale: three polls, and never
    /// less than five minutes, the limit that users of the Python bridge know.
    pub fn stale_after(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.poll_interval_s * 3).unwrap_or(300).max(300))
    }

    /// Whether a poll has succeeded, or found it asleep, within [`Self::stale_after`].
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let found_asleep = self.asleep.map(|asleep| asleep.found_at);
        let newest = self.last_success.max(found_asleep);
        newest.is_some_and(|at| now.duration_since(at) <= self.stale_after())
    }
}
