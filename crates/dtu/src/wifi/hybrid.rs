//! Hybrid inverters with a battery, behind a DTS-WIFI-G1 gateway.
//!
//! The gateway is asked who it is, then what is registered at it, then each hybrid inverter for its
//! data; all in extended frames (`protocol/wifi.md` 3.10).

use ::wifi::message::{
    Gateway, GatewayRequest, Hybrid, HybridBattery, HybridGridPhase, HybridLoadPhase,
    HybridRequest, Registered, RegisteredRequest, dtu_version,
};
use ::wifi::{Command, Route};
use jiff::Timestamp;
use plant::storage::{Battery, EnergyToday, Flow, StorageInput, StoragePhase, StorageReading};

use super::session::Session;
use crate::driver::Cause;

/// The gateway itself, in the extended header.
const GATEWAY_ITSELF: u16 = 255;
/// What is behind it.
const BEHIND: u16 = 1;

/// A gateway and what it told about its hybrid inverters.
pub(super) struct Found {
    /// Its serial as the number that it is on the wire.
    pub(super) gateway: i64,
    pub(super) firmware: Option<String>,
    pub(super) storage: Vec<StorageReading>,
}

pub(super) async fn read(session: &mut Session) -> Result<Found, Cause> {
    let gateway = gateway(session).await?;
    let serial = gateway.serial.ok_or_else(|| nonsense("a gateway without a serial number"))?;
    let number = u64::try_from(serial).map_err(|_| nonsense("a negative serial number"))?;
    let route = Route { gateway: number, number: BEHIND };
    let request = RegisteredRequest {
        time: Some(session.now()),
        utc_offset: Some(Session::utc_offset()),
        ..RegisteredRequest::default()
    };
    let registered: Registered = session.ask_through(route, Command::REGISTERED, &request).await?;
    let mut storage = Vec::new();
    for inverter in registered.inverters.iter().filter_map(|inverter| inverter.serial) {
        let request = HybridRequest {
            time: Some(session.now()),
            utc_offset: Some(Session::utc_offset()),
            serial: Some(inverter),
            ..HybridRequest::default()
        };
        let data: Hybrid = session.ask_through(route, Command::HYBRID, &request).await?;
        storage.extend(reading(serial, inverter, &data));
    }
    storage.sort_by(|a, b| a.serial_number.cmp(&b.serial_number));
    let firmware = gateway.information.first().and_then(|information| information.firmware);
    Ok(Found { gateway: serial, firmware: firmware.map(dtu_version), storage })
}

/// Who the gateway is.
pub(super) async fn gateway(session: &mut Session) -> Result<Gateway, Cause> {
    let request = GatewayRequest {
        time: Some(session.now()),
        utc_offset: Some(Session::utc_offset()),
        ..GatewayRequest::default()
    };
    let route = Route { gateway: 0, number: GATEWAY_ITSELF };
    session.ask_through(route, Command::GATEWAY, &request).await
}

fn nonsense(what: &str) -> Cause {
    Cause::Nonsense(what.to_owned())
}

/// None for data without a time: nothing could tell it from what was there before.
fn reading(gateway: i64, inverter: i64, data: &Hybrid) -> Option<StorageReading> {
    let second = data.time.filter(|&second| second > 0)?;
    let grid = data.grid.iter().flat_map(|grid| &grid.phases).filter_map(grid_phase);
    let load = data.load.iter().flat_map(|load| &load.phases).filter_map(load_phase);
    Some(StorageReading {
        serial_number: inverter.to_string(),
        gateway_serial_number: gateway.to_string(),
        sampled_at: Timestamp::from_second(second.into()).ok()?,
        battery: data.battery.as_ref().map(battery).unwrap_or_default(),
        inputs: inputs(data),
        grid: grid.collect(),
        load: load.collect(),
        flow: data.flow.as_ref().map(|flow| Flow {
            pv_to_load_w: watts(flow.pv_to_load),
            pv_to_battery_w: watts(flow.pv_to_battery),
            pv_to_grid_w: watts(flow.pv_to_grid),
            battery_to_load_w: watts(flow.battery_to_load),
            battery_to_grid_w: watts(flow.battery_to_grid),
            grid_to_load_w: watts(flow.grid_to_load),
        }),
        energy_today: energy_today(data),
    })
}

fn scaled(raw: Option<i32>, scale: f64) -> Option<f32> {
    raw.map(|raw| (f64::from(raw) * scale) as f32)
}

/// Power that was left out is a power of zero.
fn watts(raw: Option<i32>) -> Option<f32> {
    scaled(Some(raw.unwrap_or(0)), 1.0)
}

/// From tenths of a kWh.
fn energy_wh(raw: Option<i32>) -> Option<u64> {
    u64::try_from(raw?).ok().map(|tenths| tenths * 100)
}

/// The same for a sum of today, where nothing is zero.
fn today_wh(raw: Option<i32>) -> Option<u64> {
    energy_wh(Some(raw.unwrap_or(0)))
}

fn number(raw: Option<i32>) -> Option<u8> {
    u8::try_from(raw?).ok().filter(|&number| number > 0)
}

fn inputs(data: &Hybrid) -> Vec<StorageInput> {
    let inputs = data.inputs.iter().filter_map(|input| {
        Some(StorageInput {
            input: number(input.input)?,
            voltage_v: scaled(input.voltage, 0.1),
            current_a: scaled(input.current, 0.01),
            power_w: watts(input.power),
            energy_wh: today_wh(input.energy),
        })
    });
    inputs.collect()
}

fn battery(battery: &HybridBattery) -> Battery {
    Battery {
        state_of_charge_percent: scaled(battery.state_of_charge, 1.0),
        state_of_health_percent: scaled(battery.state_of_health, 1.0),
        voltage_v: scaled(battery.voltage, 0.1),
        power_w: watts(battery.power),
        charged_wh: today_wh(battery.charged),
        discharged_wh: today_wh(battery.discharged),
        cell_voltage_max_v: scaled(battery.cell_voltage_max, 0.001),
        cell_voltage_min_v: scaled(battery.cell_voltage_min, 0.001),
        temperature_max_c: scaled(battery.temperature_max, 0.1),
        temperature_min_c: scaled(battery.temperature_min, 0.1),
        fault_code: battery.fault_code,
    }
}

fn grid_phase(phase: &HybridGridPhase) -> Option<StoragePhase> {
    Some(StoragePhase {
        phase: number(phase.phase)?,
        voltage_v: scaled(phase.voltage, 0.1),
        current_a: scaled(phase.current, 0.01),
        power_w: watts(phase.active_power),
        reactive_power_var: watts(phase.reactive_power),
        consumed_wh: energy_wh(phase.consumed),
        fed_in_wh: energy_wh(phase.fed_in),
    })
}

fn load_phase(phase: &HybridLoadPhase) -> Option<StoragePhase> {
    Some(StoragePhase {
        phase: number(phase.phase)?,
        voltage_v: scaled(phase.voltage, 0.1),
        current_a: None,
        power_w: watts(phase.active_power),
        reactive_power_var: None,
        consumed_wh: energy_wh(phase.consumed),
        fed_in_wh: None,
    })
}

fn energy_today(data: &Hybrid) -> EnergyToday {
    let made = data.production.as_ref();
    let used = data.consumption.as_ref();
    EnergyToday {
        pv_to_load_wh: made.and_then(|made| today_wh(made.to_load)),
        pv_to_battery_wh: made.and_then(|made| today_wh(made.to_battery)),
        pv_to_grid_wh: made.and_then(|made| today_wh(made.to_grid)),
        load_from_pv_wh: used.and_then(|used| today_wh(used.from_pv)),
        load_from_battery_wh: used.and_then(|used| today_wh(used.from_battery)),
        load_from_grid_wh: used.and_then(|used| today_wh(used.from_grid)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_real_plant() {
        let list: serde_json::Value =
            serde_json::from_str(include_str!("../../../wifi/tests/vectors-wifi.json")).unwrap();
        let vectors = list.as_array().unwrap();
        let vector = vectors.iter().find(|v| v["name"] == "realvalues_esdata_hybrid").unwrap();
        let hex = vector["expected"]["payload_hex"].as_str().unwrap();
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let reading = reading(73_671_584_625_347, 1234, &::wifi::decode(&bytes).unwrap()).unwrap();
        assert_eq!(reading.gateway_serial_number, "73671584625347");
        assert_eq!(reading.sampled_at.as_second(), 1_740_667_398);
        let input = reading.inputs[0];
        assert_eq!((input.input, input.voltage_v, input.current_a), (1, Some(528.8), Some(1.26)));
        assert_eq!((input.power_w, input.energy_wh), (Some(439.0), Some(7900)));
        let battery = reading.battery;
        assert_eq!(battery.state_of_charge_percent, Some(45.0));
        assert_eq!((battery.voltage_v, battery.charged_wh), (Some(238.6), Some(3800)));
        assert_eq!(
            (battery.cell_voltage_max_v, battery.temperature_max_c),
            (Some(3.309), Some(24.0))
        );
        let grid = reading.grid[0];
        assert_eq!((grid.phase, grid.voltage_v, grid.current_a), (1, Some(232.9), Some(0.46)));
        assert_eq!((grid.power_w, grid.reactive_power_var), (Some(0.0), Some(-22.0)));
        assert_eq!((grid.fed_in_wh, grid.consumed_wh), (Some(100), Some(1200)));
        assert_eq!(reading.energy_today.load_from_grid_wh, Some(3200));
        assert_eq!(reading.energy_today.pv_to_grid_wh, Some(0));
    }

    #[test]
    fn data_without_a_time_are_no_reading() {
        assert_eq!(reading(1, 2, &Hybrid::default()), None);
    }
}
