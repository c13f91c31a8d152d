//! What an error of SQLite means for the caller.

use std::path::Path;

use sqlx::Error;

use crate::StoreError;

/// Sorts an error by what helps against it. The file is named: SQLite's own texts do not.
pub(crate) fn store_error(error: &Error, path: &Path) -> StoreError {
    let file = path.display();
    let Error::Database(database) = error else {
        return match error {
            Error::PoolTimedOut => {
                StoreError::Unavailable(format!("{file} is busy: another program holds its lock"))
            }
            Error::PoolClosed => StoreError::Unavailable("the store is closed".to_owned()),
            Error::Io(error) => StoreError::NoRoom(format!("{file}: {error}")),
            other => StoreError::Other(format!("{file}: {other}")),
        };
    };
    let text = format!("{file}: {}", database.message());
    match primary_code(error) {
        Some(BUSY | LOCKED) => StoreError::Unavailable(text),
        Some(PERM | READONLY | IOERR | FULL | CANTOPEN) => StoreError::NoRoom(text),
        Some(CORRUPT) => StoreError::Schema(format!("{text}. Set the file aside to start anew.")),
        Some(NOTADB) => StoreError::Schema(format!(
            "{file} is no SQLite database. Nothing was changed; name another file."
        )),
        Some(TOOBIG | CONSTRAINT | MISMATCH) => StoreError::Refused(text),
        _ => StoreError::Other(text),
    }
}

/// Whether the file itself is broken, or not a database at all. A column that holds what nobody
/// writes there is broken too: SQLite notices no bit that flips inside a value.
pub(crate) fn is_corrupt(error: &Error) -> bool {
    let database = match error {
        Error::Database(database) => database,
        Error::ColumnDecode { .. } => return true,
        _ => return false,
    };
    // Our statements never change, so what they name is missing only where the schema is damaged.
    let lost = |what: &str| database.message().starts_with(what);
    matches!(primary_code(error), Some(CORRUPT | NOTADB))
        || lost("no such column")
        || lost("no such table")
}

/// Whether somebody else has the file's lock.
pub(super) fn is_locked(error: &Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED))
}

/// The primary result code is the low byte of an extended one.
fn primary_code(error: &Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

// Result codes of SQLite's C interface.
const PERM: u32 = 3;
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READONLY: u32 = 8;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const TOOBIG: u32 = 18;
const CONSTRAINT: u32 = 19;
const MISMATCH: u32 = 20;
const NOTADB: u32 = 26;
