//! Two bridges, one database, one DTU: one polls, the other is ready to.
//!
//! A lease of a DTU that is polled every 5 s lasts 30 s. What takes longer here waits for one to
//! expire; what must not wait for that is given less.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::{Bridge, Database, Gate, command, dtu, eventually};
use serde_json::Value;
use simulator::Running;
use tempfile::TempDir;

/// Less than a lease lasts.
const SOON: Duration = Duration::from_secs(20);

/// A database and a DTU, and the settings that lead a bridge to both.
struct World {
    database: Database,
    dtu: Running,
    settings: Vec<(&'static str, String)>,
}

impl World {
    async fn new() -> Self {
        let (database, dtu) = (Database::create().await, dtu(8, 1).await);
        let settings = settings(&database, &dtu, None);
        Self { database, dtu, settings }
    }

    fn bridge(&self) -> Bridge {
        self.bridge_in(Arc::new(tempfile::tempdir().unwrap()))
    }

    fn bridge_in(&self, data_dir: Arc<TempDir>) -> Bridge {
        let settings: Vec<_> =
            self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Bridge::start_in(data_dir, &["run"], &settings)
    }

    /// One that polls and one that stands by.
    async fn pair(&self) -> (Bridge, Bridge) {
        let first = self.bridge();
        polls_since(&first, 0, 2).await;
        let second = self.bridge();
        stands_by(&second).await;
        (first, second)
    }

    async fn polls_stored(&self) -> u64 {
        let polls = "SELECT count(DISTINCT timestamp) FROM port_data";
        self.database.number(polls).await.unsigned_abs()
    }
}

fn settings(
    database: &Database,
    dtu: &Running,
    through: Option<u16>,
) -> Vec<(&'static str, String)> {
    let mut settings = database.settings(through);
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    settings
}

fn state(bridge: &Bridge) -> Value {
    bridge.get("/health").json()["dtus"]["DTU"].clone()
}

fn polls(bridge: &Bridge) -> u64 {
    state(bridge)["query_count"].as_u64().unwrap()
}

async fn polls_since(bridge: &Bridge, before: u64, more: u64) {
    eventually("more polls", async || (polls(bridge) >= before + more).then_some(())).await;
}

async fn stands_by(bridge: &Bridge) {
    eventually("a standby", async || (state(bridge)["status"] == "standby").then_some(())).await;
}

async fn is_up(bridge: &Bridge) {
    eventually("an empty outbox", async || {
        let database = &bridge.get("/health").json()["database"];
        (database["outbox_depth"] == 0 && database["status"] == "up").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_polls_the_other_shows_the_plant_and_takes_over_when_it_is_told_to() {
    let world = World::new().await;
    let (first, second) = world.pair().await;

    // In steady state one poll is one snapshot, and the DTU hears of one bridge only.
    is_up(&first).await;
    world.dtu.take_requests();
    let connections = world.dtu.connections_accepted();
    let (before, stored) = (polls(&first), world.polls_stored().await);
    polls_since(&first, before, 2).await;
    let connections = world.dtu.connections_accepted() - connections;
    assert!((2..=3).contains(&connections), "{connections} connections for two polls");
    assert_eq!(world.dtu.max_concurrent_requests(), 1);
    let rows = eventually("both polls in the database", async || {
        let rows = world.polls_stored().await - stored;
        (rows >= 2).then_some(rows)
    })
    .await;
    assert!(rows <= 3, "{rows} polls stored of two");

    // The standby is well, says who polls, shows what that one reads, and stores nothing.
    let health = second.get("/health");
    assert_eq!(health.status, 200, "{}", health.text);
    assert_eq!(health.json()["status"], "healthy", "{}", health.text);
    let own_port = first.address().rsplit(':').next().unwrap();
    let standby = state(&second);
    let sentence = standby["standby"].as_str().unwrap();
    assert!(sentence.contains(&format!(":{own_port} polls this DTU")), "{sentence}");
    assert_eq!((&standby["query_count"], &standby["error_count"]), (&0.into(), &0.into()));
    let taken = first.get("/api/ports").json()[0]["timestamp"].as_str().unwrap().to_owned();
    eventually("a poll of the other bridge", async || {
        let ports = second.get("/api/ports").json();
        let seen = ports[0]["timestamp"].as_str().unwrap_or_default().to_owned();
        (ports.as_array().unwrap().len() == 8 && seen >= taken).then_some(())
    })
    .await;
    let metrics = second.get("/metrics").text;
    assert!(metrics.contains("hoymiles_dtu_standby{dtu_name=\"DTU\"} 1"), "{metrics}");
    assert!(!metrics.contains("\nhoymiles_dtu_available{"), "{metrics}");

    // Told to end, the first gives its lease back.
    let asked = Instant::now();
    let data_dir = first.data_dir();
    assert!(first.terminate().success());
    polls_since(&second, 0, 1).await;
    assert!(asked.elapsed() < SOON, "taken over after {:?}", asked.elapsed());
    assert_eq!(state(&second)["standby"], Value::Null);

    // The first comes back and finds its place taken.
    let first = world.bridge_in(data_dir);
    stands_by(&first).await;
    let grants = world.database.number("SELECT count(*) FROM dtu_lease_grants").await;
    assert_eq!(grants, 2);
    assert_eq!(world.database.number("SELECT epoch FROM dtu_leases").await, 2);
    assert_eq!(world.dtu.max_concurrent_requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_killed_is_replaced_when_its_lease_has_expired() {
    let world = World::new().await;
    let (first, second) = world.pair().await;
    first.kill();
    polls_since(&second, 0, 2).await;
    // The polls of the dead are all there: it had time to store them. Ours follow.
    is_up(&second).await;
    assert_eq!(world.database.number("SELECT epoch FROM dtu_leases").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_bridge_that_restarts_does_not_wait_for_its_own_lease() {
    let world = World::new().await;
    let first = world.bridge();
    polls_since(&first, 0, 2).await;
    eventually("a lease", async || {
        (world.database.number("SELECT count(*) FROM dtu_leases").await == 1).then_some(())
    })
    .await;
    let data_dir = first.data_dir();
    first.kill();
    let started = Instant::now();
    let second = world.bridge_in(data_dir);
    polls_since(&second, 0, 1).await;
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(world.database.number("SELECT epoch FROM dtu_leases").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_polls_on_while_the_database_is_away_and_exactly_one_goes_on_after() {
    let mut world = World::new().await;
    let mut gate = Gate::before(world.database.host(), world.database.port(), true).await;
    world.settings = settings(&world.database, &world.dtu, Some(gate.port));
    let (first, second) = world.pair().await;
    is_up(&first).await;

    gate.close().await;
    let before = polls(&first);
    polls_since(&first, before, 2).await;
    assert_eq!(state(&second)["status"], "standby", "the lease it knows of has not run out");
    gate.open().await;
    is_up(&first).await;
    is_up(&second).await;
    assert_eq!(world.database.number("SELECT epoch FROM dtu_leases").await, 1);
    let before = polls(&first);
    polls_since(&first, before, 1).await;
    assert_eq!((state(&first)["status"].as_str(), polls(&second)), (Some("online"), 0));
    let all = polls(&first);
    eventually("every poll of the outage", async || {
        (world.polls_stored().await >= all).then_some(())
    })
    .await;
    let stored = world.polls_stored().await;
    assert!(stored <= polls(&first), "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_poll_when_the_database_is_away_for_long_and_nothing_of_it_is_lost() {
    let mut world = World::new().await;
    let mut gate = Gate::before(world.database.host(), world.database.port(), true).await;
    world.settings = settings(&world.database, &world.dtu, Some(gate.port));
    let (first, second) = world.pair().await;

    gate.close().await;
    polls_since(&second, 0, 2).await;
    let before = polls(&first);
    polls_since(&first, before, 1).await;
    gate.open().await;
    eventually("one standby", async || {
        let standing = [&first, &second].map(|bridge| state(bridge)["status"] == "standby");
        (standing[0] != standing[1]).then_some(())
    })
    .await;
    is_up(&first).await;
    is_up(&second).await;
    let all = polls(&first) + polls(&second);
    eventually("the polls of both", async || (world.polls_stored().await >= all).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bridge_on_one_data_directory_is_refused_with_a_sentence() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let first = Bridge::start(&[("DTU_HOST", "127.0.0.1"), ("DTU_PORT", &port)]);
    let second = command(&["run"])
        .env("DTU_HOST", "127.0.0.1")
        .env("DATA_DIR", first.data_dir().path())
        .env("HEALTH_PORT", "0")
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another bridge uses the directory"), "{said}");
}
