//! The permanent store of a configuration, for commands that work on it while no bridge does.

use std::ops::RangeInclusive;
use std::sync::Arc;

use color_eyre::eyre::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{PostgresStore, Recomputed, SqliteStore, Store, StoreError};

use crate::config::{Config, Storage};
use crate::storage;

/// One of the two, not connected yet.
pub(crate) enum Permanent {
    Postgres(Arc<PostgresStore>),
    Sqlite(Arc<SqliteStore>),
}

impl Permanent {
    /// The store of this configuration; `aim` completes the sentence "nothing is stored, so there is
    /// nothing to …".
    pub(crate) fn of(config: &Config, aim: &str) -> Result<Self> {
        Ok(match &config.storage {
            Storage::Nothing => bail!("DRY_RUN: nothing is stored, so there is nothing to {aim}"),
            Storage::Sqlite => Self::embedded(config),
            Storage::Postgres(options) => {
                Self::Postgres(Arc::new(storage::postgres(config, options)?))
            }
        })
    }

    /// The file in the data directory, whatever the configuration uses.
    pub(crate) fn embedded(config: &Config) -> Self {
        Self::Sqlite(Arc::new(storage::sqlite(config)))
    }

    /// `postgres` or `sqlite`.
    pub(crate) fn engine(&self) -> &'static str {
        self.store().kind()
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Postgres(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Makes the books of these days anew.
    pub(crate) async fn recompute(
        &self,
        days: RangeInclusive<Date>,
        now: Timestamp,
    ) -> Result<Recomputed, StoreError> {
        match self {
            Self::Postgres(store) => store.recompute(days, now).await,
            Self::Sqlite(store) => store.recompute(days, now).await,
        }
    }
}
