//! Bringing a PostgreSQL database up to date.
//!
//! Everything happens in one transaction that begins with a transaction-level advisory lock. Two
//! bridges that start on one empty database wait for each other there, and the second finds the
//! work done. The lock ends with the transaction by itself, so it is safe behind a pooler, which a
//! session lock is not. A migration therefore cannot hold what PostgreSQL refuses inside a
//! transaction (`CREATE INDEX CONCURRENTLY`).

use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool, SqlSafeStr};

use super::unnamed;
use crate::{StoreError, schema};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// `statement_timeout` is lifted: an upgrade of a large table takes its time. Whoever waits for
/// another bridge's upgrade is sent to try again.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '30s'";

/// An arbitrary number that no other program is likely to lock: "Hoymiles" in ASCII.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(x'486f796d696c6573'::bigint)";

/// The table where sqlx, and its command-line tool, look for it.
const CREATE_LEDGER: &str = "
    CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version        bigint      PRIMARY KEY,
        description    text        NOT NULL,
        installed_on   timestamptz NOT NULL DEFAULT now(),
        success        boolean     NOT NULL,
        checksum       bytea       NOT NULL,
        execution_time bigint      NOT NULL
    )";

/// -1 is what sqlx writes for "not measured".
const ENTER: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES ($1, $2, TRUE, $3, -1)";

/// The Python version 2 had the serial number as the key of its `inverters`.
const IS_OF_PYTHON_V2: &str = "
    SELECT to_regclass('inverters') IS NOT NULL
       AND NOT EXISTS (
               SELECT FROM pg_attribute
               WHERE attrelid = to_regclass('inverters')
                 AND attname = 'inverter_id'
                 AND NOT attisdropped
           )";

const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations";

/// Refuses a database that is not of exactly this version, and changes nothing.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), Failure> {
    refuse_foreign_tables(connection).await?;
    let (has_ledger,): (bool,) =
        sqlx::query_as("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
    let applied = match has_ledger {
        false => Vec::new(),
        true => sqlx::query_as(APPLIED).persistent(false).fetch_all(connection).await?,
    };
    schema::current(&MIGRATIONS, applied).map_err(Failure::Refusal)
}

/// Applies what is missing, or changes nothing at all.
pub(super) async fn run(pool: &PgPool) -> Result<(), Failure> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    unnamed(LOCK).execute(&mut *transaction).await?;
    refuse_foreign_tables(&mut transaction).await?;

    unnamed(CREATE_LEDGER).execute(&mut *transaction).await?;
    let applied: Vec<_> =
        sqlx::query_as(APPLIED).persistent(false).fetch_all(&mut *transaction).await?;
    let is_new = applied.is_empty();
    for migration in schema::missing(&MIGRATIONS, applied).map_err(Failure::Refusal)? {
        schema::announce(migration, is_new);
        sqlx::raw_sql(migration.sql.clone().into_sql_str()).execute(&mut *transaction).await?;
        unnamed(ENTER)
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn refuse_foreign_tables(connection: &mut PgConnection) -> Result<(), Failure> {
    let (of_python_v2,): (bool,) =
        sqlx::query_as(IS_OF_PYTHON_V2).persistent(false).fetch_one(connection).await?;
    if of_python_v2 {
        return Err(Failure::Refusal(StoreError::Schema(
            "it holds the history of the Python version 2. Nothing was changed and nothing is lost: \
             what is read meanwhile waits. To carry the history over, stop the Python version and \
             run: hoymiles-smiles migrate-v2 run (in Docker: docker compose run --rm \
             hoymiles-smiles migrate-v2 run). To begin without it, set DB_NAME to another, empty \
             database."
                .to_owned(),
        )));
    }
    Ok(())
}

/// Why the schema is not up to date.
pub(super) enum Failure {
    /// The server or the connection.
    Database(sqlx::Error),
    /// The database is not ours to change.
    Refusal(StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
