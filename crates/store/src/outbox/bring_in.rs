//! What a backup holds of an outbox, back into one.

use sqlx::{Connection, SqliteConnection};

use super::quarantine::COUNT;
use super::{Entry, Outbox, OutboxError, Quarantined, Sql, file, outbox_error};
use crate::Record;
use crate::checksum::crc32;

/// An entry that is there already stays alone: a restore that was interrupted is done again.
const ENTER: &str = "
    INSERT INTO quarantine (seq, taken_at, at, readings, reason, record, checksum)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
    WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE at = ?3 AND reason = ?5 AND record = ?6)";

impl Outbox {
    /// Puts these entries into quarantine. Those that are there already are left alone.
    ///
    /// # Errors
    /// As for any write; nothing has changed then.
    pub async fn bring_in(&self, entries: &[Quarantined]) -> Result<(), OutboxError> {
        let mut link = self.link.lock().await;
        let connection = self.connection(&mut link).await?;
        enter(connection, entries).await.map_err(|error| outbox_error(&error, &self.path))
    }
}

async fn enter(connection: &mut SqliteConnection, entries: &[Quarantined]) -> Sql<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for entry in entries {
        let record = serde_json::from_str::<Record>(&entry.text).ok();
        let taken_at = record.and_then(|record| Entry::of(&record).ok()?.taken_at);
        sqlx::query(ENTER)
            .bind(entry.seq)
            .bind(taken_at)
            .bind(file::micros(entry.at))
            .bind(entry.readings.cast_signed())
            .bind(&entry.reason)
            .bind(&entry.text)
            .bind(crc32(entry.text.as_bytes()))
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query(COUNT).execute(&mut *transaction).await?;
    transaction.commit().await
}
