//! The power curve that a DTU remembers by itself.
//!
//! A Wi-Fi DTU keeps the power of its whole plant at one value a minute for the day (`protocol/wifi.md`
//! 3.7). It fills gaps in which nobody read the DTU. It is a record kind of its own: it has no
//! ports, no counters and no energy, so it is never mixed with readings, and it says of itself that
//! it was filled in later.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of the plant's power as one DTU remembers it, read afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlantPower {
    /// The name the DTU has in the configuration.
    pub dtu_name: String,
    /// When it was asked for.
    pub read_at: Timestamp,
    /// Ascending by time; only instants of which there are no readings.
    pub points: Vec<PowerPoint>,
}

/// The power of all inverters of a DTU at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PowerPoint {
    /// The DTU's own time of the value.
    pub at: Timestamp,
    /// W.
    pub power_w: f32,
}

/// A time in which no readings were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The last reading before.
    pub from: Timestamp,
    /// The first reading after.
    pub to: Timestamp,
}

impl Gap {
    /// How long it lasted.
    pub fn duration(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// Whether an instant lies within, its ends not included: those have readings.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from < at && at < self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readings_at_the_ends_of_a_gap_are_no_part_of_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let gap = Gap { from: at(100), to: at(200) };
        assert!(gap.contains(at(101)) && gap.contains(at(199)));
        assert!(!gap.contains(at(100)) && !gap.contains(at(200)));
        assert_eq!(gap.duration(), SignedDuration::from_secs(100));
    }
}
