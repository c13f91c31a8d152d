//! Meters, hybrid inverters and remembered power in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use plant::curve::PowerPoint;
use plant::live::{FUTURE_TOLERANCE, Latest, Timed};
use plant::{MeterReading, StorageReading};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::SqliteStore;
use super::file::{micros, timestamp};
use super::write::{insert, json};
use crate::batch::{Batch, DeviceSighting, MeterRow, StorageRow, counter};
use crate::devices::{Devices, KnownDevices, MeterQuery, StorageQuery};
use crate::{StoreError, rows};

/// Registers a device or notes that it was seen. A `last_seen` beyond the horizon (?2) was written
/// under a wrong clock and gives way. A DTU that does not tell its serial this time still has the
/// one it told before.
macro_rules! see {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS d
                 (serial_number, first_seen, last_seen, dtu_name, dtu_serial)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
             FROM json_each(?1)
             WHERE TRUE
             ON CONFLICT (serial_number) DO UPDATE
             SET first_seen = min(d.first_seen, excluded.first_seen),
                 last_seen  = CASE WHEN d.last_seen > ?2 THEN excluded.last_seen
                                   ELSE max(d.last_seen, excluded.last_seen) END,
                 dtu_name   = CASE WHEN excluded.last_seen >= d.last_seen OR d.last_seen > ?2
                                   THEN excluded.dtu_name
                                   ELSE d.dtu_name END,
                 dtu_serial = CASE WHEN excluded.last_seen < d.last_seen AND d.last_seen <= ?2
                                   THEN d.dtu_serial
                                   WHEN excluded.dtu_name = d.dtu_name
                                   THEN COALESCE(excluded.dtu_serial, d.dtu_serial)
                                   ELSE excluded.dtu_serial END"
        )
    };
}

const SEE_METERS: &str = see!("meters");
const SEE_HYBRIDS: &str = see!("hybrids");

const INSERT_METERS: &str = "
    INSERT INTO meter_data
        (serial_number, timestamp, phase_count, power, power_factor, import_energy, export_energy,
         fault_code,
         power_a, voltage_a, current_a, power_factor_a, import_energy_a, export_energy_a,
         power_b, voltage_b, current_b, power_factor_b, import_energy_b, export_energy_b,
         power_c, voltage_c, current_c, power_factor_c, import_energy_c, export_energy_c)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> '$[8][0][0]', value ->> '$[8][0][1]',
           value ->> '$[8][0][2]', value ->> '$[8][0][3]', value ->> '$[8][0][4]',
           value ->> '$[8][0][5]', value ->> '$[8][1][0]', value ->> '$[8][1][1]',
           value ->> '$[8][1][2]', value ->> '$[8][1][3]', value ->> '$[8][1][4]',
           value ->> '$[8][1][5]', value ->> '$[8][2][0]', value ->> '$[8][2][1]',
           value ->> '$[8][2][2]', value ->> '$[8][2][3]', value ->> '$[8][2][4]',
           value ->> '$[8][2][5]'
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

const INSERT_STORAGE: &str = "
    INSERT INTO storage_data
        (serial_number, timestamp, state_of_charge, state_of_health, battery_voltage, battery_power,
         battery_charged, battery_discharged, cell_voltage_max, cell_voltage_min,
         battery_temperature_max, battery_temperature_min, battery_fault_code,
         flow_pv_to_load, flow_pv_to_battery, flow_pv_to_grid, flow_battery_to_load,
         flow_battery_to_grid, flow_grid_to_load,
         energy_pv_to_load, energy_pv_to_battery, energy_pv_to_grid, energy_load_from_pv,
         energy_load_from_battery, energy_load_from_grid, inputs, grid, load)
    SELECT value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[1][0]', value ->> '$[1][1]',
           value ->> '$[1][2]', value ->> '$[1][3]', value ->> '$[1][4]', value ->> '$[1][5]',
           value ->> '$[1][6]', value ->> '$[1][7]', value ->> '$[1][8]', value ->> '$[1][9]',
           value ->> '$[1][10]', value ->> '$[2][0]', value ->> '$[2][1]', value ->> '$[2][2]',
           value ->> '$[2][3]', value ->> '$[2][4]', value ->> '$[2][5]', value ->> '$[3][0]',
           value ->> '$[3][1]', value ->> '$[3][2]', value ->> '$[3][3]', value ->> '$[3][4]',
           value ->> '$[3][5]', value ->> '$[4][0]', value ->> '$[4][1]', value ->> '$[4][2]'
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

const INSERT_POWER: &str = "
    INSERT INTO plant_power (dtu_name, timestamp, power)
    SELECT value ->> 0, value ->> 1, value ->> 2
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT DO NOTHING";

/// One step backwards through the key of the readings for each device.
macro_rules! latest {
    ($table:literal, $readings:literal) => {
        concat!(
            "SELECT r.*, d.dtu_name, d.dtu_serial
             FROM ",
            $table,
            " AS d
             JOIN ",
            $readings,
            " AS r
               ON r.serial_number = d.serial_number
              AND r.timestamp = (
                      SELECT max(timestamp)
                      FROM ",
            $readings,
            "
                      WHERE serial_number = d.serial_number
                        AND timestamp >= d.first_seen
                        AND timestamp <= ?1
                  )
             ORDER BY d.serial_number"
        )
    };
}

const LATEST_METERS: &str = latest!("meters", "meter_data");
const LATEST_STORAGE: &str = latest!("hybrids", "storage_data");

macro_rules! history {
    ($table:literal, $readings:literal) => {
        concat!(
            "SELECT r.*, d.dtu_serial
             FROM ",
            $table,
            " AS d
             JOIN ",
            $readings,
            " AS r ON r.serial_number = d.serial_number
             WHERE d.serial_number = ?1
               AND r.timestamp >= COALESCE(?2, d.first_seen)
               AND r.timestamp < ?3
             ORDER BY r.timestamp DESC
             LIMIT ?4"
        )
    };
}

const METER_HISTORY: &str = history!("meters", "meter_data");
const STORAGE_HISTORY: &str = history!("hybrids", "storage_data");

const POWER: &str = "
    SELECT timestamp, power
    FROM plant_power
    WHERE site_id = 1
      AND dtu_name = ?1
      AND timestamp >= ?2
      AND timestamp < ?3
    ORDER BY timestamp";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// New rows of each table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inserted {
    pub(super) meters: u64,
    pub(super) storage: u64,
    pub(super) power: u64,
}

/// Keeps what a batch holds of devices.
pub(super) async fn keep(connection: &mut SqliteConnection, batch: &Batch<'_>) -> Result<Inserted> {
    see(connection, SEE_METERS, batch, &batch.meter_sightings).await?;
    see(connection, SEE_HYBRIDS, batch, &batch.hybrid_sightings).await?;
    let power = batch.power.iter().map(|row| (row.dtu_name, micros(row.at), row.power_w));
    Ok(Inserted {
        meters: insert(connection, INSERT_METERS, batch.meters.iter().map(meter_columns)).await?,
        storage: insert(connection, INSERT_STORAGE, batch.storage.iter().map(storage_columns))
            .await?,
        power: insert(connection, INSERT_POWER, power).await?,
    })
}

async fn see(
    connection: &mut SqliteConnection,
    statement: &'static str,
    batch: &Batch<'_>,
    sightings: &[DeviceSighting<'_>],
) -> Result<()> {
    if sightings.is_empty() {
        return Ok(());
    }
    let sightings = sightings.iter().map(|seen| {
        let (first, last) = (micros(seen.first_seen), micros(seen.last_seen));
        (&seen.serial_number, first, last, seen.dtu_name, &seen.dtu_serial)
    });
    sqlx::query(statement)
        .bind(json(sightings)?)
        .bind(micros(batch.horizon))
        .execute(connection)
        .await?;
    Ok(())
}

fn meter_columns<'a>(row: &MeterRow<'a>) -> impl Serialize + use<'a> {
    let reading = row.reading;
    (
        reading.serial,
        micros(row.at),
        reading.phase_count,
        reading.power_w,
        reading.power_factor,
        counter(reading.import_wh),
        counter(reading.export_wh),
        reading.fault_code,
        reading.phases.map(|phase| {
            let phase = phase.unwrap_or_default();
            (
                phase.power_w,
                phase.voltage_v,
                phase.current_a,
                phase.power_factor,
                counter(phase.import_wh),
                counter(phase.export_wh),
            )
        }),
    )
}

fn storage_columns<'a>(row: &StorageRow<'a>) -> impl Serialize + use<'a> {
    let reading = row.reading;
    let battery = reading.battery;
    let flow = reading.flow.unwrap_or_default();
    let today = reading.energy_today;
    (
        (&reading.serial_number, micros(row.at)),
        (
            battery.state_of_charge_percent,
            battery.state_of_health_percent,
            battery.voltage_v,
            battery.power_w,
            counter(battery.charged_wh),
            counter(battery.discharged_wh),
            battery.cell_voltage_max_v,
            battery.cell_voltage_min_v,
            battery.temperature_max_c,
            battery.temperature_min_c,
            battery.fault_code,
        ),
        (
            flow.pv_to_load_w,
            flow.pv_to_battery_w,
            flow.pv_to_grid_w,
            flow.battery_to_load_w,
            flow.battery_to_grid_w,
            flow.grid_to_load_w,
        ),
        (
            counter(today.pv_to_load_wh),
            counter(today.pv_to_battery_wh),
            counter(today.pv_to_grid_wh),
            counter(today.load_from_pv_wh),
            counter(today.load_from_battery_wh),
            counter(today.load_from_grid_wh),
        ),
        (&reading.inputs, &reading.grid, &reading.load),
    )
}

#[async_trait]
impl Devices for SqliteStore {
    async fn latest_devices(
        &self,
        now: Timestamp,
    ) -> std::result::Result<KnownDevices, StoreError> {
        latest(&self.readers, now).await.map_err(|error| self.error(error))
    }

    async fn meter_history(
        &self,
        query: &MeterQuery,
    ) -> std::result::Result<Vec<Timed<MeterReading>>, StoreError> {
        meter_history(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn storage_history(
        &self,
        query: &StorageQuery,
    ) -> std::result::Result<Vec<StorageReading>, StoreError> {
        storage_history(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn plant_power(
        &self,
        dtu_name: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> std::result::Result<Vec<PowerPoint>, StoreError> {
        power(&self.readers, dtu_name, from, to).await.map_err(|error| self.error(error))
    }
}

async fn latest(readers: &SqlitePool, now: Timestamp) -> Result<KnownDevices> {
    let horizon = micros(now.checked_add(FUTURE_TOLERANCE).unwrap_or(Timestamp::MAX));
    let mut transaction = readers.begin().await?;
    let meters = sqlx::query(LATEST_METERS).bind(horizon).fetch_all(&mut *transaction).await?;
    let hybrids = sqlx::query(LATEST_STORAGE).bind(horizon).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    let meters = meters.iter().map(|row| {
        let reading = rows::devices::meter_reading(row, rows::serial(row)?)?;
        Ok(Latest { dtu_name: row.try_get("dtu_name")?, at: time(row)?, reading })
    });
    let hybrids = hybrids.iter().map(|row| {
        let at = time(row)?;
        let reading = rows::devices::storage_reading(row, at)?;
        Ok(Latest { dtu_name: row.try_get("dtu_name")?, at, reading })
    });
    Ok(KnownDevices {
        meters: meters.collect::<Result<_>>()?,
        hybrids: hybrids.collect::<Result<_>>()?,
    })
}

async fn meter_history(
    readers: &SqlitePool,
    query: &MeterQuery,
) -> Result<Vec<Timed<MeterReading>>> {
    let found = sqlx::query(METER_HISTORY)
        .bind(query.serial.to_string())
        .bind(query.from.map(micros))
        .bind(query.to.map_or(i64::MAX, micros))
        .bind(i64::from(query.limit))
        .fetch_all(readers)
        .await?;
    let reading = |row| rows::devices::meter_reading(row, query.serial);
    found.iter().map(|row| Ok(Timed { at: time(row)?, value: reading(row)? })).collect()
}

async fn storage_history(
    readers: &SqlitePool,
    query: &StorageQuery,
) -> Result<Vec<StorageReading>> {
    let found = sqlx::query(STORAGE_HISTORY)
        .bind(&query.serial_number)
        .bind(query.from.map(micros))
        .bind(query.to.map_or(i64::MAX, micros))
        .bind(i64::from(query.limit))
        .fetch_all(readers)
        .await?;
    found.iter().map(|row| rows::devices::storage_reading(row, time(row)?)).collect()
}

async fn power(
    readers: &SqlitePool,
    dtu_name: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PowerPoint>> {
    let found = sqlx::query(POWER)
        .bind(dtu_name)
        .bind(micros(from))
        .bind(micros(to))
        .fetch_all(readers)
        .await?;
    let point = |row: &SqliteRow| Ok(PowerPoint { at: time(row)?, power_w: row.try_get("power")? });
    found.iter().map(point).collect()
}

fn time(row: &SqliteRow) -> Result<Timestamp> {
    timestamp(row.try_get("timestamp")?)
}
