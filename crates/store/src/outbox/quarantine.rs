//! Where records stay that the store refuses or that cannot be read, until somebody has looked.
//!
//! A record leaves the queue and enters the quarantine in one transaction, so that it is in exactly
//! one of them whenever the power fails.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::{Entry, Outbox, OutboxError, Sql, begin, commit, file, take_out};
use crate::Record;
use crate::checksum::crc32;

/// A record, or a part of one, that the store refuses.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// What was refused, and nothing that was not.
    pub record: Record,
    /// The store's own words.
    pub reason: String,
}

/// An entry of the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its number, from 1, never used again.
    pub number: i64,
    /// The number it had while it was waiting.
    pub seq: i64,
    /// When it was put here.
    pub at: Timestamp,
    /// How many readings it holds; 0 when nobody knows.
    pub readings: u64,
    /// Why it is here.
    pub reason: String,
    /// The record as it was in the queue, made legible where it is no text any more.
    pub text: String,
}

/// What went back into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Records.
    pub records: u64,
    /// The readings in them.
    pub readings: u64,
}

const ENTER: &str = "
    INSERT INTO quarantine (seq, taken_at, at, readings, reason, record, checksum)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ENTER_AS_IT_IS: &str = "
    INSERT INTO quarantine (seq, taken_at, at, readings, reason, record, checksum)
    SELECT seq, taken_at, ?2, COALESCE(readings, 0), ?3, record, checksum
    FROM waiting
    WHERE seq = ?1";

/// The quarantine is small or somebody has to hear of it: counting it costs nothing that matters.
pub(super) const COUNT: &str = "
    UPDATE tally
    SET quarantined = there.records, quarantined_readings = there.readings
    FROM (SELECT count(*) AS records, COALESCE(sum(readings), 0) AS readings
          FROM quarantine) AS there";

impl Outbox {
    /// Moves what the store refused of record `seq` into quarantine, and the record out of the
    /// queue.
    ///
    /// # Errors
    /// As for any write; nothing has changed then.
    pub async fn quarantine(
        &self,
        seq: i64,
        rejected: &[Rejected],
        at: Timestamp,
    ) -> Result<(), OutboxError> {
        let mut entries = Vec::with_capacity(rejected.len());
        for Rejected { record, reason } in rejected {
            entries.push((Entry::legible(record)?, reason.as_str()));
        }
        let mut link = self.link.lock().await;
        let connection = self.connection(&mut link).await?;
        match enter(connection, seq, &entries, at).await {
            Ok(()) => Ok(()),
            // As for a removal: a new file has other numbers, and the record comes round again.
            Err(error) => self.recover(&mut link, error, &mut false).await,
        }
    }

    /// Moves record `seq`, which cannot be read, from the queue into quarantine as it is.
    ///
    /// # Errors
    /// As for any write; nothing has changed then.
    pub async fn quarantine_unreadable(
        &self,
        seq: i64,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), OutboxError> {
        let mut link = self.link.lock().await;
        let connection = self.connection(&mut link).await?;
        match enter_as_it_is(connection, seq, reason, at).await {
            Ok(()) => Ok(()),
            Err(error) => self.recover(&mut link, error, &mut false).await,
        }
    }

    /// The entries of the quarantine after this number, at most `limit`.
    ///
    /// # Errors
    /// As for any read.
    pub async fn quarantined(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Quarantined>, OutboxError> {
        let mut link = self.link.lock().await;
        let mut mended = false;
        loop {
            let connection = self.connection(&mut link).await?;
            match entries(connection, after, limit).await {
                Ok(entries) => return Ok(entries),
                Err(error) => self.recover(&mut link, error, &mut mended).await?,
            }
        }
    }

    /// Puts everything in quarantine back into the queue, behind what waits there.
    ///
    /// # Errors
    /// As for any write; nothing has changed then.
    pub async fn replay(&self) -> Result<Replayed, OutboxError> {
        let mut link = self.link.lock().await;
        let mut mended = false;
        loop {
            let connection = self.connection(&mut link).await?;
            match put_back(connection).await {
                Ok(replayed) => return Ok(replayed),
                Err(error) => self.recover(&mut link, error, &mut mended).await?,
            }
        }
    }
}

async fn enter(
    connection: &mut SqliteConnection,
    seq: i64,
    entries: &[(Entry, &str)],
    at: Timestamp,
) -> Sql<()> {
    begin(connection).await?;
    for (entry, reason) in entries {
        sqlx::query(ENTER)
            .bind(seq)
            .bind(entry.taken_at)
            .bind(file::micros(at))
            .bind(entry.readings)
            .bind(reason)
            .bind(&entry.text)
            .bind(crc32(entry.text.as_bytes()))
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(COUNT).execute(&mut *connection).await?;
    take_out(connection, &[seq]).await?;
    commit(connection).await
}

async fn enter_as_it_is(
    connection: &mut SqliteConnection,
    seq: i64,
    reason: &str,
    at: Timestamp,
) -> Sql<()> {
    begin(connection).await?;
    sqlx::query(ENTER_AS_IT_IS)
        .bind(seq)
        .bind(file::micros(at))
        .bind(reason)
        .execute(&mut *connection)
        .await?;
    sqlx::query(COUNT).execute(&mut *connection).await?;
    take_out(connection, &[seq]).await?;
    commit(connection).await
}

async fn entries(
    connection: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Sql<Vec<Quarantined>> {
    sqlx::query(
        "SELECT number, seq, at, readings, reason, CAST(record AS BLOB) AS record
         FROM quarantine
         WHERE number > ?1
         ORDER BY number
         LIMIT ?2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Quarantined {
            number: row.try_get("number")?,
            seq: row.try_get("seq")?,
            at: file::timestamp(row.try_get("at")?)?,
            readings: row.try_get::<i64, _>("readings")?.unsigned_abs(),
            reason: row.try_get("reason")?,
            text: String::from_utf8_lossy(row.try_get("record")?).into_owned(),
        })
    })
    .collect()
}

async fn put_back(connection: &mut SqliteConnection) -> Sql<Replayed> {
    begin(connection).await?;
    let (records, readings): (i64, i64) =
        sqlx::query_as("SELECT count(*), COALESCE(sum(readings), 0) FROM quarantine")
            .fetch_one(&mut *connection)
            .await?;
    sqlx::query(
        "INSERT INTO waiting (taken_at, record, readings, checksum)
         SELECT taken_at, record, readings, checksum FROM quarantine ORDER BY number",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM quarantine").execute(&mut *connection).await?;
    sqlx::query(
        "UPDATE tally SET appended = appended + ?1, appended_readings = appended_readings + ?2",
    )
    .bind(records)
    .bind(readings)
    .execute(&mut *connection)
    .await?;
    sqlx::query(COUNT).execute(&mut *connection).await?;
    commit(connection).await?;
    Ok(Replayed { records: records.unsigned_abs(), readings: readings.unsigned_abs() })
}
