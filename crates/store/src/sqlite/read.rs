//! Queries. Each finds its rows through a key; none reads a table of readings from end to end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plant::energy::Calendar;
use plant::live::{FUTURE_TOLERANCE, LiveInverter, Timed};
use plant::{InverterReading, Serial};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::file::{micros, timestamp};
use crate::rows;
use crate::{HistoryQuery, StoreStats};

/// One step backwards through the key of `inverter_data` for each inverter.
const LATEST_INVERTERS: &str = "
    SELECT i.serial_number,
           i.dtu_name,
           i.first_seen,
           i.last_seen,
           d.*
    FROM inverters AS i
    LEFT JOIN inverter_data AS d
           ON d.inverter_id = i.inverter_id
          AND d.timestamp = (
                  SELECT max(timestamp)
                  FROM inverter_data
                  WHERE inverter_id = i.inverter_id
                    AND timestamp >= i.first_seen
                    AND timestamp <= ?1
              )
    ORDER BY i.serial_number";

const LATEST_PORTS: &str = "
    SELECT i.serial_number, c.*
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)";

const HISTORY: &str = "
    SELECT *
    FROM inverter_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = ?1)
      AND timestamp >= COALESCE(?2, (SELECT first_seen FROM inverters WHERE serial_number = ?1))
      AND timestamp < ?3
    ORDER BY timestamp DESC
    LIMIT ?4";

/// Counts only the tables that stay small, and asks the inverters for the oldest and newest reading
/// instead of the readings: they know their first, and their last that was not from the future.
const STATS: &str = "
    SELECT count(*)                                AS inverters,
           min(first_seen)                         AS oldest,
           max(last_seen)                          AS newest,
           (SELECT count(*) FROM production_cache) AS production_cache,
           (SELECT count(*) FROM config_cache)     AS config_cache
    FROM inverters";

/// Summed over sites, as in PostgreSQL.
const ROW_COUNTS: &str = "
    SELECT table_name, sum(rows) AS rows
    FROM row_counts
    GROUP BY table_name";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::latest`](crate::Store::latest).
pub(super) async fn latest(
    readers: &SqlitePool,
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Vec<(Serial, LiveInverter)>> {
    let horizon = now.checked_add(FUTURE_TOLERANCE).unwrap_or(Timestamp::MAX);
    // One snapshot of the database for both statements.
    let mut transaction = readers.begin().await?;
    let mut inverters = BTreeMap::new();
    for row in
        sqlx::query(LATEST_INVERTERS).bind(micros(horizon)).fetch_all(&mut *transaction).await?
    {
        let serial = rows::serial(&row)?;
        inverters.insert(serial, live_inverter(&row, serial)?);
    }
    for row in sqlx::query(LATEST_PORTS).fetch_all(&mut *transaction).await? {
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

fn live_inverter(row: &SqliteRow, serial: Serial) -> Result<LiveInverter> {
    let reading = match optional_time(row, "timestamp")? {
        None => None,
        Some(at) => Some(Timed { at, value: rows::inverter_reading(row, serial)? }),
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

/// See [`Store::history`](crate::Store::history).
pub(super) async fn history(
    readers: &SqlitePool,
    query: &HistoryQuery,
) -> Result<Vec<Timed<InverterReading>>> {
    sqlx::query(HISTORY)
        .bind(query.serial.to_string())
        .bind(query.from.map(micros))
        .bind(query.to.map_or(i64::MAX, micros))
        .bind(i64::from(query.limit))
        .fetch_all(readers)
        .await?
        .iter()
        .map(|row| {
            Ok(Timed {
                at: time(row, "timestamp")?,
                value: rows::inverter_reading(row, query.serial)?,
            })
        })
        .collect()
}

/// See [`Store::stats`](crate::Store::stats); the size is left to the caller, who knows the file.
pub(super) async fn stats(readers: &SqlitePool) -> Result<StoreStats> {
    let mut transaction = readers.begin().await?;
    let row = sqlx::query(STATS).fetch_one(&mut *transaction).await?;
    let mut stats = StoreStats {
        inverters_count: count(&row, "inverters")?,
        production_cache_entries: count(&row, "production_cache")?,
        config_cache_entries: count(&row, "config_cache")?,
        oldest_reading: optional_time(&row, "oldest")?,
        newest_reading: optional_time(&row, "newest")?,
        ..StoreStats::default()
    };
    for row in sqlx::query(ROW_COUNTS).fetch_all(&mut *transaction).await? {
        let rows = count(&row, "rows")?;
        match row.try_get("table_name")? {
            "inverter_data" => stats.inverter_data_entries = rows,
            "port_data" => stats.port_data_entries = rows,
            "meter_data" => stats.meter_data_entries = rows,
            "storage_data" => stats.storage_data_entries = rows,
            "plant_power" => stats.plant_power_entries = rows,
            "system_metrics" => stats.metrics_entries = rows,
            _ => {}
        }
    }
    transaction.commit().await?;
    Ok(stats)
}

/// See [`Store::config`](crate::Store::config).
pub(super) async fn config(readers: &SqlitePool, key: &str) -> Result<Option<serde_json::Value>> {
    sqlx::query("SELECT value FROM config_cache WHERE key = ?1")
        .bind(key)
        .fetch_optional(readers)
        .await?
        .map(|row| {
            let text: String = row.try_get("value")?;
            serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
        })
        .transpose()
}

/// See [`Store::configs`](crate::Store::configs).
pub(super) async fn configs(
    readers: &SqlitePool,
    prefix: &str,
) -> Result<Vec<(String, serde_json::Value)>> {
    sqlx::query(
        "SELECT key, value FROM config_cache WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
    )
    .bind(prefix)
    .fetch_all(readers)
    .await?
    .iter()
    .map(|row| {
        let text: String = row.try_get("value")?;
        let value =
            serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok((row.try_get("key")?, value))
    })
    .collect()
}

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp> {
    timestamp(row.try_get(column)?)
}

fn optional_time(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = row.try_get(column)?;
    micros.map(timestamp).transpose()
}

fn count(row: &SqliteRow, column: &'static str) -> Result<u64> {
    let number: i64 = row.try_get(column)?;
    Ok(number.unsigned_abs())
}
