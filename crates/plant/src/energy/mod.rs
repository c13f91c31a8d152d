//! Energy accounting: how counters that reset, spike and stall become energy that does not.
//!
//! A device's counters are evidence, not truth. They read zero every quarter of an hour, restart at
//! wake-up, repeat yesterday's value at dawn, and jump. So what is shown is accounted from them,
//! port by port, by pure functions; the raw counters stay in `port_data` untouched.
//!
//! * An [`Account`] accepts a step of the lifetime counter that the panel could have made in the
//!   time between two readings, and nothing else. Accepted steps add up to `lifetime_wh`, which
//!   never falls.
//! * A step that is negative or too large makes the counter *suspect*. It is believed when later
//!   readings continue from it and grow; a value that flickers or stands still never is. A counter
//!   that starts again near zero is a reset: it continues on the old sum. A jump that no sunshine
//!   explains adds nothing.
//! * Zero after non-zero says nothing, nor does a reading without link or with status 0.
//! * Energy belongs to the local [day](Calendar) in which it was made. Across midnight the
//!   device's day counter tells which part is today's, as far as it can be true.
//! * The sum of all days is the difference of the lifetime: every watt-hour is booked once.
//!
//! The live path and a later recomputation from raw rows call the same [`Account::take`].

mod account;
mod calendar;
mod hours;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::status::Activity;
use crate::{InverterReading, PortReading, Serial};

pub use account::Account;
pub use calendar::Calendar;
pub use hours::{HourBooking, by_hour};

/// The strongest port of any family, for a serial that no table knows, W.
const MAX_PORT_POWER_W: f64 = 700.0;

/// What one reading says about the counters of one port.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Sample time.
    pub at: Timestamp,
    /// The device's lifetime counter, Wh.
    pub total_wh: u32,
    /// The device's day counter, Wh.
    pub today_wh: Option<u32>,
    /// What the port can deliver at most, W.
    pub max_power_w: f64,
}

impl Evidence {
    /// The evidence in a reading, if there is any: without a link, or while the inverter does not
    /// work, its counters are a memory of the DTU's.
    pub fn of(at: Timestamp, inverter: &InverterReading, port: &PortReading) -> Option<Self> {
        if Activity::of(inverter) == Activity::Asleep {
            return None;
        }
        Some(Self {
            at,
            total_wh: port.total_wh?,
            today_wh: port.today_wh,
            max_power_w: max_power_w(port.serial),
        })
    }
}

fn max_power_w(serial: Serial) -> f64 {
    Model::of(serial).map_or(MAX_PORT_POWER_W, |model| model.family.max_port_power_w())
}

/// Energy that belongs to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// Local day.
    pub day: Date,
    /// Wh.
    pub energy_wh: u64,
    /// Whether the day is a guess: the energy was made in a gap of several days, or the device
    /// could not tell which part of it is today's.
    pub estimated: bool,
}

/// A counter that was not believed, in a form that can be said in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Correction {
    /// The counter showed something impossible and came back.
    Glitch {
        /// What it showed, Wh.
        shown_wh: u32,
        /// What it had shown before, Wh.
        expected_wh: u32,
    },
    /// The counter began again. Its energy continues on the old sum.
    Reset {
        /// Before, Wh.
        before_wh: u32,
        /// Where it began, Wh.
        after_wh: u32,
    },
    /// The counter jumped to where no sunshine could have brought it; the jump is not energy.
    Jump {
        /// Before, Wh.
        before_wh: u32,
        /// After, Wh.
        after_wh: u32,
    },
}

impl Correction {
    /// What was seen and what was done, as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Glitch { shown_wh, expected_wh } => format!(
                "the counter showed {shown_wh} Wh after {expected_wh} Wh and came back: ignored"
            ),
            Self::Reset { before_wh, after_wh } => format!(
                "the counter fell from {before_wh} Wh to {after_wh} Wh and counts on from there: \
                 the energy continues without a step"
            ),
            Self::Jump { before_wh, after_wh } => format!(
                "the counter jumped from {before_wh} Wh to {after_wh} Wh, more than the panel can \
                 make in that time: the jump is not counted"
            ),
        }
    }
}

/// What one reading did to an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// New energy by day; empty when the reading added none.
    pub bookings: Vec<Booking>,
    /// Since when that energy was made; none for what was made before the first reading.
    pub since: Option<Timestamp>,
    /// What was corrected, once it is clear.
    pub correction: Option<Correction>,
}
