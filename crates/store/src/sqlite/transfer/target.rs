//! Writing: each page in a transaction of its own, with how far the table is.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::{SqliteSource, bind, is_half_filled, upgrade};
use crate::StoreError;
use crate::sqlite::store_error;
use crate::transfer::{
    OCCUPANTS, Row, Seal, Source, Table, Target, TransferError, all_tables, occupied,
};

/// More rows in a statement make it no faster.
const ROWS_PER_STATEMENT: usize = 200;

const CREATE_PROGRESS: &str = "
    CREATE TABLE copy_progress (
        table_name  TEXT    PRIMARY KEY NOT NULL,
        rows        INTEGER NOT NULL,
        checksum    TEXT    NOT NULL,
        origin      TEXT    NOT NULL
    ) STRICT, WITHOUT ROWID";

const NOTE_PROGRESS: &str = "
    INSERT INTO copy_progress (table_name, rows, checksum, origin)
    VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (table_name) DO UPDATE
    SET rows = excluded.rows, checksum = excluded.checksum";

/// A file that is being filled.
pub(crate) struct SqliteTarget {
    connection: SqliteConnection,
    path: PathBuf,
    /// None for a file that is of no use before it is whole.
    origin: Option<String>,
}

impl SqliteTarget {
    /// A new file with the tables of this version, for a backup. Nothing of it survives the power:
    /// it is made whole and then put on the disk.
    pub(crate) async fn create(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let mut connection = options.connect().await.map_err(|error| store_error(&error, path))?;
        upgrade(&mut connection, path).await?;
        Ok(Self { connection, path: path.to_owned(), origin: None })
    }

    pub(super) async fn resume(
        mut connection: SqliteConnection,
        path: &Path,
        origin: &str,
    ) -> Result<Self, TransferError> {
        let named = |error: sqlx::Error| store_error(&error, path);
        if is_half_filled(&mut connection).await.map_err(named)? {
            let earlier: Option<String> =
                sqlx::query_scalar("SELECT origin FROM copy_progress LIMIT 1")
                    .fetch_optional(&mut connection)
                    .await
                    .map_err(named)?;
            occupied::unless_the_same(earlier, origin, &path.display())?;
        } else {
            let (devices, readings) =
                sqlx::query_as(OCCUPANTS).fetch_one(&mut connection).await.map_err(named)?;
            occupied::unless_empty(devices, readings, &path.display())?;
            let tables = all_tables().await.map_err(named)?;
            mark(&mut connection, &tables, origin).await.map_err(named)?;
        }
        Ok(Self { connection, path: path.to_owned(), origin: Some(origin.to_owned()) })
    }

    /// For what else a file holds.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Lets go of the file.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        self.connection.close().await.map_err(|error| store_error(&error, &self.path))
    }

    async fn insert(&mut self, table: &Table, rows: &[Row], reached: Seal) -> Sql<()> {
        let Self { connection, origin, .. } = self;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let marks = format!("({})", vec!["?"; table.columns.len()].join(", "));
            let statement = format!(
                "INSERT INTO \"{}\" ({}) VALUES {}",
                table.name,
                table.column_list(),
                vec![marks; rows.len()].join(", ")
            );
            let statement = sqlx::query(AssertSqlSafe(statement));
            let values = rows.iter().flatten().cloned();
            values.fold(statement, bind).execute(&mut *transaction).await?;
        }
        if let Some(origin) = origin {
            note(&mut transaction, table, reached, origin).await?;
        }
        transaction.commit().await
    }

    async fn empty(&mut self, table: &Table) -> Sql<()> {
        let Self { connection, origin, .. } = self;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name)))
            .execute(&mut *transaction)
            .await?;
        if let Some(origin) = origin {
            note(&mut transaction, table, Seal::default(), origin).await?;
        }
        transaction.commit().await
    }
}

type Sql<T> = Result<T, sqlx::Error>;

/// Empties the tables, and says that they are being filled.
async fn mark(connection: &mut SqliteConnection, tables: &[Table], origin: &str) -> Sql<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(CREATE_PROGRESS).execute(&mut *transaction).await?;
    for table in tables {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name)))
            .execute(&mut *transaction)
            .await?;
        note(&mut transaction, table, Seal::default(), origin).await?;
    }
    transaction.commit().await
}

async fn note(
    connection: &mut SqliteConnection,
    table: &Table,
    reached: Seal,
    origin: &str,
) -> Sql<()> {
    sqlx::query(NOTE_PROGRESS)
        .bind(&table.name)
        .bind(reached.rows.cast_signed())
        .bind(reached.checksum_text())
        .bind(origin)
        .execute(connection)
        .await?;
    Ok(())
}

#[async_trait]
impl Target for SqliteTarget {
    async fn reached(&mut self, table: &Table) -> Result<Seal, StoreError> {
        if self.origin.is_none() {
            return Ok(Seal::default());
        }
        let noted: Option<(i64, String)> =
            sqlx::query_as("SELECT rows, checksum FROM copy_progress WHERE table_name = ?1")
                .bind(&table.name)
                .fetch_optional(&mut self.connection)
                .await
                .map_err(|error| store_error(&error, &self.path))?;
        Ok(noted.and_then(|(rows, checksum)| Seal::parse(rows, &checksum)).unwrap_or_default())
    }

    async fn clear(&mut self, table: &Table) -> Result<(), StoreError> {
        self.empty(table).await.map_err(|error| store_error(&error, &self.path))
    }

    async fn write(
        &mut self,
        table: &Table,
        rows: &[Row],
        reached: Seal,
    ) -> Result<(), StoreError> {
        self.insert(table, rows, reached).await.map_err(|error| store_error(&error, &self.path))
    }

    async fn read_back(&mut self) -> Result<Box<dyn Source>, StoreError> {
        let named = |error: sqlx::Error| store_error(&error, &self.path);
        let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        let connection = options.connect().await.map_err(named)?;
        let tables = all_tables().await.map_err(named)?;
        Ok(Box::new(SqliteSource::of(connection, &self.path, tables)))
    }

    async fn finish(&mut self) -> Result<(), StoreError> {
        let done = async {
            sqlx::query("PRAGMA synchronous = FULL").execute(&mut self.connection).await?;
            sqlx::query("DROP TABLE IF EXISTS copy_progress").execute(&mut self.connection).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut self.connection).await?;
            Ok(())
        };
        done.await.map_err(|error: sqlx::Error| store_error(&error, &self.path))
    }
}
