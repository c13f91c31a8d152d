//! Hybrid inverters with a battery: what one showed at one instant.
//!
//! Source: `protocol/wifi.md` 3.10, one public integration and one real dump. Only quantities whose
//! meaning and scale the dump bears out are here; what is open (the scale of the battery current,
//! the status words) is left out rather than guessed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one hybrid inverter showed at one instant. Energies are of the device's own day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StorageReading {
    /// The hybrid inverter, in decimal digits: how its number is printed is not known.
    pub serial_number: String,
    /// The gateway it is read through, likewise.
    pub gateway_serial_number: String,
    /// The device's own sample time, to the microsecond.
    pub sampled_at: Timestamp,
    /// The battery.
    pub battery: Battery,
    /// PV inputs, ascending by number.
    pub inputs: Vec<StorageInput>,
    /// The grid connection, a phase each.
    pub grid: Vec<StoragePhase>,
    /// What the house takes, a phase each.
    pub load: Vec<StoragePhase>,
    /// Where the power flows at this instant.
    pub flow: Option<Flow>,
    /// Where the energy of the day went.
    pub energy_today: EnergyToday,
}

/// The battery of a hybrid inverter.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Battery {
    /// Charge, 0 to 100 %.
    pub state_of_charge_percent: Option<f32>,
    /// Health, 0 to 100 %.
    pub state_of_health_percent: Option<f32>,
    /// V.
    pub voltage_v: Option<f32>,
    /// W as the device shows it. Which sign means charging is not known.
    pub power_w: Option<f32>,
    /// Charged today, Wh.
    pub charged_wh: Option<u64>,
    /// Discharged today, Wh.
    pub discharged_wh: Option<u64>,
    /// The highest cell, V.
    pub cell_voltage_max_v: Option<f32>,
    /// The lowest cell, V.
    pub cell_voltage_min_v: Option<f32>,
    /// The hottest cell, °C.
    pub temperature_max_c: Option<f32>,
    /// The coldest cell, °C.
    pub temperature_min_c: Option<f32>,
    /// As the battery reports it; what the numbers mean is not known.
    pub fault_code: Option<i32>,
}

/// One PV input of a hybrid inverter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StorageInput {
    /// From 1.
    pub input: u8,
    /// V.
    pub voltage_v: Option<f32>,
    /// A.
    pub current_a: Option<f32>,
    /// W.
    pub power_w: Option<f32>,
    /// Made today, Wh.
    pub energy_wh: Option<u64>,
}

/// One phase of the grid connection or of the load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoragePhase {
    /// 1 to 3.
    pub phase: u8,
    /// V.
    pub voltage_v: Option<f32>,
    /// A.
    pub current_a: Option<f32>,
    /// W.
    pub power_w: Option<f32>,
    /// var.
    pub reactive_power_var: Option<f32>,
    /// Taken, Wh.
    pub consumed_wh: Option<u64>,
    /// Fed in, Wh; only at the grid connection.
    pub fed_in_wh: Option<u64>,
}

/// Power from where to where, W.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Flow {
    /// Panels to house.
    pub pv_to_load_w: Option<f32>,
    /// Panels to battery.
    pub pv_to_battery_w: Option<f32>,
    /// Panels to grid.
    pub pv_to_grid_w: Option<f32>,
    /// Battery to house.
    pub battery_to_load_w: Option<f32>,
    /// Battery to grid.
    pub battery_to_grid_w: Option<f32>,
    /// Grid to house.
    pub grid_to_load_w: Option<f32>,
}

/// Energy of the day from where to where, Wh.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct EnergyToday {
    /// Panels to house, as the panels' account has it.
    pub pv_to_load_wh: Option<u64>,
    /// Panels to battery.
    pub pv_to_battery_wh: Option<u64>,
    /// Panels to grid.
    pub pv_to_grid_wh: Option<u64>,
    /// House from panels, as the house's account has it.
    pub load_from_pv_wh: Option<u64>,
    /// House from battery.
    pub load_from_battery_wh: Option<u64>,
    /// House from grid.
    pub load_from_grid_wh: Option<u64>,
}
