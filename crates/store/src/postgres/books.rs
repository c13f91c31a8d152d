//! The books in PostgreSQL: opened with what the tables hold, kept in the transaction of the
//! readings. See [`Ledger`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use plant::Serial;
use plant::energy::{Account, Calendar};
use sqlx::{PgConnection, Row};

use super::write::{Ids, column};
use super::{repeated, unnamed};
use crate::batch::{Batch, PortRow};
use crate::ledger::{Ledger, PortBook, PortKey, Tally};
use crate::rows;

const PORT_STATES: &str = "
    SELECT i.serial_number, c.port_number, c.timestamp, c.accounting
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE c.inverter_id = ANY ($1)";

/// One step backwards through the key for each DTU.
const LAST_POLLS: &str = "
    SELECT d.dtu_name, p.last_at
    FROM unnest($1::text[]) AS d (dtu_name)
    CROSS JOIN LATERAL (
        SELECT last_at
        FROM plant_daily
        WHERE site_id = 1
          AND dtu_name = d.dtu_name
          AND last_at IS NOT NULL
        ORDER BY day DESC
        LIMIT 1
    ) AS p";

/// A reading older than the cached one changes nothing, unless that one is from the future ($12).
const REPLACE_LATEST: &str = "
    INSERT INTO production_cache AS latest
        (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
         total_production, day, accounting, last_updated)
    SELECT inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power,
           today_production, total_production, day, accounting::jsonb, $11
    FROM unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::real[], $5::real[],
                $6::real[], $7::bigint[], $8::bigint[], $9::date[], $10::text[])
        AS r (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power,
              today_production, total_production, day, accounting)
    ON CONFLICT (inverter_id, port_number) DO UPDATE
    SET timestamp        = EXCLUDED.timestamp,
        pv_voltage       = EXCLUDED.pv_voltage,
        pv_current       = EXCLUDED.pv_current,
        pv_power         = EXCLUDED.pv_power,
        today_production = EXCLUDED.today_production,
        total_production = EXCLUDED.total_production,
        day              = EXCLUDED.day,
        accounting       = EXCLUDED.accounting,
        last_updated     = EXCLUDED.last_updated
    WHERE latest.timestamp < EXCLUDED.timestamp
       OR latest.timestamp > $12";

/// GREATEST and LEAST pass over NULL.
const ADD_PORT_DAYS: &str = "
    INSERT INTO port_daily AS d
        (inverter_id, port_number, day, energy, estimated, peak_power, peak_at, first_at, last_at,
         samples, corrections)
    SELECT *
    FROM unnest($1::integer[], $2::smallint[], $3::date[], $4::bigint[], $5::bigint[], $6::real[],
                $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::integer[],
                $11::integer[])
    ON CONFLICT (inverter_id, port_number, day) DO UPDATE
    SET energy      = d.energy + EXCLUDED.energy,
        estimated   = d.estimated + EXCLUDED.estimated,
        peak_at     = CASE WHEN d.peak_power >= EXCLUDED.peak_power OR EXCLUDED.peak_power IS NULL
                           THEN d.peak_at ELSE EXCLUDED.peak_at END,
        peak_power  = GREATEST(d.peak_power, EXCLUDED.peak_power),
        first_at    = LEAST(d.first_at, EXCLUDED.first_at),
        last_at     = GREATEST(d.last_at, EXCLUDED.last_at),
        samples     = d.samples + EXCLUDED.samples,
        corrections = d.corrections + EXCLUDED.corrections";

const ADD_DTU_DAYS: &str = "
    INSERT INTO plant_daily AS d
        (dtu_name, day, energy, estimated, peak_power, peak_at, first_at, last_at, polls)
    SELECT *
    FROM unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[], $5::real[], $6::timestamptz[],
                $7::timestamptz[], $8::timestamptz[], $9::integer[])
    ON CONFLICT (site_id, dtu_name, day) DO UPDATE
    SET energy     = d.energy + EXCLUDED.energy,
        estimated  = d.estimated + EXCLUDED.estimated,
        peak_at    = CASE WHEN d.peak_power >= EXCLUDED.peak_power OR EXCLUDED.peak_power IS NULL
                          THEN d.peak_at ELSE EXCLUDED.peak_at END,
        peak_power = GREATEST(d.peak_power, EXCLUDED.peak_power),
        first_at   = LEAST(d.first_at, EXCLUDED.first_at),
        last_at    = GREATEST(d.last_at, EXCLUDED.last_at),
        polls      = d.polls + EXCLUDED.polls";

const ADD_PORT_HOURS: &str = "
    INSERT INTO port_hourly AS h
        (inverter_id, port_number, hour, energy, estimated, peak_power, peak_at, samples)
    SELECT *
    FROM unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::integer[], $5::integer[],
                $6::real[], $7::timestamptz[], $8::integer[])
    ON CONFLICT (inverter_id, port_number, hour) DO UPDATE
    SET energy     = h.energy + EXCLUDED.energy,
        estimated  = h.estimated + EXCLUDED.estimated,
        peak_at    = CASE WHEN h.peak_power >= EXCLUDED.peak_power OR EXCLUDED.peak_power IS NULL
                          THEN h.peak_at ELSE EXCLUDED.peak_at END,
        peak_power = GREATEST(h.peak_power, EXCLUDED.peak_power),
        samples    = h.samples + EXCLUDED.samples";

const ADD_DTU_HOURS: &str = "
    INSERT INTO plant_hourly AS h (dtu_name, hour, energy, estimated, peak_power, peak_at, polls)
    SELECT *
    FROM unnest($1::text[], $2::timestamptz[], $3::integer[], $4::integer[], $5::real[],
                $6::timestamptz[], $7::integer[])
    ON CONFLICT (site_id, dtu_name, hour) DO UPDATE
    SET energy     = h.energy + EXCLUDED.energy,
        estimated  = h.estimated + EXCLUDED.estimated,
        peak_at    = CASE WHEN h.peak_power >= EXCLUDED.peak_power OR EXCLUDED.peak_power IS NULL
                          THEN h.peak_at ELSE EXCLUDED.peak_at END,
        peak_power = GREATEST(h.peak_power, EXCLUDED.peak_power),
        polls      = h.polls + EXCLUDED.polls";

/// See [`sealed`](crate::sealed).
pub(super) const CHANGE_THE_PAST: &str = "
    INSERT INTO past_changes AS p (site_id, changes)
    VALUES (1, 1)
    ON CONFLICT (site_id) DO UPDATE
    SET changes = p.changes + 1";

/// Rows in one statement, so that it fits into one TLS record: see "Statement size" of
/// [`write`](super::write). A state of an account is some 300 bytes of JSON.
const STATES_PER_STATEMENT: usize = 40;
/// The same for a row of a table of days or hours, at 80 bytes.
const DAYS_PER_STATEMENT: usize = 150;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The books as they are before the batch.
pub(super) async fn open<'a>(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    ids: &Ids,
    calendar: &'a Calendar,
) -> Result<Ledger<'a>> {
    if batch.snapshots.is_empty() {
        return Ok(Ledger::open(calendar, BTreeMap::new(), BTreeMap::new()));
    }
    let ports = port_states(connection, ids).await?;
    Ok(Ledger::open(calendar, ports, last_polls(connection, batch).await?))
}

/// Enters the batch into the books and stores what has changed.
pub(super) async fn keep(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    ids: &Ids,
    mut ledger: Ledger<'_>,
) -> Result<()> {
    for snapshot in &batch.snapshots {
        ledger.enter(snapshot, batch.horizon);
    }
    replace_latest(connection, batch, ids, &ledger).await?;
    add_port_days(connection, ledger.port_days(), ids).await?;
    add_port_hours(connection, ledger.port_hours(), ids).await?;
    add_dtu_days(connection, &ledger).await?;
    add_dtu_hours(connection, &ledger).await?;
    if ledger.changes_the_past() {
        unnamed(CHANGE_THE_PAST).execute(connection).await?;
    }
    Ok(())
}

async fn port_states(
    connection: &mut PgConnection,
    ids: &Ids,
) -> Result<BTreeMap<(Serial, u8), PortBook>> {
    let ids: Vec<i32> = ids.values().copied().collect();
    let found = unnamed(PORT_STATES).bind(ids).fetch_all(connection).await?;
    found
        .iter()
        .map(|row| {
            let latest: jiff_sqlx::Timestamp = row.try_get("timestamp")?;
            let account = rows::account(row)?.unwrap_or_default();
            let state = PortBook { latest: Some(latest.to_jiff()), account, ..PortBook::default() };
            Ok(((rows::serial(row)?, rows::port_number(row)?), state))
        })
        .collect()
}

async fn last_polls(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
) -> Result<BTreeMap<String, Timestamp>> {
    let found = unnamed(LAST_POLLS).bind(batch.dtu_names()).fetch_all(connection).await?;
    found
        .iter()
        .map(|row| {
            let at: jiff_sqlx::Timestamp = row.try_get("last_at")?;
            Ok((row.try_get("dtu_name")?, at.to_jiff()))
        })
        .collect()
}

async fn replace_latest(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    ids: &Ids,
    ledger: &Ledger<'_>,
) -> Result<()> {
    let account = |row: &PortRow<'_>| ledger.account(row.reading);
    let open = |row: &PortRow<'_>| Some(account(row)).filter(Account::is_open);
    for rows in batch.latest_ports.chunks(STATES_PER_STATEMENT) {
        unnamed(REPLACE_LATEST)
            .bind(column(rows, |row| ids[&row.reading.serial]))
            .bind(column(rows, |row| i16::from(row.reading.port)))
            .bind(column(rows, |row| row.at.to_sqlx()))
            .bind(column(rows, |row| row.reading.pv_voltage_v))
            .bind(column(rows, |row| row.reading.pv_current_a))
            .bind(column(rows, |row| row.reading.pv_power_w))
            .bind(column(rows, |row| open(row).map(|a| signed(a.energy_wh_of_its_day()))))
            .bind(column(rows, |row| open(row).map(|a| signed(a.lifetime_wh))))
            .bind(column(rows, |row| account(row).day().map(ToSqlx::to_sqlx)))
            .bind(column(rows, |row| serde_json::json!(account(row)).to_string()))
            .bind(batch.now.to_sqlx())
            .bind(batch.horizon.to_sqlx())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Adds to rows of `port_daily`, or makes them.
pub(super) async fn add_port_days(
    connection: &mut PgConnection,
    days: impl Iterator<Item = (PortKey, Date, &Tally)>,
    ids: &Ids,
) -> Result<()> {
    let rows: Vec<_> = days.collect();
    for rows in rows.chunks(DAYS_PER_STATEMENT) {
        unnamed(ADD_PORT_DAYS)
            .bind(column(rows, |((serial, _), ..)| ids[serial]))
            .bind(column(rows, |((_, port), ..)| i16::from(*port)))
            .bind(column(rows, |(_, day, _)| day.to_sqlx()))
            .bind(column(rows, |(_, _, entry)| signed(entry.energy_wh)))
            .bind(column(rows, |(_, _, entry)| signed(entry.estimated_wh)))
            .bind(column(rows, |(_, _, entry)| entry.peak.map(|(power, _)| power)))
            .bind(column(rows, |(_, _, entry)| entry.peak.map(|(_, at)| at.to_sqlx())))
            .bind(column(rows, |(_, _, entry)| entry.first_at.map(ToSqlx::to_sqlx)))
            .bind(column(rows, |(_, _, entry)| entry.last_at.map(ToSqlx::to_sqlx)))
            .bind(column(rows, |(_, _, entry)| count(entry.samples)))
            .bind(column(rows, |(_, _, entry)| count(entry.corrections)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Adds to rows of `port_hourly`, or makes them.
pub(super) async fn add_port_hours(
    connection: &mut PgConnection,
    hours: impl Iterator<Item = (PortKey, Timestamp, &Tally)>,
    ids: &Ids,
) -> Result<()> {
    let rows: Vec<_> = hours.collect();
    let count_of_rows = rows.len();
    for rows in rows.chunks(DAYS_PER_STATEMENT) {
        repeated(ADD_PORT_HOURS, count_of_rows, DAYS_PER_STATEMENT)
            .bind(column(rows, |((serial, _), ..)| ids[serial]))
            .bind(column(rows, |((_, port), ..)| i16::from(*port)))
            .bind(column(rows, |(_, hour, _)| hour.to_sqlx()))
            .bind(column(rows, |(_, _, entry)| hourly(entry.energy_wh)))
            .bind(column(rows, |(_, _, entry)| hourly(entry.estimated_wh)))
            .bind(column(rows, |(_, _, entry)| entry.peak.map(|(power, _)| power)))
            .bind(column(rows, |(_, _, entry)| entry.peak.map(|(_, at)| at.to_sqlx())))
            .bind(column(rows, |(_, _, entry)| count(entry.samples)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn add_dtu_hours(connection: &mut PgConnection, ledger: &Ledger<'_>) -> Result<()> {
    let rows: Vec<(&(String, _), &Tally)> = ledger.dtu_hours.iter().collect();
    for rows in rows.chunks(DAYS_PER_STATEMENT) {
        unnamed(ADD_DTU_HOURS)
            .bind(column(rows, |((name, _), _)| name.clone()))
            .bind(column(rows, |((_, hour), _)| hour.to_sqlx()))
            .bind(column(rows, |(_, entry)| hourly(entry.energy_wh)))
            .bind(column(rows, |(_, entry)| hourly(entry.estimated_wh)))
            .bind(column(rows, |(_, entry)| entry.peak.map(|(power, _)| power)))
            .bind(column(rows, |(_, entry)| entry.peak.map(|(_, at)| at.to_sqlx())))
            .bind(column(rows, |(_, entry)| count(entry.samples)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn add_dtu_days(connection: &mut PgConnection, ledger: &Ledger<'_>) -> Result<()> {
    let rows: Vec<(&(String, _), &Tally)> = ledger.dtu_days.iter().collect();
    for rows in rows.chunks(DAYS_PER_STATEMENT) {
        unnamed(ADD_DTU_DAYS)
            .bind(column(rows, |((name, _), _)| name.clone()))
            .bind(column(rows, |((_, day), _)| day.to_sqlx()))
            .bind(column(rows, |(_, entry)| signed(entry.energy_wh)))
            .bind(column(rows, |(_, entry)| signed(entry.estimated_wh)))
            .bind(column(rows, |(_, entry)| entry.peak.map(|(power, _)| power)))
            .bind(column(rows, |(_, entry)| entry.peak.map(|(_, at)| at.to_sqlx())))
            .bind(column(rows, |(_, entry)| entry.first_at.map(ToSqlx::to_sqlx)))
            .bind(column(rows, |(_, entry)| entry.last_at.map(ToSqlx::to_sqlx)))
            .bind(column(rows, |(_, entry)| count(entry.samples)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn signed(energy_wh: u64) -> i64 {
    i64::try_from(energy_wh).unwrap_or(i64::MAX)
}

/// The energy of an hour as the column takes it. A lifetime of four gigawatt-hours is the most that
/// a counter can step at once.
fn hourly(energy_wh: u64) -> i32 {
    i32::try_from(energy_wh).unwrap_or(i32::MAX)
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
