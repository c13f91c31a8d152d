//! Writing: each page with `COPY` in a transaction of its own, with how far the table is.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::kind::Kind;
use super::{BEGIN_FILL, BEGIN_SNAPSHOT, Database, PostgresSource};
use crate::StoreError;
use crate::postgres::{begin, unnamed};
use crate::transfer::{Row, Seal, Source, Table, Target, list};

const CREATE_PROGRESS: &str = "
    CREATE TABLE copy_progress (
        table_name  text    PRIMARY KEY,
        rows        bigint  NOT NULL,
        checksum    text    NOT NULL,
        origin      text    NOT NULL
    )";

const NOTE_PROGRESS: &str = "
    INSERT INTO copy_progress (table_name, rows, checksum, origin)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (table_name) DO UPDATE
    SET rows = EXCLUDED.rows, checksum = EXCLUDED.checksum";

/// Numbers that the database gives out by itself begin after those that were copied.
const COUNTERS: &str = "
    SELECT attrelid::regclass::text AS table_name, attname::text AS column_name
    FROM pg_attribute
    WHERE attidentity <> '' AND attrelid = to_regclass($1)";

/// A database that is being filled.
pub(super) struct PostgresTarget {
    pool: PgPool,
    database: Database,
    origin: String,
}

type Sql<T> = Result<T, sqlx::Error>;

impl PostgresTarget {
    pub(super) fn new(pool: PgPool, database: Database, origin: &str) -> Self {
        Self { pool, database, origin: origin.to_owned() }
    }

    /// Empties the tables, and says that they are being filled.
    pub(super) async fn mark(&self, connection: &mut PgConnection) -> Sql<()> {
        let names: Vec<_> = self.database.tables.iter().map(|table| table.name.clone()).collect();
        execute(connection, format!("TRUNCATE {}", list(&names))).await?;
        execute(connection, "DROP TABLE IF EXISTS copy_progress".to_owned()).await?;
        unnamed(CREATE_PROGRESS).execute(&mut *connection).await?;
        for table in &self.database.tables {
            self.note(connection, table, Seal::default()).await?;
        }
        Ok(())
    }

    async fn note(&self, connection: &mut PgConnection, table: &Table, reached: Seal) -> Sql<()> {
        unnamed(NOTE_PROGRESS)
            .bind(table.name.clone())
            .bind(reached.rows.cast_signed())
            .bind(reached.checksum_text())
            .bind(self.origin.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn insert(&self, table: &Table, lines: Vec<u8>, reached: Seal) -> Sql<()> {
        let mut transaction = begin(&self.pool, BEGIN_FILL).await?;
        let copy =
            format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.column_list());
        let mut copy = transaction.copy_in_raw(&copy).await?;
        copy.send(lines).await?;
        copy.finish().await?;
        self.note(&mut transaction, table, reached).await?;
        transaction.commit().await
    }

    async fn empty(&self, table: &Table) -> Sql<()> {
        let mut transaction = begin(&self.pool, BEGIN_FILL).await?;
        execute(&mut transaction, format!("TRUNCATE {}", table.name)).await?;
        self.note(&mut transaction, table, Seal::default()).await?;
        transaction.commit().await
    }

    async fn open_for_use(&self) -> Sql<()> {
        let mut transaction = begin(&self.pool, BEGIN_FILL).await?;
        for table in &self.database.tables {
            let counters: Vec<(String, String)> = sqlx::query_as(COUNTERS)
                .persistent(false)
                .bind(&table.name)
                .fetch_all(&mut *transaction)
                .await?;
            for (table, column) in counters {
                let next = format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', '{column}'),
                                   COALESCE(max({column}), 0) + 1, false)
                     FROM {table}"
                );
                execute(&mut transaction, next).await?;
            }
            // The planner has not seen these rows yet.
            execute(&mut transaction, format!("ANALYZE {}", table.name)).await?;
        }
        execute(&mut transaction, "DROP TABLE copy_progress".to_owned()).await?;
        transaction.commit().await
    }
}

async fn execute(connection: &mut PgConnection, statement: String) -> Sql<()> {
    sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(connection).await?;
    Ok(())
}

/// Rows as `COPY` takes them in its binary format.
fn lines(rows: &[Row], kinds: &[Kind], table: &Table) -> Result<Vec<u8>, StoreError> {
    const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
    const NO_FLAGS_NO_EXTENSION: [u8; 8] = [0; 8];
    const END: i16 = -1;
    let mut lines = Vec::with_capacity(rows.len() * kinds.len() * 12);
    lines.extend(SIGNATURE);
    lines.extend(NO_FLAGS_NO_EXTENSION);
    let width = i16::try_from(kinds.len()).unwrap_or(i16::MAX);
    for row in rows {
        lines.extend(width.to_be_bytes());
        for ((value, kind), column) in row.iter().zip(kinds).zip(&table.columns) {
            kind.write(value, &mut lines).ok_or_else(|| {
                StoreError::Refused(format!(
                    "{value:?} does not fit into the column {column} of {}",
                    table.name
                ))
            })?;
        }
    }
    lines.extend(END.to_be_bytes());
    Ok(lines)
}

#[async_trait]
impl Target for PostgresTarget {
    async fn reached(&mut self, table: &Table) -> Result<Seal, StoreError> {
        let noted: Option<(i64, String)> =
            sqlx::query_as("SELECT rows, checksum FROM copy_progress WHERE table_name = $1")
                .persistent(false)
                .bind(&table.name)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.database.error(error))?;
        Ok(noted.and_then(|(rows, checksum)| Seal::parse(rows, &checksum)).unwrap_or_default())
    }

    async fn clear(&mut self, table: &Table) -> Result<(), StoreError> {
        self.empty(table).await.map_err(|error| self.database.error(error))
    }

    async fn write(
        &mut self,
        table: &Table,
        rows: &[Row],
        reached: Seal,
    ) -> Result<(), StoreError> {
        let lines = lines(rows, &self.database.kinds(table), table)?;
        self.insert(table, lines, reached).await.map_err(|error| self.database.error(error))
    }

    async fn read_back(&mut self) -> Result<Box<dyn Source>, StoreError> {
        let transaction = begin(&self.pool, BEGIN_SNAPSHOT).await;
        let transaction = transaction.map_err(|error| self.database.error(error))?;
        Ok(Box::new(PostgresSource::new(transaction, self.database.clone())))
    }

    async fn finish(&mut self) -> Result<(), StoreError> {
        self.open_for_use().await.map_err(|error| self.database.error(error))
    }
}
