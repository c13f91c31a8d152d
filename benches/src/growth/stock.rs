//! Databases that hold so many port readings. Each is filled once and used again by later runs.
//!
//! On the test server they are called `bench_1m`, `bench_10m`, …; for SQLite they are directories
//! of that name below `target/bench`. The daily tables and the events go back 25 years, raw
//! readings as far as their number reaches. To be rid of one: `DROP DATABASE bench_100m`, or remove
//! the directory.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff_sqlx::Timestamp as Stored;
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row, SqlitePool};
use store::{PostgresOptions, PostgresStore, Record, SqliteStore, Store};

use super::bulk;
use super::farm::{ALL_PORTS, Farm, PERIOD, calendar};

const DEFAULT_SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";
/// Under this key `config_cache` tells that a database was filled to the end.
const FILLED: &str = "benchmark";
/// Polls in one call of the store.
const BATCH: usize = 400;
/// The file below the bridge's data directory.
pub(super) const SQLITE_FILE: &str = "hoymiles-smiles.sqlite";

/// A quarter of a century of daily figures before the first reading: more in summer than in winter,
/// and the same for each port, so that the figures of a DTU are the sum.
const PAST_PORT_DAYS: &str = "
    INSERT INTO port_daily (inverter_id, port_number, day, energy, estimated, peak_power, samples,
        corrections, first_at, last_at, peak_at)
    SELECT inverter_id, port_number, past.day, 300 + 8 * warmth, 0, 100 + warmth, 1440, 0,
           first_at, last_at, peak_at
    FROM production_cache CROSS JOIN past";
const PAST_DTU_DAYS: &str = "
    INSERT INTO plant_daily (dtu_name, day, energy, estimated, peak_power, polls, first_at, last_at,
        peak_at)
    SELECT dtu_name, past.day, sum(300 + 8 * warmth), 0, sum(100 + warmth), 1440,
           min(first_at), max(last_at), min(peak_at)
    FROM production_cache JOIN inverters USING (inverter_id) CROSS JOIN past
    GROUP BY dtu_name, past.day";
/// Every inverter slept every night.
const PAST_EVENTS: &str = "
    INSERT INTO events (kind, subject, started_at, ended_at, text)
    SELECT 'sleep', serial_number, last_at, next_at, 'asleep'
    FROM inverters CROSS JOIN past";

const POSTGRES_PAST: &str = "
    CREATE TEMPORARY TABLE past AS
    SELECT day::date AS day,
           182 - abs(182 - extract(doy FROM day)::int) AS warmth,
           (day + interval '5 hours') AT TIME ZONE 'UTC' AS first_at,
           (day + interval '11 hours') AT TIME ZONE 'UTC' AS peak_at,
           (day + interval '18 hours') AT TIME ZONE 'UTC' AS last_at,
           (day + interval '29 hours') AT TIME ZONE 'UTC' AS next_at
    FROM generate_series((SELECT min(day) FROM port_daily) - interval '25 years',
                         (SELECT min(day) FROM port_daily) - interval '1 day', '1 day') AS day";
const SQLITE_PAST: &str = "
    CREATE TEMPORARY TABLE past AS
    WITH RECURSIVE days (day) AS (
        SELECT date((SELECT min(day) FROM port_daily), '-25 years')
        UNION ALL
        SELECT date(day, '+1 day') FROM days
        WHERE day < date((SELECT min(day) FROM port_daily), '-1 day')
    )
    SELECT day,
           182 - abs(182 - CAST(strftime('%j', day) AS INTEGER)) AS warmth,
           1000000 * (unixepoch(day) + 5 * 3600) AS first_at,
           1000000 * (unixepoch(day) + 11 * 3600) AS peak_at,
           1000000 * (unixepoch(day) + 18 * 3600) AS last_at,
           1000000 * (unixepoch(day) + 29 * 3600) AS next_at
    FROM days";

/// `1m`, `100m`; the bare number where it is no round one.
pub(super) fn size_name(rows: u64) -> String {
    if rows.is_multiple_of(1_000_000) { format!("{}m", rows / 1_000_000) } else { rows.to_string() }
}

/// A filled database on the test server.
pub(super) struct Postgres {
    pub(super) pool: PgPool,
    server: PgConnectOptions,
    database: String,
}

impl Postgres {
    /// The database with so many readings, filled now if it was not before.
    pub(super) async fn with(rows: u64) -> Self {
        let url = std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| DEFAULT_SERVER.to_owned());
        let server: PgConnectOptions = url.parse().unwrap();
        let database = format!("bench_{}", size_name(rows));
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_lazy_with(server.clone().database(&database));
        let this = Self { pool, server, database };
        if !this.is_filled().await {
            eprintln!("filling the database {} with {rows} port readings", this.database);
            this.create().await;
            this.fill(rows).await;
        }
        this
    }

    async fn is_filled(&self) -> bool {
        let known: Result<i64, _> =
            sqlx::query_scalar("SELECT count(*) FROM config_cache WHERE key = $1")
                .bind(FILLED)
                .fetch_one(&self.pool)
                .await;
        known.is_ok_and(|count| count == 1)
    }

    async fn create(&self) {
        let mut admin = PgConnection::connect_with(&self.server).await.unwrap();
        for statement in [
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database),
            format!("CREATE DATABASE {}", self.database),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        }
    }

    async fn fill(&self, rows: u64) {
        let store = self.store();
        store.prepare().await.unwrap();
        let farm = Arc::new(Farm::new());
        let (start, midnight, now) = times(rows);
        bulk::fill(&self.pool, &farm, start, midnight).await;
        write(&store, &farm, midnight, now).await;
        let mut connection = self.pool.acquire().await.unwrap();
        let past = [POSTGRES_PAST, PAST_PORT_DAYS, PAST_DTU_DAYS, PAST_EVENTS];
        // What autovacuum does where it is on.
        for statement in past.into_iter().chain(["VACUUM ANALYZE"]) {
            sqlx::query(statement).execute(&mut *connection).await.unwrap();
        }
        store.set_config(FILLED, &json!({ "rows": rows })).await.unwrap();
        store.close().await;
    }

    /// The bridge's own store on it.
    pub(super) fn store(&self) -> PostgresStore {
        let options = PostgresOptions {
            host: self.server.get_host().to_owned(),
            port: self.server.get_port(),
            database: self.database.clone(),
            user: self.server.get_username().to_owned(),
            ..PostgresOptions::default()
        };
        PostgresStore::new(&options).unwrap().in_calendar(calendar())
    }

    /// On disk, the key included, as text.
    pub(super) async fn bytes_per_port_row(&self) -> String {
        let row = sqlx::query(
            "SELECT pg_table_size('port_data')::double precision / rows AS heap,
                    pg_indexes_size('port_data')::double precision / rows AS key
             FROM row_counts WHERE table_name = 'port_data'",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap();
        let (heap, key): (f64, f64) = (row.get("heap"), row.get("key"));
        format!("{:.1} (row {heap:.1}, key {key:.1})", heap + key)
    }

    /// When its past begins.
    pub(super) async fn first_reading(&self) -> Timestamp {
        let first: Stored = sqlx::query_scalar("SELECT min(first_seen) FROM inverters")
            .fetch_one(&self.pool)
            .await
            .unwrap();
        first.to_jiff()
    }

    /// What points a bridge at it.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DB_TYPE", "postgres".to_owned()),
            ("DB_HOST", self.server.get_host().to_owned()),
            ("DB_PORT", self.server.get_port().to_string()),
            ("DB_NAME", self.database.clone()),
            ("DB_USER", self.server.get_username().to_owned()),
        ]
    }
}

/// A filled SQLite file.
pub(super) struct Sqlite {
    pub(super) path: PathBuf,
}

impl Sqlite {
    /// The file with so many readings, filled now if it was not before.
    pub(super) async fn with(rows: u64) -> Self {
        let program = std::env::current_exe().unwrap();
        let target = program.ancestors().nth(3).unwrap();
        let directory = target.join("bench").join(format!("bench_{}", size_name(rows)));
        let this = Self { path: directory.join(SQLITE_FILE) };
        if !this.path.exists() || this.store().config(FILLED).await.unwrap().is_none() {
            eprintln!("filling {} with {rows} port readings", this.path.display());
            let _ = std::fs::remove_dir_all(&directory);
            this.fill(rows).await;
        }
        this
    }

    async fn fill(&self, rows: u64) {
        let store = self.store();
        store.prepare().await.unwrap();
        let (start, _, now) = times(rows);
        write(&store, &Farm::new(), start, now).await;
        let mut connection = self.pool(false).acquire().await.unwrap();
        for statement in [SQLITE_PAST, PAST_PORT_DAYS, PAST_DTU_DAYS, PAST_EVENTS] {
            sqlx::query(statement).execute(&mut *connection).await.unwrap();
        }
        store.set_config(FILLED, &json!({ "rows": rows })).await.unwrap();
        store.close().await;
    }

    /// The bridge's own store on it.
    pub(super) fn store(&self) -> SqliteStore {
        SqliteStore::open_lazy(&self.path).in_calendar(calendar())
    }

    /// On disk; the key is the table.
    pub(super) async fn bytes_per_port_row(&self) -> String {
        let bytes: f64 = sqlx::query_scalar(
            "SELECT CAST(sum(pgsize) AS REAL) / (SELECT rows FROM row_counts
                                                 WHERE table_name = 'port_data')
             FROM dbstat WHERE name = 'port_data' AND aggregate = TRUE",
        )
        .fetch_one(&self.pool(true))
        .await
        .unwrap();
        format!("{bytes:.1}")
    }

    /// When its past begins.
    pub(super) async fn first_reading(&self) -> Timestamp {
        let first: i64 = sqlx::query_scalar("SELECT min(first_seen) FROM inverters")
            .fetch_one(&self.pool(true))
            .await
            .unwrap();
        Timestamp::from_microsecond(first).unwrap()
    }

    /// Connections of our own.
    fn pool(&self, read_only: bool) -> SqlitePool {
        SqlitePool::connect_lazy_with(
            SqliteConnectOptions::new().filename(&self.path).read_only(read_only),
        )
    }
}

/// When so many readings begin, the last midnight, and now.
fn times(rows: u64) -> (Timestamp, Timestamp, Timestamp) {
    let now = Timestamp::now();
    let polls = i32::try_from(rows.div_ceil(ALL_PORTS as u64)).unwrap();
    let calendar = calendar();
    let start = now - PERIOD * polls;
    (start, calendar.start(calendar.day(now)).max(start), now)
}

/// The polls of this time, as the bridge itself would write what has waited in its outbox.
async fn write(store: &dyn Store, farm: &Farm, from: Timestamp, to: Timestamp) {
    let mut polls = farm.polls(from, to).map(Record::Snapshot);
    let mut written = 0;
    loop {
        let records: Vec<Record> = polls.by_ref().take(BATCH).collect();
        if records.is_empty() {
            return;
        }
        let before = written;
        written += store.write(&records).await.unwrap().port_rows;
        if written / 5_000_000 != before / 5_000_000 {
            eprintln!("{} million port readings", written / 1_000_000);
        }
    }
}
