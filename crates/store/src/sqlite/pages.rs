//! Readings of one port or inverter, page by page. Each page is a few steps through the key from
//! where the one before has ended, so that none is dearer than the first.

use plant::live::Timed;
use plant::{InverterReading, PortReading};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqlitePool};

use super::file::{micros, timestamp};
use super::write::json;
use crate::bucket::{Bucket, BucketQuery, bucket, taken};
use crate::rows;
use crate::{HistoryQuery, PageQuery};

const PORT_HISTORY: &str = "
    SELECT *
    FROM port_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = ?1)
      AND port_number = ?2
      AND timestamp >= COALESCE(?3, (SELECT first_seen FROM inverters WHERE serial_number = ?1))
      AND timestamp < ?4
    ORDER BY timestamp DESC
    LIMIT ?5";

const INVERTER_PAGE: &str = "
    SELECT *
    FROM inverter_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = ?1)
      AND timestamp >= ?2
      AND timestamp < ?3
    ORDER BY timestamp
    LIMIT ?4";

const PORT_PAGE: &str = "
    SELECT *
    FROM port_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = ?1)
      AND port_number = ?2
      AND timestamp >= ?3
      AND timestamp < ?4
    ORDER BY timestamp
    LIMIT ?5";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::port_history`](crate::Store::port_history).
pub(super) async fn port_history(
    readers: &SqlitePool,
    query: &HistoryQuery,
    port: u8,
) -> Result<Vec<Timed<PortReading>>> {
    sqlx::query(PORT_HISTORY)
        .bind(query.serial.to_string())
        .bind(i16::from(port))
        .bind(query.from.map(micros))
        .bind(query.to.map_or(i64::MAX, micros))
        .bind(i64::from(query.limit))
        .fetch_all(readers)
        .await?
        .iter()
        .map(|row| timed(row, rows::port_row(row, (query.serial, port))?))
        .collect()
}

/// See [`Store::inverter_page`](crate::Store::inverter_page).
pub(super) async fn inverter_page(
    readers: &SqlitePool,
    page: &PageQuery,
) -> Result<Vec<Timed<InverterReading>>> {
    sqlx::query(INVERTER_PAGE)
        .bind(page.serial.to_string())
        .bind(micros(page.from))
        .bind(micros(page.to))
        .bind(i64::from(page.limit))
        .fetch_all(readers)
        .await?
        .iter()
        .map(|row| timed(row, rows::inverter_reading(row, page.serial)?))
        .collect()
}

/// See [`Store::port_page`](crate::Store::port_page).
pub(super) async fn port_page(
    readers: &SqlitePool,
    page: &PageQuery,
    port: u8,
) -> Result<Vec<Timed<PortReading>>> {
    sqlx::query(PORT_PAGE)
        .bind(page.serial.to_string())
        .bind(i16::from(port))
        .bind(micros(page.from))
        .bind(micros(page.to))
        .bind(i64::from(page.limit))
        .fetch_all(readers)
        .await?
        .iter()
        .map(|row| timed(row, rows::port_row(row, (page.serial, port))?))
        .collect()
}

/// See [`Store::buckets`](crate::Store::buckets).
pub(super) async fn buckets(readers: &SqlitePool, query: &BucketQuery) -> Result<Vec<Bucket>> {
    let of_port = query.port.is_some();
    let (table, taken) = taken(of_port);
    let port = if of_port { "AND r.port_number = ?3" } else { "AND ?3 IS NULL" };
    // CROSS JOIN keeps the order of the tables: from each bucket through the key.
    let sql = format!(
        "SELECT o.key AS number, {taken}
         FROM json_each(?1) AS o
         CROSS JOIN {table} AS r
         WHERE r.inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = ?2)
           {port} AND r.timestamp >= o.value ->> 0 AND r.timestamp < o.value ->> 1
         GROUP BY o.key
         ORDER BY o.key"
    );
    let spans = query.spans.iter().map(|(start, end)| (micros(*start), micros(*end)));
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(json(spans)?)
        .bind(query.serial.to_string())
        .bind(query.port.map(i16::from))
        .fetch_all(readers)
        .await?;
    let read = |row: &SqliteRow| {
        let number: i64 = row.try_get("number")?;
        let span = usize::try_from(number).ok().and_then(|index| query.spans.get(index));
        bucket(row, *span.expect("json_each counts the spans from 0"), of_port)
    };
    found.iter().map(read).collect()
}

fn timed<T>(row: &SqliteRow, value: T) -> Result<Timed<T>> {
    Ok(Timed { at: timestamp(row.try_get("timestamp")?)?, value })
}
