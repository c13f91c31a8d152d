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
//! * Nothing is dropped silently. When the disk is full up to its floor, `append` says so and the
//!   outbox stays as it was. It goes on by itself when there is room again.
//! * What the store refuses for its content leaves the queue for the [quarantine](Quarantined),
//!   with the reason, in one transaction. From there it can be put back.
//! * A file that is damaged, found at opening or at work, is set aside under a name with its date.
//!   A new one takes its place with every record that can still be read, and an [`Incident`] tells
//!   how much that was and how much was not.
//!
//! # File
//!
//! A SQLite file with write-ahead log and `synchronous = FULL`, used through one connection:
//!
//! ```sql
//! waiting(seq INTEGER PRIMARY KEY AUTOINCREMENT, taken_at INTEGER, record TEXT, readings INTEGER,
//!         checksum INTEGER)
//! quarantine(number INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER, taken_at INTEGER, at INTEGER,
//!            readings INTEGER, reason TEXT, record TEXT, checksum INTEGER)
//! tally(layout, appended, appended_readings, removed, removed_readings,
//!       quarantined, quarantined_readings)              -- one row
//! ```
//!
//! `record` is the JSON of a [`Record`], briefly in the queue (`text`), and `checksum` its CRC-32: SQLite itself does not notice a
//! bit that flips inside a text. Times are in microseconds since 1970, UTC. The counts are asked for
//! at every scrape and must not cost a scan of a long backlog; they also tell how much is missing
//! from a damaged file. `seq` is never used twice, not even after a damaged file was replaced: what is
//! on its way while that happens is taken out of the new file by its number.
//!
//! `user_version` is the version of this layout; a file of layout 1 is brought up to date in place.
//! Space is given back to the file system when a long backlog has drained
//! (`auto_vacuum = INCREMENTAL`); the few pages of everyday use stay.
//!
//! Transactions are spelled out here instead of left to sqlx: when a disk is full SQLite may end a
//! transaction by itself, and sqlx would then refuse to begin another on the same connection.

mod bring_in;
mod error;
mod layout;
mod pages;
mod quarantine;
mod salvage;
mod text;
mod wal;

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::sqlite::SqliteAutoVacuum;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use self::error::outbox_error;
use self::layout::Trouble;
use crate::checksum::crc32;
use crate::sqlite::{file, is_corrupt};
use crate::{DiskFloor, Record};

pub use self::error::OutboxError;
pub use self::quarantine::{Quarantined, Rejected, Replayed};
pub use self::salvage::Incident;

/// Free pages (of 4 KiB) that are kept for the next records. More are given back once nearly all of
/// the file is free: a page that is still used at its end has to be moved for each that is given back
/// before, which made as much work as removing a backlog.
const FREE_PAGES_KEPT: i64 = 1024;

/// No more records are read at once when their texts are longer than this together. A plant with many
/// inverters has long ones.
const ENOUGH_BYTES: usize = 4 << 20;

const STATUS: &str = "
    SELECT appended - removed                                                   AS depth,
           (SELECT page_count FROM pragma_page_count)                           AS pages,
           (SELECT freelist_count FROM pragma_freelist_count)                   AS free_pages,
           (SELECT page_size FROM pragma_page_size)                             AS page_size,
           (SELECT taken_at FROM waiting ORDER BY seq LIMIT 1)                  AS oldest,
           quarantined, quarantined_readings
    FROM tally";

/// The durable queue. See the [module](self) for its design.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    floor: DiskFloor,
    /// Whether this is only a visitor in the file of a bridge that may be running: it neither makes
    /// nor mends a file.
    visiting: bool,
    link: Mutex<Link>,
    /// A std lock, because it is held for a push or a take only.
    incidents: std::sync::Mutex<Vec<Incident>>,
}

/// The one connection.
#[derive(Debug)]
enum Link {
    /// To be opened by the next call.
    Away,
    Open(SqliteConnection),
    /// For good.
    Closed,
}

/// How much is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxStatus {
    /// Records, exact.
    pub depth: u64,
    /// What they take up in the file, bytes, in whole pages. Zero when nothing waits.
    pub bytes: u64,
    /// When the first of them was taken; none when nothing waits.
    pub oldest: Option<Timestamp>,
    /// Records in quarantine.
    pub quarantined: u64,
    /// The readings in them.
    pub quarantined_readings: u64,
}

/// A record as the table has it.
struct Entry {
    taken_at: Option<i64>,
    readings: i64,
    text: String,
}

impl Entry {
    /// For the queue.
    fn of(record: &Record) -> Result<Self, OutboxError> {
        Self::with_text(record, text::of(record))
    }

    /// For people to look at: with the names of all fields.
    fn legible(record: &Record) -> Result<Self, OutboxError> {
        Self::with_text(record, serde_json::to_string(record))
    }

    fn with_text(record: &Record, text: serde_json::Result<String>) -> Result<Self, OutboxError> {
        let text = text.map_err(|error| OutboxError::Other(error.to_string()))?;
        let readings = record.readings().cast_signed();
        Ok(Self { taken_at: record.taken_at().map(file::micros), readings, text })
    }
}

impl Outbox {
    /// An outbox that opens its file at the first call, creating file and directory if they are not
    /// there, and again after any trouble.
    pub fn lazy(path: impl AsRef<Path>, floor: DiskFloor) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            floor,
            visiting: false,
            link: Mutex::new(Link::Away),
            incidents: std::sync::Mutex::default(),
        }
    }

    /// The outbox of a bridge that may be running, to look at and to change in single steps.
    pub fn visit(path: impl AsRef<Path>) -> Self {
        Self { visiting: true, ..Self::lazy(path, DiskFloor::none()) }
    }

    /// Opens the outbox in this file, without a floor under the free space.
    ///
    /// # Errors
    /// As [`Self::ready`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OutboxError> {
        let outbox = Self::lazy(path, DiskFloor::none());
        outbox.ready().await?;
        Ok(outbox)
    }

    /// Opens the file if it is not open yet.
    ///
    /// # Errors
    /// [`OutboxError::NoRoom`] if the file cannot be created, [`OutboxError::Foreign`] if it is
    /// something else than an outbox that this version knows.
    pub async fn ready(&self) -> Result<(), OutboxError> {
        self.connection(&mut *self.link.lock().await).await.map(|_| ())
    }

    /// Keeps the records, all of them or none. On the disk when it returns.
    ///
    /// # Errors
    /// [`OutboxError::NoRoom`] when the disk is full.
    pub async fn append(&self, records: &[Record]) -> Result<(), OutboxError> {
        if let Some(shortage) = self.floor.shortage() {
            return Err(OutboxError::NoRoom(shortage));
        }
        let rows: Vec<_> = records.iter().map(Entry::of).collect::<Result<_, _>>()?;
        let mut link = self.link.lock().await;
        let mut mended = false;
        loop {
            let connection = self.connection(&mut link).await?;
            match insert(connection, &rows).await {
                Ok(()) => return Ok(()),
                Err(error) => self.recover(&mut link, error, &mut mended).await?,
            }
        }
    }

    /// The oldest records with their numbers, at most `limit` and some megabytes of them, in the
    /// order in which they came.
    ///
    /// # Errors
    /// [`OutboxError::Unreadable`] if the very first record makes no sense. One further back only
    /// ends the list before it, so that what came earlier is delivered first.
    pub async fn oldest(&self, limit: u32) -> Result<Vec<(i64, Record)>, OutboxError> {
        self.after(i64::MIN, limit).await
    }

    /// The oldest records of those that came after the one with this number.
    ///
    /// # Errors
    /// As [`Self::oldest`].
    pub async fn after(&self, seq: i64, limit: u32) -> Result<Vec<(i64, Record)>, OutboxError> {
        let mut link = self.link.lock().await;
        let mut mended = false;
        let rows = loop {
            let connection = self.connection(&mut link).await?;
            match select(connection, seq, limit).await {
                Ok(rows) => break rows,
                Err(error) => self.recover(&mut link, error, &mut mended).await?,
            }
        };
        drop(link);
        // Not in this task: it may be busy with what was read before.
        spawn_blocking(move || decode(rows))
            .await
            .unwrap_or_else(|error| Err(OutboxError::Other(error.to_string())))
    }

    /// Takes out the records with these numbers. Numbers that are not there are ignored.
    ///
    /// # Errors
    /// As for any write; the records are then still there.
    pub async fn remove(&self, seqs: &[i64]) -> Result<(), OutboxError> {
        if seqs.is_empty() {
            return Ok(());
        }
        let mut link = self.link.lock().await;
        let connection = self.connection(&mut link).await?;
        match delete(connection, seqs).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // The numbers mean nothing in a new file. There the records are delivered again,
                // which changes nothing.
                self.recover(&mut link, error, &mut false).await
            }
        }
    }

    /// How much is waiting, in constant time.
    ///
    /// # Errors
    /// As for any read.
    pub async fn status(&self) -> Result<OutboxStatus, OutboxError> {
        let mut link = self.link.lock().await;
        let mut mended = false;
        loop {
            let connection = self.connection(&mut link).await?;
            match status(connection).await {
                Ok(status) => return Ok(status),
                Err(error) => self.recover(&mut link, error, &mut mended).await?,
            }
        }
    }

    /// What has befallen the file since this was last asked.
    pub fn incidents(&self) -> Vec<Incident> {
        self.incidents.lock().map(|mut found| std::mem::take(&mut *found)).unwrap_or_default()
    }

    /// Closes the file, after which other calls fail.
    pub async fn close(&self) {
        let mut link = self.link.lock().await;
        if let Link::Open(connection) = std::mem::replace(&mut *link, Link::Closed) {
            // What was committed is on the disk whether or not this succeeds.
            let _ = connection.close().await;
        }
    }

    /// The open connection.
    async fn connection<'l>(
        &self,
        link: &'l mut Link,
    ) -> Result<&'l mut SqliteConnection, OutboxError> {
        if let Link::Away = link {
            *link = Link::Open(self.open_or_mend().await?);
        }
        match link {
            Link::Open(connection) => Ok(connection),
            Link::Away | Link::Closed => Err(OutboxError::Busy("the outbox is closed".to_owned())),
        }
    }

    async fn open_or_mend(&self) -> Result<SqliteConnection, OutboxError> {
        let reason = match self.try_open().await {
            Ok(connection) => return Ok(connection),
            Err(Trouble::Damaged(reason)) => reason,
            Err(Trouble::Sqlite(error)) if is_corrupt(&error) => error.to_string(),
            Err(trouble) => return Err(self.trouble(trouble)),
        };
        if self.visiting {
            return Err(self.trouble(Trouble::Damaged(reason)));
        }
        self.mend(&reason).await?;
        self.try_open().await.map_err(|trouble| self.trouble(trouble))
    }

    async fn try_open(&self) -> Result<SqliteConnection, Trouble> {
        if !self.visiting {
            file::create_parent(&self.path).await.map_err(sqlx::Error::from)?;
            salvage::finish(&self.path).await.map_err(sqlx::Error::from)?;
            if let Some(damage) = salvage::inspect(&self.path).await.map_err(sqlx::Error::from)? {
                return Err(Trouble::Damaged(damage.to_owned()));
            }
        }
        let options = file::durable(&self.path)
            .create_if_missing(!self.visiting)
            .auto_vacuum(SqliteAutoVacuum::Incremental);
        let mut connection = file::open(|| options.connect()).await?;
        layout::prepare(&mut connection).await?;
        layout::check(&mut connection).await?;
        Ok(connection)
    }

    /// After an error: mends a damaged file, once, and lets the caller try again. Any other error
    /// goes to the caller.
    async fn recover(
        &self,
        link: &mut Link,
        error: sqlx::Error,
        mended: &mut bool,
    ) -> Result<(), OutboxError> {
        if let Link::Open(connection) = link {
            roll_back(connection).await;
        }
        if *mended || self.visiting || !is_corrupt(&error) {
            return Err(outbox_error(&error, &self.path));
        }
        *mended = true;
        if let Link::Open(connection) = std::mem::replace(link, Link::Away) {
            // Its last words are of no use: the file is about to be taken apart page by page.
            let _ = connection.close_hard().await;
        }
        self.mend(&error.to_string()).await
    }

    fn trouble(&self, trouble: Trouble) -> OutboxError {
        let file = self.path.display();
        match trouble {
            Trouble::Sqlite(error) => outbox_error(&error, &self.path),
            Trouble::Damaged(reason) => OutboxError::Damaged(format!("{file}: {reason}")),
            Trouble::Foreign(what) => {
                OutboxError::Foreign(format!("{file} {what}. Nothing was changed."))
            }
        }
    }
}

type Sql<T> = Result<T, sqlx::Error>;

/// Also ends what a cancelled call has left open.
async fn begin(connection: &mut SqliteConnection) -> Sql<()> {
    roll_back(connection).await;
    sqlx::query("BEGIN IMMEDIATE").execute(connection).await.map(|_| ())
}

async fn commit(connection: &mut SqliteConnection) -> Sql<()> {
    sqlx::query("COMMIT").execute(connection).await.map(|_| ())
}

async fn roll_back(connection: &mut SqliteConnection) {
    // It fails when there is nothing to roll back, which is what is wanted.
    let _ = sqlx::query("ROLLBACK").execute(connection).await;
}

async fn insert(connection: &mut SqliteConnection, rows: &[Entry]) -> Sql<()> {
    begin(connection).await?;
    for row in rows {
        sqlx::query(
            "INSERT INTO waiting (taken_at, record, readings, checksum) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(row.taken_at)
        .bind(&row.text)
        .bind(row.readings)
        .bind(crc32(row.text.as_bytes()))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "UPDATE tally SET appended = appended + ?1, appended_readings = appended_readings + ?2",
    )
    .bind(rows.len() as i64)
    .bind(rows.iter().map(|row| row.readings).sum::<i64>())
    .execute(&mut *connection)
    .await?;
    commit(connection).await
}

/// As bytes: a flipped bit may have made something of a text that is none.
type Waiting = (i64, Vec<u8>, Option<u32>);

async fn select(connection: &mut SqliteConnection, after: i64, limit: u32) -> Sql<Vec<Waiting>> {
    let mut found = sqlx::query_as(
        "SELECT seq, CAST(record AS BLOB), checksum
         FROM waiting
         WHERE seq > ?1
         ORDER BY seq
         LIMIT ?2",
    )
    .bind(after)
    .bind(limit)
    .fetch(connection);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.try_next().await? {
        let (_, text, _): &Waiting = &row;
        bytes += text.len();
        rows.push(row);
        if bytes >= ENOUGH_BYTES {
            break;
        }
    }
    Ok(rows)
}

/// The records up to the first that makes no sense.
fn decode(rows: Vec<Waiting>) -> Result<Vec<(i64, Record)>, OutboxError> {
    let mut records = Vec::with_capacity(rows.len());
    for (seq, text, checksum) in rows {
        match parse(&text, checksum) {
            Ok(record) => records.push((seq, record)),
            Err(_) if !records.is_empty() => break,
            Err(reason) => return Err(OutboxError::Unreadable { seq, reason }),
        }
    }
    Ok(records)
}

/// The record in a text, or what is wrong with it.
fn parse(text: &[u8], checksum: Option<u32>) -> Result<Record, String> {
    if checksum.is_some_and(|checksum| checksum != crc32(text)) {
        return Err("its checksum does not fit: the disk or the memory has changed it".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

async fn delete(connection: &mut SqliteConnection, seqs: &[i64]) -> Sql<()> {
    begin(connection).await?;
    take_out(connection, seqs).await?;
    let (free_pages, pages): (i64, i64) = sqlx::query_as(
        "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count",
    )
    .fetch_one(&mut *connection)
    .await?;
    if free_pages > FREE_PAGES_KEPT && free_pages > pages / 8 * 7 {
        sqlx::query("PRAGMA incremental_vacuum").execute(&mut *connection).await?;
    }
    commit(connection).await
}

/// Inside a transaction.
async fn take_out(connection: &mut SqliteConnection, seqs: &[i64]) -> Sql<()> {
    let seqs = serde_json::json!(seqs).to_string();
    sqlx::query(
        "UPDATE tally
         SET removed = removed + gone.records, removed_readings = removed_readings + gone.readings
         FROM (SELECT count(*) AS records, COALESCE(sum(readings), 0) AS readings
               FROM waiting
               WHERE seq IN (SELECT value FROM json_each(?1))) AS gone",
    )
    .bind(&seqs)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM waiting WHERE seq IN (SELECT value FROM json_each(?1))")
        .bind(&seqs)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn status(connection: &mut SqliteConnection) -> Sql<OutboxStatus> {
    let row = sqlx::query(STATUS).fetch_one(connection).await?;
    let number = |column: &str| row.try_get::<i64, _>(column);
    let depth = number("depth")?.unsigned_abs();
    let used_pages = number("pages")? - number("free_pages")?;
    let oldest: Option<i64> = row.try_get("oldest")?;
    Ok(OutboxStatus {
        depth,
        bytes: if depth == 0 { 0 } else { (used_pages * number("page_size")?).unsigned_abs() },
        oldest: oldest.map(file::timestamp).transpose()?,
        quarantined: number("quarantined")?.unsigned_abs(),
        quarantined_readings: number("quarantined_readings")?.unsigned_abs(),
    })
}
