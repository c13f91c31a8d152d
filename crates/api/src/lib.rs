//! Everything on port 8080: REST, metrics, OpenAPI.
//!
//! ```text
//!             ┌ finish: problems get a body, every answer its headers, every request is timed
//! request ──► │ panics become problems
//!             │ access: who may ask
//!             └ router ──► query (what may be asked) ──► routes ──► view (the public shapes)
//!                                                          │
//!                                        live plant ◄──────┴──────► Store (history, stats)
//! ```
//!
//! * The latest-value routes, `/health` and `/metrics` read the live plant only. A database that is
//!   slow or gone cannot make them slow or wrong.
//! * An answer never claims what the bridge does not know: where nothing was read yet the answer is
//!   a [`problem`], not an empty plant.
//! * Paths, JSON keys and metric names are promises. The keys are a superset of the Python v2's, so
//!   that its clients keep working.
//! * Time comes from [`Clock`] and is passed on as an argument.
//!
//! | module | holds |
//! |---|---|
//! | [`router`](fn@router) | the table of contents |
//! | [`serve`](fn@serve) | connections, and their end |
//! | [`routes`] | one handler per route, by resource |
//! | [`view`] | the public JSON shapes |
//! | [`csv`] | readings as comma-separated values |
//! | [`export`] | page by page, however many |
//! | [`chart`] | from means of ports to the lines of a chart |
//! | [`query`] | which parameters a route takes |
//! | [`problem`] | everything that can go wrong, in words for the client |
//! | [`Feed`] | what the live stream sends, and to whom |
//! | `dashboard` | the files of the page for people |
//! | [`metrics`] | what Prometheus reads |
//! | [`Access`] | who may ask |
//! | [`verdict`] | whether the bridge is well |

mod access;
mod body;
mod change;
pub mod chart;
mod client;
mod clock;
mod condition;
pub mod csv;
mod dashboard;
pub mod export;
mod finish;
mod kept;
pub mod metrics;
mod moment;
pub mod problem;
pub mod query;
mod router;
pub mod routes;
mod seats;
mod serve;
mod stream;
mod unchanged;
pub mod verdict;
pub mod view;

use std::sync::{Arc, OnceLock};

use plant::live::LivePlant;
use store::Store;
use tokio::sync::watch;
use uuid::Uuid;

pub use access::{Access, LEAST_CHARACTERS};
pub use change::{ChangeRequest, Changes};
pub use client::Client;
pub use clock::Clock;
pub use metrics::Metrics;
pub use moment::Moment;
pub use router::router;
pub use serve::serve;
pub use stream::Feed;

/// What the routes answer from.
#[derive(Clone)]
pub struct Api {
    /// The newest state of everything.
    pub live: watch::Receiver<Arc<LivePlant>>,
    /// Where history is; none with `DRY_RUN`.
    pub store: Option<Arc<dyn Store>>,
    /// What is counted over time.
    pub metrics: Arc<Metrics>,
    /// What `/api/stream` sends.
    pub feed: Arc<Feed>,
    /// Who answers.
    pub identity: Identity,
    /// Where changes are asked for.
    pub changes: Changes,
    /// Who may ask.
    pub access: Access,
    /// Whether `/metrics` answers (`METRICS_ENABLED`).
    pub metrics_enabled: bool,
    /// Origins whose pages may read this API (`CORS_ORIGINS`): `https://ha.example`, or `*`. With
    /// none, browsers let only our own pages read it.
    pub cors_origins: Vec<String>,
    /// What time it is.
    pub clock: Clock,
}

/// Who this bridge is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Of the program: `3.0.0`.
    pub version: &'static str,
    /// The bridge's identity wherever it moves. It is kept in the store, so it becomes known when
    /// the store is first reached, which may be long after the start.
    pub instance_id: Arc<OnceLock<Uuid>>,
    /// IANA name of the zone that decides what a day is.
    pub time_zone: String,
    /// Whether the plant is simulated.
    pub demo: bool,
}
