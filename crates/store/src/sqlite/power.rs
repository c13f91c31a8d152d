//! Means in buckets: each port is found through its key. The power of inverters is averaged already.

use sqlx::{AssertSqlSafe, Row, SqlitePool};

use super::file::micros;
use super::slots;
use super::write::json;
use crate::power::{MeanQuery, MeanSeries, Source};
use crate::rows;

const PORTS: &str = "
    SELECT i.inverter_id, i.serial_number, i.dtu_name, c.port_number
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE (?1 IS NULL OR i.serial_number = ?1)
      AND (?2 IS NULL OR c.port_number = ?2)
    ORDER BY i.serial_number, c.port_number";

/// One row per inverter; the port says nothing.
const INVERTERS: &str = "
    SELECT inverter_id, serial_number, dtu_name, 0 AS port_number
    FROM inverters
    WHERE (?1 IS NULL OR serial_number = ?1)
      AND (?2 IS NULL OR TRUE)
    ORDER BY serial_number";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::means`](crate::Store::means).
pub(super) async fn means(readers: &SqlitePool, query: &MeanQuery) -> Result<Vec<MeanSeries>> {
    let source = query.quantity.source();
    let of_ports = matches!(source, Source::Ports(_));
    // One snapshot of the database for both statements.
    let mut transaction = readers.begin().await?;
    let found = sqlx::query(if of_ports { PORTS } else { INVERTERS })
        .bind(query.serial.map(|serial| serial.to_string()))
        .bind(query.port.map(i16::from))
        .fetch_all(&mut *transaction)
        .await?;
    let mut series = Vec::with_capacity(found.len());
    let mut keys: Vec<(i64, i16)> = Vec::with_capacity(found.len());
    for row in &found {
        keys.push((row.try_get("inverter_id")?, row.try_get("port_number")?));
        series.push(MeanSeries {
            dtu_name: row.try_get("dtu_name")?,
            serial: rows::serial(row)?,
            port: if of_ports { Some(rows::port_number(row)?) } else { None },
            means: Vec::new(),
        });
    }
    let statement = match source {
        Source::Ports(column) => {
            let owner = "r.inverter_id = o.value ->> 0 AND r.port_number = o.value ->> 1";
            means_of("port_data", owner, column)
        }
        Source::Inverters(column) => {
            means_of("inverter_data", "r.inverter_id = o.value ->> 0", column)
        }
        Source::Slots => {
            let ids: Vec<i64> = keys.into_iter().map(|(id, _)| id).collect();
            slots::means(&mut transaction, query, &ids, &mut series).await?;
            transaction.commit().await?;
            return Ok(series);
        }
    };
    let found = sqlx::query(AssertSqlSafe(statement))
        .bind(json(keys.iter())?)
        .bind(micros(query.from))
        .bind(micros(query.to))
        .bind(i64::from(query.bucket_s) * 1_000_000)
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    for row in &found {
        let owner: i64 = row.try_get("owner")?;
        let series = usize::try_from(owner).ok().and_then(|index| series.get_mut(index));
        let means = serde_json::from_str(row.try_get("means")?)
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        series.expect("json_each counts the owners from 0").means = means;
    }
    Ok(series)
}

/// One row per owner, its means as one text: a row of sqlx takes many times what is kept of it, and
/// of hundreds of ports there are a hundred thousand buckets in a day. CROSS JOIN keeps the order
/// of the tables: from each owner through the key.
fn means_of(table: &str, owner: &str, column: &str) -> String {
    format!(
        "SELECT owner, json_group_array(json_array(bucket, mean)) AS means
         FROM (
             SELECT o.key AS owner, (r.timestamp - ?2) / ?4 AS bucket, avg(r.{column}) AS mean
             FROM json_each(?1) AS o
             CROSS JOIN {table} AS r
             WHERE {owner} AND r.timestamp >= ?2 AND r.timestamp < ?3 AND r.{column} IS NOT NULL
             GROUP BY o.key, bucket
         )
         GROUP BY owner"
    )
}
