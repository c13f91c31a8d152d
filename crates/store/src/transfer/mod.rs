//! Everything that a store holds, from one place to another: into a backup and out of it, from
//! SQLite to PostgreSQL and back.
//!
//! ```text
//! SqliteStore, PostgresStore, Backup ──Source──► copy ──Target──► SqliteStore, PostgresStore, backup file
//! ```
//!
//! * A [`Source`] is one snapshot: what is written meanwhile is not in it. It is read in pages, so
//!   memory stays the same however much there is.
//! * A [`Target`] is filled page by page, each with the count of what is there so far in the same
//!   transaction. A copy that was interrupted goes on where it stopped. What is there already is
//!   read again at the source and compared: a source that has changed since is copied anew.
//! * While a store is being filled it says so, and a bridge that would use it is refused.
//! * At the end every table is read back from the target and has to hold the same number of rows
//!   with the same checksum as was read from the source. Only then the store is a store again.
//! * Which tables there are is not written down twice: [`Table`].

mod backup;
pub(crate) mod occupied;
mod row;
mod table;

use async_trait::async_trait;

pub use self::backup::{Backup, BackupWriter, Manifest};
pub(crate) use self::occupied::{OCCUPANTS, about};
pub(crate) use self::row::compact;
pub use self::row::{Row, Seal, Value};
pub use self::table::Table;
pub(crate) use self::table::{all as all_tables, list, tables_of};
use crate::{Interrupted, OutboxError, StoreError};

/// Rows that are read and written at a time. Two pages of the widest rows are a few dozen MB.
pub(crate) const PAGE: usize = 10_000;

/// What a bridge is told about a store that is being filled. While it is, the store has a table
/// `copy_progress` that says how far each table is.
pub(crate) const HALF_FILLED: &str = "it is being filled by 'restore' or 'move', which has not \
    come to its end. Run the same command again: it goes on where it stopped.";

/// Why a copy was not made, or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the stores.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// It should not be done. Nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// A file that is no backup, or not a whole one. Nothing was changed.
    #[error("{0}")]
    NoBackup(String),
    /// What was read back is not what was written.
    #[error("{0}")]
    Differs(String),
    /// A file or directory.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
}

impl From<Interrupted> for TransferError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Store(error) => Self::Store(error),
            Interrupted::Outbox(error) => Self::Outbox(error),
        }
    }
}

/// Where rows are read: one snapshot.
#[async_trait]
pub trait Source: Send {
    /// The tables, in the order of their names.
    fn tables(&self) -> &[Table];

    /// About how many rows there are in all.
    async fn about(&mut self) -> Result<u64, StoreError>;

    /// Begins to read a table, in an order that is the same each time.
    async fn open(&mut self, table: &Table) -> Result<(), StoreError>;

    /// The next rows of the table that was opened; none at its end.
    async fn page(&mut self) -> Result<Vec<Row>, StoreError>;
}

/// Where rows are written.
#[async_trait]
pub trait Target: Send {
    /// How much of a table is there, of an earlier run that was interrupted.
    async fn reached(&mut self, table: &Table) -> Result<Seal, StoreError>;

    /// Empties a table.
    async fn clear(&mut self, table: &Table) -> Result<(), StoreError>;

    /// Writes rows; with them the table holds `reached`. On the disk in one piece or not at all.
    async fn write(&mut self, table: &Table, rows: &[Row], reached: Seal)
    -> Result<(), StoreError>;

    /// Reads what was written.
    async fn read_back(&mut self) -> Result<Box<dyn Source>, StoreError>;

    /// Makes a store of it, after which a bridge may use it.
    async fn finish(&mut self) -> Result<(), StoreError>;
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking at what is to be copied.
    Checking,
    /// Copying.
    Copying,
    /// Reading back.
    Verifying,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// What is being done.
    pub phase: Phase,
    /// To which table.
    pub table: &'a str,
    /// Rows of all tables so far.
    pub rows: u64,
    /// About how many there will be.
    pub of: u64,
}

/// Told how far it is, after each page.
pub type Watcher<'w> = &'w mut (dyn FnMut(Progress<'_>) + Send);

/// The tables of a store and what they hold.
pub type Seals = Vec<(String, Seal)>;

/// Copies every table and reads it back. [`Target::finish`] is left to the caller.
///
/// # Errors
/// When source or target fail, in which case the next call goes on, or when what was read back
/// differs.
pub async fn copy(
    source: &mut dyn Source,
    target: &mut dyn Target,
    watcher: Watcher<'_>,
) -> Result<Seals, TransferError> {
    let of = source.about().await?;
    let mut seals = Seals::new();
    let mut rows = 0;
    for table in source.tables().to_vec() {
        let mut tell = |seal: Seal| {
            let rows = rows + seal.rows;
            watcher(Progress { phase: Phase::Copying, table: &table.name, rows, of });
        };
        let reached = target.reached(&table).await?;
        let seal = match copy_table(source, target, &table, reached, &mut tell).await? {
            Some(seal) => seal,
            // The source is not what it was.
            None => {
                target.clear(&table).await?;
                let anew = copy_table(source, target, &table, Seal::default(), &mut tell).await?;
                anew.ok_or_else(|| differs(&table.name))?
            }
        };
        rows += seal.rows;
        seals.push((table.name, seal));
    }
    verify(&mut *target.read_back().await?, &seals, Phase::Verifying, watcher).await?;
    Ok(seals)
}

/// None if what was reached earlier is not what the source begins with.
async fn copy_table(
    source: &mut dyn Source,
    target: &mut dyn Target,
    table: &Table,
    reached: Seal,
    tell: &mut (dyn FnMut(Seal) + Send),
) -> Result<Option<Seal>, TransferError> {
    source.open(table).await?;
    let mut seal = Seal::default();
    let mut page = source.page().await?;
    while !page.is_empty() {
        let there = usize::try_from(reached.rows.saturating_sub(seal.rows)).unwrap_or(usize::MAX);
        let (there, new) = page.split_at(there.min(page.len()));
        there.iter().for_each(|row| seal.add(row));
        if !new.is_empty() {
            if seal.rows == reached.rows && seal != reached {
                return Ok(None);
            }
            new.iter().for_each(|row| seal.add(row));
        }
        let (written, next) = if new.is_empty() {
            (Ok(()), source.page().await)
        } else {
            // The source reads while the target writes.
            tokio::join!(target.write(table, new, seal), source.page())
        };
        written?;
        page = next?;
        tell(seal);
    }
    // An interrupted copy may have had all, or more than there is by now.
    Ok((seal.rows > reached.rows || seal == reached).then_some(seal))
}

/// Reads everything and compares.
pub(crate) async fn verify(
    source: &mut dyn Source,
    expected: &[(String, Seal)],
    phase: Phase,
    watcher: Watcher<'_>,
) -> Result<(), TransferError> {
    let of = expected.iter().map(|(_, seal)| seal.rows).sum();
    let mut rows = 0;
    for (name, expected) in expected {
        let table = source.tables().iter().find(|table| table.name == *name).cloned();
        let table = table.ok_or_else(|| differs(name))?;
        source.open(&table).await?;
        let mut seal = Seal::default();
        loop {
            let page = source.page().await?;
            if page.is_empty() {
                break;
            }
            page.iter().for_each(|row| seal.add(row));
            watcher(Progress { phase, table: name, rows: rows + seal.rows, of });
        }
        rows += seal.rows;
        if seal != *expected {
            return Err(TransferError::Differs(format!(
                "the table {name} holds {seal}, and {expected} were expected"
            )));
        }
    }
    Ok(())
}

fn differs(table: &str) -> TransferError {
    TransferError::Differs(format!(
        "the table {table} changes while it is copied: stop every bridge that uses it"
    ))
}
