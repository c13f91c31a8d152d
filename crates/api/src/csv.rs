//! Readings as comma-separated values.
//!
//! A line per reading, its time in UTC. What is not known is empty. No value needs quotes: there
//! are only numbers, times and serial numbers.

use std::fmt::{Display, Write};

use plant::live::Timed;
use plant::{InverterReading, PortReading};

/// What the text is.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

/// The names of the columns of ports; the counters are the device's own.
pub const PORT_COLUMNS: &str = "timestamp,serial_number,port_number,pv_voltage,pv_current,pv_power,\
                                today_production,total_production\n";

/// The names of the columns of inverters.
pub const INVERTER_COLUMNS: &str = "timestamp,serial_number,grid_voltage,grid_frequency,\
                                    active_power,reactive_power,power_factor,temperature,\
                                    operating_status,alarm_code,alarm_count,link_status\n";

/// The line of a port.
pub fn port(line: &mut String, Timed { at, value }: &Timed<PortReading>) {
    begin(line, at);
    cell(line, Some(value.serial));
    cell(line, Some(value.port));
    cell(line, value.pv_voltage_v);
    cell(line, value.pv_current_a);
    cell(line, value.pv_power_w);
    cell(line, value.today_wh);
    cell(line, value.total_wh);
    line.push('\n');
}

/// The line of an inverter.
pub fn inverter(line: &mut String, Timed { at, value }: &Timed<InverterReading>) {
    begin(line, at);
    cell(line, Some(value.serial));
    cell(line, value.grid_voltage_v);
    cell(line, value.grid_frequency_hz);
    cell(line, value.active_power_w);
    cell(line, value.reactive_power_var);
    cell(line, value.power_factor);
    cell(line, value.temperature_c);
    cell(line, value.operating_status);
    cell(line, value.alarm_code);
    cell(line, value.alarm_count);
    cell(line, value.link_status);
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
