//! How every SQLite file of the bridge is opened: the store's and the outbox's.

use std::path::Path;
use std::time::{Duration, Instant};

use backon::{ConstantBuilder, Retryable};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::error::is_locked;

/// How long a connection waits for another process's lock, a backup's for example.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How soon a file that was locked is tried again, by those for whom SQLite does not wait.
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// The write-ahead log is cut back to this size when it has been emptied.
const WAL_KEPT_BYTES: &str = "16777216";

/// Options of a durable file: what was committed is on the disk, also when the power fails.
pub(crate) fn durable(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_size_limit", WAL_KEPT_BYTES)
}

/// Opens a file that may be new, however that is done.
///
/// Giving a new file its write-ahead log takes a lock for which SQLite does not wait: of two
/// processes that do it at the same moment, one hears at once that the file is locked. It finds the
/// log there when it tries again.
pub(crate) async fn open<C, F>(connect: impl FnMut() -> F) -> Result<C, sqlx::Error>
where
    F: Future<Output = Result<C, sqlx::Error>>,
{
    let since = Instant::now();
    connect
        .retry(ConstantBuilder::new().with_delay(LOCKED_PAUSE).without_max_times())
        .sleep(tokio::time::sleep)
        .when(|error| is_locked(error) && since.elapsed() < BUSY_TIMEOUT)
        .await
}

/// A time as the files keep it.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A time that was kept.
pub(crate) fn timestamp(micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The size of a database file together with its write-ahead log, bytes. A log that is not there
/// has none.
pub(crate) async fn size_bytes(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mut bytes = 0;
    for file in [path, Path::new(&log)] {
        if let Ok(metadata) = tokio::fs::metadata(file).await {
            bytes += metadata.len();
        }
    }
    bytes
}

/// Creates the directory that a file is to be in.
pub(crate) async fn create_parent(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(directory) if directory != Path::new("") => tokio::fs::create_dir_all(directory).await,
        _ => Ok(()),
    }
}
