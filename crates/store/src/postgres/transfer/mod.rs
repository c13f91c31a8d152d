//! A PostgreSQL database as source and target of a copy. See [`transfer`](crate::transfer).
//!
//! Rows are read through a cursor in one transaction and written with `COPY`, both in the server's
//! binary format, which is exact.

mod kind;
mod source;
mod target;

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{PgConnection, Postgres, Transaction};

use self::kind::Kind;
use self::source::PostgresSource;
use self::target::PostgresTarget;
use super::error::store_error;
use super::{PostgresStore, begin, migrate};
use crate::StoreError;
use crate::transfer::{
    HALF_FILLED, OCCUPANTS, Source, Table, Target, TransferError, all_tables, occupied,
};

/// One snapshot for as long as it takes. A table is read as it lies on the disk, from its beginning:
/// the same order each time, and no sorting of what may be larger than the memory.
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL synchronize_seqscans = off; \
     SET LOCAL enable_indexscan = off; \
     SET LOCAL enable_bitmapscan = off";

/// A page may take as long as it takes; one whose program has vanished is ended.
const BEGIN_FILL: &str = "BEGIN; \
     SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = '10min'; \
     SET LOCAL synchronous_commit = on";

const COLUMNS: &str = "
    SELECT a.attname::text AS name, t.typname::text AS kind
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

const IS_HALF_FILLED: &str = "SELECT to_regclass('copy_progress') IS NOT NULL";

/// Whoever holds a lease, or else is connected under our name.
const USERS: &str = "
    SELECT 'the bridge ' || holder_name
    FROM dtu_leases
    WHERE expires_at > now()
    UNION
    SELECT 'a hoymiles-smiles at ' || COALESCE(client_addr::text, 'the same machine')
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND application_name = 'hoymiles-smiles'
      AND pid <> pg_backend_pid()
    LIMIT 1";

/// What a source and a target have in common.
#[derive(Clone)]
struct Database {
    server: String,
    tables: Vec<Table>,
    /// Of each table in the order of its columns.
    kinds: BTreeMap<String, Vec<Kind>>,
}

impl PostgresStore {
    /// What the store holds at this moment, also while a bridge runs.
    ///
    /// # Errors
    /// If the database cannot be reached or is not of this version. Nothing is changed.
    pub async fn source(&self) -> Result<Box<dyn Source>, StoreError> {
        let mut transaction = self.transaction(BEGIN_SNAPSHOT).await?;
        migrate::check(&mut transaction).await.map_err(|failure| self.of_migration(failure))?;
        let half_filled = is_half_filled(&mut transaction).await;
        if half_filled.map_err(|error| self.error(error))? {
            return Err(StoreError::Schema(HALF_FILLED.to_owned()));
        }
        let database = self.database(&mut transaction).await?;
        Ok(Box::new(PostgresSource::new(transaction, database)))
    }

    /// The store as something to be filled from `origin`: an empty one, or one that an earlier copy
    /// from there has begun to fill; with `replace` whatever it holds is deleted.
    ///
    /// # Errors
    /// [`TransferError::Refused`] if it holds readings, is being filled from elsewhere, or if a
    /// bridge uses it.
    pub async fn target(
        &self,
        origin: &str,
        replace: bool,
    ) -> Result<Box<dyn Target>, TransferError> {
        self.refuse_while_used().await?;
        self.upgrade().await?;
        let mut transaction = self.transaction(BEGIN_FILL).await?;
        let database = self.database(&mut transaction).await?;
        let target = PostgresTarget::new(self.pool.clone(), database, origin);
        let half_filled = is_half_filled(&mut transaction).await;
        if half_filled.map_err(|error| self.error(error))? && !replace {
            let earlier = sqlx::query_scalar("SELECT origin FROM copy_progress LIMIT 1")
                .persistent(false)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(|error| self.error(error))?;
            occupied::unless_the_same(earlier, origin, &self.server)?;
        } else {
            if !replace {
                let (devices, readings) = sqlx::query_as(OCCUPANTS)
                    .persistent(false)
                    .fetch_one(&mut *transaction)
                    .await
                    .map_err(|error| self.error(error))?;
                occupied::unless_empty(devices, readings, &self.server)?;
            }
            target.mark(&mut transaction).await.map_err(|error| self.error(error))?;
        }
        transaction.commit().await.map_err(|error| self.error(error))?;
        Ok(Box::new(target))
    }

    /// Refuses if a bridge uses the database, this store's own connections aside: it has to be
    /// called before any other call.
    ///
    /// # Errors
    /// [`TransferError::Refused`] with who that is.
    pub async fn refuse_while_used(&self) -> Result<(), TransferError> {
        let mut found = None;
        // One that has just ended may still be saying goodbye.
        for pause in [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)] {
            tokio::time::sleep(pause).await;
            let mut transaction = self.transaction(BEGIN_FILL).await?;
            let user = user(&mut transaction).await.map_err(|error| self.error(error))?;
            match user {
                None => return Ok(()),
                Some(user) => found = Some(user),
            }
        }
        Err(TransferError::Refused(format!(
            "{} uses {}: stop it first. One that was killed counts as running for a few minutes",
            found.unwrap_or_default(),
            self.server
        )))
    }

    pub(super) async fn upgrade(&self) -> Result<(), StoreError> {
        migrate::run(&self.pool).await.map_err(|failure| self.of_migration(failure))
    }

    /// A store that is being filled is no store yet.
    pub(super) async fn refuse_half_filled(&self) -> Result<(), StoreError> {
        let mut transaction = self.transaction(super::BEGIN_READ).await?;
        match is_half_filled(&mut transaction).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(StoreError::Schema(HALF_FILLED.to_owned())),
            Err(error) => Err(self.error(error)),
        }
    }

    async fn transaction(
        &self,
        statement: &'static str,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        begin(&self.pool, statement).await.map_err(|error| self.error(error))
    }

    fn of_migration(&self, failure: migrate::Failure) -> StoreError {
        match failure {
            migrate::Failure::Database(error) => self.error(error),
            migrate::Failure::Refusal(refusal) => refusal,
        }
    }

    async fn database(&self, connection: &mut PgConnection) -> Result<Database, StoreError> {
        let tables = all_tables().await.map_err(|error| self.error(error))?;
        let mut kinds = BTreeMap::new();
        for table in &tables {
            let found: Vec<(String, String)> = sqlx::query_as(COLUMNS)
                .persistent(false)
                .bind(&table.name)
                .fetch_all(&mut *connection)
                .await
                .map_err(|error| self.error(error))?;
            let found: BTreeMap<_, _> = found.into_iter().collect();
            let of_table: Option<Vec<Kind>> = table
                .columns
                .iter()
                .map(|column| found.get(column).and_then(|kind| Kind::named(kind)))
                .collect();
            let of_table = of_table.ok_or_else(|| {
                StoreError::Schema(format!("the columns of its table {} were changed.", table.name))
            })?;
            kinds.insert(table.name.clone(), of_table);
        }
        Ok(Database { server: self.server.clone(), tables, kinds })
    }
}

/// Somebody who uses the database.
async fn user(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let has_leases: bool = sqlx::query_scalar("SELECT to_regclass('dtu_leases') IS NOT NULL")
        .persistent(false)
        .fetch_one(&mut *connection)
        .await?;
    if !has_leases {
        return Ok(None);
    }
    sqlx::query_scalar(USERS).persistent(false).fetch_optional(connection).await
}

async fn is_half_filled(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(IS_HALF_FILLED).persistent(false).fetch_one(connection).await
}

impl Database {
    fn kinds(&self, table: &Table) -> Vec<Kind> {
        self.kinds.get(&table.name).cloned().unwrap_or_default()
    }

    fn error(&self, error: sqlx::Error) -> StoreError {
        store_error(error, &self.server)
    }
}
