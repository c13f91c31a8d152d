//! Operating status and link, in words.

use crate::InverterReading;

/// What an inverter is doing, as far as its reading tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Linked and working.
    Producing,
    /// No link, or the device says it is not working: night, or switched off. Not an error.
    Asleep,
    /// Linked, working or not, with an alarm code.
    Alarm,
}

impl Activity {
    /// What a reading shows. Status 0 and link 0 are how every DTU seen reports an inverter that
    /// the sun has left (`protocol/modbus.md` section 4).
    pub fn of(reading: &InverterReading) -> Self {
        let zero = |value: Option<u16>| value == Some(0);
        if zero(reading.link_status) || zero(reading.operating_status) {
            Self::Asleep
        } else if reading.alarm_code.is_some_and(|code| code != 0) {
            Self::Alarm
        } else {
            Self::Producing
        }
    }

    /// One lower-case word, as the API shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Producing => "producing",
            Self::Asleep => "asleep",
            Self::Alarm => "alarm",
        }
    }
}

/// The operating status of the port record (map A) in words. Only 0 and 3 have been seen on real
/// devices; other numbers are shown as they are rather than guessed.
pub fn operating_status_text(status: u16) -> String {
    match status {
        0 => "not working".to_owned(),
        3 => "working".to_owned(),
        other => format!("status {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Serial;

    fn reading(status: u16, link: u16, alarm: u16) -> InverterReading {
        InverterReading {
            operating_status: Some(status),
            link_status: Some(link),
            alarm_code: Some(alarm),
            ..InverterReading::blank(Serial::EMPTY)
        }
    }

    #[test]
    fn night_is_sleep_and_not_an_alarm() {
        assert_eq!(Activity::of(&reading(3, 1, 0)), Activity::Producing);
        assert_eq!(Activity::of(&reading(0, 0, 0)), Activity::Asleep);
        assert_eq!(Activity::of(&reading(3, 0, 147)), Activity::Asleep);
        assert_eq!(Activity::of(&reading(3, 1, 209)), Activity::Alarm);
    }
}
