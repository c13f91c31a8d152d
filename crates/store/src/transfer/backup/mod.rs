//! A backup: one SQLite file with everything that a store holds.
//!
//! It has the tables of the embedded store with their views, whichever engine it was made from, so
//! that any program that reads SQLite reads it too, in 25 years as well. Beside them
//!
//! ```sql
//! backup(key TEXT, value TEXT)                           -- what it is: see Manifest
//! backup_tables(table_name TEXT, rows INTEGER, checksum TEXT)
//! outbox_waiting(number INTEGER, record TEXT)            -- what the store did not have yet, as JSON
//! outbox_quarantine(number INTEGER, seq INTEGER, at INTEGER, readings INTEGER, reason TEXT, record TEXT)
//! ```
//!
//! It is written under another name, read back, put on the disk and then renamed: a file under its
//! own name is whole. Its `application_id` tells it from a store. A checksum is that of
//! [`Seal`](super::Seal).

mod read;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

pub use self::read::Backup;
pub use self::write::BackupWriter;
use super::Seals;
use crate::StoreError;
use crate::sqlite::store_error;

/// "HoyB" in ASCII.
const APPLICATION_ID: i64 = 0x486f_7942;
/// Of the tables beside those of the store.
const FORMAT: &str = "1";
/// Records of the outbox at a time.
const RECORDS: u32 = 500;

/// What a backup is, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// When it was begun.
    pub made_at: Timestamp,
    /// The version of the program that made it.
    pub version: String,
    /// `postgres` or `sqlite`.
    pub engine: String,
    /// IANA name of the zone whose days the books have.
    pub time_zone: String,
    /// Readings that could not be kept until then, and when the last of them was lost.
    pub lost: (u64, Option<Timestamp>),
    /// What each table holds. Filled in when the backup is written.
    pub seals: Seals,
}

impl Manifest {
    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        let found = self.seals.iter().find(|(name, _)| name == table);
        found.map_or(0, |(_, seal)| seal.rows)
    }

    /// Rows of all tables.
    pub fn all_rows(&self) -> u64 {
        self.seals.iter().map(|(_, seal)| seal.rows).sum()
    }

    /// The backup in words that tell it from any other.
    pub fn origin(&self) -> String {
        format!("the backup of {}", self.made_at)
    }

    fn entries(&self) -> Vec<(&'static str, String)> {
        let (lost, last_lost) = self.lost;
        vec![
            ("format", FORMAT.to_owned()),
            ("made_at", self.made_at.to_string()),
            ("version", self.version.clone()),
            ("engine", self.engine.clone()),
            ("time_zone", self.time_zone.clone()),
            ("readings_lost", lost.to_string()),
            ("last_lost_at", last_lost.map(|at| at.to_string()).unwrap_or_default()),
        ]
    }

    fn parse(entries: &BTreeMap<String, String>, seals: Seals) -> Option<Self> {
        let text = |key: &str| entries.get(key).cloned();
        Some(Self {
            made_at: text("made_at")?.parse().ok()?,
            version: text("version")?,
            engine: text("engine")?,
            time_zone: text("time_zone")?,
            lost: (text("readings_lost")?.parse().ok()?, text("last_lost_at")?.parse().ok()),
            seals,
        })
    }
}

async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    options.connect().await.map_err(|error| store_error(&error, path))
}
