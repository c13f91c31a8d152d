//! From port records to a snapshot: one inverter reading per inverter, one port reading per port.

use std::collections::BTreeMap;

use ::modbus::PortRecord;
use ::modbus::map::{self, Field};
use jiff::Timestamp;
use plant::inventory::MAX_PORT;
use plant::status::Activity;
use plant::{InverterReading, PortReading, Serial, Snapshot};

use super::identity;

/// The readings in the records of one poll. What cannot be a port, or is there twice, is left out.
pub(super) fn from_records(
    dtu_name: &str,
    dtu_serial: Option<Serial>,
    taken_at: Timestamp,
    records: &[PortRecord],
) -> Snapshot {
    let mut by_port = BTreeMap::new();
    for record in records {
        let (serial, port) = identity(record);
        if !(1..=MAX_PORT).contains(&port) {
            tracing::warn!(dtu = dtu_name, %serial, port, "a record with an impossible port is left out");
        } else if by_port.insert((serial, port), record).is_some() {
            tracing::warn!(dtu = dtu_name, %serial, port, "the DTU lists this port twice");
        }
    }
    let mut inverters: BTreeMap<Serial, InverterReading> = BTreeMap::new();
    let mut ports = Vec::with_capacity(by_port.len());
    for (&(serial, port), record) in &by_port {
        let inverter = inverters.entry(serial).or_insert_with(|| inverter(serial, record));
        let asleep = Activity::of(inverter) == Activity::Asleep;
        ports.push(PortReading {
            serial,
            port,
            pv_voltage_v: measured(record.value(&map::PV_VOLTAGE), asleep),
            pv_current_a: measured(record.pv_current_a(), asleep),
            pv_power_w: Some(record.value(&map::PV_POWER)),
            today_wh: u32::try_from(record.raw(&map::TODAY_PRODUCTION)).ok(),
            total_wh: u32::try_from(record.raw(&map::TOTAL_PRODUCTION)).ok(),
        });
    }
    Snapshot {
        inverters: inverters.into_values().collect(),
        ports,
        ..Snapshot::blank(dtu_name.to_owned(), dtu_serial, taken_at)
    }
}

/// What an inverter's first record says about the inverter; the other ports repeat it.
fn inverter(serial: Serial, record: &PortRecord) -> InverterReading {
    let code = |field: &Field| u16::try_from(record.raw(field)).ok();
    let codes = InverterReading {
        operating_status: code(&map::OPERATING_STATUS),
        alarm_code: code(&map::ALARM_CODE),
        alarm_count: code(&map::ALARM_COUNT),
        link_status: code(&map::LINK_STATUS),
        ..InverterReading::blank(serial)
    };
    let asleep = Activity::of(&codes) == Activity::Asleep;
    InverterReading {
        grid_voltage_v: measured(record.value(&map::GRID_VOLTAGE), asleep),
        grid_frequency_hz: measured(record.value(&map::GRID_FREQUENCY), asleep),
        temperature_c: measured(record.value(&map::TEMPERATURE), asleep),
        ..codes
    }
}

/// A DTU fills the record of an inverter it has lost with zeros; those were not measured.
fn measured(value: f32, asleep: bool) -> Option<f32> {
    (!asleep || value != 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(serial: &str, port: u8, status: i64, voltage: f64) -> PortRecord {
        let mut record = PortRecord::empty_slot();
        record.set_serial(serial.parse().unwrap());
        record.set(&map::PORT, port.into());
        record.set(&map::OPERATING_STATUS, status);
        record.set(&map::LINK_STATUS, i64::from(status != 0));
        record.set_value(&map::GRID_VOLTAGE, voltage);
        record.set(&map::TOTAL_PRODUCTION, 3_000_000_000);
        record
    }

    fn snapshot(records: &[PortRecord]) -> Snapshot {
        from_records("roof", None, Timestamp::UNIX_EPOCH, records)
    }

    #[test]
    fn four_ports_are_one_inverter_reading() {
        let records: Vec<_> = (1..=4).map(|port| record("116100000001", port, 3, 230.0)).collect();
        let snapshot = snapshot(&records);
        assert_eq!((snapshot.inverters.len(), snapshot.ports.len()), (1, 4));
        assert_eq!(snapshot.inverters[0].grid_voltage_v, Some(230.0));
        assert_eq!(snapshot.ports[3].total_wh, Some(3_000_000_000));
    }

    #[test]
    fn the_zeros_of_the_night_are_absent_and_not_zero() {
        let night = snapshot(&[record("116100000001", 1, 0, 0.0)]);
        assert_eq!(night.inverters[0].grid_voltage_v, None);
        assert_eq!(night.inverters[0].temperature_c, None);
        assert_eq!(night.ports[0].pv_voltage_v, None);
        assert_eq!(night.ports[0].pv_power_w, Some(0.0));
        let frost = snapshot(&[record("116100000001", 1, 3, 230.0)]);
        assert_eq!(frost.inverters[0].temperature_c, Some(0.0), "0 °C by day is a temperature");
    }

    #[test]
    fn impossible_and_repeated_ports_are_left_out() {
        let records = [
            record("116100000001", 1, 3, 230.0),
            record("116100000001", 1, 3, 230.0),
            record("116100000001", 200, 3, 230.0),
            record("116100000001", 0, 3, 230.0),
        ];
        assert_eq!(snapshot(&records).ports.len(), 1);
    }
}
