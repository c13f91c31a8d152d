//! What a serial number tells about an inverter: its family, its ports, its scales.
//!
//! Source: the prefix table of `protocol/modbus.md` section 3, collected from OpenDTU, OpenEMS and
//! hoymiles-wifi. The prefix does not give the exact model; the ports that a DTU really reports win.

use serde::{Deserialize, Serialize};

use crate::Serial;

/// A product family. What it decides: the scale of the current, the number of phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Second generation: MI-250 to MI-1500.
    MI,
    /// Third generation, single phase: HM-300 to HM-1500.
    HM,
    /// HMS-300 to HMS-2000, single phase, some with a DTU inside.
    HMS,
    /// HMT-1600 to HMT-2250, three phases.
    HMT,
    /// HERF-300 to HERF-1800.
    HERF,
}

impl Family {
    /// The name on the type plate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MI => "MI",
            Self::HM => "HM",
            Self::HMS => "HMS",
            Self::HMT => "HMT",
            Self::HERF => "HERF",
        }
    }

    /// The largest power in W that one port of this family can make, with headroom for the
    /// strongest variant known. Energy accounting uses it to tell a glitch from sunshine.
    pub const fn max_port_power_w(self) -> f64 {
        match self {
            Self::MI | Self::HM => 500.0,
            Self::HMT => 550.0,
            Self::HMS | Self::HERF => 700.0,
        }
    }
}

/// What is known of an inverter from its serial number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Product family.
    pub family: Family,
    /// PV inputs, where the prefix tells.
    pub ports: Option<u8>,
}

/// One row of the prefix table: `serial prefix & mask == prefix`.
struct Series {
    prefix: u16,
    mask: u16,
    family: Family,
    ports: Option<u8>,
}

const fn exact(prefix: u16, family: Family, ports: u8) -> Series {
    Series { prefix, mask: 0xffff, family, ports: Some(ports) }
}

const fn open(prefix: u16, mask: u16, family: Family, ports: Option<u8>) -> Series {
    Series { prefix, mask, family, ports }
}

/// The first row that matches wins: HMS and HMT are exceptions inside HM's range.
const SERIES: &[Series] = &[
    exact(0x1124, Family::HMS, 1),
    exact(0x1125, Family::HMS, 1),
    exact(0x1400, Family::HMS, 1),
    exact(0x1403, Family::HMS, 1),
    exact(0x1143, Family::HMS, 2),
    exact(0x1144, Family::HMS, 2),
    exact(0x114a, Family::HMS, 2),
    exact(0x1410, Family::HMS, 2),
    exact(0x1412, Family::HMS, 2),
    exact(0x1164, Family::HMS, 4),
    exact(0x1165, Family::HMS, 4),
    exact(0x1166, Family::HMS, 4),
    exact(0x1167, Family::HMS, 4),
    exact(0x1420, Family::HMS, 4),
    exact(0x1520, Family::HMS, 4),
    exact(0x1222, Family::HMS, 4),
    exact(0x1361, Family::HMT, 4),
    exact(0x1382, Family::HMT, 6),
    exact(0x2841, Family::HERF, 1),
    exact(0x2821, Family::HERF, 2),
    exact(0x2801, Family::HERF, 4),
    exact(0x1011, Family::MI, 1),
    // Built-in DTU, number of ports not told by the prefix.
    open(0x1145, 0xffff, Family::HMS, None),
    open(0x1422, 0xfffe, Family::HMS, None),
    open(0x1300, 0xff00, Family::HMT, None),
    // The third digit of the older series counts ports: 2 = one, 4 = two, 6 = four.
    open(0x1020, 0xfff0, Family::MI, Some(1)),
    open(0x1040, 0xfff0, Family::MI, Some(2)),
    open(0x1060, 0xfff0, Family::MI, Some(4)),
    open(0x1000, 0xff00, Family::MI, None),
    open(0x1110, 0xfff0, Family::HM, Some(1)),
    open(0x1120, 0xfff0, Family::HM, Some(1)),
    open(0x1130, 0xfff0, Family::HM, Some(2)),
    open(0x1140, 0xfff0, Family::HM, Some(2)),
    open(0x1150, 0xfff0, Family::HM, Some(4)),
    open(0x1160, 0xfff0, Family::HM, Some(4)),
];

/// First bytes under which Hoymiles has shipped inverters, models newer than [`SERIES`] included.
const SHIPPED_FIRST_BYTES: &[u8] = &[0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x28];

impl Model {
    /// What the serial's prefix tells, `None` for a series that is not in the table.
    pub fn of(serial: Serial) -> Option<Self> {
        SERIES
            .iter()
            .find(|series| serial.prefix() & series.mask == series.prefix)
            .map(|series| Self { family: series.family, ports: series.ports })
    }
}

/// What a DTU's serial number tells about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DtuModel {
    /// In the words of the type plate, as far as the prefix tells.
    pub name: &'static str,
    /// How it can be reached and when.
    pub kind: DtuKind,
}

/// What sets DTUs apart for someone who reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DtuKind {
    /// A device of its own, always on.
    Apart,
    /// Inside an inverter, and off with the sun.
    BuiltIn,
    /// Inside an inverter, and reachable over Bluetooth only.
    Bluetooth,
    /// The gateway of hybrid inverters.
    Hybrid,
}

const fn dtu(name: &'static str, kind: DtuKind) -> DtuModel {
    DtuModel { name, kind }
}

impl DtuModel {
    /// What the prefix tells (`protocol/wifi.md` 4.2, one source), `None` for one nobody knows. The
    /// DTU of an HMS-W may show the serial of its inverter as its own.
    pub fn of(serial: Serial) -> Option<Self> {
        let model = match serial.prefix() {
            0x10f7 | 0x10f8 | 0x10fb..=0x10fd | 0x4100 | 0x4101 | 0x4120 | 0x4121 => {
                dtu("DTU-Pro or DTU-Pro-S", DtuKind::Apart)
            }
            0x10d3 | 0x10d8 | 0x10d9 | 0x4110 | 0x4111 | 0x4130 | 0x4132 | 0x4133 => {
                dtu("DTU-WLite, DTU-WLite-S or DTU-Lite-S", DtuKind::Apart)
            }
            0x10d2 => dtu("DTU-G100", DtuKind::Apart),
            0x10d6 | 0x10d7 | 0x4131 => dtu("DTU-Lite", DtuKind::Apart),
            0xd030 => dtu("DTU-SLS", DtuKind::Apart),
            0x4141 | 0x4143 | 0x4144 => dtu("DTU inside the inverter", DtuKind::BuiltIn),
            0x1610 | 0x4161 | 0x4162 => dtu("DTU inside an HMS-WB", DtuKind::Bluetooth),
            0x4301 => dtu("DTS-WIFI-G1", DtuKind::Hybrid),
            _ => {
                Model::of(serial)?;
                dtu("DTU inside the inverter", DtuKind::BuiltIn)
            }
        };
        Some(model)
    }
}

/// Whether an inverter can have this serial: its first byte is one that Hoymiles uses.
///
/// Deliberately wider than the table, so that a model of next year is welcome and line noise is not.
pub fn is_plausible_inverter(serial: Serial) -> bool {
    SHIPPED_FIRST_BYTES.contains(&serial.to_bytes()[0])
}

/// How many units of the PV-current register make one ampere.
///
/// The MI series counts tenths, everything later hundredths: the official note's rule, decided by
/// the serial's first byte as hoymiles_modbus does (`protocol/modbus.md` 2.3).
pub fn pv_current_divisor(serial: Serial) -> u16 {
    if serial.to_bytes()[0] == 0x10 { 10 } else { 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(prefix: &str) -> Option<(&'static str, Option<u8>)> {
        let serial: Serial = format!("{prefix}00000001").parse().unwrap();
        Model::of(serial).map(|model| (model.family.name(), model.ports))
    }

    #[test]
    fn the_prefix_names_family_and_ports() {
        assert_eq!(model("1161"), Some(("HM", Some(4))));
        assert_eq!(model("1141"), Some(("HM", Some(2))));
        assert_eq!(model("1121"), Some(("HM", Some(1))));
        assert_eq!(model("1061"), Some(("MI", Some(4))));
        assert_eq!(model("1382"), Some(("HMT", Some(6))));
        assert_eq!(model("2821"), Some(("HERF", Some(2))));
    }

    #[test]
    fn hms_inside_the_range_of_hm_is_not_hm() {
        assert_eq!(model("1164"), Some(("HMS", Some(4))));
        assert_eq!(model("1144"), Some(("HMS", Some(2))));
        assert_eq!(model("1124"), Some(("HMS", Some(1))));
        assert_eq!(model("1423"), Some(("HMS", None)));
    }

    #[test]
    fn a_dtu_is_known_by_its_prefix() {
        let kind = |serial: &str| DtuModel::of(serial.parse().unwrap()).map(|model| model.kind);
        assert_eq!(kind("414392373246"), Some(DtuKind::BuiltIn));
        assert_eq!(kind("141292373246"), Some(DtuKind::BuiltIn), "by its inverter's serial");
        assert_eq!(kind("10f800000001"), Some(DtuKind::Apart));
        assert_eq!(kind("161000000001"), Some(DtuKind::Bluetooth));
        assert_eq!(kind("430100a1b2c3"), Some(DtuKind::Hybrid));
        assert_eq!(kind("ffff00000001"), None);
    }

    #[test]
    fn next_years_model_is_plausible_and_noise_is_not() {
        assert_eq!(model("1599"), None);
        assert!(is_plausible_inverter("159900000001".parse().unwrap()));
        assert!(!is_plausible_inverter("ffffffffffff".parse().unwrap()));
        assert!(!is_plausible_inverter(Serial::EMPTY));
    }

    #[test]
    fn only_the_mi_series_counts_tenths_of_an_ampere() {
        assert_eq!(pv_current_divisor("106100000001".parse().unwrap()), 10);
        assert_eq!(pv_current_divisor("116100000001".parse().unwrap()), 100);
        assert_eq!(pv_current_divisor("123332416355".parse().unwrap()), 100);
    }
}
