//! How much a DTU can bear.
//!
//! Wi-Fi DTUs hang and restart when they are asked too often, and stop their upload to the cloud while
//! someone talks to them (`protocol/wifi.md` 5.1 to 5.4). So a DTU that struggles is asked at every
//! second turn until it has been well for a while, and on wish never around the time of its upload.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Troubled polls in a row after which the DTU is asked less often.
const TROUBLES: u32 = 2;
/// Good polls in a row after which it is asked as often as before.
const RELIEF: u32 = 10;
/// Uploads begin at full multiples of this (one source).
const UPLOAD_EVERY_S: i64 = 300;
/// And are prepared for so long before (one source).
const BEFORE_UPLOAD_S: i64 = 10;

#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    troubles: u32,
    well: u32,
    slow: bool,
    last_poll: Option<Timestamp>,
}

impl Pace {
    /// Whether it has to be slow with this DTU.
    pub(super) const fn is_slow(&self) -> bool {
        self.slow
    }

    pub(super) fn went_well(&mut self, at: Timestamp) {
        self.last_poll = Some(at);
        self.troubles = 0;
        self.well += 1;
        if self.well >= RELIEF {
            self.slow = false;
        }
    }

    pub(super) fn struggled(&mut self, at: Timestamp) {
        self.last_poll = Some(at);
        self.well = 0;
        self.troubles += 1;
        if self.troubles >= TROUBLES {
            self.slow = true;
        }
    }

    /// How long the DTU is to be left in peace from `at` on.
    pub(super) fn rest(&self, at: Timestamp, period: Duration, upload_pause: Duration) -> Duration {
        // A turn is never on the dot: half a period more skips exactly one.
        let due = self.last_poll.filter(|_| self.slow).map_or(at, |last| last + period * 3 / 2);
        let slow = if due > at { period } else { Duration::ZERO };
        slow + pause_for_upload(at + slow, upload_pause)
    }
}

fn pause_for_upload(at: Timestamp, pause: Duration) -> Duration {
    let begun_s = (at.as_second() + BEFORE_UPLOAD_S).rem_euclid(UPLOAD_EVERY_S);
    let left =
        SignedDuration::try_from(pause).unwrap_or_default() - SignedDuration::from_secs(begun_s);
    left.try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(120);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_dtu_that_struggles_is_asked_every_second_turn() {
        let mut pace = Pace::default();
        pace.struggled(at(0));
        assert_eq!(pace.rest(at(120), PERIOD, Duration::ZERO), Duration::ZERO);
        pace.struggled(at(120));
        assert_eq!(pace.rest(at(240), PERIOD, Duration::ZERO), PERIOD);
        assert_eq!(pace.rest(at(360), PERIOD, Duration::ZERO), Duration::ZERO);
        for turn in 0..RELIEF {
            assert!(pace.is_slow());
            pace.went_well(at(360 + 240 * i64::from(turn)));
        }
        assert!(!pace.is_slow());
    }

    #[test]
    fn the_upload_is_left_alone() {
        let pause = Duration::from_secs(30);
        let rest = |second| Pace::default().rest(at(second), PERIOD, pause).as_secs();
        // From ten seconds before the full five minutes.
        assert_eq!((rest(289), rest(290), rest(300), rest(319), rest(320)), (0, 30, 20, 1, 0));
        assert_eq!(Pace::default().rest(at(300), PERIOD, Duration::ZERO), Duration::ZERO);
    }
}
