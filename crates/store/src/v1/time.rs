//! Times without a zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What a local time without a zone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTime {
    /// One instant.
    Once(Timestamp),
    /// The clocks were put back: it was this time twice. The first is meant here.
    Twice(Timestamp),
    /// The clocks were put forward: it was never this time. What a clock that was not would show.
    Never(Timestamp),
}

impl LocalTime {
    /// Reads `2025-11-05 22:59:58.123456` in a zone; `None` if it is no time.
    pub fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let local: DateTime = text.trim().parse().ok()?;
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let offset = ambiguous.offset();
        let at = ambiguous.compatible().ok()?;
        Some(match offset {
            AmbiguousOffset::Unambiguous { .. } => Self::Once(at),
            AmbiguousOffset::Fold { .. } => Self::Twice(at),
            AmbiguousOffset::Gap { .. } => Self::Never(at),
        })
    }

    /// The instant.
    pub const fn instant(self) -> Timestamp {
        match self {
            Self::Once(at) | Self::Twice(at) | Self::Never(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_came_twice_and_the_one_that_never_was_are_told() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text| LocalTime::read(text, &zone).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            read("2025-11-05 22:59:58.123456"),
            LocalTime::Once(at("2025-11-05T21:59:58.123456Z"))
        );
        assert_eq!(read("2025-10-26T02:30:00"), LocalTime::Twice(at("2025-10-26T00:30:00Z")));
        assert_eq!(read("2025-03-30 02:30:00"), LocalTime::Never(at("2025-03-30T01:30:00Z")));
        assert_eq!(LocalTime::read("yesterday", &zone), None);
    }
}
