//! Opening the place where readings are kept, and bringing the database up when it is there.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use plant::Serial;
use plant::event::Event;
use plant::live::{FUTURE_TOLERANCE, LiveInverter};
use secrecy::ExposeSecret;
use store::{Leases, Outbox, PostgresOptions, PostgresStore, SqliteStore, Store, StoreError};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::config::{Config, Postgres, Storage};
use crate::forwarder::{self, Forwarder, Interrupted};
use crate::recorder::{Keep, StorageNews, memory_key};

/// The key of the bridge's identity in `config_cache`.
const INSTANCE_ID: &str = "instance_id";
/// The embedded database below the data directory.
pub(crate) const SQLITE_FILE: &str = "hoymiles-smiles.sqlite";
/// The outbox below the data directory.
const OUTBOX_FILE: &str = "outbox.sqlite";

/// Where readings live.
pub(crate) enum Home {
    Postgres { store: Arc<PostgresStore>, outbox: Arc<Outbox>, wake: Arc<Notify> },
    Sqlite(Arc<SqliteStore>),
    Nowhere,
}

/// What a store remembered from earlier runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) inverters: Vec<(Serial, LiveInverter)>,
    /// What drivers have learned, by [`memory_key`].
    pub(crate) memories: BTreeMap<String, serde_json::Value>,
}

/// Opens what is on this machine. PostgreSQL is not asked yet.
pub(crate) async fn open(config: &Config) -> Result<Home> {
    match &config.storage {
        Storage::Nothing => Ok(Home::Nowhere),
        Storage::Sqlite => {
            let store = SqliteStore::open_lazy(config.data_dir.join(SQLITE_FILE))
                .in_calendar(config.calendar());
            // Unlike a server, a file does not come up later by itself.
            store.prepare().await.wrap_err("DATA_DIR")?;
            Ok(Home::Sqlite(Arc::new(store)))
        }
        Storage::Postgres(postgres) => {
            let outbox =
                Outbox::open(&config.data_dir.join(OUTBOX_FILE)).await.wrap_err("DATA_DIR")?;
            let store = PostgresStore::new(&options(postgres))
                .wrap_err("DB_HOST, DATABASE_URL")?
                .in_calendar(config.calendar());
            Ok(Home::Postgres {
                store: Arc::new(store),
                outbox: Arc::new(outbox),
                wake: Arc::new(Notify::new()),
            })
        }
    }
}

fn options(postgres: &Postgres) -> PostgresOptions {
    PostgresOptions {
        host: postgres.host.clone(),
        port: postgres.port,
        database: postgres.database.clone(),
        user: postgres.user.clone(),
        password: postgres.password.as_ref().map(|secret| secret.expose_secret().to_owned()),
        ssl_mode: postgres.ssl_mode.clone(),
        url: postgres.url.as_ref().map(|secret| secret.expose_secret().to_owned()),
        pool_size: postgres.pool_size,
        max_overflow: postgres.max_overflow,
    }
}

impl Home {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgres",
            Self::Sqlite(_) => "sqlite",
            Self::Nowhere => "none",
        }
    }

    pub(crate) fn store(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Postgres { store, .. } => Some(Arc::clone(store) as Arc<dyn Store>),
            Self::Sqlite(store) => Some(Arc::clone(store) as Arc<dyn Store>),
            Self::Nowhere => None,
        }
    }

    /// Leases, where another process may use the same store.
    pub(crate) fn leases(&self) -> Option<Arc<dyn Leases>> {
        match self {
            Self::Postgres { store, .. } => Some(Arc::clone(store) as Arc<dyn Leases>),
            Self::Sqlite(_) | Self::Nowhere => None,
        }
    }

    pub(crate) fn outbox(&self) -> Option<(Arc<Outbox>, Arc<Notify>)> {
        match self {
            Self::Postgres { outbox, wake, .. } => Some((Arc::clone(outbox), Arc::clone(wake))),
            Self::Sqlite(_) | Self::Nowhere => None,
        }
    }

    pub(crate) fn keep(&self) -> Keep {
        match self {
            Self::Postgres { outbox, wake, .. } => {
                Keep::Outbox { outbox: Arc::clone(outbox), wake: Arc::clone(wake) }
            }
            Self::Sqlite(store) => Keep::Store(Arc::clone(store) as Arc<dyn Store>),
            Self::Nowhere => Keep::Nothing,
        }
    }
}

/// What it takes to bring a store up.
pub(crate) struct Opening<'a> {
    pub(crate) store: &'a dyn Store,
    /// Where there is an outbox.
    pub(crate) forwarder: Option<&'a Forwarder>,
    pub(crate) instance_id: &'a OnceLock<Uuid>,
    pub(crate) dtu_names: &'a [String],
    /// When this bridge started.
    pub(crate) started_at: Timestamp,
}

impl Opening<'_> {
    /// Tries until the store is ready and has what an earlier run left in the outbox, then reads
    /// what it knows.
    pub(crate) async fn become_ready(&self, news: &mpsc::Sender<StorageNews>) -> Known {
        for pause in forwarder::pauses() {
            match self.ask().await {
                Ok((known, open_events, last_reading)) => {
                    tracing::info!(inverters = known.inverters.len(), "the database is ready");
                    let inverters = known.inverters.clone();
                    let ready = StorageNews::Ready { inverters, open_events, last_reading };
                    let _ = news.send(ready).await;
                    return known;
                }
                Err(error) => {
                    tracing::warn!(?pause, "{error}");
                    let _ = news.send(StorageNews::Down(error.to_string())).await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Known::default()
    }

    async fn ask(&self) -> Result<(Known, Vec<Event>, Option<Timestamp>), Interrupted> {
        let store = self.store;
        store.prepare().await?;
        if let Some(forwarder) = self.forwarder {
            forwarder.drain().await?;
        }
        let stored = store.config(INSTANCE_ID).await?;
        let id = match stored.and_then(|value| serde_json::from_value(value).ok()) {
            Some(id) => id,
            None => {
                let id = Uuid::new_v4();
                store.set_config(INSTANCE_ID, &serde_json::json!(id)).await?;
                id
            }
        };
        self.instance_id.get_or_init(|| id);
        let mut memories = BTreeMap::new();
        for name in self.dtu_names {
            let key = memory_key(name);
            if let Some(memory) = store.config(&key).await? {
                memories.insert(key, memory);
            }
        }
        let known = Known { inverters: store.latest(Timestamp::now()).await?, memories };
        Ok((known, store.open_events().await?, self.last_reading().await?))
    }

    /// The last reading before this bridge started. Its own may be in the store by now.
    async fn last_reading(&self) -> Result<Option<Timestamp>, StoreError> {
        // `latest` looks so far ahead of the instant it is asked for.
        let at = self.started_at - FUTURE_TOLERANCE;
        let inverters = self.store.latest(at).await?;
        let readings = inverters.into_iter().filter_map(|(_, inverter)| inverter.reading);
        Ok(readings.map(|reading| reading.at).max())
    }
}
