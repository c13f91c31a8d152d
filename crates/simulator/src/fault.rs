//! How real DTUs misbehave, on demand.
//!
//! Each fault names what owners reported; the threads are in `protocol/modbus.md` 1.3, 1.5 and 5.
//! Two kinds:
//! * *Line faults* spoil the answer to any request.
//! * *Table faults* change what the port table shows; requests for anything else pass unharmed and
//!   do not use up a place in a script.

use std::time::Duration;

use ::plant::Serial;

/// A wrong byte count in an answer that is otherwise right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteCount {
    /// 255 whatever was asked.
    AllOnes,
    /// 0 although data follows.
    Zero,
    /// Twice what follows (cut to a byte).
    Twice,
}

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Line: the byte count is wrong and the length of the frame right, the fault that
    /// hoymiles_modbus was written around; which wrong values occur is not recorded, its tests
    /// have these three.
    WrongByteCount(ByteCount),
    /// Line: an answer without data. "Inverters not mapped yet": a DTU after a reboot, before its
    /// inverters answered.
    EmptyData,
    /// Line: an exception with this code; DTUs are known to send 1 only.
    Exception(u8),
    /// Line: no answer, the connection stays open. Owners saw up to 90 % of requests end so.
    Silence,
    /// Line: hangs up instead of answering.
    CloseAtOnce,
    /// Line: hangs up in the middle of the answer.
    CloseMidAnswer,
    /// Line: the answer comes byte by byte, with this pause before each.
    Trickle(Duration),
    /// Line: the answer to the request before, as after a time-out that both sides saw
    /// differently.
    WrongTransaction,
    /// Line: bytes that are no frame at all: a serial adapter with the wrong speed, or another
    /// program on the port.
    GarbageBytes,
    /// Line: the answer ends after this many registers, with a byte count and length to match.
    ShortAnswer(u16),

    /// Table: a well-formed list of inverters that do not exist. One owner found a hundred of them
    /// registered after a night.
    GarbageRecords {
        /// How many, at most 99.
        count: u8,
        /// Other seeds make other serials; the same seed repeats its own.
        seed: u64,
    },
    /// Table: the record with this index (from 0) is an empty slot for a moment, which a reader
    /// that stops at the first empty slot takes for the end of the list.
    EmptySlot(usize),
    /// Table: an inverter is left out and the list closes up behind it.
    MissingInverter(Serial),
    /// Table: all values of the first so many inverters are zero, status too, for one read. Seen
    /// on one to four inverters every quarter of an hour, when the DTU talks to the cloud.
    ZeroInverters(usize),
    /// Table: no inverter is linked and everything is zero, as at night.
    Night,
    /// Table: status and link are gone but the last values are still shown, as some DTUs do.
    LinkLost,
    /// Table: the counters of one inverter restart from 0 at this instant, as after its
    /// replacement or a reset. It lasts until [`crate::Running::restore_counters`].
    CounterReset(Serial),
    /// Table: both counters stand still at what they are when the fault begins; power goes on.
    StaleCounters,
    /// Table: the day counter still holds yesterday's energy and counts on from there, as at dawn
    /// before a DTU has noticed the new day.
    TodayNotReset,
}

impl Fault {
    /// Whether it changes the table rather than the answer.
    pub const fn is_of_table(&self) -> bool {
        matches!(
            self,
            Self::GarbageRecords { .. }
                | Self::EmptySlot(_)
                | Self::MissingInverter(_)
                | Self::ZeroInverters(_)
                | Self::Night
                | Self::LinkLost
                | Self::CounterReset(_)
                | Self::StaleCounters
                | Self::TodayNotReset
        )
    }
}
