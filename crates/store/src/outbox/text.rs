//! How a waiting record is written.
//!
//! It is JSON in which a reading of an inverter or of a port is an array of its fields, in the order
//! in which they are declared: their names were most of a backlog, which has to be written, checked
//! and read again. serde reads a struct from either form. So what an older version or the
//! quarantine wrote, with names, is read by the same code, and an older version reads this.

use jiff::Timestamp;
use plant::reading::Phases;
use plant::{InverterReading, MeterReading, PortReading, Serial, Snapshot, StorageReading};
use serde::Serialize;

use crate::Record;

/// The text of a record.
pub(super) fn of(record: &Record) -> serde_json::Result<String> {
    match record {
        Record::Snapshot(snapshot) => serde_json::to_string(&Brief::of(snapshot)),
        named => serde_json::to_string(named),
    }
}

/// A [`Record`] of readings.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Brief<'a> {
    Snapshot {
        dtu_name: &'a str,
        dtu_serial: Option<Serial>,
        taken_at: Timestamp,
        inverters: Vec<InverterFields>,
        ports: Vec<PortFields>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        meters: &'a [MeterReading],
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        storage: &'a [StorageReading],
    },
}

type Quantity = Option<f32>;
type Code = Option<u16>;
type Counter = Option<u32>;
type PortFields = (Serial, u8, Quantity, Quantity, Quantity, Counter, Counter);
type InverterFields = (
    Serial,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Option<Phases>,
    Quantity,
    Code,
    Code,
    Code,
    Code,
);

impl<'a> Brief<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let Snapshot { dtu_name, dtu_serial, taken_at, inverters, ports, meters, storage } =
            snapshot;
        Self::Snapshot {
            dtu_name,
            dtu_serial: *dtu_serial,
            taken_at: *taken_at,
            inverters: inverters.iter().map(inverter).collect(),
            ports: ports.iter().map(port).collect(),
            meters,
            storage,
        }
    }
}

fn inverter(reading: &InverterReading) -> InverterFields {
    let InverterReading {
        serial,
        grid_voltage_v,
        grid_frequency_hz,
        active_power_w,
        reactive_power_var,
        power_factor,
        grid_current_a,
        phases,
        temperature_c,
        operating_status,
        alarm_code,
        alarm_count,
        link_status,
    } = *reading;
    (
        serial,
        grid_voltage_v,
        grid_frequency_hz,
        active_power_w,
        reactive_power_var,
        power_factor,
        grid_current_a,
        phases,
        temperature_c,
        operating_status,
        alarm_code,
        alarm_count,
        link_status,
    )
}

fn port(reading: &PortReading) -> PortFields {
    let PortReading { serial, port, pv_voltage_v, pv_current_a, pv_power_w, today_wh, total_wh } =
        *reading;
    (serial, port, pv_voltage_v, pv_current_a, pv_power_w, today_wh, total_wh)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field has a value of its own, so that no two can change places unseen.
    fn snapshot() -> Record {
        let serial = "116100000001".parse().unwrap();
        Record::Snapshot(Snapshot {
            inverters: vec![InverterReading {
                serial,
                grid_voltage_v: Some(230.1),
                grid_frequency_hz: Some(50.02),
                active_power_w: Some(300.5),
                reactive_power_var: Some(1.5),
                power_factor: Some(0.99),
                grid_current_a: Some(1.25),
                phases: Some(Phases {
                    voltage_v: [Some(229.5), None, Some(231.5)],
                    ..Phases::default()
                }),
                temperature_c: Some(31.5),
                operating_status: Some(3),
                alarm_code: Some(0),
                alarm_count: Some(7),
                link_status: Some(1),
            }],
            ports: vec![PortReading {
                serial,
                port: 2,
                pv_voltage_v: Some(33.1),
                pv_current_a: Some(4.02),
                pv_power_w: Some(133.0),
                today_wh: Some(1200),
                total_wh: None,
            }],
            ..Snapshot::blank("roof".into(), Some(serial), Timestamp::UNIX_EPOCH)
        })
    }

    /// As records wait on the disks of running bridges. A field that is declared elsewhere, or a
    /// new one that is not declared last with a default, makes them unreadable.
    const WAITING: &str = concat!(
        r#"{"snapshot":{"dtu_name":"roof","dtu_serial":"116100000001","#,
        r#""taken_at":"1970-01-01T00:00:00Z","#,
        r#""inverters":[["116100000001",230.1,50.02,300.5,1.5,0.99,1.25,"#,
        r#"{"voltage_v":[229.5,null,231.5],"line_voltage_v":[null,null,null],"#,
        r#""current_a":[null,null,null]},31.5,3,0,7,1]],"#,
        r#""ports":[["116100000001",2,33.1,4.02,133.0,1200,null]]}}"#,
    );

    #[test]
    fn readings_are_written_without_the_names_of_their_fields() {
        assert_eq!(of(&snapshot()).unwrap(), WAITING);
    }

    #[test]
    fn a_record_is_read_with_and_without_names() {
        let named = serde_json::to_string(&snapshot()).unwrap();
        for text in [WAITING, &named] {
            assert_eq!(serde_json::from_str::<Record>(text).unwrap(), snapshot());
        }
    }
}
