//! Readings of one inverter, newest first.
//!
//! A poll writes the readings of all inverters side by side, so those of one inverter lie on as
//! many pages as there were polls: 1,440 for a day of a poll per minute. Where a database is larger
//! than memory, that many reads one after the other take as long as a person notices. A few
//! readings are therefore found by steps through the key, which stop at the last one wanted; many
//! are read range by range, each by a bitmap scan, for which PostgreSQL asks the disk for many
//! pages ahead. Why rows are not moved together instead: `docs/adr/0015-read-ahead-not-repack.md`.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as Stored, ToSqlx};
use plant::InverterReading;
use plant::live::Timed;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use super::{BEGIN_RANGE, BEGIN_READ, begin, unnamed};
use crate::HistoryQuery;
use crate::rows;

/// Up to so many readings are stepped to. A page read ahead costs a fifth of one that is waited for,
/// so reading a whole day for less would not pay.
const STEPS: u32 = 500;
/// The first range is the longest local day, each further one twice as long as the one before:
/// dense readings are hardly read beyond the limit, and sparse ones are found in few statements.
const FIRST_RANGE: SignedDuration = SignedDuration::from_hours(25);

/// Bounded below in any case, so that a table split by time is not searched back to its beginning.
const STEP: &str = "
    SELECT *
    FROM inverter_data
    WHERE inverter_id = (SELECT inverter_id FROM inverters WHERE serial_number = $1)
      AND timestamp >= COALESCE($2, (SELECT first_seen FROM inverters WHERE serial_number = $1))
      AND timestamp < COALESCE($3, 'infinity')
    ORDER BY timestamp DESC
    LIMIT $4";

const SEEN: &str = "
    SELECT inverter_id, first_seen, last_seen
    FROM inverters
    WHERE serial_number = $1";

const RANGE: &str = "
    SELECT *
    FROM inverter_data
    WHERE inverter_id = $1
      AND timestamp >= $2
      AND timestamp < COALESCE($3, 'infinity')
    ORDER BY timestamp DESC
    LIMIT $4";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// See [`Store::history`](crate::Store::history).
pub(super) async fn history(
    pool: &PgPool,
    query: &HistoryQuery,
) -> Result<Vec<Timed<InverterReading>>> {
    let found =
        if query.limit <= STEPS { steps(pool, query).await? } else { ranges(pool, query).await? };
    found
        .iter()
        .map(|row| {
            let at: Stored = row.try_get("timestamp")?;
            Ok(Timed { at: at.to_jiff(), value: rows::inverter_reading(row, query.serial)? })
        })
        .collect()
}

async fn steps(pool: &PgPool, query: &HistoryQuery) -> Result<Vec<PgRow>> {
    let mut transaction = begin(pool, BEGIN_READ).await?;
    let found = unnamed(STEP)
        .bind(query.serial.to_string())
        .bind(query.from.map(ToSqlx::to_sqlx))
        .bind(query.to.map(ToSqlx::to_sqlx))
        .bind(i64::from(query.limit))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(found)
}

async fn ranges(pool: &PgPool, query: &HistoryQuery) -> Result<Vec<PgRow>> {
    let mut found = Vec::new();
    let mut transaction = begin(pool, BEGIN_RANGE).await?;
    let seen =
        unnamed(SEEN).bind(query.serial.to_string()).fetch_optional(&mut *transaction).await?;
    if let Some(seen) = seen {
        let id: i32 = seen.try_get("inverter_id")?;
        let [first, last] = ["first_seen", "last_seen"].map(|name| seen.try_get::<Stored, _>(name));
        let (first, last) = (first?.to_jiff(), last?.to_jiff());
        let mut range = Range::newest(query, first, last);
        while range.is_wanted() && found.len() < query.limit as usize {
            let wanted = query.limit as usize - found.len();
            let rows = unnamed(RANGE)
                .bind(id)
                .bind(range.start.to_sqlx())
                .bind(range.end.map(ToSqlx::to_sqlx))
                .bind(i64::try_from(wanted).expect("a limit has 32 bits"))
                .fetch_all(&mut *transaction)
                .await?;
            found.extend(rows);
            range = range.before();
        }
    }
    transaction.commit().await?;
    Ok(found)
}

/// A part of the time that is asked for.
#[derive(Debug, PartialEq)]
struct Range {
    /// Nothing before is wanted, or nothing is there.
    floor: Timestamp,
    start: Timestamp,
    /// None: whatever is stored, also what is stamped in the future.
    end: Option<Timestamp>,
    length: SignedDuration,
}

impl Range {
    /// The newest part, for an inverter that was seen from one instant to another.
    fn newest(query: &HistoryQuery, first: Timestamp, last: Timestamp) -> Self {
        let floor = query.from.map_or(first, |from| from.max(first));
        let newest = query.to.map_or(last, |to| to.min(last));
        Self { floor, start: back(newest, FIRST_RANGE, floor), end: query.to, length: FIRST_RANGE }
    }

    /// The next older part.
    fn before(self) -> Self {
        let length = self.length.saturating_mul(2);
        let start = back(self.start, length, self.floor);
        Self { floor: self.floor, start, end: Some(self.start), length }
    }

    fn is_wanted(&self) -> bool {
        self.end.is_none_or(|end| self.floor < end)
    }
}

fn back(from: Timestamp, length: SignedDuration, floor: Timestamp) -> Timestamp {
    from.checked_sub(length).map_or(floor, |start| start.max(floor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * HOUR).unwrap()
    }

    /// Start and end of every range, in hours.
    fn ranges(from: Option<i64>, to: Option<i64>) -> Vec<(i64, Option<i64>)> {
        let query = HistoryQuery {
            serial: "116100000001".parse().unwrap(),
            from: from.map(at),
            to: to.map(at),
            limit: 10_000,
        };
        let hours = |at: Timestamp| at.as_second() / HOUR;
        let newest = Range::newest(&query, at(1000), at(1200));
        let all = std::iter::successors(newest.is_wanted().then_some(newest), |range| {
            let before = Range { ..*range }.before();
            before.is_wanted().then_some(before)
        });
        all.map(|range| (hours(range.start), range.end.map(hours))).collect()
    }

    #[test]
    fn ranges_double_and_meet_and_reach_the_first_reading() {
        assert_eq!(
            ranges(None, None),
            [(1175, None), (1125, Some(1175)), (1025, Some(1125)), (1000, Some(1025))]
        );
    }

    #[test]
    fn one_day_is_one_range() {
        assert_eq!(ranges(Some(1100), Some(1124)), [(1100, Some(1124))]);
    }

    #[test]
    fn what_is_asked_beyond_the_last_reading_costs_nothing() {
        assert_eq!(ranges(Some(1180), Some(1_000_000)), [(1180, Some(1_000_000))]);
        assert_eq!(ranges(Some(1180), Some(1180)), []);
        assert_eq!(ranges(None, Some(10)), []);
    }
}
