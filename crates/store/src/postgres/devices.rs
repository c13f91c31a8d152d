//! Meters, hybrid inverters and remembered power in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use plant::curve::PowerPoint;
use plant::live::{FUTURE_TOLERANCE, Latest, Timed};
use plant::{MeterReading, StorageReading};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

use super::write::column;
use super::{BEGIN_READ, PostgresStore, begin, unnamed};
use crate::batch::{Batch, DeviceSighting, MeterRow, StorageRow, counter};
use crate::devices::{Devices, KnownDevices, MeterQuery, StorageQuery};
use crate::{StoreError, rows};

/// Registers a device or notes that it was seen. A `last_seen` beyond the horizon ($6) was written
/// under a wrong clock and gives way. A DTU that does not tell its serial this time still has the
/// one it told before.
macro_rules! see {
    ($table:literal) => {
        concat!(
            "INSERT INTO ", $table, " AS d
                 (serial_number, first_seen, last_seen, dtu_name, dtu_serial)
             SELECT *
             FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[])
             ON CONFLICT (serial_number) DO UPDATE
             SET first_seen = LEAST(d.first_seen, EXCLUDED.first_seen),
                 last_seen  = CASE WHEN d.last_seen > $6 THEN EXCLUDED.last_seen
                                   ELSE GREATEST(d.last_seen, EXCLUDED.last_seen) END,
                 dtu_name   = CASE WHEN EXCLUDED.last_seen >= d.last_seen OR d.last_seen > $6
                                   THEN EXCLUDED.dtu_name
                                   ELSE d.dtu_name END,
                 dtu_serial = CASE WHEN EXCLUDED.last_seen < d.last_seen AND d.last_seen <= $6
                                   THEN d.dtu_serial
                                   WHEN EXCLUDED.dtu_name = d.dtu_name
                                   THEN COALESCE(EXCLUDED.dtu_serial, d.dtu_serial)
                                   ELSE EXCLUDED.dtu_serial END"
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
    SELECT *
    FROM unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::real[], $5::real[],
                $6::bigint[], $7::bigint[], $8::integer[], $9::real[], $10::real[], $11::real[],
                $12::real[], $13::bigint[], $14::bigint[], $15::real[], $16::real[],
                $17::real[], $18::real[], $19::bigint[], $20::bigint[], $21::real[],
                $22::real[], $23::real[], $24::real[], $25::bigint[], $26::bigint[])
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
    SELECT *
    FROM unnest($1::text[], $2::timestamptz[], $3::real[], $4::real[], $5::real[], $6::real[],
                $7::bigint[], $8::bigint[], $9::real[], $10::real[], $11::real[], $12::real[],
                $13::integer[], $14::real[], $15::real[], $16::real[], $17::real[], $18::real[],
                $19::real[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[],
                $24::bigint[], $25::bigint[], $26::jsonb[], $27::jsonb[], $28::jsonb[])
    ON CONFLICT DO NOTHING";

const INSERT_POWER: &str = "
    INSERT INTO plant_power (dtu_name, timestamp, power)
    SELECT *
    FROM unnest($1::text[], $2::timestamptz[], $3::real[])
    ON CONFLICT DO NOTHING";

/// One step backwards through the key of the readings for each device.
macro_rules! latest {
    ($table:literal, $readings:literal) => {
        concat!(
            "SELECT r.*, d.dtu_name, d.dtu_serial
             FROM ",
            $table,
            " AS d
             CROSS JOIN LATERAL (
                 SELECT *
                 FROM ",
            $readings,
            "
                 WHERE serial_number = d.serial_number
                   AND timestamp >= d.first_seen
                   AND timestamp <= $1
                 ORDER BY timestamp DESC
                 LIMIT 1
             ) AS r
             ORDER BY d.serial_number"
        )
    };
}

const LATEST_METERS: &str = latest!("meters", "meter_data");
const LATEST_STORAGE: &str = latest!("hybrids", "storage_data");

/// Bounded below in any case, so that a table split by time is not searched back to its beginning.
macro_rules! history {
    ($table:literal, $readings:literal) => {
        concat!(
            "SELECT r.*, d.dtu_serial
             FROM ",
            $table,
            " AS d
             JOIN ",
            $readings,
            " AS r USING (serial_number)
             WHERE r.serial_number = $1
               AND r.timestamp >= COALESCE($2, (SELECT first_seen FROM ",
            $table,
            "
                                                WHERE serial_number = $1))
               AND r.timestamp < COALESCE($3, 'infinity')
             ORDER BY r.timestamp DESC
             LIMIT $4"
        )
    };
}

const METER_HISTORY: &str = history!("meters", "meter_data");
const STORAGE_HISTORY: &str = history!("hybrids", "storage_data");

const POWER: &str = "
    SELECT timestamp, power
    FROM plant_power
    WHERE site_id = 1
      AND dtu_name = $1
      AND timestamp >= $2
      AND timestamp < $3
    ORDER BY timestamp";

/// Meter readings in one statement, at 270 bytes each. See "Statement size" of
/// [`write`](super::write).
const METERS_PER_STATEMENT: usize = 50;
/// Readings of hybrid inverters, at some 1,200 bytes each.
const STORAGE_PER_STATEMENT: usize = 10;
/// Points of a curve, at 24 bytes each and the name of the DTU.
const POINTS_PER_STATEMENT: usize = 250;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// New rows of each table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inserted {
    pub(super) meters: u64,
    pub(super) storage: u64,
    pub(super) power: u64,
}

/// Keeps what a batch holds of devices.
pub(super) async fn keep(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<Inserted> {
    see(connection, SEE_METERS, batch, &batch.meter_sightings).await?;
    see(connection, SEE_HYBRIDS, batch, &batch.hybrid_sightings).await?;
    Ok(Inserted {
        meters: insert_meters(connection, &batch.meters).await?,
        storage: insert_storage(connection, &batch.storage).await?,
        power: insert_power(connection, batch).await?,
    })
}

async fn see(
    connection: &mut PgConnection,
    statement: &'static str,
    batch: &Batch<'_>,
    sightings: &[DeviceSighting<'_>],
) -> Result<()> {
    if sightings.is_empty() {
        return Ok(());
    }
    unnamed(statement)
        .bind(column(sightings, |s| s.serial_number.to_string()))
        .bind(column(sightings, |s| s.first_seen.to_sqlx()))
        .bind(column(sightings, |s| s.last_seen.to_sqlx()))
        .bind(column(sightings, |s| s.dtu_name.to_owned()))
        .bind(column(sightings, |s| s.dtu_serial.as_deref().map(str::to_owned)))
        .bind(batch.horizon.to_sqlx())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_meters(connection: &mut PgConnection, rows: &[MeterRow<'_>]) -> Result<u64> {
    let mut inserted = 0;
    for rows in rows.chunks(METERS_PER_STATEMENT) {
        let mut statement = unnamed(INSERT_METERS)
            .bind(column(rows, |row| row.reading.serial.to_string()))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.reading.phase_count.map(i16::from)))
            .bind(column(rows, |row| row.reading.power_w))
            .bind(column(rows, |row| row.reading.power_factor))
            .bind(column(rows, |row| counter(row.reading.import_wh)))
            .bind(column(rows, |row| counter(row.reading.export_wh)))
            .bind(column(rows, |row| row.reading.fault_code));
        for phase in 0..3 {
            let phases = column(rows, |row| row.reading.phases[phase].unwrap_or_default());
            statement = statement
                .bind(column(&phases, |phase| phase.power_w))
                .bind(column(&phases, |phase| phase.voltage_v))
                .bind(column(&phases, |phase| phase.current_a))
                .bind(column(&phases, |phase| phase.power_factor))
                .bind(column(&phases, |phase| counter(phase.import_wh)))
                .bind(column(&phases, |phase| counter(phase.export_wh)));
        }
        inserted += statement.execute(&mut *connection).await?.rows_affected();
    }
    Ok(inserted)
}

async fn insert_storage(connection: &mut PgConnection, rows: &[StorageRow<'_>]) -> Result<u64> {
    let mut inserted = 0;
    for rows in rows.chunks(STORAGE_PER_STATEMENT) {
        let batteries = column(rows, |row| row.reading.battery);
        let flows = column(rows, |row| row.reading.flow.unwrap_or_default());
        let today = column(rows, |row| row.reading.energy_today);
        inserted += unnamed(INSERT_STORAGE)
            .bind(column(rows, |row| row.reading.serial_number.clone()))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(&batteries, |battery| battery.state_of_charge_percent))
            .bind(column(&batteries, |battery| battery.state_of_health_percent))
            .bind(column(&batteries, |battery| battery.voltage_v))
            .bind(column(&batteries, |battery| battery.power_w))
            .bind(column(&batteries, |battery| counter(battery.charged_wh)))
            .bind(column(&batteries, |battery| counter(battery.discharged_wh)))
            .bind(column(&batteries, |battery| battery.cell_voltage_max_v))
            .bind(column(&batteries, |battery| battery.cell_voltage_min_v))
            .bind(column(&batteries, |battery| battery.temperature_max_c))
            .bind(column(&batteries, |battery| battery.temperature_min_c))
            .bind(column(&batteries, |battery| battery.fault_code))
            .bind(column(&flows, |flow| flow.pv_to_load_w))
            .bind(column(&flows, |flow| flow.pv_to_battery_w))
            .bind(column(&flows, |flow| flow.pv_to_grid_w))
            .bind(column(&flows, |flow| flow.battery_to_load_w))
            .bind(column(&flows, |flow| flow.battery_to_grid_w))
            .bind(column(&flows, |flow| flow.grid_to_load_w))
            .bind(column(&today, |today| counter(today.pv_to_load_wh)))
            .bind(column(&today, |today| counter(today.pv_to_battery_wh)))
            .bind(column(&today, |today| counter(today.pv_to_grid_wh)))
            .bind(column(&today, |today| counter(today.load_from_pv_wh)))
            .bind(column(&today, |today| counter(today.load_from_battery_wh)))
            .bind(column(&today, |today| counter(today.load_from_grid_wh)))
            .bind(column(rows, |row| Json(&row.reading.inputs)))
            .bind(column(rows, |row| Json(&row.reading.grid)))
            .bind(column(rows, |row| Json(&row.reading.load)))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

async fn insert_power(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<u64> {
    let mut inserted = 0;
    for rows in batch.power.chunks(POINTS_PER_STATEMENT) {
        inserted += unnamed(INSERT_POWER)
            .bind(column(rows, |row| row.dtu_name.to_owned()))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.power_w))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(inserted)
}

#[async_trait]
impl Devices for PostgresStore {
    async fn latest_devices(
        &self,
        now: Timestamp,
    ) -> std::result::Result<KnownDevices, StoreError> {
        self.call(latest(&self.pool, now)).await
    }

    async fn meter_history(
        &self,
        query: &MeterQuery,
    ) -> std::result::Result<Vec<Timed<MeterReading>>, StoreError> {
        self.call(meter_history(&self.pool, query)).await
    }

    async fn storage_history(
        &self,
        query: &StorageQuery,
    ) -> std::result::Result<Vec<StorageReading>, StoreError> {
        self.call(storage_history(&self.pool, query)).await
    }

    async fn plant_power(
        &self,
        dtu_name: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> std::result::Result<Vec<PowerPoint>, StoreError> {
        self.call(power(&self.pool, dtu_name, from, to)).await
    }
}

async fn latest(pool: &PgPool, now: Timestamp) -> Result<KnownDevices> {
    let horizon = now.checked_add(FUTURE_TOLERANCE).unwrap_or(Timestamp::MAX).to_sqlx();
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let meters = unnamed(LATEST_METERS).bind(horizon).fetch_all(&mut *transaction).await?;
    let hybrids = unnamed(LATEST_STORAGE).bind(horizon).fetch_all(&mut *transaction).await?;
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

async fn meter_history(pool: &PgPool, query: &MeterQuery) -> Result<Vec<Timed<MeterReading>>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(METER_HISTORY)
        .bind(query.serial.to_string())
        .bind(query.from.map(ToSqlx::to_sqlx))
        .bind(query.to.map(ToSqlx::to_sqlx))
        .bind(i64::from(query.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let reading = |row| rows::devices::meter_reading(row, query.serial);
    found.iter().map(|row| Ok(Timed { at: time(row)?, value: reading(row)? })).collect()
}

async fn storage_history(pool: &PgPool, query: &StorageQuery) -> Result<Vec<StorageReading>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(STORAGE_HISTORY)
        .bind(query.serial_number.clone())
        .bind(query.from.map(ToSqlx::to_sqlx))
        .bind(query.to.map(ToSqlx::to_sqlx))
        .bind(i64::from(query.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    found.iter().map(|row| rows::devices::storage_reading(row, time(row)?)).collect()
}

async fn power(
    pool: &PgPool,
    dtu_name: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PowerPoint>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(POWER)
        .bind(dtu_name.to_owned())
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let point = |row| Ok(PowerPoint { at: time(row)?, power_w: row.try_get("power")? });
    found.iter().map(point).collect()
}

fn time(row: &PgRow) -> Result<Timestamp> {
    Ok(row.try_get::<jiff_sqlx::Timestamp, _>("timestamp")?.to_jiff())
}
