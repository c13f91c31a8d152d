//! Rows of meters and hybrid inverters.

use plant::meter::MeterPhase;
use plant::storage::{Battery, EnergyToday, Flow, StorageInput, StoragePhase};
use plant::{MeterReading, Serial, StorageReading};
use serde::de::DeserializeOwned;
use sqlx::types::Json;
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::number;

/// The `meter_data` columns of a row.
pub(crate) fn meter_reading<'r, R>(row: &'r R, serial: Serial) -> Result<MeterReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let counter = |column| number::<R, i64, u64>(row, column);
    let phase = |power, voltage, current, power_factor, import, export| {
        let phase = MeterPhase {
            power_w: row.try_get(power)?,
            voltage_v: row.try_get(voltage)?,
            current_a: row.try_get(current)?,
            power_factor: row.try_get(power_factor)?,
            import_wh: counter(import)?,
            export_wh: counter(export)?,
        };
        Ok::<_, sqlx::Error>((phase != MeterPhase::default()).then_some(phase))
    };
    Ok(MeterReading {
        serial,
        phase_count: number::<R, i16, u8>(row, "phase_count")?,
        power_w: row.try_get("power")?,
        power_factor: row.try_get("power_factor")?,
        import_wh: counter("import_energy")?,
        export_wh: counter("export_energy")?,
        fault_code: row.try_get("fault_code")?,
        phases: [
            phase(
                "power_a",
                "voltage_a",
                "current_a",
                "power_factor_a",
                "import_energy_a",
                "export_energy_a",
            )?,
            phase(
                "power_b",
                "voltage_b",
                "current_b",
                "power_factor_b",
                "import_energy_b",
                "export_energy_b",
            )?,
            phase(
                "power_c",
                "voltage_c",
                "current_c",
                "power_factor_c",
                "import_energy_c",
                "export_energy_c",
            )?,
        ],
    })
}

/// The `storage_data` columns of a row, with those of `hybrids`; only the time is left to the
/// engine.
pub(crate) fn storage_reading<'r, R>(
    row: &'r R,
    sampled_at: jiff::Timestamp,
) -> Result<StorageReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Json<Vec<StorageInput>>: Decode<'r, R::Database> + Type<R::Database>,
    Json<Vec<StoragePhase>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let energy = |column| number::<R, i64, u64>(row, column);
    let gateway: Option<String> = row.try_get("dtu_serial")?;
    let flow = Flow {
        pv_to_load_w: row.try_get("flow_pv_to_load")?,
        pv_to_battery_w: row.try_get("flow_pv_to_battery")?,
        pv_to_grid_w: row.try_get("flow_pv_to_grid")?,
        battery_to_load_w: row.try_get("flow_battery_to_load")?,
        battery_to_grid_w: row.try_get("flow_battery_to_grid")?,
        grid_to_load_w: row.try_get("flow_grid_to_load")?,
    };
    Ok(StorageReading {
        serial_number: row.try_get("serial_number")?,
        gateway_serial_number: gateway.unwrap_or_default(),
        sampled_at,
        battery: Battery {
            state_of_charge_percent: row.try_get("state_of_charge")?,
            state_of_health_percent: row.try_get("state_of_health")?,
            voltage_v: row.try_get("battery_voltage")?,
            power_w: row.try_get("battery_power")?,
            charged_wh: energy("battery_charged")?,
            discharged_wh: energy("battery_discharged")?,
            cell_voltage_max_v: row.try_get("cell_voltage_max")?,
            cell_voltage_min_v: row.try_get("cell_voltage_min")?,
            temperature_max_c: row.try_get("battery_temperature_max")?,
            temperature_min_c: row.try_get("battery_temperature_min")?,
            fault_code: row.try_get("battery_fault_code")?,
        },
        inputs: list(row, "inputs")?,
        grid: list(row, "grid")?,
        load: list(row, "load")?,
        flow: (flow != Flow::default()).then_some(flow),
        energy_today: EnergyToday {
            pv_to_load_wh: energy("energy_pv_to_load")?,
            pv_to_battery_wh: energy("energy_pv_to_battery")?,
            pv_to_grid_wh: energy("energy_pv_to_grid")?,
            load_from_pv_wh: energy("energy_load_from_pv")?,
            load_from_battery_wh: energy("energy_load_from_battery")?,
            load_from_grid_wh: energy("energy_load_from_grid")?,
        },
    })
}

fn list<'r, R, T>(row: &'r R, column: &'static str) -> Result<Vec<T>, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    T: DeserializeOwned,
    Json<Vec<T>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let Json(list): Json<Vec<T>> = row.try_get(column)?;
    Ok(list)
}
