//! Requests per second of the two routes that clients ask most, with an empty database and with a
//! million port readings in it, beside a server that sends a constant of the same size.

use std::sync::Arc;
use std::time::Duration;

use e2e::{Bridge, Database, eventually};
use jiff::{SignedDuration, Timestamp};
use simulator::{Running, SimPlant};
use store::{PostgresOptions, PostgresStore, Record, SqliteStore, Store};
use tempfile::TempDir;

use crate::load::{self, Load};
use crate::process::{polled, resident_mb, settings};
use crate::reference::Reference;
use crate::report::{Report, thousands};

const PORTS: usize = 20;
/// A poll per minute for 35 days: a million port readings.
const SNAPSHOTS: i64 = 50_000;
/// Snapshots per call of the store.
const BATCH: i64 = 500;
/// Browsers and Home Assistant together have fewer.
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(600);
/// Where the bridge keeps its embedded store below the data directory.
const SQLITE_FILE: &str = "hoymiles-smiles.sqlite";

pub(crate) async fn measure(report: &mut Report) {
    let dtu = e2e::dtu(PORTS, 1).await;
    for rows in ["nothing stored", "1 M port rows"] {
        for engine in ["SQLite", "PostgreSQL"] {
            let data_dir = Arc::new(tempfile::tempdir().unwrap());
            let database = match engine {
                "PostgreSQL" => Some(Database::create().await),
                _ => None,
            };
            if rows != "nothing stored" {
                fill(dtu.plant(), database.as_ref(), &data_dir).await;
            }
            let label = format!("{engine}, {rows}");
            one_bridge(report, &label, &dtu, database.as_ref(), data_dir).await;
        }
    }
}

async fn one_bridge(
    report: &mut Report,
    label: &str,
    dtu: &Running,
    database: Option<&Database>,
    data_dir: Arc<TempDir>,
) {
    let settings = settings(dtu, database);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    // Newcomers are confirmed by the second poll.
    polled(&bridge, "DTU", 3).await;
    let serial = eventually("the plant", async || {
        let answer = bridge.get("/api/inverters");
        let plant = answer.json();
        let serial = plant.get(0)?["serial_number"].as_str()?.to_owned();
        (answer.status == 200).then_some(serial)
    })
    .await;
    compare(report, label, &bridge, "/api/inverters", "/api/inverters").await;
    let history = format!("/api/inverters/{serial}/history?limit=100");
    compare(report, label, &bridge, "history limit=100", &history).await;
    eprintln!("memory after that, {label}: {:.1} MB", resident_mb(bridge.pid()));
}

async fn compare(report: &mut Report, label: &str, bridge: &Bridge, name: &str, path: &str) {
    let bytes = load::once(bridge.address(), path).await;
    let reference = Reference::start(bytes);
    let path = [path.to_owned()];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(load::run(bridge.address(), &path, CONNECTIONS, ROUND).await);
        theirs.push(load::run(reference.address(), &path, CONNECTIONS, ROUND).await);
    }
    let (ours, theirs) = (Load::middle(&ours), Load::middle(&theirs));
    report.add(
        format!("{name}, {label}"),
        words(ours),
        words(theirs),
        format!("the same {bytes} bytes, constant"),
        ours.rate / theirs.rate,
    );
}

fn words(load: Load) -> String {
    let Load { rate, p50_ms, p99_ms } = load;
    format!("{} req/s, p50 {p50_ms:.2}, p99 {p99_ms:.2} ms", thousands(rate))
}

/// The past of this plant: a million port readings up to now.
async fn fill(plant: &SimPlant, database: Option<&Database>, data_dir: &TempDir) {
    let store: Box<dyn Store> = match database {
        Some(database) => Box::new(postgres(database)),
        None => Box::new(SqliteStore::open_lazy(data_dir.path().join(SQLITE_FILE))),
    };
    store.prepare().await.unwrap();
    let start = Timestamp::now() - SignedDuration::from_mins(SNAPSHOTS);
    for first in (0..SNAPSHOTS).step_by(BATCH as usize) {
        let records: Vec<Record> = (first..first + BATCH)
            .map(|minute| plant.snapshot("DTU", start + SignedDuration::from_mins(minute)))
            .map(Record::Snapshot)
            .collect();
        store.write(&records).await.unwrap();
    }
    assert_eq!(store.stats().await.unwrap().port_data_entries, SNAPSHOTS as u64 * PORTS as u64);
    store.close().await;
    if let Some(database) = database {
        // As autovacuum does within a minute or so where it is on; here nobody waits for it.
        sqlx::raw_sql("ANALYZE").execute(&database.pool).await.unwrap();
    }
}

/// The store in a database of the test server.
pub(crate) fn postgres(database: &Database) -> PostgresStore {
    let of = |wanted: &str| {
        let settings = database.settings(None);
        settings.into_iter().find(|(name, _)| *name == wanted).unwrap().1
    };
    PostgresStore::new(&PostgresOptions {
        host: database.host().to_owned(),
        port: database.port(),
        database: database.name.clone(),
        user: of("DB_USER"),
        ..PostgresOptions::default()
    })
    .unwrap()
}
