//! The messages of `proto/`, and what their numbers mean.

use std::fmt;

use crate::tolerant::{Field, Kind, Shape};

#[allow(missing_docs, reason = "fields are described in proto/, which not every line repeats")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/hoymiles.rs"));
}
pub use generated::*;

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// The bit of [`DtuInformation::features`] that says that a DTU encrypts.
const ENCRYPTS: i64 = 1 << 25;

impl DtuInformation {
    /// Whether the DTU encrypts what it says after this.
    pub fn encrypts(&self) -> bool {
        self.features.unwrap_or(0) & ENCRYPTS != 0
    }
}

/// Without the seed of the key.
impl fmt::Debug for DtuInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtuInformation")
            .field("firmware", &self.firmware.map(dtu_version))
            .field("hardware", &self.hardware.map(dtu_version))
            .field("signal_strength", &self.signal_strength)
            .field("encrypts", &self.encrypts())
            .finish_non_exhaustive()
    }
}

/// Without names and addresses of the owner's network.
impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration")
            .field("upload_interval", &self.upload_interval)
            .field("wifi_signal", &self.wifi_signal)
            .field("power_limit", &self.power_limit)
            .finish_non_exhaustive()
    }
}

/// Text of a device: up to the first NUL, and what is no UTF-8 replaced.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

/// The firmware or hardware version of a DTU in words, `V01.01.02` without the V (`protocol/wifi.md`
/// 4.3).
pub fn dtu_version(number: i32) -> String {
    format!("{:02}.{:02}.{:02}", number / 4096, number / 256 % 16, number % 256)
}

/// The firmware version of an inverter in words.
pub fn inverter_version(number: i32) -> String {
    format!("{:02}.{:02}.{:02}", number / 10_000, number % 10_000 / 100, number % 100)
}

/// The hardware version of an inverter in words.
pub fn inverter_hardware(number: i32) -> String {
    format!("{:02}.{:02}.{:02}", number / 2048, number / 64 % 32, number % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_spelled_as_the_app_spells_them() {
        assert_eq!(dtu_version(267), "00.01.11");
        assert_eq!(dtu_version(4353), "01.01.01");
        assert_eq!(inverter_version(10008), "01.00.08");
        assert_eq!(inverter_hardware(256), "00.04.00");
    }

    #[test]
    fn text_that_is_none_is_still_shown() {
        assert_eq!(text(b"CMNET\xff\x01"), "CMNET\u{fffd}\u{1}");
        assert_eq!(text(b"CMNET\0\x8a\x90"), "CMNET");
    }
}
