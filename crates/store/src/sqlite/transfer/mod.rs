//! A SQLite file as source and target of a copy. See [`transfer`](crate::transfer).

mod source;
mod target;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, SqliteConnection};

pub(crate) use self::source::SqliteSource;
pub(crate) use self::target::SqliteTarget;
use super::{SqliteStore, file, migrate, store_error};
use crate::StoreError;
use crate::transfer::{HALF_FILLED, Source, Target, TransferError, Value};

impl SqliteStore {
    /// What the store holds at this moment, also while a bridge runs.
    ///
    /// # Errors
    /// If the file is not there or not of this version. Nothing is changed.
    pub async fn source(&self) -> Result<Box<dyn Source>, StoreError> {
        if !self.path.exists() {
            return Err(StoreError::Schema(format!("there is no {}", self.path.display())));
        }
        let options = file::durable(&self.path).pragma("query_only", "ON");
        Ok(Box::new(SqliteSource::begin(options, &self.path).await?))
    }

    /// The store as something to be filled from `origin`: a new one, an empty one, or one that an
    /// earlier copy from there has begun to fill.
    ///
    /// # Errors
    /// [`TransferError::Refused`] if it holds readings, or is being filled from elsewhere.
    pub async fn target(&self, origin: &str) -> Result<Box<dyn Target>, TransferError> {
        file::create_parent(&self.path).await.map_err(|error| self.error(error.into()))?;
        // What the power takes away is copied again; what is there is whole.
        let options = file::durable(&self.path)
            .create_if_missing(true)
            .synchronous(SqliteSynchronous::Normal);
        let opened = file::open(|| options.connect()).await;
        let mut connection = opened.map_err(|error| self.error(error))?;
        upgrade(&mut connection, &self.path).await?;
        let target = SqliteTarget::resume(connection, &self.path, origin).await?;
        Ok(Box::new(target))
    }

    /// Moves the file out of the way, under a name with this time. None if there is no file.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub async fn set_aside(&self, at: Timestamp) -> Result<Option<PathBuf>, StoreError> {
        if !self.path.exists() {
            return Ok(None);
        }
        let suffix = at.strftime(".replaced-%Y%m%dT%H%M%SZ").to_string();
        let with = |end: &str| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        // The log first: without its file it is nothing, and the other way round a state of before.
        for part in ["-wal", "-shm", ""] {
            let there = with(part);
            if there.exists() {
                tokio::fs::rename(&there, with(&format!("{suffix}{part}")))
                    .await
                    .map_err(|error| self.error(error.into()))?;
            }
        }
        Ok(Some(with(&suffix)))
    }
}

/// Brings a file up to date.
pub(crate) async fn upgrade(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), StoreError> {
    migrate::run(connection).await.map_err(|failure| of_migration(failure, path))
}

fn of_migration(failure: migrate::Failure, path: &Path) -> StoreError {
    match failure {
        migrate::Failure::Database(error) => store_error(&error, path),
        migrate::Failure::Refusal(StoreError::Schema(text)) => {
            StoreError::Schema(format!("{}: {text}", path.display()))
        }
        migrate::Failure::Refusal(other) => other,
    }
}

/// A store that is being filled is no store yet.
pub(super) async fn refuse_half_filled(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), StoreError> {
    match is_half_filled(connection).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(StoreError::Schema(format!("{}: {HALF_FILLED}", path.display()))),
        Err(error) => Err(store_error(&error, path)),
    }
}

async fn is_half_filled(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'copy_progress'")
        .fetch_one(connection)
        .await
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind(statement: Statement<'_>, value: Value) -> Statement<'_> {
    match value {
        Value::Null => statement.bind(None::<i64>),
        Value::Integer(number) => statement.bind(number),
        Value::Real(number) => statement.bind(number),
        Value::Text(text) => statement.bind(text),
    }
}
