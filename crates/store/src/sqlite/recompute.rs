//! See [`recompute`](crate::recompute).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;
use plant::energy::Calendar;
use plant::live::FUTURE_TOLERANCE;
use plant::{InverterReading, PortReading, Serial};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::books::{CHANGE_THE_PAST, add_port_days, add_port_hours};
use super::file::{micros, timestamp};
use super::slots;
use super::write::{BEGIN, Ids};
use crate::ledger::PortKey;
use crate::recompute::{PAGE, Recomputed, Walk, slot_steps, span};
use crate::rows;

const PORTS: &str = "
    SELECT i.serial_number, i.inverter_id, c.port_number
    FROM production_cache AS c
    JOIN inverters AS i USING (inverter_id)
    ORDER BY i.inverter_id, c.port_number";

const READINGS: &str = "
    SELECT p.timestamp, p.pv_power, p.today_production, p.total_production,
           d.operating_status, d.link_status
    FROM port_data AS p
    JOIN inverter_data AS d USING (inverter_id, timestamp)
    WHERE p.inverter_id = ?1
      AND p.port_number = ?2
      AND p.timestamp > ?3
      AND p.timestamp <= ?4
    ORDER BY p.timestamp
    LIMIT ?5";

const FORGET_DAYS: &str = "
    DELETE FROM port_daily
    WHERE inverter_id = ?1 AND port_number = ?2 AND day BETWEEN ?3 AND ?4";

const FORGET_HOURS: &str = "
    DELETE FROM port_hourly
    WHERE inverter_id = ?1 AND port_number = ?2 AND hour >= ?3 AND hour < ?4";

const REPLACE_ACCOUNT: &str = "
    UPDATE production_cache
    SET accounting = ?3, day = ?4, today_production = ?5, total_production = ?6
    WHERE inverter_id = ?1 AND port_number = ?2";

/// Hours that have lost all their energy, such as those of another time zone.
const EMPTY_DTU_HOURS: &str = "
    UPDATE plant_hourly
    SET energy = 0, estimated = 0
    WHERE site_id = 1 AND hour >= ?1 AND hour < ?2";

const SUM_UP_HOURS: &str = "
    INSERT INTO plant_hourly (dtu_name, hour, energy, estimated, polls)
    SELECT i.dtu_name, h.hour, sum(h.energy), sum(h.estimated), 0
    FROM port_hourly AS h
    JOIN inverters AS i USING (inverter_id)
    WHERE h.hour >= ?1 AND h.hour < ?2
      AND i.dtu_name IS NOT NULL
    GROUP BY i.dtu_name, h.hour
    ON CONFLICT (site_id, dtu_name, hour) DO UPDATE
    SET energy = excluded.energy, estimated = excluded.estimated";

/// Peaks and polls of a DTU come from whole snapshots and stay as they are.
const SUM_UP: &str = "
    INSERT INTO plant_daily (dtu_name, day, energy, estimated, polls)
    SELECT i.dtu_name, d.day, sum(d.energy), sum(d.estimated), 0
    FROM port_daily AS d
    JOIN inverters AS i USING (inverter_id)
    WHERE d.day BETWEEN ?1 AND ?2
      AND i.dtu_name IS NOT NULL
    GROUP BY i.dtu_name, d.day
    ON CONFLICT (site_id, dtu_name, day) DO UPDATE
    SET energy = excluded.energy, estimated = excluded.estimated";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Replaces the books of these days.
pub(super) async fn days(
    writer: &SqlitePool,
    calendar: &Calendar,
    asked: &RangeInclusive<Date>,
    now: Timestamp,
) -> Result<Recomputed> {
    let horizon = now.checked_add(FUTURE_TOLERANCE).unwrap_or(Timestamp::MAX);
    let hours = span(calendar, asked);
    let up_to_now = asked.contains(&calendar.day(now));
    let mut done = Recomputed::default();
    let (mut inverters, mut days_read) = (BTreeSet::new(), BTreeSet::new());
    for row in sqlx::query(PORTS).fetch_all(writer).await? {
        let key: PortKey = (rows::serial(&row)?, rows::port_number(&row)?);
        let id: i64 = row.try_get("inverter_id")?;
        let mut walk = Walk::new(calendar, horizon);
        let mut writing = writer.begin_with(BEGIN).await?;
        while walk.page(&page(&mut writing, id, key, walk.position(), horizon).await?) {}
        sqlx::query(FORGET_DAYS)
            .bind(id)
            .bind(i16::from(key.1))
            .bind(asked.start().to_string())
            .bind(asked.end().to_string())
            .execute(&mut *writing)
            .await?;
        sqlx::query(FORGET_HOURS)
            .bind(id)
            .bind(i16::from(key.1))
            .bind(micros(hours.start))
            .bind(micros(hours.end))
            .execute(&mut *writing)
            .await?;
        let days = walk.days(key, asked);
        inverters.insert(id);
        days_read.extend(days.iter().map(|(_, day, _)| *day));
        done.port_days += days.len() as u64;
        let ids = Ids::from([(key.0, id)]);
        add_port_days(&mut writing, days.into_iter(), &ids).await?;
        add_port_hours(&mut writing, walk.hours(key, asked).into_iter(), &ids).await?;
        if up_to_now {
            replace_account(&mut writing, id, key, &walk).await?;
        }
        writing.commit().await?;
        done.ports += 1;
        done.readings += walk.readings;
    }
    for step in slot_steps(calendar, asked, &days_read) {
        let mut writing = writer.begin_with(BEGIN).await?;
        slots::make_anew(&mut writing, &step, &inverters).await?;
        writing.commit().await?;
    }
    let mut writing = writer.begin_with(BEGIN).await?;
    sqlx::query(SUM_UP)
        .bind(asked.start().to_string())
        .bind(asked.end().to_string())
        .execute(&mut *writing)
        .await?;
    for statement in [EMPTY_DTU_HOURS, SUM_UP_HOURS] {
        sqlx::query(statement)
            .bind(micros(hours.start))
            .bind(micros(hours.end))
            .execute(&mut *writing)
            .await?;
    }
    sqlx::query(CHANGE_THE_PAST).execute(&mut *writing).await?;
    writing.commit().await?;
    Ok(done)
}

async fn page(
    connection: &mut SqliteConnection,
    id: i64,
    key: PortKey,
    after: Timestamp,
    horizon: Timestamp,
) -> Result<Vec<(Timestamp, InverterReading, PortReading)>> {
    sqlx::query(READINGS)
        .bind(id)
        .bind(i16::from(key.1))
        .bind(micros(after))
        .bind(micros(horizon))
        .bind(i64::from(PAGE))
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let at = timestamp(row.try_get("timestamp")?)?;
            Ok((at, rows::status(row, key.0)?, rows::counters(row, key)?))
        })
        .collect()
}

async fn replace_account(
    connection: &mut SqliteConnection,
    id: i64,
    (_, port): (Serial, u8),
    walk: &Walk<'_>,
) -> Result<()> {
    let account = &walk.book.account;
    let open = Some(account).filter(|account| account.is_open());
    let signed = |wh: u64| i64::try_from(wh).unwrap_or(i64::MAX);
    sqlx::query(REPLACE_ACCOUNT)
        .bind(id)
        .bind(i16::from(port))
        .bind(serde_json::json!(account).to_string())
        .bind(account.day().map(|day| day.to_string()))
        .bind(open.map(|account| signed(account.energy_wh_of_its_day())))
        .bind(open.map(|account| signed(account.lifetime_wh)))
        .execute(connection)
        .await?;
    Ok(())
}
