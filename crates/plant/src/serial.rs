//! Serial numbers of inverters and DTUs.

use std::fmt;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The serial number printed on an inverter or a DTU: six bytes, shown as twelve hex digits.
///
/// Most serials are decimal digits, but letters occur (`10f8…` DTUs, `1520a025566b`), so it is
/// never a number. Shown in lower case, read in either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 6]);

/// A text that is no serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{found}' is no serial number: 12 hexadecimal digits are expected, as printed on the device"
)]
pub struct SerialError {
    found: String,
}

impl Serial {
    /// The serial of a slot that holds no inverter.
    pub const EMPTY: Self = Self([0; 6]);

    /// A serial from its bytes on the wire, first digit first.
    pub const fn from_bytes(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The bytes as they travel on the wire.
    pub const fn to_bytes(self) -> [u8; 6] {
        self.0
    }

    /// Whether this marks an empty slot rather than a device.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The first four digits, which name the product series: `0x1161` for `1161…`.
    pub const fn prefix(self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        let refuse = || SerialError { found: text.chars().take(40).collect() };
        if text.len() != 12 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let number = u64::from_str_radix(text, 16).map_err(|_| refuse())?;
        let [_, _, bytes @ ..] = number.to_be_bytes();
        Ok(Self(bytes))
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

/// Parses in place: a backlog of a week holds a quarter of a million serials.
struct Text;

impl Visitor<'_> for Text {
    type Value = Serial;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a serial number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Serial, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_are_digits_too() {
        let serial: Serial = "1520A025566b".parse().unwrap();
        assert_eq!(serial.to_string(), "1520a025566b");
        assert_eq!(serial.prefix(), 0x1520);
    }

    #[test]
    fn a_refusal_says_what_was_found_and_what_is_expected() {
        let error = "12345".parse::<Serial>().unwrap_err().to_string();
        assert_eq!(
            error,
            "'12345' is no serial number: 12 hexadecimal digits are expected, as printed on the device"
        );
        assert!("11610000000g".parse::<Serial>().is_err());
        assert!("+1610000000a".parse::<Serial>().is_err());
        assert!("ééé161000000".parse::<Serial>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bytes: [u8; 6]) {
            let serial = Serial::from_bytes(bytes);
            prop_assert_eq!(serial.to_string().parse::<Serial>(), Ok(serial));
        }
    }
}
