//! `inverter_power`: made from the readings in the transaction that has changed them, and read for
//! charts. See [`slots`](crate::slots).

use std::collections::BTreeSet;
use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

use super::file::{micros, timestamp};
use super::write::{Ids, insert};
use crate::power::{MeanQuery, MeanSeries};
use crate::recompute::SlotStep;
use crate::slots::{Averages, Run, Slots};

/// CROSS JOIN keeps the order of the tables: from each inverter through the key of its ports.
/// Hundredths are what an answer shows.
const REMAKE: &str = "
    INSERT INTO inverter_power (slot, inverter_id, power)
    SELECT slot, inverter_id, round(sum(mean), 2)
    FROM (
        SELECT c.inverter_id,
               p.timestamp - p.timestamp % 300000000 AS slot,
               avg(CASE WHEN d.link_status = 0 OR d.operating_status = 0 THEN 0
                        ELSE p.pv_power END) AS mean
        FROM json_each(?1) AS r
        CROSS JOIN production_cache AS c
        CROSS JOIN port_data AS p
        LEFT JOIN inverter_data AS d
               ON d.inverter_id = p.inverter_id AND d.timestamp = p.timestamp
        WHERE c.inverter_id = r.value ->> 0
          AND p.inverter_id = c.inverter_id
          AND p.port_number = c.port_number
          AND p.timestamp >= r.value ->> 1
          AND p.timestamp < r.value ->> 2
        GROUP BY c.inverter_id, c.port_number, slot
    ) AS ports
    WHERE mean IS NOT NULL
    GROUP BY slot, inverter_id
    ON CONFLICT (slot, inverter_id) DO UPDATE
    SET power = excluded.power";

/// A slot is there already where it was made of readings from a clock that was ahead.
const REPLACE: &str = "
    INSERT INTO inverter_power (slot, inverter_id, power)
    SELECT value ->> 0, value ->> 1, round(value ->> 2, 2)
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (slot, inverter_id) DO UPDATE
    SET power = excluded.power";

/// One row per slot, in the order of the key: a row of sqlx takes many times what is kept of it.
/// Numbers with a fraction take SQLite four times as long to write down as whole ones.
const READ: &str = "
    SELECT slot,
           json_group_array(inverter_id) AS inverters,
           json_group_array(CAST(round(power * 100) AS INTEGER)) AS hundredths
    FROM inverter_power
    WHERE slot >= ?1 AND slot < ?2
    GROUP BY slot
    ORDER BY slot";

const FORGET: &str = "DELETE FROM inverter_power WHERE slot >= ?1 AND slot < ?2";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Stores what a batch does to the slots. Its readings are in the database.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    slots: &Slots,
    ids: &Ids,
) -> Result<()> {
    let whole = slots.whole.iter().map(|(slot, serial, power)| (micros(*slot), ids[serial], power));
    insert(connection, REPLACE, whole).await?;
    let runs: Vec<_> = slots.others.iter().map(|run| run.of(|serial| ids[&serial])).collect();
    remake(connection, &runs).await
}

/// Makes these slots from the readings.
pub(super) async fn remake(connection: &mut SqliteConnection, runs: &[Run<i64>]) -> Result<()> {
    let runs = runs.iter().map(|run| (run.inverter, micros(run.from), micros(run.to)));
    insert(connection, REMAKE, runs).await?;
    Ok(())
}

/// Makes the slots of a step anew, of these inverters.
pub(super) async fn make_anew(
    connection: &mut SqliteConnection,
    step: &SlotStep,
    inverters: &BTreeSet<i64>,
) -> Result<()> {
    sqlx::query(FORGET)
        .bind(micros(step.forget.start))
        .bind(micros(step.forget.end))
        .execute(&mut *connection)
        .await?;
    let Range { start: from, end: to } = step.remake;
    let runs: Vec<_> = inverters.iter().map(|&inverter| Run { inverter, from, to }).collect();
    remake(connection, &runs).await
}

/// The means of these inverters into their series.
pub(super) async fn means(
    connection: &mut SqliteConnection,
    query: &MeanQuery,
    inverters: &[i64],
    series: &mut [MeanSeries],
) -> Result<()> {
    let mut averages = Averages::new(query, inverters.iter().copied());
    let mut found =
        sqlx::query(READ).bind(micros(query.from)).bind(micros(query.to)).fetch(connection);
    while let Some(row) = found.try_next().await? {
        let slot = timestamp(row.try_get("slot")?)?;
        let inverters = numbers(row.try_get("inverters")?)?;
        let hundredths = numbers(row.try_get("hundredths")?)?;
        for (inverter, power) in inverters.into_iter().zip(hundredths) {
            averages.take(inverter, slot, (power as f64 / 100.0) as f32);
        }
    }
    averages.fill(series);
    Ok(())
}

fn numbers(array: &str) -> Result<Vec<i64>> {
    serde_json::from_str(array).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
