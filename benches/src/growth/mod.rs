//! Whether what a page or Home Assistant asks for stays as fast when the tables grow.
//!
//! Runs only when it is named, `make bench ARGS=growth`, for the sizes in `ROWS`. Every route is
//! asked by one client, for how long it takes, and by several at once, for how much is done. Beside
//! it, in the same minute: a bare axum server with as many bytes, `SELECT 1` through a pool like
//! the bridge's, and the same calls of the store without HTTP and JSON.

mod bulk;
mod cold;
mod farm;
mod routes;
mod stock;

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::Bridge;
use jiff::Timestamp;
use simulator::{DtuOptions, Running, SimulatedDtu};
use sqlx::PgPool;
use store::Store;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::load::{self, Load};
use crate::process::{peak_mb, polled, resident_mb};
use crate::reference::Reference;
use crate::report::{median, print_table, significant, thousands};
use farm::{Farm, calendar};
use routes::{Past, Route};
use stock::{Postgres, Sqlite, size_name};

/// Browsers, Home Assistant and Prometheus at the same time.
const CLIENTS: usize = 16;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(700);
/// Days whose readings are asked for while none of their pages is in memory.
const COLD_DAYS: usize = 40;
/// PostgreSQL tells its statistics at most once in a second.
const STATISTICS_DELAY: Duration = Duration::from_millis(1500);

const HEADER: [&str; 10] = [
    "route",
    "engine, rows",
    "one client: p50, p99 ms",
    "16 clients: req/s",
    "p50, p99 ms",
    "bytes",
    "buffers",
    "bare axum, the same bytes",
    "req/s of its",
    "the store alone: p50 ms",
];

/// `make bench-load ROWS=…`: fills both databases with so many port readings.
pub(crate) async fn load() {
    for rows in sizes() {
        if wanted("postgres") {
            Postgres::with(rows).await;
        }
        if wanted("sqlite") {
            Sqlite::with(rows).await;
        }
    }
}

/// `make bench ARGS=growth`.
pub(crate) async fn measure() {
    let farm = Farm::new();
    let mut dtus = Vec::new();
    for (name, plant) in farm.dtus() {
        let dtu = SimulatedDtu::new(plant.clone(), DtuOptions::default(), Timestamp::now);
        dtus.push((name.as_str(), dtu.listen("127.0.0.1:0").await.unwrap()));
    }
    let mut growth = Growth { farm: &farm, dtus, table: Vec::new(), facts: Vec::new() };
    for rows in sizes() {
        if wanted("postgres") {
            growth.postgres(rows).await;
        }
        if wanted("sqlite") {
            growth.sqlite(rows).await;
        }
    }
    print_table(&HEADER, &growth.table);
    print_table(&["engine, rows", "what", "value"], &growth.facts);
}

/// The sizes in `ROWS`.
fn sizes() -> Vec<u64> {
    let rows = std::env::var("ROWS").unwrap_or_default();
    let sizes: Vec<u64> = rows.split_whitespace().map(|text| text.parse().unwrap()).collect();
    if sizes.is_empty() { vec![1_000_000] } else { sizes }
}

/// Whether an engine is asked for: both, unless `ENGINE` names one.
fn wanted(engine: &str) -> bool {
    std::env::var("ENGINE").map_or(true, |only| only.is_empty() || only == engine)
}

struct Growth<'a> {
    farm: &'a Farm,
    dtus: Vec<(&'a str, Running)>,
    table: Vec<[String; 10]>,
    facts: Vec<[String; 3]>,
}

impl Growth<'_> {
    async fn postgres(&mut self, rows: u64) {
        let database = Postgres::with(rows).await;
        let label = format!("PostgreSQL, {}", size_name(rows));
        self.fact(&label, "bytes per port reading", database.bytes_per_port_row().await);
        let days = past_days(database.first_reading().await);
        let mut at_once = JoinSet::new();
        for _ in 0..CLIENTS {
            let pool = database.pool.clone();
            at_once.spawn(load::calls(ROUND, move |_| select_1(pool.clone())));
        }
        let each = at_once.join_all().await;
        let rate = each.iter().map(|load| load.rate).sum();
        let nothing = Load { rate, ..Load::middle(&each) };
        self.fact(&label, "SELECT 1, 16 at a time", words(nothing));
        let alone = load::calls(ROUND, |_| select_1(database.pool.clone())).await;
        self.fact(&label, "SELECT 1, one at a time", words(alone));
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let store = database.store();
        let cold = cold::Files::of_postgres(&database.pool).await;
        self.one(&label, data_dir, database.settings(), &store, days, Some(&database.pool), cold)
            .await;
        store.close().await;
    }

    async fn sqlite(&mut self, rows: u64) {
        let file = Sqlite::with(rows).await;
        let label = format!("SQLite, {}", size_name(rows));
        self.fact(&label, "bytes per port reading", file.bytes_per_port_row().await);
        let days = past_days(file.first_reading().await);
        let data_dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&file.path, data_dir.path().join(stock::SQLITE_FILE)).unwrap();
        let store = file.store();
        let cold = cold::Files::these([file.path.clone()]);
        self.one(&label, Arc::new(data_dir), Vec::new(), &store, days, None, cold).await;
        store.close().await;
    }

    #[allow(clippy::too_many_arguments, reason = "what the two engines differ in")]
    async fn one(
        &mut self,
        label: &str,
        data_dir: Arc<TempDir>,
        mut settings: Vec<(&'static str, String)>,
        store: &dyn Store,
        days: Vec<(Timestamp, Timestamp)>,
        pool: Option<&PgPool>,
        cold: cold::Files,
    ) {
        let dtus: Vec<_> = self.dtus.iter().map(|(name, dtu)| (*name, dtu)).collect();
        settings.push(("DTU_CONFIGS", Bridge::dtu_configs(&dtus)));
        let bridge = Bridge::start_in(data_dir, &["run"], &settings);
        for (name, _) in &dtus {
            polled(&bridge, name, 3).await;
        }
        self.fact(label, "memory, nobody asks", format!("{:.1} MB", resident_mb(bridge.pid())));
        let serials = self.farm.dtus().iter().flat_map(|(_, dtu)| dtu.serials()).collect();
        let past = Past { serials, days, calendar: calendar() };

        let (mut first, mut again) = (Vec::new(), Vec::new());
        for (path, _) in past.inverter_days().iter().take(past.days.len().min(COLD_DAYS)) {
            cold.forget();
            for took in [&mut first, &mut again] {
                let start = Instant::now();
                load::once(bridge.address(), path).await;
                took.push(start.elapsed().as_secs_f64() * 1000.0);
            }
        }
        let count = first.len();
        let text = |took: Vec<f64>| {
            let slowest = took.iter().copied().fold(0.0, f64::max);
            format!("p50 {:.1}, slowest of {count} {slowest:.1} ms", median(took))
        };
        self.fact(label, &format!("an inverter-day, {}", cold.state()), text(first));
        self.fact(label, "the same again", text(again));

        for route in routes::all(&past) {
            self.route(label, &bridge, &route, store, pool, &past).await;
        }
        let peak = peak_mb(bridge.pid());
        self.fact(label, "memory, the most under all of it", format!("{peak:.1} MB"));
        assert!(bridge.terminate().success());
    }

    async fn route(
        &mut self,
        label: &str,
        bridge: &Bridge,
        route: &Route,
        store: &dyn Store,
        pool: Option<&PgPool>,
        past: &Past,
    ) {
        let address = bridge.address();
        let bytes = load::once(address, &route.paths[0]).await;
        let reference = Reference::start(bytes);
        let constant = ["/".to_owned()];
        let clients = if route.is_heavy { 1 } else { CLIENTS };
        let (mut alone, mut many, mut theirs, mut direct) = (vec![], vec![], vec![], vec![]);
        let before = buffers(pool).await;
        let mut requests = 0.0;
        for _ in 0..ROUNDS {
            alone.push(load::run(address, &route.paths, 1, ROUND).await);
            many.push(load::run(address, &route.paths, clients, ROUND).await);
        }
        for load in alone.iter().chain(&many) {
            requests += load.rate * ROUND.as_secs_f64();
        }
        let touched = (buffers(pool).await - before) / requests;
        for _ in 0..ROUNDS {
            theirs.push(load::run(reference.address(), &constant, clients, ROUND).await);
            if !route.questions.is_empty() {
                let ask = |turn: usize| {
                    let question = &route.questions[turn % route.questions.len()];
                    question.ask(store, &past.calendar)
                };
                direct.push(load::calls(ROUND, ask).await);
            }
        }
        let [alone, many, theirs] = [alone, many, theirs].map(|rounds| Load::middle(&rounds));
        let cells = [
            route.name.to_owned(),
            label.to_owned(),
            format!("{:.2}, {:.2}", alone.p50_ms, alone.p99_ms),
            thousands(many.rate),
            format!("{:.2}, {:.2}", many.p50_ms, many.p99_ms),
            thousands(bytes as f64),
            match (pool, route.questions.is_empty()) {
                (Some(_), false) => format!("{touched:.0}"),
                _ => String::new(),
            },
            words(theirs),
            significant(many.rate / theirs.rate),
            match direct.is_empty() {
                true => String::new(),
                false => format!("{:.2}", Load::middle(&direct).p50_ms),
            },
        ];
        eprintln!("{}", cells.join(" | "));
        self.table.push(cells);
    }

    fn fact(&mut self, label: &str, what: &str, value: String) {
        eprintln!("{label}: {what}: {value}");
        self.facts.push([label.to_owned(), what.to_owned(), value]);
    }
}

fn words(Load { rate, p50_ms, p99_ms }: Load) -> String {
    format!("{} req/s, p50 {p50_ms:.2}, p99 {p99_ms:.2}", thousands(rate))
}

/// All whole or begun days before today, the newest first.
fn past_days(first: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let calendar = calendar();
    let today = calendar.day(Timestamp::now());
    let days = std::iter::successors(today.yesterday().ok(), |day| day.yesterday().ok());
    days.map(|day| (calendar.start(day), calendar.start(day.tomorrow().unwrap())))
        .take_while(|(_, end)| *end > first)
        .collect()
}

/// In a transaction, as all that the bridge says to the server.
async fn select_1(pool: PgPool) {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT 1").persistent(false).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Pages that all statements in this database have looked at so far. Some are those of the polls.
async fn buffers(pool: Option<&PgPool>) -> f64 {
    let Some(pool) = pool else { return 0.0 };
    tokio::time::sleep(STATISTICS_DELAY).await;
    sqlx::query_scalar(
        "SELECT (blks_hit + blks_read)::double precision FROM pg_stat_database
         WHERE datname = current_database()",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}
