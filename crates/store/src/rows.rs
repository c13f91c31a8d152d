//! Reading rows back, for both engines: the columns have the same names and, times apart, types.

pub(crate) mod devices;

use plant::energy::Account;
use plant::event::EventKind;
use plant::reading::Phases;
use plant::{InverterReading, PortReading, Serial};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{ColumnIndex, Database, Decode, Row, Type};

/// What few inverters have, in the column `extra` of `inverter_data`. The keys are promises.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Extra {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grid_current_a: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phases: Option<Phases>,
}

impl Extra {
    /// None where there is nothing to say.
    pub(crate) fn of(reading: &InverterReading) -> Option<Self> {
        let extra = Self { grid_current_a: reading.grid_current_a, phases: reading.phases };
        (extra != Self::default()).then_some(extra)
    }
}

/// The `inverter_data` columns of a row.
pub(crate) fn inverter_reading<'r, R>(
    row: &'r R,
    serial: Serial,
) -> Result<InverterReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    Json<Extra>: Decode<'r, R::Database> + Type<R::Database>,
{
    let extra: Option<Json<Extra>> = row.try_get("extra")?;
    let extra = extra.map(|Json(extra)| extra).unwrap_or_default();
    Ok(InverterReading {
        serial,
        grid_voltage_v: row.try_get("grid_voltage")?,
        grid_frequency_hz: row.try_get("grid_frequency")?,
        active_power_w: row.try_get("active_power")?,
        reactive_power_var: row.try_get("reactive_power")?,
        power_factor: row.try_get("power_factor")?,
        grid_current_a: extra.grid_current_a,
        phases: extra.phases,
        temperature_c: row.try_get("temperature")?,
        operating_status: number::<R, i32, u16>(row, "operating_status")?,
        alarm_code: number::<R, i32, u16>(row, "alarm_code")?,
        alarm_count: number::<R, i32, u16>(row, "alarm_count")?,
        link_status: number::<R, i32, u16>(row, "link_status")?,
    })
}

/// The `production_cache` columns of a row.
pub(crate) fn port_reading<'r, R>(row: &'r R, serial: Serial) -> Result<PortReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(PortReading {
        serial,
        port: port_number(row)?,
        pv_voltage_v: row.try_get("pv_voltage")?,
        pv_current_a: row.try_get("pv_current")?,
        pv_power_w: row.try_get("pv_power")?,
        // The cache holds accounted energy; the device's counters are in port_data.
        today_wh: None,
        total_wh: None,
    })
}

/// What a joined row tells of an inverter's status; the rest of the reading stays blank.
pub(crate) fn status<'r, R>(row: &'r R, serial: Serial) -> Result<InverterReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(InverterReading {
        operating_status: number::<R, i32, u16>(row, "operating_status")?,
        link_status: number::<R, i32, u16>(row, "link_status")?,
        ..InverterReading::blank(serial)
    })
}

/// The device's counters and the power in a row of `port_data`.
pub(crate) fn counters<'r, R>(
    row: &'r R,
    (serial, port): (Serial, u8),
) -> Result<PortReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(PortReading {
        serial,
        port,
        pv_voltage_v: None,
        pv_current_a: None,
        pv_power_w: row.try_get("pv_power")?,
        today_wh: number::<R, i32, u32>(row, "today_production")?,
        total_wh: number::<R, i64, u32>(row, "total_production")?,
    })
}

/// The `port_data` columns of a row.
pub(crate) fn port_row<'r, R>(row: &'r R, port: (Serial, u8)) -> Result<PortReading, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    f32: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(PortReading {
        pv_voltage_v: row.try_get("pv_voltage")?,
        pv_current_a: row.try_get("pv_current")?,
        ..counters(row, port)?
    })
}

/// The `port_number` column of a row.
pub(crate) fn port_number<'r, R>(row: &'r R) -> Result<u8, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
{
    let port: i16 = row.try_get("port_number")?;
    u8::try_from(port).map_err(|error| out_of_range("port_number", error))
}

/// The `accounting` column of a row, which is JSON in both engines.
pub(crate) fn account<'r, R>(row: &'r R) -> Result<Option<Account>, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Json<Account>: Decode<'r, R::Database> + Type<R::Database>,
{
    let account: Option<Json<Account>> = row.try_get("accounting")?;
    Ok(account.map(|Json(account)| account))
}

/// The `kind` column of a row; none for a kind that a later version has added.
pub(crate) fn event_kind<'r, R>(row: &'r R) -> Result<Option<EventKind>, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    let word: String = row.try_get("kind")?;
    Ok(EventKind::of_word(&word))
}

/// The `serial_number` column of a row.
pub(crate) fn serial<'r, R>(row: &'r R) -> Result<Serial, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    let text: String = row.try_get("serial_number")?;
    text.parse().map_err(|error| out_of_range("serial_number", error))
}

/// A nullable column as the unsigned number it was on the wire.
pub(crate) fn number<'r, R, Stored, Wire>(
    row: &'r R,
    column: &'static str,
) -> Result<Option<Wire>, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Stored: Decode<'r, R::Database> + Type<R::Database>,
    Wire: TryFrom<Stored, Error: std::error::Error + Send + Sync + 'static>,
    R::Database: Database,
{
    row.try_get::<Option<Stored>, _>(column)?
        .map(Wire::try_from)
        .transpose()
        .map_err(|error| out_of_range(column, error))
}

fn out_of_range(
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}
