//! How every SQLite file of the bridge is opened: the store's and the outbox's.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// How long a connection waits for another process's lock, a backup's for example.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

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
