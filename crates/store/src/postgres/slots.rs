//! `inverter_power`: made from the readings in the transaction that has changed them, and read for
//! charts. See [`slots`](crate::slots).

use std::collections::BTreeSet;
use std::ops::Range;

use futures_util::TryStreamExt;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};

use super::write::{Ids, column};
use super::{repeated, unnamed};
use crate::power::{MeanQuery, MeanSeries};
use crate::recompute::SlotStep;
use crate::slots::{Averages, Run, Slots};

/// The state of the inverter is a subquery, not a join: it is one look into the key, whatever the
/// planner believes of a table without statistics. Rows are locked in the order of the key.
const REMAKE: &str = "
    INSERT INTO inverter_power (slot, inverter_id, power)
    SELECT slot, inverter_id, sum(mean)
    FROM (
        SELECT c.inverter_id, m.slot, m.mean
        FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[])
            AS r (inverter_id, beginning, ending)
        JOIN production_cache AS c USING (inverter_id)
        CROSS JOIN LATERAL (
            SELECT to_timestamp(floor(date_part('epoch', p.timestamp) / 300) * 300) AS slot,
                   avg(CASE WHEN (SELECT d.link_status = 0 OR d.operating_status = 0
                                  FROM inverter_data AS d
                                  WHERE d.inverter_id = p.inverter_id
                                    AND d.timestamp = p.timestamp)
                            THEN 0 ELSE p.pv_power END) AS mean
            FROM port_data AS p
            WHERE p.inverter_id = c.inverter_id
              AND p.port_number = c.port_number
              AND p.timestamp >= r.beginning
              AND p.timestamp < r.ending
            GROUP BY 1
        ) AS m
        WHERE m.mean IS NOT NULL
    ) AS ports
    GROUP BY slot, inverter_id
    ORDER BY slot, inverter_id
    ON CONFLICT (slot, inverter_id) DO UPDATE
    SET power = EXCLUDED.power";

/// A slot is there already where it was made of readings from a clock that was ahead.
const REPLACE: &str = "
    INSERT INTO inverter_power (slot, inverter_id, power)
    SELECT *
    FROM unnest($1::timestamptz[], $2::integer[], $3::real[])
    ON CONFLICT (slot, inverter_id) DO UPDATE
    SET power = EXCLUDED.power";

/// One row per inverter: an array costs a client less than as many rows. In no order: sorting takes
/// the server as long as all the rest.
const READ: &str = "
    SELECT inverter_id, array_agg(slot) AS slots, array_agg(power) AS powers
    FROM inverter_power
    WHERE slot >= $1 AND slot < $2
    GROUP BY inverter_id";

/// Slots in one statement, at 28 bytes each: see "Statement size" of [`write`](super::write).
const SLOTS_PER_STATEMENT: usize = 500;
/// Runs in one statement, at 32 bytes each.
const RUNS_PER_STATEMENT: usize = 400;

const FORGET: &str = "DELETE FROM inverter_power WHERE slot >= $1 AND slot < $2";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Stores what a batch does to the slots. Its readings are in the database.
pub(super) async fn keep(connection: &mut PgConnection, slots: &Slots, ids: &Ids) -> Result<()> {
    for part in slots.whole.chunks(SLOTS_PER_STATEMENT) {
        repeated(REPLACE, slots.whole.len(), SLOTS_PER_STATEMENT)
            .bind(column(part, |(slot, ..)| slot.to_sqlx()))
            .bind(column(part, |(_, serial, _)| ids[serial]))
            .bind(column(part, |(_, _, power)| *power))
            .execute(&mut *connection)
            .await?;
    }
    let runs: Vec<_> = slots.others.iter().map(|run| run.of(|serial| ids[&serial])).collect();
    remake(connection, &runs).await
}

/// Makes these slots from the readings.
pub(super) async fn remake(connection: &mut PgConnection, runs: &[Run<i32>]) -> Result<()> {
    for part in runs.chunks(RUNS_PER_STATEMENT) {
        repeated(REMAKE, runs.len(), RUNS_PER_STATEMENT)
            .bind(column(part, |run| run.inverter))
            .bind(column(part, |run| run.from.to_sqlx()))
            .bind(column(part, |run| run.to.to_sqlx()))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes the slots of a step anew, of these inverters.
pub(super) async fn make_anew(
    connection: &mut PgConnection,
    step: &SlotStep,
    inverters: &BTreeSet<i32>,
) -> Result<()> {
    unnamed(FORGET)
        .bind(step.forget.start.to_sqlx())
        .bind(step.forget.end.to_sqlx())
        .execute(&mut *connection)
        .await?;
    let Range { start: from, end: to } = step.remake;
    let runs: Vec<_> = inverters.iter().map(|&inverter| Run { inverter, from, to }).collect();
    remake(connection, &runs).await
}

/// The means of these inverters into their series.
pub(super) async fn means(
    connection: &mut PgConnection,
    query: &MeanQuery,
    inverters: &[i32],
    series: &mut [MeanSeries],
) -> Result<()> {
    let mut averages = Averages::new(query, inverters.iter().map(|id| i64::from(*id)));
    let mut found =
        unnamed(READ).bind(query.from.to_sqlx()).bind(query.to.to_sqlx()).fetch(connection);
    while let Some(row) = found.try_next().await? {
        let inverter: i32 = row.try_get("inverter_id")?;
        let slots: Vec<jiff_sqlx::Timestamp> = row.try_get("slots")?;
        let powers: Vec<f32> = row.try_get("powers")?;
        for (slot, power) in slots.into_iter().zip(powers) {
            averages.take(inverter.into(), slot.to_jiff(), power);
        }
    }
    averages.fill(series);
    Ok(())
}
