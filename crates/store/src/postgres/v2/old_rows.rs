//! Reading the old tables, by their own row numbers.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::inventory::MAX_PORT;
use plant::status::Activity;
use plant::{InverterReading, PortReading, Serial};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::super::unnamed;
use super::polls::{Clock, OldRow, Page};
use super::state::Carried;

const INVERTERS: &str = "
    SELECT id, serial_number, timestamp, grid_voltage, grid_frequency, temperature,
           operating_status, alarm_code, alarm_count, link_status
    FROM hoymiles_v2.inverter_data
    WHERE id > $1
    ORDER BY id
    LIMIT $2";

const PORTS: &str = "
    SELECT id, serial_number, timestamp, port_number, pv_voltage, pv_current, pv_power,
           today_production, total_production
    FROM hoymiles_v2.port_data
    WHERE id > $1
    ORDER BY id
    LIMIT $2";

/// Which inverters are carried over, by their serial numbers as they stand there.
#[derive(Debug)]
pub(super) struct Wanted(HashMap<String, Option<Serial>>);

impl Wanted {
    pub(super) fn of(state: &Carried) -> Self {
        Self(state.left_inverters.iter().map(|left| (left.clone(), None)).collect())
    }

    /// A text is parsed once.
    fn serial(&mut self, row: &PgRow) -> Result<Option<Serial>, sqlx::Error> {
        let text: &str = row.try_get("serial_number")?;
        if let Some(known) = self.0.get(text) {
            return Ok(*known);
        }
        let serial = text.parse().ok();
        self.0.insert(text.to_owned(), serial);
        Ok(serial)
    }
}

/// The next rows of `inverter_data`.
pub(super) async fn inverters(
    connection: &mut PgConnection,
    state: &Carried,
    zone: &TimeZone,
    wanted: &mut Wanted,
    limit: u32,
) -> Result<Page<InverterReading>, sqlx::Error> {
    let rows = unnamed(INVERTERS)
        .bind(state.inverter_position)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    let mut clock = Clock::new(zone.clone(), state.last_inverter_at);
    page(&rows, limit, &mut clock, |row| {
        let Some(serial) = wanted.serial(row)? else { return Ok(None) };
        let code = |column| {
            let code: Option<i32> = row.try_get(column)?;
            Ok::<_, sqlx::Error>(code.and_then(|code| u16::try_from(code).ok()))
        };
        let codes = InverterReading {
            operating_status: code("operating_status")?,
            alarm_code: code("alarm_code")?,
            alarm_count: code("alarm_count")?,
            link_status: code("link_status")?,
            ..InverterReading::blank(serial)
        };
        let asleep = Activity::of(&codes) == Activity::Asleep;
        Ok(Some(InverterReading {
            grid_voltage_v: measured(row, "grid_voltage", asleep)?,
            grid_frequency_hz: measured(row, "grid_frequency", asleep)?,
            temperature_c: measured(row, "temperature", asleep)?,
            ..codes
        }))
    })
}

/// The next rows of `port_data`. Whether the inverter sleeps is not known here: see
/// [`Poll::snapshots`](super::polls::Poll::snapshots).
pub(super) async fn ports(
    connection: &mut PgConnection,
    state: &Carried,
    zone: &TimeZone,
    wanted: &mut Wanted,
    limit: u32,
) -> Result<Page<PortReading>, sqlx::Error> {
    let rows = unnamed(PORTS)
        .bind(state.port_position)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    let mut clock = Clock::new(zone.clone(), state.last_port_at);
    page(&rows, limit, &mut clock, |row| {
        let Some(serial) = wanted.serial(row)? else { return Ok(None) };
        let port: i32 = row.try_get("port_number")?;
        let Some(port) = u8::try_from(port).ok().filter(|port| (1..=MAX_PORT).contains(port))
        else {
            return Ok(None);
        };
        let counter = |column| {
            let wh: Option<i32> = row.try_get(column)?;
            Ok::<_, sqlx::Error>(wh.and_then(|wh| u32::try_from(wh).ok()))
        };
        Ok(Some(PortReading {
            serial,
            port,
            pv_voltage_v: row.try_get("pv_voltage")?,
            pv_current_a: row.try_get("pv_current")?,
            pv_power_w: row.try_get("pv_power")?,
            today_wh: counter("today_production")?,
            total_wh: counter("total_production")?,
        }))
    })
}

fn page<R>(
    rows: &[PgRow],
    limit: u32,
    clock: &mut Clock,
    mut reading: impl FnMut(&PgRow) -> Result<Option<R>, sqlx::Error>,
) -> Result<Page<R>, sqlx::Error> {
    let is_last = rows.len() < limit as usize;
    let row = |row: &PgRow| {
        let local: jiff_sqlx::DateTime = row.try_get("timestamp")?;
        let at: Timestamp =
            clock.read(local.to_jiff()).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(OldRow { id: row.try_get("id")?, at, reading: reading(row)? })
    };
    Ok(Page { rows: rows.iter().map(row).collect::<Result<_, sqlx::Error>>()?, is_last })
}

/// A DTU fills the record of an inverter it has lost with zeros, and version 2 kept them.
fn measured(row: &PgRow, column: &str, asleep: bool) -> Result<Option<f32>, sqlx::Error> {
    let value: Option<f32> = row.try_get(column)?;
    Ok(value.filter(|value| !asleep || *value != 0.0))
}
