//! Writing a backup.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{APPLICATION_ID, Manifest, RECORDS, connect};
use crate::sqlite::transfer::{SqliteSource, SqliteTarget};
use crate::sqlite::{file, store_error};
use crate::transfer::{Seal, Seals, Source, TransferError, Watcher, copy, tables_of};
use crate::{Outbox, OutboxError, StoreError};

const EXTRA_TABLES: &str = "
    CREATE TABLE backup (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
    CREATE TABLE backup_tables (
        table_name TEXT PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, checksum TEXT NOT NULL
    ) STRICT;
    CREATE TABLE outbox_waiting (number INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
    CREATE TABLE outbox_quarantine (
        number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL,
        readings INTEGER NOT NULL, reason TEXT NOT NULL, record TEXT NOT NULL
    ) STRICT;";

/// A backup that is being written.
pub struct BackupWriter {
    path: PathBuf,
    partial: PathBuf,
    /// Locked, so that two of them do not write one file.
    locked: File,
    target: SqliteTarget,
    seals: Seals,
}

impl BackupWriter {
    /// Begins a file beside the one that it will be.
    ///
    /// # Errors
    /// If there is a file of that name, or none can be made.
    pub async fn begin(path: &Path) -> Result<Self, TransferError> {
        refuse_existing(path)?;
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file_error = |error| TransferError::File(partial.display().to_string(), error);
        let locked = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(file_error)?;
        if let Err(TryLockError::WouldBlock) = locked.try_lock() {
            return Err(TransferError::Refused(format!(
                "another backup is being written to {}",
                partial.display()
            )));
        }
        // What an interrupted one has left.
        locked.set_len(0).map_err(file_error)?;
        let mut target = SqliteTarget::create(&partial).await?;
        let tables = sqlx::raw_sql(EXTRA_TABLES).execute(target.connection()).await;
        tables.map_err(|error| store_error(&error, &partial))?;
        Ok(Self { path: path.to_owned(), partial, locked, target, seals: Seals::new() })
    }

    /// Keeps what an outbox holds. It comes before the store: what is delivered meanwhile is then in
    /// both, and nothing is in neither. How many records cannot be read, and are not in the backup.
    ///
    /// # Errors
    /// If the outbox cannot be read.
    pub async fn keep_outbox(&mut self, outbox: &Outbox) -> Result<u64, TransferError> {
        let named = |error: sqlx::Error| store_error(&error, &self.partial);
        let connection = self.target.connection();
        let (mut seq, mut unreadable) = (i64::MIN, 0);
        loop {
            let records = match outbox.after(seq, RECORDS).await {
                Ok(records) if records.is_empty() => break,
                Ok(records) => records,
                Err(OutboxError::Unreadable { seq: bad, .. }) => {
                    (seq, unreadable) = (bad, unreadable + 1);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for (number, record) in records {
                let text = serde_json::to_string(&record)
                    .map_err(|error| StoreError::Other(error.to_string()))?;
                sqlx::query("INSERT INTO outbox_waiting (number, record) VALUES (?1, ?2)")
                    .bind(number)
                    .bind(text)
                    .execute(&mut *connection)
                    .await
                    .map_err(named)?;
                seq = number;
            }
        }
        let mut after = 0;
        loop {
            let entries = outbox.quarantined(after, RECORDS).await?;
            if entries.is_empty() {
                return Ok(unreadable);
            }
            for entry in entries {
                sqlx::query(
                    "INSERT INTO outbox_quarantine (number, seq, at, readings, reason, record)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .bind(entry.number)
                .bind(entry.seq)
                .bind(file::micros(entry.at))
                .bind(entry.readings.cast_signed())
                .bind(entry.reason)
                .bind(entry.text)
                .execute(&mut *connection)
                .await
                .map_err(named)?;
                after = entry.number;
            }
        }
    }

    /// Copies what a store holds.
    ///
    /// # Errors
    /// If it cannot be read, the file cannot be written, or what was read back differs.
    pub async fn copy(
        &mut self,
        source: &mut dyn Source,
        watcher: Watcher<'_>,
    ) -> Result<(), TransferError> {
        self.seals = copy(source, &mut self.target, watcher).await?;
        Ok(())
    }

    /// Writes down what the file is, and gives it its name.
    ///
    /// # Errors
    /// If it cannot be written, or if there is a file of that name by now.
    pub async fn finish(mut self, mut manifest: Manifest) -> Result<Manifest, TransferError> {
        let connection = self.target.connection();
        let named = |error: sqlx::Error| store_error(&error, &self.partial);
        for name in ["outbox_quarantine", "outbox_waiting"] {
            self.seals.push((name.to_owned(), seal(&self.partial, name).await?));
        }
        self.seals.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (key, value) in manifest.entries() {
            sqlx::query("INSERT INTO backup (key, value) VALUES (?1, ?2)")
                .bind(key)
                .bind(value)
                .execute(&mut *connection)
                .await
                .map_err(named)?;
        }
        for (name, seal) in &self.seals {
            sqlx::query(
                "INSERT INTO backup_tables (table_name, rows, checksum) VALUES (?1, ?2, ?3)",
            )
            .bind(name)
            .bind(seal.rows.cast_signed())
            .bind(seal.checksum_text())
            .execute(&mut *connection)
            .await
            .map_err(named)?;
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}")))
            .execute(connection)
            .await
            .map_err(named)?;
        self.target.close().await?;
        let file_error = |error| TransferError::File(self.path.display().to_string(), error);
        self.locked.sync_all().map_err(file_error)?;
        refuse_existing(&self.path)?;
        std::fs::rename(&self.partial, &self.path).map_err(file_error)?;
        let directory = self.path.parent().filter(|path| *path != Path::new(""));
        let directory = File::open(directory.unwrap_or(Path::new("."))).map_err(file_error)?;
        directory.sync_all().map_err(file_error)?;
        manifest.seals = self.seals;
        Ok(manifest)
    }

    /// Takes the unfinished file away.
    pub async fn give_up(self) {
        // The lock keeps others out until it is gone.
        let _ = self.target.close().await;
        let _ = std::fs::remove_file(&self.partial);
    }
}

fn refuse_existing(path: &Path) -> Result<(), TransferError> {
    if path.symlink_metadata().is_ok() {
        return Err(TransferError::Refused(format!(
            "there is a file {} already, and a backup writes over none: use another name",
            path.display()
        )));
    }
    Ok(())
}

async fn seal(path: &Path, name: &str) -> Result<Seal, TransferError> {
    let (mut connection, named) = (connect(path).await?, |error| store_error(&error, path));
    let tables = tables_of(&mut connection).await.map_err(named)?;
    let Some(table) = tables.iter().find(|table| table.name == name).cloned() else {
        return Ok(Seal::default());
    };
    let mut source = SqliteSource::of(connection, path, tables);
    source.open(&table).await?;
    let mut seal = Seal::default();
    loop {
        let page = source.page().await?;
        if page.is_empty() {
            return Ok(seal);
        }
        page.iter().for_each(|row| seal.add(row));
    }
}
