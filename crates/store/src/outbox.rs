//! The durable queue between the poller and a store that may be away.
//!
//! # Promises
//!
//! * [`Outbox::append`] returns when the records are on the disk. They survive the process and the
//!   power. One append is one `fsync`, all of it or nothing.
//! * [`Outbox::oldest`] hands out records in the order in which they were appended, any number of
//!   times, until [`Outbox::remove`] takes them out. The forwarder removes what the store has
//!   committed, so a crash between the two delivers again. The store ignores what it has already:
//!   each reading exists exactly once.
//! * Nothing is dropped silently. When the disk is full, `append` says so and the outbox stays as
//!   it was.
//!
//! # File
//!
//! A SQLite file with write-ahead log and `synchronous = FULL`, used through one connection:
//!
//! ```sql
//! waiting(seq INTEGER PRIMARY KEY AUTOINCREMENT, taken_at INTEGER, record TEXT)
//! removed(records INTEGER)                         -- one row
//! ```
//!
//! `record` is the JSON of a [`Record`]; `taken_at` is in microseconds since 1970, UTC. The number
//! of waiting records is asked for at every scrape and must not cost a scan of a long backlog.
//! AUTOINCREMENT keeps count of every record ever appended, without a gap, so that count minus the
//! number ever removed is exact.
//!
//! `user_version` is the version of this layout. Space is given back to the file system after a
//! long backlog has drained (`auto_vacuum = INCREMENTAL`); the few pages of everyday use stay.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::{SqliteAutoVacuum, SqlitePoolOptions};
use sqlx::{Row, SqlitePool};

use crate::sqlite::{file, store_error};
use crate::{Record, StoreError};

/// `user_version` of the layout in the module doc.
const LAYOUT: i64 = 1;

/// Free pages (of 4 KiB) that are kept for the next records.
const FREE_PAGES_KEPT: i64 = 1024;

const CREATE: &str = "
    CREATE TABLE waiting (
        seq      INTEGER PRIMARY KEY AUTOINCREMENT,
        taken_at INTEGER,
        record   TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE removed (records INTEGER NOT NULL) STRICT;
    INSERT INTO removed VALUES (0);
    PRAGMA user_version = 1;";

const STATUS: &str = "
    SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'waiting'), 0)
               - (SELECT records FROM removed)                                  AS depth,
           (SELECT page_count FROM pragma_page_count)                           AS pages,
           (SELECT freelist_count FROM pragma_freelist_count)                   AS free_pages,
           (SELECT page_size FROM pragma_page_size)                             AS page_size,
           (SELECT taken_at FROM waiting ORDER BY seq LIMIT 1)                  AS oldest";

/// The durable queue. See the [module](self) for its design.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    pool: SqlitePool,
}

/// How much is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxStatus {
    /// Records, exact.
    pub depth: u64,
    /// What they take up in the file, bytes, in whole pages.
    pub bytes: u64,
    /// When the first of them was taken; none when nothing waits.
    pub oldest: Option<Timestamp>,
}

/// Why the outbox did not do what was asked. Texts are for people and name the file.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The disk is full or the file cannot be written. The outbox is as it was before the call.
    #[error("no room in the outbox: {0}")]
    NoRoom(String),
    /// Another process holds the file: the same call may succeed later.
    #[error("the outbox is busy: {0}")]
    Busy(String),
    /// The file is no outbox, is corrupt, or was made by a newer version.
    #[error("the outbox cannot be used: {0}")]
    Damaged(String),
    /// The oldest record makes no sense. It stays where it is until it is removed by its number.
    #[error("record {seq} of the outbox cannot be read: {reason}")]
    Unreadable {
        /// Its number, for [`Outbox::remove`].
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else: a defect of ours.
    #[error("the outbox answered with an error: {0}")]
    Other(String),
}

impl Outbox {
    /// Opens the outbox in this file, creating file and directory if they are not there.
    ///
    /// # Errors
    /// [`OutboxError::NoRoom`] if the file cannot be created, [`OutboxError::Damaged`] if it is
    /// something else than an outbox that this version knows.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OutboxError> {
        let path = path.as_ref();
        file::create_parent(path).await.map_err(|error| outbox_error(&error.into(), path))?;
        let options =
            file::durable(path).create_if_missing(true).auto_vacuum(SqliteAutoVacuum::Incremental);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            // The connection is opened now or not at all: a file that vanishes under a running
            // bridge must not be replaced by an empty one unnoticed.
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|error| outbox_error(&error, path))?;
        let outbox = Self { path: path.to_owned(), pool };
        outbox.prepare().await?;
        Ok(outbox)
    }

    async fn prepare(&self) -> Result<(), OutboxError> {
        let mut transaction =
            self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| self.error(&error))?;
        let (version, tables): (i64, i64) = sqlx::query_as(
            "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version",
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(|error| self.error(&error))?;
        let refuse = |what: &str| {
            Err(OutboxError::Damaged(format!(
                "{} {what}. Nothing was changed.",
                self.path.display()
            )))
        };
        match (version, tables) {
            (LAYOUT, _) => return Ok(()),
            (0, 0) => {}
            (0, _) => return refuse("is the database of another program"),
            _ => return refuse("was made by a newer version of the bridge"),
        }
        sqlx::raw_sql(CREATE)
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.error(&error))?;
        transaction.commit().await.map_err(|error| self.error(&error))
    }

    /// Keeps the records, all of them or none. On the disk when it returns.
    ///
    /// # Errors
    /// [`OutboxError::NoRoom`] when the disk is full.
    pub async fn append(&self, records: &[Record]) -> Result<(), OutboxError> {
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let text = serde_json::to_string(record)
                .map_err(|error| OutboxError::Other(error.to_string()))?;
            texts.push((record.taken_at().map(file::micros), text));
        }
        self.insert(texts).await.map_err(|error| self.error(&error))
    }

    async fn insert(&self, texts: Vec<(Option<i64>, String)>) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (taken_at, text) in texts {
            sqlx::query("INSERT INTO waiting (taken_at, record) VALUES (?1, ?2)")
                .bind(taken_at)
                .bind(text)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// The oldest records with their numbers, at most `limit`, in the order in which they came.
    ///
    /// # Errors
    /// [`OutboxError::Unreadable`] if the very first record makes no sense. One further back only
    /// ends the list before it, so that what came earlier is delivered first.
    pub async fn oldest(&self, limit: u32) -> Result<Vec<(i64, Record)>, OutboxError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, record FROM waiting ORDER BY seq LIMIT ?1")
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(|error| self.error(&error))?;
        let mut records = Vec::with_capacity(rows.len());
        for (seq, text) in rows {
            match serde_json::from_str(&text) {
                Ok(record) => records.push((seq, record)),
                Err(_) if !records.is_empty() => break,
                Err(error) => {
                    return Err(OutboxError::Unreadable { seq, reason: error.to_string() });
                }
            }
        }
        Ok(records)
    }

    /// Takes out the records with these numbers. Numbers that are not there are ignored.
    ///
    /// # Errors
    /// As for any write; the records are then still there.
    pub async fn remove(&self, seqs: &[i64]) -> Result<(), OutboxError> {
        if seqs.is_empty() {
            return Ok(());
        }
        self.delete(seqs).await.map_err(|error| self.error(&error))
    }

    async fn delete(&self, seqs: &[i64]) -> Result<(), sqlx::Error> {
        let seqs = serde_json::json!(seqs).to_string();
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let gone =
            sqlx::query("DELETE FROM waiting WHERE seq IN (SELECT value FROM json_each(?1))")
                .bind(seqs)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
        sqlx::query("UPDATE removed SET records = records + ?1")
            .bind(i64::try_from(gone).expect("seq is an i64, so there are no more rows than that"))
            .execute(&mut *transaction)
            .await?;
        let (free_pages,): (i64,) =
            sqlx::query_as("SELECT freelist_count FROM pragma_freelist_count")
                .fetch_one(&mut *transaction)
                .await?;
        if free_pages > FREE_PAGES_KEPT {
            sqlx::query("PRAGMA incremental_vacuum").execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// How much is waiting, in constant time.
    ///
    /// # Errors
    /// As for any read.
    pub async fn status(&self) -> Result<OutboxStatus, OutboxError> {
        self.read_status().await.map_err(|error| self.error(&error))
    }

    async fn read_status(&self) -> Result<OutboxStatus, sqlx::Error> {
        let row = sqlx::query(STATUS).fetch_one(&self.pool).await?;
        let number = |column: &str| row.try_get::<i64, _>(column);
        let depth = number("depth")?.unsigned_abs();
        let used_pages = number("pages")? - number("free_pages")?;
        let oldest: Option<i64> = row.try_get("oldest")?;
        Ok(OutboxStatus {
            depth,
            bytes: if depth == 0 { 0 } else { (used_pages * number("page_size")?).unsigned_abs() },
            oldest: oldest.map(file::timestamp).transpose()?,
        })
    }

    /// Closes the file, after which other calls fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn error(&self, error: &sqlx::Error) -> OutboxError {
        outbox_error(error, &self.path)
    }
}

/// The outbox is a SQLite file like the embedded store; only the names of its errors differ.
fn outbox_error(error: &sqlx::Error, path: &Path) -> OutboxError {
    match store_error(error, path) {
        StoreError::NoRoom(text) => OutboxError::NoRoom(text),
        StoreError::Unavailable(text) => OutboxError::Busy(text),
        StoreError::Schema(text) => OutboxError::Damaged(text),
        StoreError::Refused(text) | StoreError::Other(text) => OutboxError::Other(text),
    }
}
