//! Events and the days of DTUs in PostgreSQL.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use plant::event::{Event, EventKind};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

use super::write::column;
use super::{BEGIN_READ, begin, unnamed};
use crate::rows;
use crate::{EventQuery, PlantDay};

/// An event that comes again, as it was when it began, stays ended.
const KEEP: &str = "
    INSERT INTO events AS e (kind, subject, started_at, ended_at, text)
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
    ON CONFLICT (site_id, kind, subject, started_at) DO UPDATE
    SET ended_at = COALESCE(EXCLUDED.ended_at, e.ended_at),
        text     = EXCLUDED.text
    WHERE (e.ended_at, e.text) IS DISTINCT FROM
          (COALESCE(EXCLUDED.ended_at, e.ended_at), EXCLUDED.text)";

/// What began in the range, what began before it and ended later, and what began before it and
/// lasts: each through an index of its own. One condition for all of them would read every event
/// before the range.
const OVERLAPPING: &str = "
    (SELECT kind, subject, started_at, ended_at, text
     FROM events
     WHERE site_id = 1
       AND ($3 = '{}' OR kind = ANY ($3))
       AND started_at >= COALESCE($1, '-infinity')
       AND started_at < COALESCE($2, 'infinity')
       AND (ended_at IS NULL OR ended_at >= COALESCE($1, '-infinity'))
     ORDER BY started_at DESC, kind, subject
     LIMIT $4)
    UNION ALL
    (SELECT kind, subject, started_at, ended_at, text
     FROM events
     WHERE site_id = 1
       AND ($3 = '{}' OR kind = ANY ($3))
       AND started_at < LEAST($1, $2)
       AND ended_at >= $1
     ORDER BY started_at DESC, kind, subject
     LIMIT $4)
    UNION ALL
    (SELECT kind, subject, started_at, ended_at, text
     FROM events
     WHERE site_id = 1
       AND ($3 = '{}' OR kind = ANY ($3))
       AND started_at < LEAST($1, $2)
       AND $1 IS NOT NULL
       AND ended_at IS NULL
     ORDER BY started_at DESC, kind, subject
     LIMIT $4)
    ORDER BY started_at DESC, kind, subject
    LIMIT $4";

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
      AND day >= $1
      AND day < $2
    ORDER BY dtu_name, day";

/// Events in one statement; a text is a sentence of at most some 200 bytes. See "Statement size" of
/// [`write`](super::write).
const EVENTS_PER_STATEMENT: usize = 50;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Keeps the events of a batch.
pub(super) async fn keep(connection: &mut PgConnection, events: &[Event]) -> Result<()> {
    for events in events.chunks(EVENTS_PER_STATEMENT) {
        unnamed(KEEP)
            .bind(column(events, |event| event.kind.word().to_owned()))
            .bind(column(events, |event| event.subject.clone()))
            .bind(column(events, |event| event.started_at.to_sqlx()))
            .bind(column(events, |event| event.ended_at.map(ToSqlx::to_sqlx)))
            .bind(column(events, |event| event.text.clone()))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// See [`Store::events`](crate::Store::events).
pub(super) async fn overlapping(pool: &PgPool, query: &EventQuery) -> Result<Vec<Event>> {
    let kinds: Vec<String> = query.kinds.iter().map(|kind| kind.word().to_owned()).collect();
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(OVERLAPPING)
        .bind(query.from.map(ToSqlx::to_sqlx))
        .bind(query.to.map(ToSqlx::to_sqlx))
        .bind(kinds)
        .bind(i64::from(query.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    known(&found)
}

/// See [`Store::open_events`](crate::Store::open_events).
pub(super) async fn open(pool: &PgPool) -> Result<Vec<Event>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(OPEN).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    known(&found)
}

/// See [`Store::plant_days`](crate::Store::plant_days).
pub(super) async fn plant_days(pool: &PgPool, from: Date, to: Date) -> Result<Vec<PlantDay>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(PLANT_DAYS)
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    found
        .iter()
        .map(|row| {
            let peak_power: Option<f32> = row.try_get("peak_power")?;
            let peak_at: Option<jiff_sqlx::Timestamp> = row.try_get("peak_at")?;
            Ok(PlantDay {
                peak: peak_power.zip(peak_at.map(jiff_sqlx::Timestamp::to_jiff)),
                dtu_name: row.try_get("dtu_name")?,
                day: row.try_get::<jiff_sqlx::Date, _>("day")?.to_jiff(),
                energy_wh: row.try_get::<i64, _>("energy")?.unsigned_abs(),
                polls: row.try_get::<i32, _>("polls")?.unsigned_abs(),
            })
        })
        .collect()
}

fn known(found: &[PgRow]) -> Result<Vec<Event>> {
    found.iter().filter_map(|row| Some(event(row, rows::event_kind(row).transpose()?))).collect()
}

fn event(row: &PgRow, kind: Result<EventKind>) -> Result<Event> {
    let ended_at: Option<jiff_sqlx::Timestamp> = row.try_get("ended_at")?;
    Ok(Event {
        kind: kind?,
        subject: row.try_get("subject")?,
        started_at: row.try_get::<jiff_sqlx::Timestamp, _>("started_at")?.to_jiff(),
        ended_at: ended_at.map(jiff_sqlx::Timestamp::to_jiff),
        text: row.try_get("text")?,
    })
}
