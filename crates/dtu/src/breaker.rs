//! The circuit breaker: leaves a DTU in peace that keeps failing.
//!
//! Hammering a hung DTU keeps it hung (`protocol/modbus.md` 1.5: recovery took 17 to 45 minutes of
//! silence). Each time the trial poll fails the rest doubles, up to a limit. Time is an argument.

use std::time::Duration;

use plant::live::BreakerState;
use tokio::time::Instant;

/// The first rest; the Python bridge always rested so long.
pub const FIRST_REST: Duration = Duration::from_secs(60);

/// Counts failures of one DTU and says whether to poll it.
#[derive(Debug, Clone)]
pub struct Breaker {
    threshold: u32,
    longest_rest: Duration,
    failures: u32,
    rest: Duration,
    open_until: Option<Instant>,
}

impl Breaker {
    /// A closed breaker that opens after `threshold` failed polls in a row.
    pub fn new(threshold: u32, longest_rest: Duration) -> Self {
        let longest_rest = longest_rest.max(FIRST_REST);
        Self { threshold, longest_rest, failures: 0, rest: FIRST_REST, open_until: None }
    }

    /// The state at an instant.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// A poll succeeded.
    pub fn succeeded(&mut self) {
        *self = Self::new(self.threshold, self.longest_rest);
    }

    /// A poll failed, all its retries used.
    pub fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.open_until.is_some() {
            self.rest = (self.rest * 2).min(self.longest_rest);
        }
        if self.failures >= self.threshold {
            self.open_until = Some(now + self.rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_tries_once_and_rests_longer_each_time() {
        let mut breaker = Breaker::new(3, Duration::from_secs(150));
        let start = Instant::now();
        breaker.failed(start);
        breaker.failed(start);
        assert_eq!(breaker.state(start), BreakerState::Closed);
        breaker.failed(start);
        assert_eq!(breaker.state(start), BreakerState::Open);
        let mut now = start + FIRST_REST;
        for rest in [120, 150, 150] {
            assert_eq!(breaker.state(now), BreakerState::HalfOpen);
            breaker.failed(now);
            assert_eq!(breaker.state(now + Duration::from_secs(rest - 1)), BreakerState::Open);
            now += Duration::from_secs(rest);
        }
        breaker.succeeded();
        assert_eq!(breaker.state(now), BreakerState::Closed);
        breaker.failed(now);
        assert_eq!(breaker.state(now), BreakerState::Closed, "the count starts anew");
    }
}
