//! How real Wi-Fi DTUs misbehave, on demand.
//!
//! The threads are in `protocol/wifi.md` 1.8, 2 and 5. Mostly of two kinds:
//! * *Line faults* spoil the answer to any request.
//! * *Faults of the readings* change what A311 shows; other requests pass unharmed and do not use up a
//!   place in a script.

use std::time::Duration;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WifiFault {
    /// Line: the checksum does not fit.
    BadChecksum,
    /// Line: the answer to the request before.
    WrongSequence,
    /// Line: the answer to another command, of another client's request.
    WrongCommand,
    /// Line: sealed with a key that nobody was given; plain if the DTU speaks plainly.
    WrongKey,
    /// Line: no answer, the connection stays open.
    Silence,
    /// Line: hangs up instead of answering.
    CloseAtOnce,
    /// Line: hangs up in the middle of the answer.
    CloseMidAnswer,
    /// Line: the answer comes in pieces of so many bytes, with a pause before each.
    Pieces(usize, Duration),
    /// Line: bytes that are no frame at all: another program on the port.
    GarbageBytes,
    /// Line: a run of zeros, as DTUs answer a key that they do not know any more.
    ZeroBytes,

    /// Information: says that it encrypts and gives nothing to make a key from.
    NoKey,

    /// Readings: the same reading and time stamp again and again, since the fault began.
    Stale,
    /// Readings: no time stamp, as after a start without the cloud.
    NoTime,
    /// Readings: every inverter is out of reach and its last values are still shown.
    LinkLost,
    /// Readings: this page, from 0, is never sent.
    MissingPage(usize),
    /// Readings: never answered, although the DTU tells about itself, as newer DTU-Pro do.
    NoReadings,
}

impl WifiFault {
    /// Whether it changes the readings rather than the answer to any request.
    pub const fn is_of_readings(&self) -> bool {
        matches!(
            self,
            Self::Stale | Self::NoTime | Self::LinkLost | Self::MissingPage(_) | Self::NoReadings
        )
    }
}
