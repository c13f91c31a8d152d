//! Events: what happened, from when to when, in words.
//!
//! Readings say what was measured; events say why something is missing or looks odd. They are kept
//! with the readings, so that a year later a gap still has its cause.

mod watch;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use watch::Watch;

/// The subject of [`EventKind::BridgeDown`].
pub const BRIDGE: &str = "bridge";
/// The subject of a [`EventKind::DatabaseOutage`] in which the database could not be reached. With
/// an outbox nothing is lost by it.
pub const DATABASE: &str = "database";
/// The subject of a [`EventKind::DatabaseOutage`] in which readings could not be kept anywhere.
pub const READINGS: &str = "readings";

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An inverter shows an alarm code. Subject: its serial.
    Alarm,
    /// An inverter sleeps: night, or switched off. Not an error. Subject: its serial.
    Sleep,
    /// A DTU does not answer. Subject: its name.
    DtuOutage,
    /// The store fails. Subject: [`DATABASE`] or [`READINGS`].
    DatabaseOutage,
    /// The bridge did not run. Subject: [`BRIDGE`].
    BridgeDown,
    /// A counter was not believed. Subject: serial and port, `116100000001/1`.
    CounterCorrection,
    /// A DTU speaks differently than before: another firmware, or another device. Subject: its
    /// name.
    DialectChange,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Alarm,
        Self::Sleep,
        Self::DtuOutage,
        Self::DatabaseOutage,
        Self::BridgeDown,
        Self::CounterCorrection,
        Self::DialectChange,
    ];

    /// The snake-case word by which the stores and the API know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Sleep => "sleep",
            Self::DtuOutage => "dtu_outage",
            Self::DatabaseOutage => "database_outage",
            Self::BridgeDown => "bridge_down",
            Self::CounterCorrection => "counter_correction",
            Self::DialectChange => "dialect_change",
        }
    }

    /// The kind with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something that happened. Kind, subject and start are its key: telling it again, now with its
/// end, is the same event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What kind.
    pub kind: EventKind,
    /// What it is about, see [`EventKind`].
    pub subject: String,
    /// When it began, to the microsecond.
    pub started_at: Timestamp,
    /// When it ended; none while it lasts. An instant ends when it begins.
    pub ended_at: Option<Timestamp>,
    /// What happened, in words.
    pub text: String,
}

impl Event {
    /// The same event, over. A clock that was put back does not make it end before it began.
    #[must_use]
    pub fn ended(self, at: Timestamp) -> Self {
        Self { ended_at: Some(at.max(self.started_at)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_word_everywhere() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::json!(kind), kind.word());
            assert_eq!(EventKind::of_word(kind.word()), Some(kind));
        }
        assert_eq!(EventKind::of_word("party"), None);
    }
}
