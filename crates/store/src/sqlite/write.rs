//! The write path: one transaction per batch, each table by one `INSERT … SELECT FROM json_each`.
//!
//! A batch travels to SQLite as one JSON array per table. sqlx runs each statement on a thread of
//! its own, so one prepared INSERT per row is mostly waiting: 30,000 rows/s were measured with it,
//! and 400,000 this way, in batches of 5,000 port readings.
//!
//! JSON writes an `f32` in as few digits as tell it apart, so the column holds 231.4 where the
//! device said 231.4, and reads back as the same `f32`.

use std::collections::BTreeMap;

use plant::Serial;
use plant::energy::Calendar;
use serde::Serialize;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::file::micros;
use super::{books, devices, events, slots};
use crate::Written;
use crate::batch::{Batch, InverterRow, PortRow, Sighting};
use crate::rows::{self, Extra};
use crate::slots::Slots;

/// An immediate transaction waits for its turn at once. A deferred one would read first and could
/// then be refused the lock without waiting.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Registers an inverter or notes that it was seen, and hands back its id. A `last_seen` beyond the
/// horizon (?2) was written under a wrong clock and gives way. A DTU that does not tell its serial
/// this time still has the one it told before. (`WHERE TRUE` tells the parser that the ON which
/// follows belongs to no join.)
const SEE: &str = "
    INSERT INTO inverters AS i
        (serial_number, first_seen, last_seen, dtu_name, dtu_serial, inverter_type)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (serial_number) DO UPDATE
    SET first_seen = min(i.first_seen, excluded.first_seen),
        last_seen  = CASE WHEN i.last_seen > ?2 THEN excluded.last_seen
                          ELSE max(i.last_seen, excluded.last_seen) END,
        dtu_name   = CASE WHEN excluded.last_seen >= i.last_seen OR i.last_seen > ?2
                               OR i.dtu_name IS NULL
                          THEN excluded.dtu_name
                          ELSE i.dtu_name END,
        dtu_serial = CASE WHEN excluded.last_seen < i.last_seen AND i.last_seen <= ?2
                               AND i.dtu_name IS NOT NULL
                          THEN i.dtu_serial
                          WHEN excluded.dtu_name = i.dtu_name
                          THEN COALESCE(excluded.dtu_serial, i.dtu_serial)
                          ELSE excluded.dtu_serial END
    RETURNING serial_number, inverter_id";

const INSERT_INVERTERS: &str = "
    INSERT INTO inverter_data
        (inverter_id, timestamp, grid_voltage, grid_frequency, active_power, reactive_power,
         power_factor, temperature, alarm_code, alarm_count, operating_status, link_status,
         extra)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11,
           value ->> 12
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

const INSERT_PORTS: &str = "
    INSERT INTO port_data
        (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
         total_production)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

const INSERT_METRICS: &str = "
    INSERT INTO system_metrics (metric_name, timestamp, tags, metric_value)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

const COUNT: &str = "
    INSERT INTO row_counts (table_name, rows)
    SELECT value ->> 0, value ->> 1
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (table_name, site_id) DO UPDATE
    SET rows = row_counts.rows + excluded.rows";

const SET_CONFIG: &str = "
    INSERT INTO config_cache (key, value, last_updated)
    VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, last_updated = excluded.last_updated";

pub(super) type Ids = BTreeMap<Serial, i64>;
type Result<T> = std::result::Result<T, sqlx::Error>;

/// Stores a batch, all of it or nothing.
pub(super) async fn batch(
    writer: &SqlitePool,
    batch: &Batch<'_>,
    calendar: &Calendar,
) -> Result<Written> {
    let mut transaction = writer.begin_with(BEGIN).await?;
    let ids = inverter_ids(&mut transaction, batch).await?;
    let inverter_rows = insert(
        &mut transaction,
        INSERT_INVERTERS,
        batch.inverters.iter().map(|row| inverter_columns(row, &ids)),
    )
    .await?;
    let port_rows = insert(
        &mut transaction,
        INSERT_PORTS,
        batch.ports.iter().map(|row| port_columns(row, &ids)),
    )
    .await?;
    let metric_rows = insert(
        &mut transaction,
        INSERT_METRICS,
        batch.metrics.iter().map(|row| (row.name, micros(row.at), &row.tags, row.value)),
    )
    .await?;
    let ledger = books::open(&mut transaction, batch, &ids, calendar).await?;
    let touched = Slots::of(batch, &ledger);
    books::keep(&mut transaction, batch, &ids, ledger).await?;
    slots::keep(&mut transaction, &touched, &ids).await?;
    let devices = devices::keep(&mut transaction, batch).await?;
    events::keep(&mut transaction, &batch.events).await?;
    for (key, value) in &batch.config {
        set_config(&mut transaction, key, value).await?;
    }
    let rows = [
        ("inverter_data", inverter_rows),
        ("meter_data", devices.meters),
        ("plant_power", devices.power),
        ("port_data", port_rows),
        ("storage_data", devices.storage),
        ("system_metrics", metric_rows),
    ];
    count(&mut transaction, &rows).await?;
    transaction.commit().await?;
    Ok(Written {
        inverter_rows,
        port_rows,
        meter_rows: devices.meters,
        storage_rows: devices.storage,
    })
}

/// Adds to the exact counts, in the order of the names: it is the order of the locks.
async fn count(connection: &mut SqliteConnection, rows: &[(&str, u64)]) -> Result<()> {
    let new: Vec<_> = rows.iter().filter(|(_, rows)| *rows > 0).collect();
    if !new.is_empty() {
        sqlx::query(COUNT).bind(json(new.iter())?).execute(connection).await?;
    }
    Ok(())
}

/// Replaces one entry of the run-time configuration.
pub(super) async fn config(
    writer: &SqlitePool,
    key: &str,
    value: &serde_json::Value,
) -> Result<()> {
    set_config(&mut *writer.acquire().await?, key, value).await
}

async fn set_config(
    connection: &mut SqliteConnection,
    key: &str,
    value: &serde_json::Value,
) -> Result<()> {
    sqlx::query(SET_CONFIG).bind(key).bind(value.to_string()).execute(connection).await?;
    Ok(())
}

async fn inverter_ids(connection: &mut SqliteConnection, batch: &Batch<'_>) -> Result<Ids> {
    if batch.sightings.is_empty() {
        return Ok(Ids::new());
    }
    let sightings = batch.sightings.iter().map(sighting_columns);
    sqlx::query(SEE)
        .bind(json(sightings)?)
        .bind(micros(batch.horizon))
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((rows::serial(row)?, row.try_get("inverter_id")?)))
        .collect()
}

/// Runs one of the inserts and says how many rows are new.
pub(super) async fn insert<R: Serialize>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: impl ExactSizeIterator<Item = R>,
) -> Result<u64> {
    if rows.len() == 0 {
        return Ok(0);
    }
    let done = sqlx::query(statement).bind(json(rows)?).execute(connection).await?;
    Ok(done.rows_affected())
}

pub(super) fn json<R: Serialize>(rows: impl Iterator<Item = R>) -> Result<String> {
    let mut text = Vec::from(*b"[");
    for (index, row) in rows.enumerate() {
        if index > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &row)
            .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    }
    text.push(b']');
    Ok(String::from_utf8(text).expect("serde_json writes UTF-8"))
}

fn sighting_columns(sighting: &Sighting<'_>) -> impl Serialize {
    (
        sighting.serial,
        micros(sighting.first_seen),
        micros(sighting.last_seen),
        sighting.dtu_name.to_owned(),
        sighting.dtu_serial,
        sighting.inverter_type(),
    )
}

fn inverter_columns(row: &InverterRow<'_>, ids: &Ids) -> impl Serialize {
    let reading = row.reading;
    (
        ids[&reading.serial],
        micros(row.at),
        reading.grid_voltage_v,
        reading.grid_frequency_hz,
        reading.active_power_w,
        reading.reactive_power_var,
        reading.power_factor,
        reading.temperature_c,
        reading.alarm_code,
        reading.alarm_count,
        reading.operating_status,
        reading.link_status,
        Extra::of(reading),
    )
}

fn port_columns(row: &PortRow<'_>, ids: &Ids) -> impl Serialize {
    let reading = row.reading;
    (
        ids[&reading.serial],
        reading.port,
        micros(row.at),
        reading.pv_voltage_v,
        reading.pv_current_a,
        reading.pv_power_w,
        row.today_wh(),
        reading.total_wh,
    )
}
