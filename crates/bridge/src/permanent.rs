//! The permanent store of a configuration, for commands that work on it while no bridge does.

use std::ops::RangeInclusive;

use color_eyre::eyre::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{PostgresStore, Recomputed, SqliteStore, Store, StoreError};

use crate::config::{Config, Storage};
use crate::storage;

/// One of the two, not connected yet.
pub(crate) enum Permanent {
    Postgres(PostgresStore),
    Sqlite(SqliteStore),
}

impl Permanent {
    /// The store of this configuration; `aim` completes the sentence "nothing is stored, so there is
    /// nothing to …".
    pub(crate) fn of(config: &Config, aim: &str) -> Result<Self> {
        Ok(match &config.storage {
            Storage::Nothing => bail!("DRY_RUN: nothing is stored, so there is nothing to {aim}"),
            Storage::Sqlite => Self::Sqlite(storage::sqlite(config)),
            Storage::Postgres(postgres) => Self::Postgres(storage::postgres(config, postgres)?),
        })
    }

    pub(crate) fn store(&self) -> &dyn Store {
        match self {
            Self::Postgres(store) => store,
            Self::Sqlite(store) => store,
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
