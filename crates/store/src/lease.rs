//! Who polls a DTU that several bridges can reach: the words, for any engine.
//!
//! A lease is a row per DTU with its holder, an epoch and a time at which it expires. A bridge
//! claims it again and again; one statement grants, renews or refuses. What follows from the answer
//! is not decided here. The reasons are in `docs/adr/0005-lease-per-dtu.md`.
//!
//! Only PostgreSQL keeps leases. The embedded store has one process, see the lock on `DATA_DIR`.

use std::time::Duration;

use async_trait::async_trait;
use plant::Serial;

use crate::StoreError;

/// A bridge's wish to poll a DTU, for the first time or still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The DTU, by the serial number that it tells itself.
    pub dtu: Serial,
    /// The bridge, the same after a restart.
    pub holder: String,
    /// The same in words for people.
    pub holder_name: String,
    /// This run of it. A claim of the run that holds the lease renews it, so an acknowledgement
    /// that got lost does no harm.
    pub process: String,
    /// Whether a lease that another run of the same bridge holds may be taken over: true until the
    /// first grant, after a restart. Later it means that somebody else uses our identity, a copy
    /// of the data directory for example.
    pub restarted: bool,
    /// For how long from now.
    pub ttl: Duration,
}

/// The answer to a [`Claim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// The claimant may poll.
    Granted {
        /// Larger than that of every earlier grant.
        epoch: i64,
    },
    /// Another bridge may.
    Held {
        /// [`Claim::holder_name`] of that bridge.
        holder_name: String,
        /// When its lease expires unless it is renewed, from now.
        remaining: Duration,
    },
}

/// Keeps leases.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Grants or renews the lease for the claimant, unless another bridge holds it.
    async fn claim(&self, claim: &Claim) -> Result<Lease, StoreError>;

    /// Ends a lease now, if this run of a bridge still holds it.
    async fn release(&self, dtu: Serial, process: &str) -> Result<(), StoreError>;
}
