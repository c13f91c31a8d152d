//! A damaged outbox: setting it aside, and saving what can still be read.
//!
//! The new file is built beside the damaged one and takes its name at the very end:
//!
//! 1. `outbox.sqlite.salvage` is filled in one transaction.
//! 2. `outbox.sqlite` and its log are renamed, with the date.
//! 3. `outbox.sqlite.salvage` becomes `outbox.sqlite`.
//!
//! A crash before 2 starts all over, one after 2 is finished by [`finish`]. The damaged file is
//! never changed and never deleted.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::SqliteAutoVacuum;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::pages::{Pages, Row, Value};
use super::{Entry, Outbox, OutboxError, Sql, Trouble, file, layout, parse, wal};
use crate::Record;
use crate::checksum::crc32;

/// A number above this one is a flipped bit.
const LAST_NUMBER: i64 = 1 << 53;

/// A damaged file was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// When.
    pub at: Timestamp,
    /// What was wrong with it.
    pub reason: String,
    /// Where it is now.
    pub set_aside: PathBuf,
    /// Records that are in the new file, some of them delivered before.
    pub saved: u64,
    /// Readings that had not been delivered and could not be saved; `None` when the file does not
    /// tell any more how many there were.
    pub lost_readings: Option<u64>,
}

impl std::fmt::Display for Incident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { reason, set_aside, saved, lost_readings, .. } = self;
        write!(
            f,
            "The outbox was damaged ({reason}) and is set aside as {}. {saved} records were \
             saved from it; ",
            set_aside.display()
        )?;
        match lost_readings {
            Some(0) => write!(f, "nothing is missing."),
            Some(lost) => write!(f, "{lost} readings could not be."),
            None => write!(f, "how many could not be is unknown."),
        }
    }
}

/// What a page-by-page look finds.
enum Found {
    Waiting { seq: i64, taken_at: Option<i64>, text: Vec<u8>, checksum: Option<u32> },
    Quarantined { row: Vec<Value>, seq: i64 },
    Tally([i64; 7]),
}

/// Looks for damage that SQLite would repair in silence by forgetting what it cannot read, or would
/// take for a lack of room.
pub(super) async fn inspect(path: &Path) -> io::Result<Option<&'static str>> {
    let path = path.to_owned();
    spawn_blocking(move || inspect_now(&path)).await.map_err(io::Error::other)?
}

fn inspect_now(path: &Path) -> io::Result<Option<&'static str>> {
    let mut log = match File::open(wal::path_of(path)) {
        Ok(log) => Some(log),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let in_log = log.as_ref().map_or(Ok(0), |log| log.metadata().map(|data| data.len()))?;
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((in_log > 0).then_some("the file is gone and its log is there"));
        }
        Err(error) => return Err(error),
    };
    if header.is_empty() {
        return Ok(Some("the file is empty"));
    }
    // The rest of the header changes, or a wrong value in it is something that SQLite notices.
    let is_ours = header.len() == 100
        && header.starts_with(b"SQLite format 3\0\x10\x00")
        && matches!(header[18..20], [1 | 2, 1 | 2])
        && header[20..24] == [0, 64, 32, 32];
    if !is_ours {
        return Ok(Some("its header is not that of an outbox"));
    }
    let damaged = log.as_mut().map_or(Ok(false), wal::is_damaged)?;
    Ok(damaged.then_some("its log is broken in the middle"))
}

/// Ends what a crash has interrupted.
pub(super) async fn finish(path: &Path) -> io::Result<()> {
    let (path, salvage) = (path.to_owned(), beside(path, ".salvage"));
    spawn_blocking(move || {
        if !salvage.exists() || path.exists() {
            return Ok(());
        }
        set_aside(&path, Timestamp::now())?;
        fs::rename(&salvage, &path)
    })
    .await
    .map_err(io::Error::other)?
}

impl Outbox {
    /// Replaces the file by a new one with all that can be read.
    pub(super) async fn mend(&self, reason: &str) -> Result<(), OutboxError> {
        let now = Timestamp::now();
        tracing::error!("the outbox {} is damaged: {reason}", self.path.display());
        let (saved, lost_readings) = self.salvage().await.map_err(|error| self.trouble(error))?;
        let path = self.path.clone();
        let set_aside = spawn_blocking(move || {
            let name = set_aside(&path, now)?;
            fs::rename(beside(&path, ".salvage"), &path)?;
            sync_directory(&path)?;
            Ok::<_, io::Error>(name)
        })
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(|error| self.trouble(Trouble::Sqlite(error.into())))?;
        let reason = reason.to_owned();
        let incident = Incident { at: now, reason, set_aside, saved, lost_readings };
        tracing::error!("{incident}");
        if let Ok(mut incidents) = self.incidents.lock() {
            incidents.push(incident);
        }
        Ok(())
    }

    async fn salvage(&self) -> Result<(u64, Option<u64>), Trouble> {
        let new = beside(&self.path, ".salvage");
        for stale in [new.clone(), wal::path_of(&new), beside(&new, "-shm")] {
            remove_if_there(&stale).map_err(sqlx::Error::from)?;
        }
        let mut connection = file::durable(&new)
            .create_if_missing(true)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .connect()
            .await?;
        layout::prepare(&mut connection).await?;

        // First the numbers: what is in quarantine must not be taken for waiting, and the tally
        // tells what has to be there.
        let mut quarantined = BTreeSet::new();
        let mut tally = None;
        let mut found = walk(&self.path);
        while let Some(found) = found.recv().await {
            match found.map_err(sqlx::Error::from)? {
                Found::Waiting { .. } => {}
                Found::Quarantined { seq, .. } => {
                    quarantined.insert(seq);
                }
                Found::Tally(numbers) => tally = Some(numbers),
            }
        }
        let counts = self.copy(&mut connection, &quarantined, tally).await?;
        connection.close().await?;
        Ok(counts)
    }

    /// Copies what is whole, in the order of its numbers.
    async fn copy(
        &self,
        connection: &mut SqliteConnection,
        quarantined: &BTreeSet<i64>,
        tally: Option<[i64; 7]>,
    ) -> Result<(u64, Option<u64>), Trouble> {
        super::begin(connection).await?;
        sqlx::query("CREATE TEMP TABLE saved (seq, taken_at, record, readings, checksum)")
            .execute(&mut *connection)
            .await?;
        let removed = tally.map_or(i64::MIN, |tally| tally[3]);
        let (mut saved, mut waiting_readings) = (0, 0);
        let mut copied = BTreeSet::new();
        let mut found = walk(&self.path);
        while let Some(found) = found.recv().await {
            match found.map_err(sqlx::Error::from)? {
                Found::Waiting { seq, taken_at, text, checksum } => {
                    if quarantined.contains(&seq) {
                        continue;
                    }
                    let Ok(record) = parse(&text, checksum) else { continue };
                    // A page that was given free may hold what a DTU's memory was long ago.
                    if matches!(record, Record::Config { .. }) && seq <= removed {
                        continue;
                    }
                    if !copied.insert((seq, crc32(&text))) {
                        continue;
                    }
                    let Ok(entry) = Entry::of(&record) else { continue };
                    saved += 1;
                    if seq > removed {
                        waiting_readings += entry.readings;
                    }
                    save(connection, seq, taken_at, &entry).await?;
                }
                Found::Quarantined { row, .. } => {
                    if copied.insert((i64::MIN, fingerprint(&row))) {
                        save_quarantined(connection, &row).await?;
                    }
                }
                Found::Tally(_) => {}
            }
        }
        // All get new numbers, behind every number that was ever handed out: somebody may be about
        // to take records out by their old ones, and two may be equal where a bit has flipped.
        let last = copied.iter().map(|(seq, _)| *seq).max().unwrap_or(0);
        let last = tally.map_or(last, |tally| last.max(tally[1])).clamp(0, LAST_NUMBER);
        sqlx::query(
            "INSERT INTO waiting (seq, taken_at, record, readings, checksum)
             SELECT ?1 + row_number() OVER (ORDER BY seq), taken_at, record, readings, checksum
             FROM temp.saved
             ORDER BY seq",
        )
        .bind(last)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE tally
             SET appended = ?1 + (SELECT count(*) FROM waiting),
                 removed  = ?1,
                 appended_readings = (SELECT COALESCE(sum(readings), 0) FROM waiting),
                 (quarantined, quarantined_readings) =
                     (SELECT count(*), COALESCE(sum(readings), 0) FROM quarantine)",
        )
        .bind(last)
        .execute(&mut *connection)
        .await?;
        // Also where nothing was saved.
        sqlx::raw_sql(
            "DELETE FROM sqlite_sequence WHERE name = 'waiting';
             INSERT INTO sqlite_sequence (name, seq) SELECT 'waiting', appended FROM tally;",
        )
        .execute(&mut *connection)
        .await?;
        super::commit(connection).await?;
        let lost = tally.map(|tally| (tally[2] - tally[4] - waiting_readings).max(0));
        Ok((saved, lost.map(i64::unsigned_abs)))
    }
}

/// Rows come in the order of pages; a table in SQLite's temporary storage brings them into theirs
/// without holding a long backlog in memory.
async fn save(
    connection: &mut SqliteConnection,
    seq: i64,
    taken_at: Option<i64>,
    entry: &Entry,
) -> Sql<()> {
    sqlx::query("INSERT INTO temp.saved VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(seq)
        .bind(taken_at.or(entry.taken_at))
        .bind(&entry.text)
        .bind(entry.readings)
        .bind(crc32(entry.text.as_bytes()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn save_quarantined(connection: &mut SqliteConnection, row: &[Value]) -> Sql<()> {
    let integer = |index: usize| match row.get(index) {
        Some(Value::Integer(value)) => Some(*value),
        _ => None,
    };
    let text = |index: usize| match row.get(index) {
        Some(Value::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    sqlx::query(
        "INSERT INTO quarantine (seq, taken_at, at, readings, reason, record, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(integer(1))
    .bind(integer(2))
    .bind(integer(3))
    .bind(integer(4))
    .bind(text(5))
    .bind(text(6))
    .bind(integer(7))
    .execute(connection)
    .await?;
    Ok(())
}

fn fingerprint(row: &[Value]) -> u32 {
    crc32(format!("{row:?}").as_bytes())
}

/// Every row of ours, from a thread of its own.
fn walk(path: &Path) -> mpsc::Receiver<io::Result<Found>> {
    let path = path.to_owned();
    let (tell, told) = mpsc::channel(64);
    spawn_blocking(move || {
        let walked = Pages::open(&path).and_then(|mut pages| {
            pages.rows(|row| match sort(row) {
                Some(found) => tell.blocking_send(Ok(found)).is_ok(),
                None => true,
            })
        });
        if let Err(error) = walked {
            // Nobody listens any more only while the process ends.
            let _ = tell.blocking_send(Err(error));
        }
    });
    told
}

/// Tells rows of ours by their shape, whatever has become of the schema.
fn sort(row: Row) -> Option<Found> {
    use Value::{Integer, Null, Text};
    let optional = |value: &Value| match value {
        Integer(number) => Some(*number),
        _ => None,
    };
    match row.values.as_slice() {
        [Null, Null | Integer(_), Text(text), rest @ ..]
            if matches!(rest, [] | [Null | Integer(_), Null | Integer(_)])
                && text.starts_with(b"{") =>
        {
            let checksum = rest.get(1).and_then(optional);
            Some(Found::Waiting {
                seq: row.id,
                taken_at: optional(&row.values[1]),
                text: text.clone(),
                checksum: checksum.map(|sum| u32::try_from(sum).unwrap_or(u32::MAX)),
            })
        }
        [Null, Integer(seq), _, Integer(_), Integer(_), Text(_), Text(_), _] => {
            Some(Found::Quarantined { seq: *seq, row: row.values })
        }
        [
            Integer(layout),
            Integer(b),
            Integer(c),
            Integer(d),
            Integer(e),
            Integer(f),
            Integer(g),
        ] => Some(Found::Tally([*layout, *b, *c, *d, *e, *f, *g])),
        _ => None,
    }
}

/// Renames the file and its log; returns the new name.
fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let date = now.strftime("%Y%m%dT%H%M%SZ");
    let name = (0..)
        .map(|attempt| match attempt {
            0 => beside(path, &format!(".damaged-{date}")),
            more => beside(path, &format!(".damaged-{date}-{more}")),
        })
        .find(|name| !name.exists() && !wal::path_of(name).exists())
        .unwrap_or_else(|| beside(path, ".damaged"));
    for (from, to) in [(path.to_owned(), name.clone()), (wal::path_of(path), wal::path_of(&name))] {
        match fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // An index of the log for processes that run; without the log it is nothing.
    remove_if_there(&beside(path, "-shm"))?;
    Ok(name)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if directory != Path::new("") => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
