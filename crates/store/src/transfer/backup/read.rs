//! Looking into a backup.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::{APPLICATION_ID, FORMAT, Manifest, RECORDS, connect};
use crate::sqlite::transfer::{SqliteSource, upgrade};
use crate::sqlite::{file, is_corrupt, migrate, store_error};
use crate::transfer::{Phase, Seal, Source, TransferError, Watcher, all_tables, tables_of, verify};
use crate::{Outbox, Quarantined, Record, StoreError};

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A backup that was written.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether an earlier version made it, with tables that have changed since.
    is_older: bool,
}

impl Backup {
    /// Looks at what a file says of itself. Nothing is changed.
    ///
    /// # Errors
    /// [`TransferError::NoBackup`] if it is something else, not whole, or of a later version.
    pub async fn open(path: &Path) -> Result<Self, TransferError> {
        let name = path.display();
        let refuse = |what: String| TransferError::NoBackup(format!("{name} {what}"));
        check_file(path)?;
        // A file that is cut has whole pages missing, which SQLite tells in its own words.
        let damaged = |error: sqlx::Error| match is_corrupt(&error) {
            true => refuse(format!("is a damaged backup: {error}")),
            false => store_error(&error, path).into(),
        };
        let mut connection = connect(path).await?;
        let (application, tables, ours): (i64, i64, i64) = sqlx::query_as(
            "SELECT application_id,
                    (SELECT count(*) FROM sqlite_schema WHERE name IN ('backup', 'backup_tables')),
                    (SELECT count(*) FROM sqlite_schema
                     WHERE name IN ('port_data', '_sqlx_migrations'))
             FROM pragma_application_id",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(damaged)?;
        if application != APPLICATION_ID || tables != 2 {
            return Err(refuse(
                match ours {
                    2 if tables == 2 => "is a backup that was not finished",
                    2 => {
                        "is the database of a bridge and no backup: stop the bridge and put it into \
                         its DATA_DIR as hoymiles-smiles.sqlite"
                    }
                    _ => "is the database of another program",
                }
                .to_owned(),
            ));
        }
        let entries: Vec<(String, String)> = sqlx::query_as("SELECT key, value FROM backup")
            .fetch_all(&mut connection)
            .await
            .map_err(damaged)?;
        let entries: BTreeMap<_, _> = entries.into_iter().collect();
        if let Some(format) = entries.get("format").filter(|format| *format != FORMAT) {
            return Err(refuse(format!(
                "was made by a newer version of the program (format {format}): use that"
            )));
        }
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT table_name, rows, checksum FROM backup_tables ORDER BY 1")
                .fetch_all(&mut connection)
                .await
                .map_err(damaged)?;
        let seals = rows
            .into_iter()
            .map(|(name, rows, checksum)| Seal::parse(rows, &checksum).map(|seal| (name, seal)));
        let manifest =
            seals.collect::<Option<_>>().and_then(|seals| Manifest::parse(&entries, seals));
        let manifest =
            manifest.ok_or_else(|| refuse("has no legible list of contents".to_owned()))?;
        let is_older = match migrate::lacks(&mut connection).await {
            Ok(missing) => missing > 0,
            Err(migrate::Failure::Database(error)) => return Err(damaged(error)),
            Err(migrate::Failure::Refusal(refusal)) => {
                return Err(refuse(format!("cannot be used: {refusal}")));
            }
        };
        Ok(Self { path: path.to_owned(), manifest, is_older })
    }

    /// Reads all of it and compares it with its list of contents.
    ///
    /// # Errors
    /// [`TransferError::NoBackup`] if it is not what it was when it was made.
    pub async fn verify(&self, watcher: Watcher<'_>) -> Result<(), TransferError> {
        let mut connection = connect(&self.path).await?;
        let tables =
            tables_of(&mut connection).await.map_err(|error| store_error(&error, &self.path))?;
        let mut source = SqliteSource::of(connection, &self.path, tables);
        match verify(&mut source, &self.manifest.seals, Phase::Checking, watcher).await {
            Err(TransferError::Differs(what) | TransferError::Store(StoreError::Schema(what))) => {
                Err(TransferError::NoBackup(format!(
                    "{} is damaged: {what}. Nothing was changed",
                    self.path.display()
                )))
            }
            other => other,
        }
    }

    /// The store in the backup. One of an earlier version is brought up to date in a copy, for
    /// which there has to be room at `scratch`; the caller removes that.
    ///
    /// # Errors
    /// If the copy cannot be made or brought up to date.
    pub async fn source(&self, scratch: &Path) -> Result<Box<dyn Source>, TransferError> {
        let mut path = self.path.as_path();
        if self.is_older {
            let copied = tokio::fs::copy(path, scratch).await;
            copied.map_err(|error| TransferError::File(scratch.display().to_string(), error))?;
            path = scratch;
            let options = SqliteConnectOptions::new().filename(path);
            let named = |error| store_error(&error, path);
            upgrade(&mut options.connect().await.map_err(named)?, path).await?;
        }
        let tables = all_tables().await.map_err(|error| store_error(&error, path))?;
        Ok(Box::new(SqliteSource::of(connect(path).await?, path, tables)))
    }

    /// Puts what the outbox held into one: records to be delivered, and the quarantine. Doing it
    /// again changes nothing that matters: a reading that is delivered twice is one reading.
    ///
    /// # Errors
    /// If the outbox cannot be written.
    pub async fn fill_outbox(&self, outbox: &Outbox) -> Result<(), TransferError> {
        let named = |error: sqlx::Error| store_error(&error, &self.path);
        let mut connection = connect(&self.path).await?;
        let mut after = i64::MIN;
        loop {
            let rows: Vec<(i64, String)> = sqlx::query_as(
                "SELECT number, record FROM outbox_waiting WHERE number > ?1
                 ORDER BY number LIMIT ?2",
            )
            .bind(after)
            .bind(RECORDS)
            .fetch_all(&mut connection)
            .await
            .map_err(named)?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let records: Result<Vec<Record>, _> =
                rows.iter().map(|(_, text)| serde_json::from_str(text)).collect();
            let records = records.map_err(|error| {
                StoreError::Other(format!("a record of the outbox makes no sense: {error}"))
            })?;
            outbox.append(&records).await?;
        }
        let mut after = i64::MIN;
        loop {
            let rows: Vec<(i64, i64, i64, i64, String, String)> = sqlx::query_as(
                "SELECT number, seq, at, readings, reason, record FROM outbox_quarantine
                 WHERE number > ?1 ORDER BY number LIMIT ?2",
            )
            .bind(after)
            .bind(RECORDS)
            .fetch_all(&mut connection)
            .await
            .map_err(named)?;
            let Some(&(last, ..)) = rows.last() else { return Ok(()) };
            after = last;
            let entry = |(number, seq, at, readings, reason, text): (_, _, _, i64, _, _)| {
                let (at, readings) = (file::timestamp(at)?, readings.unsigned_abs());
                Ok(Quarantined { number, seq, at, readings, reason, text })
            };
            let entries: Result<Vec<_>, _> = rows.into_iter().map(entry).collect();
            outbox.bring_in(&entries.map_err(named)?).await?;
        }
    }
}

/// What can be told before SQLite opens it.
fn check_file(path: &Path) -> Result<(), TransferError> {
    use std::io::Read;
    let name = path.display().to_string();
    let refuse = |what: &str| TransferError::NoBackup(format!("{name} {what}"));
    let mut file = File::open(path).map_err(|error| TransferError::File(name.clone(), error))?;
    let length = file.metadata().map_err(|error| TransferError::File(name.clone(), error))?.len();
    let mut header = [0; 32];
    match file.read_exact(&mut header) {
        Ok(()) if header.starts_with(MAGIC) => {}
        Ok(()) => return Err(refuse("is no backup of this program")),
        Err(_) if length == 0 => return Err(refuse("is empty")),
        Err(_) => return Err(refuse("is no backup of this program: it is too short")),
    }
    // Both in the header of the file: the size of a page, of which 1 means 65536, and how many.
    let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        page => page,
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    if length < page * pages {
        return Err(refuse(&format!(
            "is cut: {length} of {} bytes are there. Nothing was changed",
            page * pages
        )));
    }
    Ok(())
}
