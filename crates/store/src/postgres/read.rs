//! Queries. Each finds its rows through a key; none reads a table of readings from end to end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use plant::Serial;
use plant::energy::Calendar;
use plant::live::{FUTURE_TOLERANCE, LiveInverter, Timed};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};

use super::{BEGIN_READ, begin, unnamed};
use crate::StoreStats;
use crate::rows;

/// One step backwards through the key of `inverter_data` for each inverter.
const LATEST_INVERTERS: &str = "
    SELECT i.serial_number,
           i.dtu_name,
           i.first_seen,
           i.last_seen,
           d.*
    FROM inverters AS i
    LEFT JOIN LATERAL (
        SELECT *
        FROM inverter_data
        WHERE inverter_id = i.inverter_id
          AND timestamp >= i.first_seen
          AND timestamp <= $1
        ORDER BY timestamp DESC
        LIMIT 1
    ) AS d ON TRUE
    ORDER BY i.serial_number";

const LATEST_PORTS: &str = "
    SELECT i.serial_number, c.*
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)";

/// Counts only the tables that stay small, and asks the inverters for the oldest and newest reading
/// instead of the readings: they know their first, and their last that was not from the future.
/// Row counts are summed over the sites that share the database.
const STATS: &str = "
    SELECT count(*)                                AS inverters,
           min(first_seen)                         AS oldest,
           max(last_seen)                          AS newest,
           (SELECT count(*) FROM production_cache) AS production_cache,
           (SELECT count(*) FROM config_cache)     AS config_cache,
           (SELECT COALESCE(json_object_agg(table_name, rows), '{}')
            FROM (SELECT table_name, sum(rows) AS rows FROM row_counts GROUP BY table_name)
                AS by_table)                       AS row_counts
    FROM inverters";

const SIZE: &str = "SELECT pg_database_size(current_database()) AS size";

/// How old the size on disk may be. PostgreSQL looks at every file of the database for it, which
/// takes longer than all the rest.
const SIZE_AGE: Duration = Duration::from_secs(60);

/// The size on disk and when it was asked for. The lock is held for a copy.
#[derive(Debug, Default)]
pub(super) struct SizeOnDisk(Mutex<Option<(Instant, u64)>>);

impl SizeOnDisk {
    async fn bytes(&self, connection: &mut PgConnection) -> Result<u64> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, bytes)) = known
            && at.elapsed() < SIZE_AGE
        {
            return Ok(bytes);
        }
        let bytes = count(&unnamed(SIZE).fetch_one(connection).await?, "size")?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), bytes));
        Ok(bytes)
    }
}

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::latest`](crate::Store::latest).
pub(super) async fn latest(
    pool: &PgPool,
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Vec<(Serial, LiveInverter)>> {
    let horizon = now.checked_add(FUTURE_TOLERANCE).unwrap_or(Timestamp::MAX);
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let mut inverters = BTreeMap::new();
    for row in
        unnamed(LATEST_INVERTERS).bind(horizon.to_sqlx()).fetch_all(&mut *transaction).await?
    {
        let serial = rows::serial(&row)?;
        inverters.insert(serial, live_inverter(&row, serial)?);
    }
    for row in unnamed(LATEST_PORTS).fetch_all(&mut *transaction).await? {
        let reading = rows::port_reading(&row, rows::serial(&row)?)?;
        if let Some(inverter) = inverters.get_mut(&reading.serial) {
            let at = time(&row, "timestamp")?;
            // Read under a clock that was ahead: not the latest, but its energy was made.
            let from_the_future = at > horizon;
            if let Some(mut account) = rows::account(&row)? {
                if from_the_future {
                    account.put_clock_back(now, calendar);
                }
                inverter.accounts.insert(reading.port, account);
            }
            if !from_the_future {
                inverter.ports.insert(reading.port, Timed { at, value: reading });
            }
        }
    }
    transaction.commit().await?;
    Ok(inverters.into_iter().collect())
}

fn live_inverter(row: &PgRow, serial: Serial) -> Result<LiveInverter> {
    let reading = match row.try_get::<Option<jiff_sqlx::Timestamp>, _>("timestamp")? {
        None => None,
        Some(at) => Some(Timed { at: at.to_jiff(), value: rows::inverter_reading(row, serial)? }),
    };
    Ok(LiveInverter {
        dtu_name: row.try_get::<Option<String>, _>("dtu_name")?.unwrap_or_default(),
        first_seen: time(row, "first_seen")?,
        last_seen: time(row, "last_seen")?,
        reading,
        ports: BTreeMap::new(),
        accounts: BTreeMap::new(),
        asleep_since: None,
        dark_since: None,
    })
}

/// See [`Store::stats`](crate::Store::stats).
pub(super) async fn stats(pool: &PgPool, size: &SizeOnDisk) -> Result<StoreStats> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let row = unnamed(STATS).fetch_one(&mut *transaction).await?;
    let mut stats = StoreStats {
        database_size_bytes: size.bytes(&mut transaction).await?,
        inverters_count: count(&row, "inverters")?,
        production_cache_entries: count(&row, "production_cache")?,
        config_cache_entries: count(&row, "config_cache")?,
        oldest_reading: optional_time(&row, "oldest")?,
        newest_reading: optional_time(&row, "newest")?,
        ..StoreStats::default()
    };
    transaction.commit().await?;
    // In the same row: another statement would be another way to the server and back.
    let Json(row_counts): Json<BTreeMap<String, u64>> = row.try_get("row_counts")?;
    for (table, rows) in row_counts {
        match table.as_str() {
            "inverter_data" => stats.inverter_data_entries = rows,
            "port_data" => stats.port_data_entries = rows,
            "meter_data" => stats.meter_data_entries = rows,
            "storage_data" => stats.storage_data_entries = rows,
            "plant_power" => stats.plant_power_entries = rows,
            "system_metrics" => stats.metrics_entries = rows,
            _ => {}
        }
    }
    Ok(stats)
}

/// See [`Store::config`](crate::Store::config).
pub(super) async fn config(pool: &PgPool, key: &str) -> Result<Option<serde_json::Value>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let row = unnamed("SELECT value FROM config_cache WHERE key = $1")
        .bind(key.to_owned())
        .fetch_optional(&mut *transaction)
        .await?;
    transaction.commit().await?;
    row.map(|row| row.try_get("value")).transpose()
}

/// See [`Store::configs`](crate::Store::configs).
pub(super) async fn configs(
    pool: &PgPool,
    prefix: &str,
) -> Result<Vec<(String, serde_json::Value)>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let rows = unnamed(
        "SELECT key, value FROM config_cache WHERE starts_with(key, $1) ORDER BY key COLLATE \"C\"",
    )
    .bind(prefix.to_owned())
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    rows.iter().map(|row| Ok((row.try_get("key")?, row.try_get("value")?))).collect()
}

fn time(row: &PgRow, column: &'static str) -> Result<Timestamp> {
    Ok(row.try_get::<jiff_sqlx::Timestamp, _>(column)?.to_jiff())
}

fn optional_time(row: &PgRow, column: &'static str) -> Result<Option<Timestamp>> {
    let time: Option<jiff_sqlx::Timestamp> = row.try_get(column)?;
    Ok(time.map(jiff_sqlx::Timestamp::to_jiff))
}

fn count(row: &PgRow, column: &'static str) -> Result<u64> {
    let number: i64 = row.try_get(column)?;
    Ok(number.unsigned_abs())
}
