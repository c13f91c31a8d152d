//! Means in buckets: each port is found through its key, and averaged by the server. The power of
//! inverters is averaged already.

use jiff_sqlx::ToSqlx;
use sqlx::{AssertSqlSafe, PgPool, Row};

use super::{BEGIN_RANGE, begin, slots, unnamed};
use crate::power::{MeanQuery, MeanSeries, Source};
use crate::rows;

const PORTS: &str = "
    SELECT i.inverter_id, i.serial_number, i.dtu_name, c.port_number
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE ($1::text IS NULL OR i.serial_number = $1)
      AND ($2::smallint IS NULL OR c.port_number = $2)
    ORDER BY i.serial_number, c.port_number";

/// One row per inverter; the port says nothing.
const INVERTERS: &str = "
    SELECT inverter_id, serial_number, dtu_name, 0::smallint AS port_number
    FROM inverters
    WHERE ($1::text IS NULL OR serial_number = $1)
      AND ($2::smallint IS NULL OR TRUE)
    ORDER BY serial_number";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::means`](crate::Store::means).
pub(super) async fn means(pool: &PgPool, query: &MeanQuery) -> Result<Vec<MeanSeries>> {
    let source = query.quantity.source();
    let of_ports = matches!(source, Source::Ports(_));
    let mut transaction = begin(pool, BEGIN_RANGE).await?;
    let found = unnamed(if of_ports { PORTS } else { INVERTERS })
        .bind(query.serial.map(|serial| serial.to_string()))
        .bind(query.port.map(i16::from))
        .fetch_all(&mut *transaction)
        .await?;
    let (mut series, mut ids, mut ports) = (Vec::new(), Vec::new(), Vec::new());
    for row in &found {
        ids.push(row.try_get::<i32, _>("inverter_id")?);
        ports.push(row.try_get::<i16, _>("port_number")?);
        series.push(MeanSeries {
            dtu_name: row.try_get("dtu_name")?,
            serial: rows::serial(row)?,
            port: if of_ports { Some(rows::port_number(row)?) } else { None },
            means: Vec::new(),
        });
    }
    let statement = match source {
        Source::Ports(column) => means_of(
            "port_data",
            "inverter_id = o.inverter_id AND port_number = o.port_number",
            column,
        ),
        Source::Inverters(column) => {
            means_of("inverter_data", "inverter_id = o.inverter_id", column)
        }
        Source::Slots => {
            slots::means(&mut transaction, query, &ids, &mut series).await?;
            transaction.commit().await?;
            return Ok(series);
        }
    };
    let found = sqlx::query(AssertSqlSafe(statement))
        .persistent(false)
        .bind(ids)
        .bind(ports)
        .bind(query.from.to_sqlx())
        .bind(query.to.to_sqlx())
        .bind(query.from.as_microsecond() as f64 / 1e6)
        .bind(f64::from(query.bucket_s))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    for row in &found {
        let number: i64 = row.try_get("owner")?;
        let series = usize::try_from(number - 1).ok().and_then(|index| series.get_mut(index));
        let buckets: Vec<i32> = row.try_get("buckets")?;
        let means: Vec<f32> = row.try_get("means")?;
        series.expect("ordinality counts the owners from 1").means =
            buckets.into_iter().map(i32::unsigned_abs).zip(means).collect();
    }
    Ok(series)
}

/// One row per owner: an array costs a client less than as many rows. OFFSET 0 keeps the planner
/// from joining the whole table instead of stepping through its key.
fn means_of(table: &str, owner: &str, column: &str) -> String {
    format!(
        "SELECT o.owner, r.buckets, r.means
         FROM unnest($1::integer[], $2::smallint[]) WITH ORDINALITY
              AS o (inverter_id, port_number, owner)
         CROSS JOIN LATERAL (
             SELECT array_agg(bucket) AS buckets, array_agg(mean) AS means
             FROM (
                 SELECT floor((date_part('epoch', timestamp) - $5) / $6)::integer AS bucket,
                        avg({column})::real AS mean
                 FROM {table}
                 WHERE {owner} AND timestamp >= $3 AND timestamp < $4 AND {column} IS NOT NULL
                 GROUP BY 1
             ) AS b
             OFFSET 0
         ) AS r
         WHERE r.buckets IS NOT NULL"
    )
}
