//! Bringing a SQLite file up to date, in one transaction.

use sqlx::migrate::Migrator;
use sqlx::{Connection, SqlSafeStr, SqliteConnection};

use crate::{StoreError, schema};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The table where sqlx, and its command-line tool, look for it.
const CREATE_LEDGER: &str = "
    CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version        BIGINT    PRIMARY KEY,
        description    TEXT      NOT NULL,
        installed_on   TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        success        BOOLEAN   NOT NULL,
        checksum       BLOB      NOT NULL,
        execution_time BIGINT    NOT NULL
    )";

/// -1 is what sqlx writes for "not measured".
const ENTER: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (?1, ?2, TRUE, ?3, -1)";

/// A file with tables but without the ledger belongs to somebody else: the Python version 1 also
/// kept a `production_cache` in one.
const IS_FOREIGN: &str = "
    SELECT count(*) > 0 AND count(*) FILTER (WHERE name = '_sqlx_migrations') = 0
    FROM sqlite_schema
    WHERE type = 'table'";

const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations";

/// Applies what is missing, or changes nothing at all.
pub(crate) async fn run(connection: &mut SqliteConnection) -> Result<(), Failure> {
    // Immediate: a second process that starts on the same new file waits here and then finds the
    // work done.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    refuse_foreign_tables(&mut transaction).await?;
    sqlx::query(CREATE_LEDGER).execute(&mut *transaction).await?;
    let applied: Vec<_> = sqlx::query_as(APPLIED).fetch_all(&mut *transaction).await?;
    let is_new = applied.is_empty();
    for migration in schema::missing(&MIGRATIONS, applied).map_err(Failure::Refusal)? {
        schema::announce(migration, is_new);
        sqlx::raw_sql(migration.sql.clone().into_sql_str()).execute(&mut *transaction).await?;
        sqlx::query(ENTER)
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Refuses a file that is not of exactly this version, and changes nothing.
pub(crate) async fn check(connection: &mut SqliteConnection) -> Result<(), Failure> {
    refuse_foreign_tables(connection).await?;
    let (ledgers,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *connection)
            .await?;
    let applied = match ledgers {
        0 => Vec::new(),
        _ => sqlx::query_as(APPLIED).fetch_all(connection).await?,
    };
    schema::current(&MIGRATIONS, applied).map_err(Failure::Refusal)
}

/// How many migrations a file of ours lacks. Refuses one of a later version; changes nothing.
pub(crate) async fn lacks(connection: &mut SqliteConnection) -> Result<usize, Failure> {
    let applied = sqlx::query_as(APPLIED).fetch_all(connection).await?;
    schema::missing(&MIGRATIONS, applied).map(|missing| missing.len()).map_err(Failure::Refusal)
}

async fn refuse_foreign_tables(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let (foreign,): (bool,) = sqlx::query_as(IS_FOREIGN).fetch_one(connection).await?;
    if foreign {
        return Err(Failure::Refusal(StoreError::Schema(
            "it holds the tables of another program. Nothing was changed; name another file."
                .to_owned(),
        )));
    }
    Ok(())
}

/// Why the schema is not up to date.
pub(crate) enum Failure {
    /// SQLite or the file.
    Database(sqlx::Error),
    /// The file is not ours to change.
    Refusal(StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
