//! The store on a PostgreSQL server, version 12 or later.
//!
//! **Connections.** The pool is lazy: building a [`PostgresStore`] connects nowhere, and each call
//! waits at most three seconds for a connection. The pool grows to `pool_size + max_overflow`.
//! sqlx closes a connection for having been idle, not for being one too many, so the limit between
//! the two is not a number but a minute: what a rush opened is closed when nobody used it for that
//! long, and a quiet bridge holds a single connection.
//!
//! **Behind a transaction pooler** (PgBouncer) consecutive transactions may run on different server
//! connections, shared with other clients. Therefore
//!
//! * every statement runs inside a transaction, and settings are made with `SET LOCAL` in the same
//!   message as its `BEGIN`, which costs no round trip;
//! * every statement is prepared without a name: a named one would be looked for on the wrong
//!   connection later. Only what a long batch [repeats](repeated) has a name, and loses it before
//!   the transaction ends. One text serves any batch size, so planning stays cheap;
//! * there are no session locks, no temporary tables, no LISTEN.
//!
//! **Time limits.** A statement is cancelled by the server after 30 s, and a transaction whose
//! bridge has vanished is ended after 60 s, so that its row locks do not outlive it. A server that
//! vanished without closing its connections is given up by us after 60 s.

mod books;
mod devices;
mod energy;
mod error;
mod events;
mod history;
mod lease;
mod migrate;
mod options;
mod pages;
mod power;
mod read;
mod recompute;
mod slots;
mod transfer;
pub mod v2;
mod write;

use std::fmt;
use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plant::energy::Calendar;
use plant::event::Event;
use plant::live::{LiveInverter, Timed};
use plant::{InverterReading, PortReading, Serial};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, Postgres};
use sqlx::query::Query;
use sqlx::{Connection, PgConnection, PgPool, Transaction};

pub use options::{PostgresOptions, PostgresOptionsError};

use crate::batch::Batch;
use crate::recompute::Recomputed;
use crate::sealed::SealedDays;
use crate::{
    Bucket, BucketQuery, Claim, EnergyQuery, EnergySeries, EventQuery, HistoryQuery, Lease, Leases,
    MeanQuery, MeanSeries, PageQuery, PlantDay, Record, Store, StoreError, StoreStats, Written,
};

/// How long a call waits for a connection. Short, because the outbox waits better than a task.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// After how long without use a connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection that was given back may take to end what was cut off on it.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take when the server answers nothing any more.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// `synchronous_commit` is set because an acknowledged batch is deleted from the outbox: it must
/// be on disk, whatever the server's default.
const BEGIN_WRITE: &str = "BEGIN; \
     SET LOCAL statement_timeout = '30s'; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; \
     SET LOCAL synchronous_commit = on";

/// One snapshot of the database for all statements of a call. Bitmap scans are off because every
/// query steps through a key in its order: without statistics, just after a long backlog has been
/// drained, the planner would rather read all rows of an inverter and sort them.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL enable_bitmapscan = off; \
     SET LOCAL statement_timeout = '30s'; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// The same for statements that read all of a range of a key: in the order of pages, many of which
/// are asked for ahead. The number is what a solid-state disk can have under way; an administrator's
/// zero is left alone, as is that of a platform that cannot read ahead and refuses any other.
const BEGIN_RANGE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL enable_indexscan = off; \
     SET LOCAL statement_timeout = '30s'; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; \
     SELECT set_config('effective_io_concurrency', '256', true) \
     WHERE current_setting('effective_io_concurrency') <> '0'";

/// Readings in a PostgreSQL database.
pub struct PostgresStore {
    pool: PgPool,
    /// `host:port/database`, for error texts.
    server: String,
    calendar: Calendar,
    sealed: SealedDays,
    size: read::SizeOnDisk,
}

impl PostgresStore {
    /// A store that has not connected yet. Call it inside a Tokio runtime, where the pool looks
    /// after its idle connections.
    ///
    /// # Errors
    /// If an option cannot be right. Whether the server is there is not looked at.
    pub fn new(options: &PostgresOptions) -> Result<Self, PostgresOptionsError> {
        let connect = options.connect_options()?;
        let pool = PgPoolOptions::new()
            .min_connections(0)
            .max_connections(options.pool_size.saturating_add(options.max_overflow))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            .after_release(|connection, _| Box::pin(is_of_use(connection)));
        Ok(Self {
            server: server_name(&connect),
            pool: pool.connect_lazy_with(connect),
            calendar: Calendar::new(TimeZone::UTC),
            sealed: SealedDays::default(),
            size: read::SizeOnDisk::default(),
        })
    }

    /// Makes the books of these days anew from the raw readings. See [`crate::recompute`].
    ///
    /// # Errors
    /// As for any write. Ports done before the failure stay done; calling again is harmless.
    pub async fn recompute(
        &self,
        days: RangeInclusive<Date>,
        now: Timestamp,
    ) -> Result<Recomputed, StoreError> {
        recompute::days(&self.pool, &self.calendar, &days, now)
            .await
            .map_err(|error| self.error(error))
    }

    /// The same store with days of another zone than UTC.
    #[must_use]
    pub fn in_calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// Runs a call and says what its failure means.
    async fn call<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(CALL_TIMEOUT, work).await {
            Ok(result) => result.map_err(|error| self.error(error)),
            Err(_) => Err(StoreError::Unavailable(format!(
                "{} did not answer within a minute",
                self.server
            ))),
        }
    }

    fn error(&self, error: sqlx::Error) -> StoreError {
        error::store_error(error, &self.server)
    }
}

impl fmt::Debug for PostgresStore {
    /// Only the server's name: the pool's own output would show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("server", &self.server).finish_non_exhaustive()
    }
}

fn server_name(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// Begins a transaction, in a task of its own that sees it through: the connection of a BEGIN that
/// was cut off would go back to the pool inside a transaction that sqlx does not know of. One that
/// is cut off later is rolled back.
async fn begin(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// Whether a connection that comes back to the pool is of use. sqlx asks the same without a limit
/// of time, so that a server that is silent in the middle of a statement would keep its place in
/// the pool for as long as TCP believes in it, a quarter of an hour.
async fn is_of_use(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // Cut off in a transaction that had prepared it.
    if connection.cached_statements_size() > 0 {
        return Ok(false);
    }
    match tokio::time::timeout(RELEASE_TIMEOUT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// A statement that leaves nothing behind on the server's connection, see the module doc.
fn unnamed(sql: &'static str) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(sql).persistent(false)
}

/// A statement that a transaction runs for all of `rows`, `at_once` of them at a time. If that is more
/// than once, it is parsed and planned once, under a name, and [`forget_repeated`] has to follow in
/// the same transaction: until its end even a pooler keeps to one connection.
fn repeated(
    sql: &'static str,
    rows: usize,
    at_once: usize,
) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(sql).persistent(rows > at_once)
}

/// Takes the names of [`repeated`] statements off the server's connection. It works in a transaction
/// that has failed, too.
async fn forget_repeated(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.clear_cached_statements().await
}

#[async_trait]
impl Store for PostgresStore {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        self.upgrade().await?;
        self.refuse_half_filled().await?;
        self.refuse_unfinished_v2().await
    }

    async fn write(&self, records: &[Record]) -> Result<Written, StoreError> {
        if records.is_empty() {
            return Ok(Written::default());
        }
        let batch = Batch::of(records);
        self.call(write::batch(&self.pool, &batch, &self.calendar)).await
    }

    async fn latest(&self, now: Timestamp) -> Result<Vec<(Serial, LiveInverter)>, StoreError> {
        self.call(read::latest(&self.pool, now, &self.calendar)).await
    }

    async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        self.call(history::history(&self.pool, query)).await
    }

    async fn port_history(
        &self,
        query: &HistoryQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        self.call(pages::port_history(&self.pool, query, port)).await
    }

    async fn inverter_page(
        &self,
        page: &PageQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        self.call(pages::inverter_page(&self.pool, page)).await
    }

    async fn port_page(
        &self,
        page: &PageQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        self.call(pages::port_page(&self.pool, page, port)).await
    }

    async fn buckets(&self, query: &BucketQuery) -> Result<Vec<Bucket>, StoreError> {
        self.call(pages::buckets(&self.pool, query)).await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.call(events::overlapping(&self.pool, query)).await
    }

    async fn open_events(&self) -> Result<Vec<Event>, StoreError> {
        self.call(events::open(&self.pool)).await
    }

    async fn plant_days(&self, from: Date, to: Date) -> Result<Vec<PlantDay>, StoreError> {
        self.call(events::plant_days(&self.pool, from, to)).await
    }

    async fn energy(&self, query: &EnergyQuery) -> Result<Vec<EnergySeries>, StoreError> {
        self.call(energy::energy(&self.pool, &self.calendar, &self.sealed, query)).await
    }

    async fn means(&self, query: &MeanQuery) -> Result<Vec<MeanSeries>, StoreError> {
        self.call(power::means(&self.pool, query)).await
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        self.call(read::stats(&self.pool, &self.size)).await
    }

    async fn config(&self, key: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.call(read::config(&self.pool, key)).await
    }

    async fn configs(&self, prefix: &str) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        self.call(read::configs(&self.pool, prefix)).await
    }

    async fn set_config(&self, key: &str, value: &serde_json::Value) -> Result<(), StoreError> {
        self.call(write::config(&self.pool, key, value)).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Leases for PostgresStore {
    async fn claim(&self, claim: &Claim) -> Result<Lease, StoreError> {
        self.call(lease::claim(&self.pool, claim)).await
    }

    async fn release(&self, dtu: Serial, process: &str) -> Result<(), StoreError> {
        self.call(lease::release(&self.pool, dtu, process)).await
    }
}
