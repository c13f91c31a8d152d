//! Whether a DTU that has vanished is asleep.
//!
//! A DTU inside an inverter has no other supply than its panels. At dusk it goes off in the middle of
//! everything and is gone from the network until morning: a night, and no outage. By day the same
//! silence is an outage. What tells them apart is what the inverter showed last: power that was low
//! and not rising. And no night is much longer than the one before.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Per port. HMS-…W run down to a few watts before they go off, and polls are minutes apart; the same
/// inverter under a dark cloud at noon makes more.
const LOW_POWER_W: f64 = 15.0;
/// Readings against which the newest is compared.
const LOOK_BACK: usize = 5;
/// A first night, when none is known yet: as long as nights are below the polar circle in winter.
const LONGEST_NIGHT: SignedDuration = SignedDuration::from_hours(20);
/// What a night may be longer than the one before: clouds at dusk and at dawn.
const LONGER_THAN_LAST: SignedDuration = SignedDuration::from_hours(3);
/// Shorter absences after dusk are passing clouds and say nothing about the night.
const SHORTEST_NIGHT: SignedDuration = SignedDuration::from_hours(3);

/// What is known of the evening. Kept over a restart, which may come at night.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Dusk {
    /// Since when power has been low and not rising.
    fading_since: Option<Timestamp>,
    /// The last reading before it vanished.
    asleep_since: Option<Timestamp>,
    /// How long the last night was, s.
    last_night_s: Option<i64>,
    #[serde(skip)]
    last_reading: Option<Timestamp>,
    #[serde(skip)]
    powers: VecDeque<f64>,
}

impl Dusk {
    /// Takes note of a reading.
    pub(super) fn saw(&mut self, at: Timestamp, power_w: f64, ports: usize) {
        if let Some(since) = self.asleep_since.take() {
            let night = at.duration_since(since);
            if night >= SHORTEST_NIGHT {
                self.last_night_s = Some(night.as_secs());
            }
            self.powers.clear();
        }
        self.last_reading = Some(at);
        let mean = self.powers.iter().sum::<f64>() / self.powers.len().max(1) as f64;
        let is_low = power_w <= LOW_POWER_W * ports.max(1) as f64;
        let is_rising = !self.powers.is_empty() && power_w > mean;
        if is_low && !is_rising {
            self.fading_since.get_or_insert(at);
        } else {
            self.fading_since = None;
        }
        if self.powers.len() == LOOK_BACK {
            self.powers.pop_front();
        }
        self.powers.push_back(power_w);
    }

    /// Since when the DTU, which cannot be reached at `at`, has been asleep; none if it is not.
    pub(super) fn asleep_since(&mut self, at: Timestamp) -> Option<Timestamp> {
        let since = match self.asleep_since {
            Some(since) => since,
            None => self.last_reading.max(Some(self.fading_since?))?,
        };
        self.asleep_since = Some(since);
        let longest = self
            .last_night_s
            .map_or(LONGEST_NIGHT, |night| SignedDuration::from_secs(night) + LONGER_THAN_LAST);
        (at.duration_since(since) <= longest).then_some(since)
    }

    /// Whether it is asleep as far as the last poll has found.
    pub(super) const fn is_asleep(&self) -> bool {
        self.asleep_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-06-{text}Z").parse().unwrap()
    }

    fn evening(dusk: &mut Dusk, day: &str) {
        for (time, power) in [("19:00", 80.0), ("19:10", 31.0), ("19:20", 16.0), ("19:22", 9.0)] {
            dusk.saw(at(&format!("{day}T{time}:00")), power, 2);
        }
    }

    #[test]
    fn gone_at_dusk_is_asleep_until_morning() {
        let mut dusk = Dusk::default();
        evening(&mut dusk, "20");
        assert_eq!(dusk.asleep_since(at("20T19:24:00")), Some(at("20T19:22:00")));
        assert_eq!(dusk.asleep_since(at("21T04:00:00")), Some(at("20T19:22:00")));
        dusk.saw(at("21T05:00:00"), 4.0, 2);
        assert!(!dusk.is_asleep());
        assert_eq!(dusk.last_night_s, Some(9 * 3600 + 38 * 60));
    }

    #[test]
    fn gone_by_day_is_an_outage() {
        let mut dusk = Dusk::default();
        for minute in 10..20 {
            dusk.saw(at(&format!("20T12:{minute}:00")), 410.0, 2);
        }
        assert_eq!(dusk.asleep_since(at("20T12:21:00")), None);
        dusk.saw(at("20T12:22:00"), 120.0, 2);
        assert_eq!(dusk.asleep_since(at("20T12:24:00")), None, "a cloud");
    }

    #[test]
    fn gone_while_power_rises_at_dawn_is_an_outage() {
        let mut dusk = Dusk::default();
        for (minute, power) in [(10, 2.0), (12, 6.0), (14, 12.0)] {
            dusk.saw(at(&format!("20T05:{minute}:00")), power, 2);
        }
        assert_eq!(dusk.asleep_since(at("20T05:16:00")), None);
    }

    #[test]
    fn a_night_three_hours_longer_than_the_last_is_an_outage() {
        let mut dusk = Dusk::default();
        evening(&mut dusk, "20");
        assert!(dusk.asleep_since(at("20T19:24:00")).is_some());
        dusk.saw(at("21T05:22:00"), 4.0, 2);
        evening(&mut dusk, "21");
        assert!(dusk.asleep_since(at("22T08:00:00")).is_some(), "10 h last night");
        assert_eq!(dusk.asleep_since(at("22T08:23:00")), None);
    }

    #[test]
    fn a_bridge_that_starts_at_night_knows_what_it_saw_in_the_evening() {
        let mut dusk = Dusk::default();
        evening(&mut dusk, "20");
        let kept = serde_json::to_value(&dusk).unwrap();
        let mut restarted: Dusk = serde_json::from_value(kept).unwrap();
        assert_eq!(restarted.asleep_since(at("20T23:00:00")), Some(at("20T19:20:00")));
        assert_eq!(Dusk::default().asleep_since(at("20T23:00:00")), None, "never seen");
    }
}
