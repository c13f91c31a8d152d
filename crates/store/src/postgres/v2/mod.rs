//! A database of the Python version 2 becomes one of this version: [ADR 30](adr).
//!
//! ```text
//! untouched ──begin──► carrying ──step, step, …──► carried ──confirm──► confirmed
//!     ▲                    │                          │
//!     └─────roll_back──────┴──────────────────────────┘
//! ```
//!
//! The old tables are moved into a schema of their own, as they are, and new ones are made in their
//! place. Rows are carried over in batches. Each batch is one transaction that also writes down how
//! far it came, so a run can be cut off anywhere and goes on there. What a batch writes is what the
//! live path would have written of the same polls: [`write`](super::write), with `COPY`.
//!
//! Until all is carried over the database is not [ready](crate::Store::prepare): what the bridge
//! reads meanwhile waits in its outbox and follows, so that energy goes on from the old counters.
//!
//! [adr]: https://github.com/hoymiles-smiles/hoymiles-smiles/blob/main/docs/adr/0030-version-2-is-carried-over.md

mod back;
mod begin;
mod carry;
mod copy;
mod old_rows;
mod polls;
mod state;
mod survey;

use std::collections::BTreeMap;

use plant::Serial;

pub use back::{Confirmed, RolledBack};
pub use state::{Carried, Stage};
pub use survey::{LeftInverter, Survey};

use super::PostgresStore;
use crate::StoreError;

/// Where the old tables are until they are dropped. No other program has a reason to use the name.
pub const SCHEMA: &str = "hoymiles_v2";

/// A batch may take as long as it takes, and its rows are still in the old tables if the server
/// loses it.
const BEGIN: &str = "BEGIN; \
     SET LOCAL statement_timeout = 0; \
     SET LOCAL lock_timeout = '30s'; \
     SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL synchronous_commit = off";

/// What has to be known before anything is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// IANA name of the zone in which the old times were written.
    pub zone: String,
    /// The DTU of each inverter that is carried over. All others are left.
    pub dtu_names: BTreeMap<Serial, String>,
    /// A pause after which rows belong to the next poll.
    pub gap_ms: i64,
}

/// What there is of version 2 in a database.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Its tables, where they always were.
    Untouched,
    /// Its tables were moved aside.
    Begun(Box<Carried>),
}

/// Why something was not rolled back or confirmed.
#[derive(Debug, thiserror::Error)]
pub enum V2Error {
    /// What has to be done first, or why it never can.
    #[error("{0}. Nothing was changed.")]
    Refused(String),
    /// As for any write.
    #[error(transparent)]
    Store(StoreError),
}

/// The tables of version 2 in a store's database.
#[derive(Debug, Clone, Copy)]
pub struct V2<'a> {
    store: &'a PostgresStore,
}

impl PostgresStore {
    /// For carrying over what version 2 has left in this database.
    pub const fn v2(&self) -> V2<'_> {
        V2 { store: self }
    }

    /// Refuses a database whose old tables are not all carried over yet.
    pub(super) async fn refuse_unfinished_v2(&self) -> Result<(), StoreError> {
        match self.v2().found().await? {
            Found::Begun(carried) if carried.stage == Stage::Carrying => {
                Err(StoreError::Schema(format!(
                    "the history of version 2 is being carried over ({} %), and what is read \
                     meanwhile waits. If nothing moves: hoymiles-smiles migrate-v2 run",
                    carried.percent()
                )))
            }
            _ => Ok(()),
        }
    }
}

impl V2<'_> {
    /// What there is.
    ///
    /// # Errors
    /// As for any question to the store.
    pub async fn found(&self) -> Result<Found, StoreError> {
        self.store.call(state::found(&self.store.pool)).await
    }

    /// Looks at untouched tables, row by row: it takes its time.
    ///
    /// # Errors
    /// As for any question to the store.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        survey::survey(&self.store.pool).await.map_err(|error| self.store.error(error))
    }

    /// Moves untouched tables aside and makes the new ones, or makes sure that an earlier run did.
    ///
    /// # Errors
    /// As for any write. Then nothing was changed.
    pub async fn begin(&self, plan: &Plan) -> Result<(), StoreError> {
        begin::begin(&self.store.pool, plan)
            .await
            .map_err(|error| begin::told(error, self.store))?;
        self.resume().await
    }

    /// Makes sure that an earlier run has made the new tables.
    ///
    /// # Errors
    /// As for [`Store::prepare`](crate::Store::prepare).
    pub async fn resume(&self) -> Result<(), StoreError> {
        self.store.upgrade().await
    }

    /// Carries over the next batch, of at most so many old rows of each kind.
    ///
    /// # Errors
    /// As for any write. Then the batch was not carried over; calling again goes on.
    pub async fn step(&self, rows: u32) -> Result<Carried, StoreError> {
        carry::step(&self.store.pool, &self.store.calendar, rows)
            .await
            .map_err(|error| self.store.error(error))
    }

    /// Puts everything back as it was before [`begin`](Self::begin). What this version has read
    /// since is moved aside if there is any.
    ///
    /// # Errors
    /// If there is nothing to roll back, a bridge still works, or as for any write.
    pub async fn roll_back(&self) -> Result<RolledBack, V2Error> {
        back::roll_back(&self.store.pool).await.map_err(|cause| self.told(cause))
    }

    /// Drops the old tables. What was not carried over is kept.
    ///
    /// # Errors
    /// If not all is carried over, or as for any write.
    pub async fn confirm(&self) -> Result<Confirmed, V2Error> {
        back::confirm(&self.store.pool).await.map_err(|cause| self.told(cause))
    }

    fn told(&self, cause: back::Cause) -> V2Error {
        match cause {
            back::Cause::Refused(why) => V2Error::Refused(why),
            back::Cause::Database(error) => V2Error::Store(self.store.error(error)),
        }
    }
}
