//! Readings of one port or inverter, page by page. Each page is a few steps through the key from
//! where the one before has ended, so that none is dearer than the first.

use jiff_sqlx::ToSqlx;
use plant::live::Timed;
use plant::{InverterReading, PortReading};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row};

use super::write::column;
use super::{BEGIN_READ, begin, unnamed};
use crate::bucket::{Bucket, BucketQuery, bucket, taken};
use crate::rows;
use crate::{HistoryQuery, PageQuery};

/// Bounded below in any case, so that a table split by time is not searched back to its beginning.
const PORT_HISTORY: &str = "
    SELECT *
    FROM port_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = $1)
      AND port_number = $2
      AND timestamp >= COALESCE($3, (SELECT first_seen FROM inverters WHERE serial_number = $1))
      AND timestamp < COALESCE($4, 'infinity')
    ORDER BY timestamp DESC
    LIMIT $5";

const INVERTER_PAGE: &str = "
    SELECT *
    FROM inverter_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = $1)
      AND timestamp >= $2
      AND timestamp < $3
    ORDER BY timestamp
    LIMIT $4";

const PORT_PAGE: &str = "
    SELECT *
    FROM port_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = $1)
      AND port_number = $2
      AND timestamp >= $3
      AND timestamp < $4
    ORDER BY timestamp
    LIMIT $5";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::port_history`](crate::Store::port_history).
pub(super) async fn port_history(
    pool: &PgPool,
    query: &HistoryQuery,
    port: u8,
) -> Result<Vec<Timed<PortReading>>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(PORT_HISTORY)
        .bind(query.serial.to_string())
        .bind(i16::from(port))
        .bind(query.from.map(ToSqlx::to_sqlx))
        .bind(query.to.map(ToSqlx::to_sqlx))
        .bind(i64::from(query.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    found.iter().map(|row| timed(row, rows::port_row(row, (query.serial, port))?)).collect()
}

/// See [`Store::inverter_page`](crate::Store::inverter_page).
pub(super) async fn inverter_page(
    pool: &PgPool,
    page: &PageQuery,
) -> Result<Vec<Timed<InverterReading>>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(INVERTER_PAGE)
        .bind(page.serial.to_string())
        .bind(page.from.to_sqlx())
        .bind(page.to.to_sqlx())
        .bind(i64::from(page.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    found.iter().map(|row| timed(row, rows::inverter_reading(row, page.serial)?)).collect()
}

/// See [`Store::port_page`](crate::Store::port_page).
pub(super) async fn port_page(
    pool: &PgPool,
    page: &PageQuery,
    port: u8,
) -> Result<Vec<Timed<PortReading>>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(PORT_PAGE)
        .bind(page.serial.to_string())
        .bind(i16::from(port))
        .bind(page.from.to_sqlx())
        .bind(page.to.to_sqlx())
        .bind(i64::from(page.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    found.iter().map(|row| timed(row, rows::port_row(row, (page.serial, port))?)).collect()
}

/// See [`Store::buckets`](crate::Store::buckets).
pub(super) async fn buckets(pool: &PgPool, query: &BucketQuery) -> Result<Vec<Bucket>> {
    let of_port = query.port.is_some();
    let (table, taken) = taken(of_port);
    let port = if of_port { "AND port_number = $4" } else { "AND $4::smallint IS NULL" };
    // OFFSET 0 keeps the planner from joining the whole table instead of stepping to each bucket.
    let sql = format!(
        "SELECT o.number, r.*
         FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS o (start, stop, number)
         CROSS JOIN LATERAL (
             SELECT {taken}
             FROM {table}
             WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = $3)
               {port} AND timestamp >= o.start AND timestamp < o.stop
             OFFSET 0
         ) AS r
         WHERE r.samples > 0
         ORDER BY o.number"
    );
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(column(&query.spans, |(start, _)| start.to_sqlx()))
        .bind(column(&query.spans, |(_, end)| end.to_sqlx()))
        .bind(query.serial.to_string())
        .bind(query.port.map(i16::from))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let read = |row: &PgRow| {
        let number: i64 = row.try_get("number")?;
        let span = usize::try_from(number - 1).ok().and_then(|index| query.spans.get(index));
        bucket(row, *span.expect("ordinality counts the spans from 1"), of_port)
    };
    found.iter().map(read).collect()
}

fn timed<T>(row: &PgRow, value: T) -> Result<Timed<T>> {
    let at: jiff_sqlx::Timestamp = row.try_get("timestamp")?;
    Ok(Timed { at: at.to_jiff(), value })
}
