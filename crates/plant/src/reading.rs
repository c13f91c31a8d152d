//! Readings: what one poll of one DTU showed.
//!
//! A quantity that the device did not report is `None`, never zero. Counters are the device's own,
//! untouched.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::energy::Evidence;
use crate::{MeterReading, Serial, StorageReading};

/// What one PV input showed at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortReading {
    /// The inverter this port belongs to.
    pub serial: Serial,
    /// From 1, within the inverter.
    pub port: u8,
    /// DC voltage of the panel, V.
    pub pv_voltage_v: Option<f32>,
    /// DC current of the panel, A.
    pub pv_current_a: Option<f32>,
    /// DC power of the panel, W.
    pub pv_power_w: Option<f32>,
    /// The device's day counter, Wh. Wraps at 65,535 over Modbus and resets when the device likes.
    pub today_wh: Option<u32>,
    /// The device's lifetime counter, Wh: a full u32 on the wire.
    pub total_wh: Option<u32>,
}

/// What one inverter showed at one instant, once per snapshot however many ports it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InverterReading {
    /// The inverter.
    pub serial: Serial,
    /// AC voltage, V. A line-to-line value on three-phase models read over Modbus; the mean of the
    /// phases where [`phases`](Self::phases) tells each.
    pub grid_voltage_v: Option<f32>,
    /// AC frequency, Hz.
    pub grid_frequency_hz: Option<f32>,
    /// AC active power, W, where the protocol tells it.
    pub active_power_w: Option<f32>,
    /// AC reactive power, var, where the protocol tells it.
    pub reactive_power_var: Option<f32>,
    /// Power factor, 0 to 1, where the protocol tells it.
    pub power_factor: Option<f32>,
    /// AC current, A, where the protocol tells it; the sum of the phases on three-phase models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid_current_a: Option<f32>,
    /// Each phase of a three-phase model, where the protocol tells them apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Phases>,
    /// Inside the case, °C.
    pub temperature_c: Option<f32>,
    /// See [`crate::status`].
    pub operating_status: Option<u16>,
    /// See [`crate::alarm`]; 0 is no alarm.
    pub alarm_code: Option<u16>,
    /// Alarms since start, as the device counts them.
    pub alarm_count: Option<u16>,
    /// 0 is no radio link between DTU and inverter.
    pub link_status: Option<u16>,
}

/// The three phases of an inverter's grid connection, in the order A, B, C.
///
/// It is kept as JSON in the column `extra`: few inverters have it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Phases {
    /// Each phase against neutral, V.
    #[serde(default)]
    pub voltage_v: [Option<f32>; 3],
    /// A to B, B to C, C to A, V.
    #[serde(default)]
    pub line_voltage_v: [Option<f32>; 3],
    /// Each phase, A.
    #[serde(default)]
    pub current_a: [Option<f32>; 3],
}

impl InverterReading {
    /// A reading in which nothing was reported yet, to be filled field by field.
    pub const fn blank(serial: Serial) -> Self {
        Self {
            serial,
            grid_voltage_v: None,
            grid_frequency_hz: None,
            active_power_w: None,
            reactive_power_var: None,
            power_factor: None,
            grid_current_a: None,
            phases: None,
            temperature_c: None,
            operating_status: None,
            alarm_code: None,
            alarm_count: None,
            link_status: None,
        }
    }
}

/// All readings of one poll of one DTU. They share one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The name the DTU has in the configuration.
    pub dtu_name: String,
    /// The DTU's own serial number, once known.
    pub dtu_serial: Option<Serial>,
    /// The sample time of every row, to the microsecond: part of each row's key. The DTU's own where
    /// its protocol gives one, else the instant of the poll.
    pub taken_at: Timestamp,
    /// One per inverter, ascending by serial.
    pub inverters: Vec<InverterReading>,
    /// One per reported port, ascending by serial and port.
    pub ports: Vec<PortReading>,
    /// One per energy meter of the DTU, ascending by serial. Absent in records of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meters: Vec<MeterReading>,
    /// One per hybrid inverter with a battery, ascending by serial. Absent in records of older
    /// versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<StorageReading>,
}

impl Snapshot {
    /// A snapshot without any reading yet, to be filled list by list.
    pub const fn blank(dtu_name: String, dtu_serial: Option<Serial>, taken_at: Timestamp) -> Self {
        Self {
            dtu_name,
            dtu_serial,
            taken_at,
            inverters: Vec::new(),
            ports: Vec::new(),
            meters: Vec::new(),
            storage: Vec::new(),
        }
    }

    /// Whether it shows nothing at all.
    pub fn is_empty(&self) -> bool {
        self.inverters.is_empty()
            && self.ports.is_empty()
            && self.meters.is_empty()
            && self.storage.is_empty()
    }

    /// What the snapshot says about the energy of each port; nothing of ports whose inverter sleeps.
    pub fn evidence(&self) -> impl Iterator<Item = (Evidence, &PortReading)> {
        self.ports.iter().filter_map(|port| Some((self.evidence_of(port)?, port)))
    }

    /// The same for one port of the snapshot.
    pub fn evidence_of(&self, port: &PortReading) -> Option<Evidence> {
        let inverter = self.inverters.iter().find(|inverter| inverter.serial == port.serial)?;
        Evidence::of(self.taken_at, inverter, port)
    }

    /// The sum of what the panels of this DTU deliver, W. Ports without a link count as zero:
    /// some DTUs repeat the last value of an inverter that is gone.
    pub fn pv_power_w(&self) -> f64 {
        let linked = |serial: Serial| {
            self.inverters.iter().any(|i| i.serial == serial && i.link_status != Some(0))
        };
        let ports = self.ports.iter().filter(|port| linked(port.serial));
        let inputs = self.storage.iter().flat_map(|hybrid| &hybrid.inputs);
        ports
            .filter_map(|port| port.pv_power_w)
            .chain(inputs.filter_map(|input| input.power_w))
            .map(f64::from)
            .sum()
    }
}

/// A sample time as the stores keep it. PostgreSQL counts microseconds; an instant with more
/// digits would come back as another key than it went in.
pub fn sample_time(at: Timestamp) -> Timestamp {
    at.round(jiff::TimestampRound::new().smallest(Unit::Microsecond).mode(jiff::RoundMode::Trunc))
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(serial: Serial, power: f32) -> PortReading {
        PortReading {
            serial,
            port: 1,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: Some(power),
            today_wh: None,
            total_wh: None,
        }
    }

    #[test]
    fn plant_sum_skips_unlinked_inverters() {
        let linked = "116100000001".parse().unwrap();
        let gone = "116100000002".parse().unwrap();
        let snapshot = Snapshot {
            inverters: vec![
                InverterReading { link_status: Some(1), ..InverterReading::blank(linked) },
                InverterReading { link_status: Some(0), ..InverterReading::blank(gone) },
            ],
            ports: vec![port(linked, 210.5), port(gone, 99.0)],
            ..Snapshot::blank("roof".into(), None, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(snapshot.pv_power_w(), 210.5);
    }

    #[test]
    fn a_record_of_an_older_version_still_reads() {
        let older = r#"{"dtu_name":"roof","dtu_serial":null,"taken_at":"2026-06-21T12:00:00Z",
            "inverters":[{"serial":"116100000001","grid_voltage_v":230.1,"grid_frequency_hz":null,
            "active_power_w":null,"reactive_power_var":null,"power_factor":null,
            "temperature_c":null,"operating_status":3,"alarm_code":0,"alarm_count":0,
            "link_status":1}],"ports":[]}"#;
        let snapshot: Snapshot = serde_json::from_str(older).unwrap();
        assert_eq!(snapshot.inverters[0].grid_voltage_v, Some(230.1));
        assert_eq!(snapshot.inverters[0].phases, None);
        assert!(snapshot.meters.is_empty() && snapshot.storage.is_empty());
    }

    #[test]
    fn what_a_modbus_dtu_shows_is_written_as_before() {
        let serial: Serial = "116100000001".parse().unwrap();
        let snapshot = Snapshot {
            inverters: vec![InverterReading::blank(serial)],
            ..Snapshot::blank("roof".into(), None, Timestamp::UNIX_EPOCH)
        };
        let text = serde_json::to_string(&snapshot).unwrap();
        for key in ["phases", "grid_current_a", "meters", "storage"] {
            assert!(!text.contains(key), "{key} in {text}");
        }
    }

    #[test]
    fn a_sample_time_survives_a_store_that_counts_microseconds() {
        let at = sample_time("2026-06-21T12:00:00.123456789Z".parse().unwrap());
        assert_eq!(at.to_string(), "2026-06-21T12:00:00.123456Z");
        assert_eq!(Timestamp::from_microsecond(at.as_microsecond()).unwrap(), at);
    }
}
