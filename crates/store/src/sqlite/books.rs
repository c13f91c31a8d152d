//! The books in SQLite: opened with what the tables hold, kept in the transaction of the readings.
//! See [`Ledger`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use plant::Serial;
use plant::energy::{Account, Calendar};
use sqlx::{Row, SqliteConnection};

use super::file::{micros, timestamp};
use super::write::{Ids, insert, json};
use crate::batch::{Batch, PortRow};
use crate::ledger::{Ledger, PortBook, PortKey, Tally};
use crate::rows;

const PORT_STATES: &str = "
    SELECT i.serial_number, c.port_number, c.timestamp, c.accounting
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    WHERE c.inverter_id IN (SELECT value FROM json_each(?1))";

/// One step backwards through the key for each DTU.
const LAST_POLLS: &str = "
    SELECT d.value AS dtu_name,
           (SELECT last_at
            FROM plant_daily
            WHERE site_id = 1
              AND dtu_name = d.value
              AND last_at IS NOT NULL
            ORDER BY day DESC
            LIMIT 1) AS last_at
    FROM json_each(?1) AS d";

/// A reading older than the cached one changes nothing, unless that one is from the future.
const REPLACE_LATEST: &str = "
    INSERT INTO production_cache AS latest
        (inverter_id, port_number, timestamp, pv_voltage, pv_current, pv_power, today_production,
         total_production, day, accounting, last_updated)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, ?2
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (inverter_id, port_number) DO UPDATE
    SET timestamp        = excluded.timestamp,
        pv_voltage       = excluded.pv_voltage,
        pv_current       = excluded.pv_current,
        pv_power         = excluded.pv_power,
        today_production = excluded.today_production,
        total_production = excluded.total_production,
        day              = excluded.day,
        accounting       = excluded.accounting,
        last_updated     = excluded.last_updated
    WHERE latest.timestamp < excluded.timestamp
       OR latest.timestamp > ?3";

/// `min` and `max` of two are NULL when one is.
const ADD_PORT_DAYS: &str = "
    INSERT INTO port_daily AS d
        (inverter_id, port_number, day, energy, estimated, peak_power, peak_at, first_at, last_at,
         samples, corrections)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (inverter_id, port_number, day) DO UPDATE
    SET energy      = d.energy + excluded.energy,
        estimated   = d.estimated + excluded.estimated,
        peak_at     = CASE WHEN d.peak_power >= excluded.peak_power OR excluded.peak_power IS NULL
                           THEN d.peak_at ELSE excluded.peak_at END,
        peak_power  = COALESCE(max(d.peak_power, excluded.peak_power), d.peak_power,
                               excluded.peak_power),
        first_at    = COALESCE(min(d.first_at, excluded.first_at), d.first_at, excluded.first_at),
        last_at     = COALESCE(max(d.last_at, excluded.last_at), d.last_at, excluded.last_at),
        samples     = d.samples + excluded.samples,
        corrections = d.corrections + excluded.corrections";

const ADD_DTU_DAYS: &str = "
    INSERT INTO plant_daily AS d
        (dtu_name, day, energy, estimated, peak_power, peak_at, first_at, last_at, polls)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (site_id, dtu_name, day) DO UPDATE
    SET energy     = d.energy + excluded.energy,
        estimated  = d.estimated + excluded.estimated,
        peak_at    = CASE WHEN d.peak_power >= excluded.peak_power OR excluded.peak_power IS NULL
                          THEN d.peak_at ELSE excluded.peak_at END,
        peak_power = COALESCE(max(d.peak_power, excluded.peak_power), d.peak_power,
                              excluded.peak_power),
        first_at   = COALESCE(min(d.first_at, excluded.first_at), d.first_at, excluded.first_at),
        last_at    = COALESCE(max(d.last_at, excluded.last_at), d.last_at, excluded.last_at),
        polls      = d.polls + excluded.polls";

const ADD_PORT_HOURS: &str = "
    INSERT INTO port_hourly AS h
        (inverter_id, port_number, hour, energy, estimated, peak_power, peak_at, samples)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (inverter_id, port_number, hour) DO UPDATE
    SET energy     = h.energy + excluded.energy,
        estimated  = h.estimated + excluded.estimated,
        peak_at    = CASE WHEN h.peak_power >= excluded.peak_power OR excluded.peak_power IS NULL
                          THEN h.peak_at ELSE excluded.peak_at END,
        peak_power = COALESCE(max(h.peak_power, excluded.peak_power), h.peak_power,
                              excluded.peak_power),
        samples    = h.samples + excluded.samples";

const ADD_DTU_HOURS: &str = "
    INSERT INTO plant_hourly AS h (dtu_name, hour, energy, estimated, peak_power, peak_at, polls)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (site_id, dtu_name, hour) DO UPDATE
    SET energy     = h.energy + excluded.energy,
        estimated  = h.estimated + excluded.estimated,
        peak_at    = CASE WHEN h.peak_power >= excluded.peak_power OR excluded.peak_power IS NULL
                          THEN h.peak_at ELSE excluded.peak_at END,
        peak_power = COALESCE(max(h.peak_power, excluded.peak_power), h.peak_power,
                              excluded.peak_power),
        polls      = h.polls + excluded.polls";

/// See [`sealed`](crate::sealed).
pub(super) const CHANGE_THE_PAST: &str = "
    INSERT INTO past_changes AS p (site_id, changes)
    VALUES (1, 1)
    ON CONFLICT (site_id) DO UPDATE
    SET changes = p.changes + 1";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The books as they are before the batch.
pub(super) async fn open<'a>(
    connection: &mut SqliteConnection,
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
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    ids: &Ids,
    mut ledger: Ledger<'_>,
) -> Result<()> {
    if batch.snapshots.is_empty() {
        return Ok(());
    }
    for snapshot in &batch.snapshots {
        ledger.enter(snapshot, batch.horizon);
    }
    replace_latest(connection, batch, ids, &ledger).await?;
    add_port_days(connection, ledger.port_days(), ids).await?;
    add_port_hours(connection, ledger.port_hours(), ids).await?;
    let dtu_days = ledger.dtu_days.iter().map(|((name, day), entry)| {
        let (peak, peak_at) = peak(entry);
        (
            name,
            day,
            entry.energy_wh,
            entry.estimated_wh,
            peak,
            peak_at,
            entry.first_at.map(micros),
            entry.last_at.map(micros),
            entry.samples,
        )
    });
    insert(connection, ADD_DTU_DAYS, dtu_days).await?;
    let dtu_hours = ledger.dtu_hours.iter().map(|((name, hour), entry)| {
        let (peak, peak_at) = peak(entry);
        let hour = micros(*hour);
        (name, hour, entry.energy_wh, entry.estimated_wh, peak, peak_at, entry.samples)
    });
    insert(connection, ADD_DTU_HOURS, dtu_hours).await?;
    if ledger.changes_the_past() {
        sqlx::query(CHANGE_THE_PAST).execute(connection).await?;
    }
    Ok(())
}

/// Adds to rows of `port_daily`, or makes them.
pub(super) async fn add_port_days(
    connection: &mut SqliteConnection,
    days: impl Iterator<Item = (PortKey, Date, &Tally)>,
    ids: &Ids,
) -> Result<()> {
    let days: Vec<_> = days
        .map(|((serial, port), day, entry)| {
            let (peak, peak_at) = peak(entry);
            (
                ids[&serial],
                port,
                day,
                entry.energy_wh,
                entry.estimated_wh,
                peak,
                peak_at,
                entry.first_at.map(micros),
                entry.last_at.map(micros),
                entry.samples,
                entry.corrections,
            )
        })
        .collect();
    insert(connection, ADD_PORT_DAYS, days.into_iter()).await?;
    Ok(())
}

/// Adds to rows of `port_hourly`, or makes them.
pub(super) async fn add_port_hours(
    connection: &mut SqliteConnection,
    hours: impl Iterator<Item = (PortKey, Timestamp, &Tally)>,
    ids: &Ids,
) -> Result<()> {
    let hours: Vec<_> = hours
        .map(|((serial, port), hour, entry)| {
            let (peak, peak_at) = peak(entry);
            (
                ids[&serial],
                port,
                micros(hour),
                entry.energy_wh,
                entry.estimated_wh,
                peak,
                peak_at,
                entry.samples,
            )
        })
        .collect();
    insert(connection, ADD_PORT_HOURS, hours.into_iter()).await?;
    Ok(())
}

fn peak(entry: &Tally) -> (Option<f32>, Option<i64>) {
    entry.peak.map(|(power, at)| (power, micros(at))).unzip()
}

async fn port_states(
    connection: &mut SqliteConnection,
    ids: &Ids,
) -> Result<BTreeMap<(Serial, u8), PortBook>> {
    let ids = json(ids.values())?;
    let found = sqlx::query(PORT_STATES).bind(ids).fetch_all(connection).await?;
    found
        .iter()
        .map(|row| {
            let latest = Some(timestamp(row.try_get("timestamp")?)?);
            let account = rows::account(row)?.unwrap_or_default();
            Ok((
                (rows::serial(row)?, rows::port_number(row)?),
                PortBook { latest, account, ..PortBook::default() },
            ))
        })
        .collect()
}

async fn last_polls(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
) -> Result<BTreeMap<String, Timestamp>> {
    let names = json(batch.dtu_names().iter())?;
    let found = sqlx::query(LAST_POLLS).bind(names).fetch_all(connection).await?;
    let mut polls = BTreeMap::new();
    for row in &found {
        if let Some(at) = row.try_get::<Option<i64>, _>("last_at")? {
            polls.insert(row.try_get("dtu_name")?, timestamp(at)?);
        }
    }
    Ok(polls)
}

async fn replace_latest(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    ids: &Ids,
    ledger: &Ledger<'_>,
) -> Result<()> {
    let ports = batch.latest_ports.iter().map(|row: &PortRow<'_>| {
        let reading = row.reading;
        let account = ledger.account(reading);
        let open = Some(&account).filter(|account| account.is_open());
        (
            ids[&reading.serial],
            reading.port,
            micros(row.at),
            reading.pv_voltage_v,
            reading.pv_current_a,
            reading.pv_power_w,
            open.map(Account::energy_wh_of_its_day),
            open.map(|account| account.lifetime_wh),
            account.day(),
            serde_json::json!(account).to_string(),
        )
    });
    sqlx::query(REPLACE_LATEST)
        .bind(json(ports)?)
        .bind(micros(batch.now))
        .bind(micros(batch.horizon))
        .execute(connection)
        .await?;
    Ok(())
}
