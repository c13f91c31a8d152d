//! The public JSON shapes.
//!
//! Keys that the Python v2 answered with keep their names and meanings, without its `id` and
//! `raw_data`. Times are RFC 3339 in UTC, and of periods with the plant's offset. A quantity that is not known is null, never zero.
//!
//! Quantities stay `f32`, as they were read: they are written with the fewest digits that mean the
//! same number, 33.7 and not 33.70000076.

pub mod coverage;
pub mod dtu;
pub mod energy;
pub mod event;
pub mod health;
pub mod history;
pub mod info;
pub mod inverter;
pub mod layout;
pub mod meter;
pub mod plant;
pub mod power;
pub mod stats;
pub mod storage;
pub mod stream;

pub use coverage::Coverage;
pub use dtu::Dtu;
pub use energy::Energy;
pub use event::Event;
pub use health::Health;
pub use history::{HistoryAnswer, HistoryBucket, PortHistoryEntry};
pub use info::Info;
pub use inverter::{HistoryEntry, Inverter, Port, Production};
pub use meter::{Meter, MeterEntry};
pub use plant::Plant;
pub use power::Power;
pub use stats::Stats;
pub use storage::{Storage, StorageEntry};

use std::time::Duration;

use ::plant::energy::Calendar;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Serialize, Serializer};
use store::Grouping;

/// Watts to the tenth that DTUs report: a sum of tenths has noise further down.
pub(crate) fn tenths(watts: f64) -> f64 {
    (watts * 10.0).round() / 10.0
}

/// Seconds to the millisecond.
pub(crate) fn milliseconds(seconds: f64) -> f64 {
    Duration::try_from_secs_f64(seconds)
        .map_or(seconds, |duration| duration.as_millis() as f64 / 1000.0)
}

/// An instant with the plant's offset: `2026-06-21T00:00:00+02:00`. It is written when the answer is,
/// as a series has tens of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    at: Timestamp,
    offset: Offset,
}

impl Local {
    pub(crate) fn of(calendar: &Calendar, at: Timestamp) -> Self {
        Self { at, offset: calendar.offset(at) }
    }
}

impl Serialize for Local {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.at.display_with_offset(self.offset))
    }
}

/// What series are about, as the parameter `by` takes it.
pub(crate) const fn grouping_word(by: Grouping) -> &'static str {
    match by {
        Grouping::Plant => "plant",
        Grouping::Dtu => "dtu",
        Grouping::Inverter => "inverter",
        Grouping::Port => "port",
    }
}
