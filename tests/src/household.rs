//! Several DTUs, a bridge and a database, and what was acknowledged there.
//!
//! A reading counts as acknowledged from the moment at which anybody could have seen it: in an
//! answer of the bridge (which shows a snapshot only after it was kept), in its outbox file, or in
//! the database. Every such key must be in the database at the end, once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use simulator::{DtuOptions, Running, SimPlant};
use sqlx::{Connection, Row, SqliteConnection};
use store::Record;
use tempfile::TempDir;

use crate::{Bridge, Database, dtu_with, eventually};

/// Serial, port, microseconds since 1970.
pub type Key = (String, i64, i64);

/// Ports of each DTU.
const PORTS: usize = 4;

/// A world of its own.
pub struct Household {
    /// The DTUs.
    pub dtus: Vec<Running>,
    /// Where readings go.
    pub database: Database,
    /// What the bridge is started with.
    pub settings: Vec<(&'static str, String)>,
    /// Outbox and counts.
    pub data_dir: Arc<TempDir>,
    /// Every key that was seen.
    pub acknowledged: BTreeSet<Key>,
}

impl Household {
    /// With so many DTUs; the database is reached through a port, if one is given.
    pub async fn new(dtus: u64, database: Database, through: Option<u16>) -> Self {
        let mut running = Vec::new();
        for number in 0..dtus {
            let plant = SimPlant::with_ports(PORTS, 100 + number);
            running.push(dtu_with(plant, DtuOptions::default()).await);
        }
        Self::of(running, database, through)
    }

    /// The same with DTUs that run already, of four ports each.
    pub fn of(running: Vec<Running>, database: Database, through: Option<u16>) -> Self {
        let named: Vec<(String, &Running)> =
            running.iter().enumerate().map(|(n, dtu)| (format!("dtu{n}"), dtu)).collect();
        let named: Vec<(&str, &Running)> =
            named.iter().map(|(name, dtu)| (name.as_str(), *dtu)).collect();
        let mut settings = database.settings(through);
        settings.push(("DTU_CONFIGS", Bridge::dtu_configs(&named)));
        settings.push(("DB_POOL_SIZE", "2".to_owned()));
        settings.push(("DB_MAX_OVERFLOW", "1".to_owned()));
        settings.push(("COMM_TIMEOUT", "1".to_owned()));
        settings.push(("COMM_RETRIES", "1".to_owned()));
        settings.push(("CIRCUIT_BREAKER_THRESHOLD", "1000".to_owned()));
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        Self { dtus: running, database, settings, data_dir, acknowledged: BTreeSet::new() }
    }

    /// Starts the bridge.
    pub fn start(&self) -> Bridge {
        let settings: Vec<_> =
            self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Bridge::start_in(Arc::clone(&self.data_dir), &["run"], &settings)
    }

    /// Runs a bridge until every port is known and stored, so that later starts store at once.
    pub async fn warm_up(&mut self) {
        let bridge = self.start();
        let ports = self.dtus.len() * PORTS;
        eventually("the whole plant", async || {
            // Before the bridge has made the tables, the question itself fails.
            let known: i64 = sqlx::query_scalar("SELECT count(*) FROM production_cache")
                .fetch_one(&self.database.pool)
                .await
                .ok()?;
            (known as usize == ports).then_some(())
        })
        .await;
        self.settle(&bridge).await;
        assert!(bridge.terminate().success());
    }

    /// Takes note of what the bridge shows, if it answers.
    pub fn look_at(&mut self, bridge: &Bridge) {
        let Some(answer) = bridge.try_get("/api/ports") else { return };
        if answer.status != 200 {
            return;
        }
        for port in answer.json().as_array().unwrap() {
            let at: Timestamp = port["timestamp"].as_str().unwrap().parse().unwrap();
            self.acknowledged.insert((
                port["serial_number"].as_str().unwrap().to_owned(),
                port["port_number"].as_i64().unwrap(),
                at.as_microsecond(),
            ));
        }
    }

    /// Takes note of what the outbox of a bridge that is not running holds.
    pub async fn look_into_outbox(&mut self) {
        let keys = outbox_keys(self.data_dir.path()).await;
        self.acknowledged.extend(keys);
    }

    /// Takes note of what is in the database, and hands it back.
    pub async fn look_into_database(&mut self) -> Vec<Key> {
        let keys: Vec<Key> = sqlx::query(
            "SELECT serial_number::text, port_number::bigint,
                    (extract(epoch FROM timestamp) * 1000000)::bigint
             FROM port_data JOIN inverters USING (inverter_id)",
        )
        .fetch_all(&self.database.pool)
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
        self.acknowledged.extend(keys.iter().cloned());
        keys
    }

    /// Looks on for a while.
    pub async fn watch(&mut self, bridge: &Bridge, time: Duration) {
        let until = std::time::Instant::now() + time;
        while std::time::Instant::now() < until {
            self.look_at(bridge);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until everything is delivered.
    pub async fn settle(&mut self, bridge: &Bridge) {
        eventually("an empty outbox", async || {
            self.look_at(bridge);
            let health = bridge.try_get("/health")?.json();
            let database = &health["database"];
            (database["outbox_depth"] == 0 && database["status"] == "up").then_some(())
        })
        .await;
    }

    /// Keys that were acknowledged and are missing, and keys that are there more than once.
    pub async fn account(&mut self) -> (u64, u64) {
        let stored = self.look_into_database().await;
        let distinct: BTreeSet<Key> = stored.iter().cloned().collect();
        let missing = self.acknowledged.difference(&distinct).count() as u64;
        (missing, (stored.len() - distinct.len()) as u64)
    }
}

/// The keys of the port readings in an outbox that nobody has open. A copy is read, so that the
/// file and its log stay as the bridge has left them.
pub async fn outbox_keys(data_dir: &Path) -> BTreeSet<Key> {
    let copy = tempfile::tempdir().unwrap();
    for name in ["outbox.sqlite", "outbox.sqlite-wal"] {
        let _ = std::fs::copy(data_dir.join(name), copy.path().join(name));
    }
    let path = copy.path().join("outbox.sqlite");
    let mut keys = BTreeSet::new();
    if !path.exists() {
        return keys;
    }
    let url = format!("sqlite://{}", path.display());
    let mut outbox = SqliteConnection::connect(&url).await.unwrap();
    let records: Vec<String> = sqlx::query_scalar("SELECT record FROM waiting")
        .fetch_all(&mut outbox)
        .await
        .unwrap_or_default();
    for record in records {
        let Record::Snapshot(snapshot) = serde_json::from_str(&record).unwrap() else { continue };
        let at = snapshot.taken_at.as_microsecond();
        keys.extend(
            snapshot.ports.iter().map(|port| (port.serial.to_string(), port.port.into(), at)),
        );
    }
    keys
}
