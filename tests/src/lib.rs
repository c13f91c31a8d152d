//! The worlds of the end-to-end tests: a bridge process, databases, DTUs, all of them real and
//! each test's own.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

mod bridge;
mod cluster;
mod database;
mod gate;
mod home_assistant;
mod household;
mod stream;

pub use bridge::{Answer, Bridge, binary, command};
pub use cluster::Cluster;
pub use database::Database;
pub use gate::Gate;
pub use home_assistant::HomeAssistant;
pub use household::{Household, Key, outbox_keys};
pub use stream::{Message, Stream};

use std::time::Duration;

use jiff::Timestamp;
use simulator::{DtuOptions, Running, SimPlant, SimulatedDtu};

/// The tables of the Python version 2, as it made them.
pub const VERSION_2_TABLES: &str = include_str!("../../crates/store/tests/v2/tables.sql");

/// How long anything may take before a test fails. Generous, because the machine is shared: it
/// only ever ends a test that would fail anyway.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A June noon: every panel produces. Simulated DTUs live there, whatever the clock says.
pub fn noon() -> Timestamp {
    "2026-06-21T11:00:00Z".parse().unwrap()
}

/// A DTU with so many ports, which shows the same values at every poll.
pub async fn dtu(ports: usize, seed: u64) -> Running {
    dtu_with(SimPlant::with_ports(ports, seed), DtuOptions::default()).await
}

/// A DTU of a plant at noon.
pub async fn dtu_with(plant: SimPlant, options: DtuOptions) -> Running {
    SimulatedDtu::new(plant, options, noon).listen("127.0.0.1:0").await.unwrap()
}

/// Waits until a look at the world shows what is wanted.
///
/// # Panics
/// When [`PATIENCE`] ends first.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never seen: {what}"))
}
