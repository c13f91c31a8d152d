//! Events and the days of DTUs in SQLite.

use jiff::civil::Date;
use plant::event::{Event, EventKind};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::file::{micros, timestamp};
use super::write::{insert, json};
use crate::rows;
use crate::{EventQuery, PlantDay};

/// An event that comes again, as it was when it began, stays ended.
const KEEP: &str = "
    INSERT INTO events AS e (kind, subject, started_at, ended_at, text)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (site_id, kind, subject, started_at) DO UPDATE
    SET ended_at = COALESCE(excluded.ended_at, e.ended_at),
        text     = excluded.text";

/// What began in the range, what began before it and ended later, and what began before it and
/// lasts: each through an index of its own. One condition for all of them would read every event
/// before the range. The plus keeps SQLite from taking the index that fits the order.
const OVERLAPPING: &str = "
    SELECT * FROM (
        SELECT kind, subject, started_at, ended_at, text
        FROM events
        WHERE site_id = 1
          AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))
          AND started_at >= ?1
          AND started_at < ?2
          AND (ended_at IS NULL OR ended_at >= ?1)
        ORDER BY started_at DESC, kind, subject
        LIMIT ?4
    )
    UNION ALL
    SELECT * FROM (
        SELECT kind, subject, started_at, ended_at, text
        FROM events
        WHERE site_id = 1
          AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))
          AND ?5
          AND +started_at < min(?1, ?2)
          AND ended_at >= ?1
        ORDER BY +started_at DESC, kind, subject
        LIMIT ?4
    )
    UNION ALL
    SELECT * FROM (
        SELECT kind, subject, started_at, ended_at, text
        FROM events
        WHERE site_id = 1
          AND (?3 = '[]' OR kind IN (SELECT value FROM json_each(?3)))
          AND ?5
          AND started_at < min(?1, ?2)
          AND ended_at IS NULL
        ORDER BY started_at DESC, kind, subject
        LIMIT ?4
    )
    ORDER BY started_at DESC, kind, subject
    LIMIT ?4";

const OPEN: &str = "
    SELECT kind, subject, started_at, ended_at, text
    FROM events
    WHERE site_id = 1
      AND ended_at IS NULL
    ORDER BY started_at, kind, subject";

const PLANT_DAYS: &str = "
    SELECT dtu_name, day, energy, peak_power, peak_at, polls
    FROM plant_daily
    WHERE site_id = 1
      AND day >= ?1
      AND day < ?2
    ORDER BY dtu_name, day";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Keeps the events of a batch.
pub(super) async fn keep(connection: &mut SqliteConnection, events: &[Event]) -> Result<()> {
    let columns = events.iter().map(|event| {
        (
            event.kind,
            &event.subject,
            micros(event.started_at),
            event.ended_at.map(micros),
            &event.text,
        )
    });
    insert(connection, KEEP, columns).await?;
    Ok(())
}

/// See [`Store::events`](crate::Store::events).
pub(super) async fn overlapping(readers: &SqlitePool, query: &EventQuery) -> Result<Vec<Event>> {
    let found = sqlx::query(OVERLAPPING)
        .bind(query.from.map_or(i64::MIN, micros))
        .bind(query.to.map_or(i64::MAX, micros))
        .bind(json(query.kinds.iter())?)
        .bind(i64::from(query.limit))
        .bind(query.from.is_some())
        .fetch_all(readers)
        .await?;
    known(&found)
}

/// See [`Store::open_events`](crate::Store::open_events).
pub(super) async fn open(readers: &SqlitePool) -> Result<Vec<Event>> {
    known(&sqlx::query(OPEN).fetch_all(readers).await?)
}

/// See [`Store::plant_days`](crate::Store::plant_days).
pub(super) async fn plant_days(
    readers: &SqlitePool,
    from: Date,
    to: Date,
) -> Result<Vec<PlantDay>> {
    sqlx::query(PLANT_DAYS)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(readers)
        .await?
        .iter()
        .map(|row| {
            let day: String = row.try_get("day")?;
            let peak_power: Option<f32> = row.try_get("peak_power")?;
            let peak_at: Option<i64> = row.try_get("peak_at")?;
            Ok(PlantDay {
                peak: peak_power.zip(peak_at.map(timestamp).transpose()?),
                dtu_name: row.try_get("dtu_name")?,
                day: day.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
                energy_wh: row.try_get::<i64, _>("energy")?.unsigned_abs(),
                polls: row.try_get::<i32, _>("polls")?.unsigned_abs(),
            })
        })
        .collect()
}

fn known(found: &[SqliteRow]) -> Result<Vec<Event>> {
    found.iter().filter_map(|row| Some(event(row, rows::event_kind(row).transpose()?))).collect()
}

fn event(row: &SqliteRow, kind: Result<EventKind>) -> Result<Event> {
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Event {
        kind: kind?,
        subject: row.try_get("subject")?,
        started_at: timestamp(row.try_get("started_at")?)?,
        ended_at: ended_at.map(timestamp).transpose()?,
        text: row.try_get("text")?,
    })
}
