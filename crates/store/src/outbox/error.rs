//! What can go wrong with an outbox.

use std::path::Path;

use crate::StoreError;
use crate::sqlite::store_error;

/// Why the outbox did not do what was asked. Texts are for people and name the file.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The disk is full, or full up to its floor, or the file cannot be written. The outbox is as
    /// it was before the call.
    #[error("no room in the outbox: {0}")]
    NoRoom(String),
    /// Another process holds the file: the same call may succeed later.
    #[error("the outbox is busy: {0}")]
    Busy(String),
    /// The file is corrupt and was not mended.
    #[error("the outbox cannot be used: {0}")]
    Damaged(String),
    /// The file belongs to another program or a newer version. It is left alone.
    #[error("the outbox cannot be used: {0}")]
    Foreign(String),
    /// The oldest record makes no sense. It stays where it is until it is put in quarantine or
    /// removed by its number.
    #[error("record {seq} of the outbox cannot be read: {reason}")]
    Unreadable {
        /// Its number, for [`Outbox::quarantine_unreadable`](super::Outbox::quarantine_unreadable).
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else: a defect of ours.
    #[error("the outbox answered with an error: {0}")]
    Other(String),
}

/// The outbox is a SQLite file like the embedded store; only the names of its errors differ.
pub(super) fn outbox_error(error: &sqlx::Error, path: &Path) -> OutboxError {
    match store_error(error, path) {
        StoreError::NoRoom(text) => OutboxError::NoRoom(text),
        StoreError::Unavailable(text) => OutboxError::Busy(text),
        StoreError::Schema(text) => OutboxError::Damaged(text),
        StoreError::Refused(text) | StoreError::Other(text) => OutboxError::Other(text),
    }
}
