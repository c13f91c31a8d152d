//! What an error of the driver or the server means for the caller.

use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::StoreError;

/// Sorts an error by what helps against it. `server` is `host:port/database`: the driver does not
/// say where it failed to connect to.
pub(super) fn store_error(error: Error, server: &str) -> StoreError {
    match error {
        Error::Database(error) => database_error(&*error),
        Error::PoolTimedOut => {
            StoreError::Unavailable(format!("{server} did not answer within three seconds"))
        }
        Error::PoolClosed => StoreError::Unavailable("the store is closed".to_owned()),
        Error::Io(error) => StoreError::Unavailable(format!("{server}: {error}")),
        Error::Tls(error) => StoreError::Unavailable(format!("{server}: TLS: {error}")),
        // A connection that broke in the middle of a message.
        Error::Protocol(_) | Error::WorkerCrashed | Error::BeginFailed => {
            StoreError::Unavailable(format!("{server}: {error}"))
        }
        other => StoreError::Other(other.to_string()),
    }
}

/// By SQLSTATE. What an operator can put right while the bridge runs is `Unavailable`: a wrong
/// password or a database that is not there yet need no restart of the bridge.
fn database_error(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let text = format!("{} (SQLSTATE {code})", error.message());
    match &*code {
        "53100" => StoreError::NoRoom(text),
        // Undefined table or column, and names that are taken.
        "42P01" | "42703" | "42P07" | "42710" => StoreError::Schema(text),
        // Read-only: a standby that is about to be promoted. 55P03, 57014: the lock or the
        // statement took too long.
        "25006" | "40001" | "40P01" | "55P03" | "57014" | "3D000" => StoreError::Unavailable(text),
        code => match code.get(..2) {
            Some("08" | "28" | "53") => StoreError::Unavailable(text),
            Some("57") => StoreError::Unavailable(text),
            Some("22" | "23") => StoreError::Refused(text),
            _ => StoreError::Other(text),
        },
    }
}
