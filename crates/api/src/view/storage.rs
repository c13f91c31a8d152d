//! Hybrid inverters with a battery, now and in the past.

use jiff::Timestamp;
use plant::live::Latest;
use plant::{StorageReading, storage};
use serde::Serialize;
use utoipa::ToSchema;

use super::tenths;
use crate::Moment;

/// A hybrid inverter with its battery as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Storage {
    /// The configured name of the DTU that reports it.
    #[schema(example = "cellar")]
    pub dtu_name: String,
    /// What it showed last.
    #[serde(flatten)]
    pub reading: StorageEntry,
    /// Whether its latest reading is too old to be what it does now: three polls of its DTU, and
    /// five minutes at least.
    #[schema(example = false)]
    pub stale: bool,
    /// Age of its latest reading in s.
    #[schema(example = 12)]
    pub age_seconds: u64,
}

/// One recorded reading of a hybrid inverter. Energies are of the device's own day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StorageEntry {
    /// In decimal digits: how the number is printed on the device is not known.
    #[schema(example = "22069995057734")]
    pub serial_number: String,
    /// The gateway it is read through, likewise.
    #[schema(example = "73000000000001")]
    pub gateway_serial_number: String,
    /// The device's own sample time.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Timestamp,
    /// The battery.
    pub battery: Battery,
    /// All PV inputs together, in W.
    #[schema(example = 1279.0)]
    pub pv_power_w: Option<f64>,
    /// All phases of the grid connection together, in W, with the sign of the device. What goes in
    /// which direction is in `flow`.
    #[schema(example = -1.0)]
    pub grid_power_w: Option<f64>,
    /// What the house takes, all phases together, in W.
    #[schema(example = 300.0)]
    pub load_power_w: Option<f64>,
    /// PV inputs, ascending.
    pub inputs: Vec<StorageInput>,
    /// The grid connection, phase by phase.
    pub grid: Vec<StoragePhase>,
    /// What the house takes, phase by phase.
    pub load: Vec<StoragePhase>,
    /// Where the power goes at this instant; null where the device does not tell.
    pub flow: Option<Flow>,
    /// Where the energy of the day went.
    pub energy_today: EnergyToday,
}

/// The battery of a hybrid inverter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Battery {
    /// Charge in percent.
    #[schema(example = 63.0)]
    pub state_of_charge_percent: Option<f32>,
    /// Health in percent.
    #[schema(example = 99.0)]
    pub state_of_health_percent: Option<f32>,
    /// In V.
    #[schema(example = 259.2)]
    pub voltage_v: Option<f32>,
    /// In W, with the sign of the device. Which sign means charging is not known for certain: what
    /// the battery takes is `pv_to_battery_w` of `flow`, what it gives is `battery_to_load_w` and
    /// `battery_to_grid_w`.
    #[schema(example = -978.0)]
    pub power_w: Option<f32>,
    /// Charged today, in Wh.
    #[schema(example = 4100)]
    pub charged_wh: Option<u64>,
    /// Discharged today, in Wh.
    #[schema(example = 2700)]
    pub discharged_wh: Option<u64>,
    /// The highest cell, in V.
    #[schema(example = 3.309)]
    pub cell_voltage_max_v: Option<f32>,
    /// The lowest cell, in V.
    #[schema(example = 3.297)]
    pub cell_voltage_min_v: Option<f32>,
    /// The hottest cell, in °C.
    #[schema(example = 24.5)]
    pub temperature_max_c: Option<f32>,
    /// The coldest cell, in °C.
    #[schema(example = 22.0)]
    pub temperature_min_c: Option<f32>,
    /// The battery's own code; what the numbers mean is not known.
    #[schema(example = 0)]
    pub fault_code: Option<i32>,
}

/// One PV input of a hybrid inverter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StorageInput {
    /// From 1.
    #[schema(minimum = 1, example = 1)]
    pub input: u8,
    /// In V.
    #[schema(example = 412.3)]
    pub voltage_v: Option<f32>,
    /// In A.
    #[schema(example = 3.1)]
    pub current_a: Option<f32>,
    /// In W.
    #[schema(example = 1279.0)]
    pub power_w: Option<f32>,
    /// Made today, in Wh.
    #[schema(example = 6200)]
    pub energy_wh: Option<u64>,
}

/// One phase of the grid connection or of the house.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StoragePhase {
    /// 1 to 3.
    #[schema(minimum = 1, maximum = 3, example = 1)]
    pub phase: u8,
    /// In V.
    #[schema(example = 230.1)]
    pub voltage_v: Option<f32>,
    /// In A.
    #[schema(example = 1.3)]
    pub current_a: Option<f32>,
    /// In W, with the sign of the device.
    #[schema(example = 300.0)]
    pub power_w: Option<f32>,
    /// In var.
    #[schema(example = 0.0)]
    pub reactive_power_var: Option<f32>,
    /// Taken, in Wh.
    #[schema(example = 9000)]
    pub consumed_wh: Option<u64>,
    /// Fed in, in Wh; only at the grid connection.
    #[schema(example = 1200)]
    pub fed_in_wh: Option<u64>,
}

/// Power from where to where, in W. Each direction has a name of its own.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Flow {
    /// From the panels to the house.
    #[schema(example = 300.0)]
    pub pv_to_load_w: Option<f32>,
    /// From the panels to the battery: it is charged.
    #[schema(example = 978.0)]
    pub pv_to_battery_w: Option<f32>,
    /// From the panels to the grid.
    #[schema(example = 1.0)]
    pub pv_to_grid_w: Option<f32>,
    /// From the battery to the house: it is discharged.
    #[schema(example = 0.0)]
    pub battery_to_load_w: Option<f32>,
    /// From the battery to the grid: it is discharged.
    #[schema(example = 0.0)]
    pub battery_to_grid_w: Option<f32>,
    /// From the grid to the house.
    #[schema(example = 0.0)]
    pub grid_to_load_w: Option<f32>,
}

/// Energy of the device's own day, from where to where, in Wh.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EnergyToday {
    /// From the panels to the house, as the panels' account has it.
    #[schema(example = 2100)]
    pub pv_to_load_wh: Option<u64>,
    /// From the panels to the battery.
    #[schema(example = 4100)]
    pub pv_to_battery_wh: Option<u64>,
    /// From the panels to the grid.
    #[schema(example = 900)]
    pub pv_to_grid_wh: Option<u64>,
    /// What the house took from the panels, as the house's account has it.
    #[schema(example = 2100)]
    pub load_from_pv_wh: Option<u64>,
    /// What the house took from the battery.
    #[schema(example = 2700)]
    pub load_from_battery_wh: Option<u64>,
    /// What the house took from the grid.
    #[schema(example = 300)]
    pub load_from_grid_wh: Option<u64>,
}

impl Storage {
    /// What is known of a hybrid inverter at this moment.
    pub fn of(latest: &Latest<StorageReading>, moment: &Moment) -> Self {
        Self {
            dtu_name: latest.dtu_name.clone(),
            reading: StorageEntry::of(&latest.reading),
            stale: moment.is_stale_of(&latest.dtu_name, latest.at),
            age_seconds: moment.seconds_since(latest.at),
        }
    }
}

impl StorageEntry {
    /// A reading.
    pub fn of(reading: &StorageReading) -> Self {
        let storage::EnergyToday {
            pv_to_load_wh,
            pv_to_battery_wh,
            pv_to_grid_wh,
            load_from_pv_wh,
            load_from_battery_wh,
            load_from_grid_wh,
        } = reading.energy_today;
        Self {
            serial_number: reading.serial_number.clone(),
            gateway_serial_number: reading.gateway_serial_number.clone(),
            timestamp: reading.sampled_at,
            battery: reading.battery.into(),
            pv_power_w: sum(reading.inputs.iter().map(|input| input.power_w)),
            grid_power_w: sum(reading.grid.iter().map(|phase| phase.power_w)),
            load_power_w: sum(reading.load.iter().map(|phase| phase.power_w)),
            inputs: reading.inputs.iter().copied().map(StorageInput::from).collect(),
            grid: reading.grid.iter().copied().map(StoragePhase::from).collect(),
            load: reading.load.iter().copied().map(StoragePhase::from).collect(),
            flow: reading.flow.map(Flow::from),
            energy_today: EnergyToday {
                pv_to_load_wh,
                pv_to_battery_wh,
                pv_to_grid_wh,
                load_from_pv_wh,
                load_from_battery_wh,
                load_from_grid_wh,
            },
        }
    }
}

impl From<storage::Battery> for Battery {
    fn from(battery: storage::Battery) -> Self {
        Self {
            state_of_charge_percent: battery.state_of_charge_percent,
            state_of_health_percent: battery.state_of_health_percent,
            voltage_v: battery.voltage_v,
            power_w: battery.power_w,
            charged_wh: battery.charged_wh,
            discharged_wh: battery.discharged_wh,
            cell_voltage_max_v: battery.cell_voltage_max_v,
            cell_voltage_min_v: battery.cell_voltage_min_v,
            temperature_max_c: battery.temperature_max_c,
            temperature_min_c: battery.temperature_min_c,
            fault_code: battery.fault_code,
        }
    }
}

impl From<storage::StorageInput> for StorageInput {
    fn from(shown: storage::StorageInput) -> Self {
        let storage::StorageInput { input, voltage_v, current_a, power_w, energy_wh } = shown;
        Self { input, voltage_v, current_a, power_w, energy_wh }
    }
}

impl From<storage::StoragePhase> for StoragePhase {
    fn from(shown: storage::StoragePhase) -> Self {
        Self {
            phase: shown.phase,
            voltage_v: shown.voltage_v,
            current_a: shown.current_a,
            power_w: shown.power_w,
            reactive_power_var: shown.reactive_power_var,
            consumed_wh: shown.consumed_wh,
            fed_in_wh: shown.fed_in_wh,
        }
    }
}

impl From<storage::Flow> for Flow {
    fn from(flow: storage::Flow) -> Self {
        Self {
            pv_to_load_w: flow.pv_to_load_w,
            pv_to_battery_w: flow.pv_to_battery_w,
            pv_to_grid_w: flow.pv_to_grid_w,
            battery_to_load_w: flow.battery_to_load_w,
            battery_to_grid_w: flow.battery_to_grid_w,
            grid_to_load_w: flow.grid_to_load_w,
        }
    }
}

/// The sum of what is told, W; none where nothing is.
fn sum(parts: impl Iterator<Item = Option<f32>>) -> Option<f64> {
    parts.flatten().map(f64::from).reduce(|sum, watts| sum + watts).map(tenths)
}
