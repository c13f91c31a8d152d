//! Readings as comma-separated values.
//!
//! A line per reading, its time in UTC. What is not known is empty. No value needs quotes: there
//! are only numbers, times and serial numbers.

use std::fmt::{Display, Write};

use crate::view::history::{HistoryBucket, HistorySpread};
use crate::view::{HistoryAnswer, HistoryEntry, PortHistoryEntry};

/// What the text is.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

/// The names of the columns of ports; the counters are the device's own.
pub const PORT_COLUMNS: &str = "timestamp,serial_number,port_number,pv_voltage,pv_current,pv_power,\
                                today_production,total_production\n";

/// The names of the columns of inverters.
pub const INVERTER_COLUMNS: &str = "timestamp,serial_number,grid_voltage,grid_frequency,\
                                    active_power,reactive_power,power_factor,temperature,\
                                    operating_status,alarm_code,alarm_count,link_status\n";

/// A history with the names of its columns.
pub fn history(answer: &HistoryAnswer) -> String {
    let mut lines = String::new();
    match answer {
        HistoryAnswer::Inverter(entries) => {
            lines += INVERTER_COLUMNS;
            entries.iter().for_each(|entry| inverter(&mut lines, entry));
        }
        HistoryAnswer::Port(entries) => {
            lines += PORT_COLUMNS;
            entries.iter().for_each(|entry| port(&mut lines, entry));
        }
        HistoryAnswer::Buckets(buckets) => {
            lines += "start,end,serial_number,port_number,samples";
            for (name, _) in QUANTITIES {
                for spread in ["min", "avg", "max"] {
                    cell(&mut lines, Some(format_args!("{name}_{spread}")));
                }
            }
            lines += ",energy_wh\n";
            buckets.iter().for_each(|entry| bucket(&mut lines, entry));
        }
    }
    lines
}

type Quantity = (&'static str, fn(&HistoryBucket) -> Option<HistorySpread>);

/// The quantities of a bucket, in the order of their columns.
const QUANTITIES: [Quantity; 7] = [
    ("grid_voltage", |bucket| bucket.grid_voltage),
    ("grid_frequency", |bucket| bucket.grid_frequency),
    ("temperature", |bucket| bucket.temperature),
    ("active_power", |bucket| bucket.active_power),
    ("pv_voltage", |bucket| bucket.pv_voltage),
    ("pv_current", |bucket| bucket.pv_current),
    ("pv_power", |bucket| bucket.pv_power),
];

fn bucket(line: &mut String, entry: &HistoryBucket) {
    begin(line, entry.start);
    cell(line, Some(entry.end));
    cell(line, Some(entry.serial_number));
    cell(line, entry.port_number);
    cell(line, Some(entry.samples));
    for (_, quantity) in QUANTITIES {
        let spread = quantity(entry);
        cell(line, spread.map(|spread| spread.min));
        cell(line, spread.map(|spread| spread.avg));
        cell(line, spread.map(|spread| spread.max));
    }
    cell(line, entry.energy_wh);
    line.push('\n');
}

/// The line of a port.
pub fn port(line: &mut String, entry: &PortHistoryEntry) {
    begin(line, entry.timestamp);
    cell(line, Some(entry.serial_number));
    cell(line, Some(entry.port_number));
    cell(line, entry.pv_voltage);
    cell(line, entry.pv_current);
    cell(line, entry.pv_power);
    cell(line, entry.today_production);
    cell(line, entry.total_production);
    line.push('\n');
}

/// The line of an inverter.
pub fn inverter(line: &mut String, entry: &HistoryEntry) {
    begin(line, entry.timestamp);
    cell(line, Some(entry.serial_number));
    cell(line, entry.grid_voltage);
    cell(line, entry.grid_frequency);
    cell(line, entry.active_power);
    cell(line, entry.reactive_power);
    cell(line, entry.power_factor);
    cell(line, entry.temperature);
    cell(line, entry.operating_status);
    cell(line, entry.alarm_code);
    cell(line, entry.alarm_count);
    cell(line, entry.link_status);
    line.push('\n');
}

fn begin(line: &mut String, at: impl Display) {
    write!(line, "{at}").expect("writing to a String never fails");
}

fn cell(line: &mut String, value: Option<impl Display>) {
    line.push(',');
    if let Some(value) = value {
        write!(line, "{value}").expect("writing to a String never fails");
    }
}
