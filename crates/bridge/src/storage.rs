//! Opening the place where readings are kept, and bringing the database up when it is there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use plant::Serial;
use plant::arrangement::Change;
use plant::energy::Calendar;
use plant::event::Event;
use plant::glance::Glance;
use plant::live::{FUTURE_TOLERANCE, LiveInverter, StorageState};
use secrecy::ExposeSecret;
use store::{
    DiskFloor, Interrupted, KnownDevices, Leases, LossCount, Outbox, OutboxError, PostgresOptions,
    PostgresStore, SqliteStore, Store, StoreError,
};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::arrangement;
use crate::config::{Config, Postgres, Storage};
use crate::forwarder::{self, Forwarder};
use crate::past;
use crate::recorder::{Keep, StorageNews, memory_key};

/// The key of the bridge's identity in `config_cache`.
const INSTANCE_ID: &str = "instance_id";
/// The embedded database below the data directory.
const SQLITE_FILE: &str = "hoymiles-smiles.sqlite";
/// The outbox below the data directory.
const OUTBOX_FILE: &str = "outbox.sqlite";
/// The count of readings that could not be kept, below the data directory.
const LOSSES_FILE: &str = "readings-lost";

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
    /// Meters and hybrid inverters.
    pub(crate) devices: KnownDevices,
    /// What drivers have learned, by [`memory_key`].
    pub(crate) memories: BTreeMap<String, serde_json::Value>,
}

/// Opens what is on this machine. PostgreSQL is not asked yet.
pub(crate) async fn open(config: &Config) -> Result<Home> {
    match &config.storage {
        Storage::Nothing => Ok(Home::Nowhere),
        Storage::Sqlite => {
            let floor = floor(config);
            let store = sqlite(config).with_floor(floor.clone());
            match store.prepare().await {
                Ok(()) => {}
                Err(error @ StoreError::NoRoom(_)) if floor.is_tight() => wait_for_room(&error),
                // Unlike a server, a file does not come up later by itself.
                Err(error) => return Err(error).wrap_err("DATA_DIR"),
            }
            Ok(Home::Sqlite(Arc::new(store)))
        }
        Storage::Postgres(options) => {
            let floor = floor(config);
            let outbox = Outbox::lazy(outbox_file(config), floor.clone());
            match outbox.ready().await {
                Ok(()) => {}
                Err(error @ OutboxError::NoRoom(_)) if floor.is_tight() => wait_for_room(&error),
                Err(error) => return Err(error).wrap_err("DATA_DIR"),
            }
            let store = postgres(config, options)?;
            Ok(Home::Postgres {
                store: Arc::new(store),
                outbox: Arc::new(outbox),
                wake: Arc::new(Notify::new()),
            })
        }
    }
}

/// The embedded store, not opened yet.
pub(crate) fn sqlite(config: &Config) -> SqliteStore {
    SqliteStore::open_lazy(config.data_dir.join(SQLITE_FILE)).in_calendar(config.calendar())
}

/// The PostgreSQL store, not connected yet.
pub(crate) fn postgres(config: &Config, postgres: &Postgres) -> Result<PostgresStore> {
    let store = PostgresStore::new(&options(postgres)).wrap_err("DB_HOST, DATABASE_URL")?;
    Ok(store.in_calendar(config.calendar()))
}

/// A full disk is no reason not to start: the plant is shown, what cannot be kept is counted, and
/// all is well as soon as there is room.
fn wait_for_room(error: &dyn std::fmt::Display) {
    tracing::error!("readings are lost until there is room: {error}");
}

fn floor(config: &Config) -> DiskFloor {
    DiskFloor::new(&config.data_dir, config.outbox_min_free_mb)
}

/// Where the outbox is, if there is one.
pub(crate) fn outbox_file(config: &Config) -> PathBuf {
    config.data_dir.join(OUTBOX_FILE)
}

/// Where the count of lost readings is.
pub(crate) fn losses_file(config: &Config) -> PathBuf {
    config.data_dir.join(LOSSES_FILE)
}

/// Takes up the count of lost readings where readings are kept.
pub(crate) fn losses(config: &Config) -> Option<LossCount> {
    match config.storage {
        Storage::Nothing => None,
        Storage::Sqlite | Storage::Postgres(_) => Some(LossCount::open(losses_file(config))),
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

    /// What is known about storing before anything is stored.
    pub(crate) async fn first_state(&self) -> StorageState {
        let mut state = StorageState::connecting(self.kind());
        if let Self::Postgres { outbox, .. } = self
            && let Ok(status) = outbox.status().await
        {
            state.outbox_depth = status.depth;
            state.outbox_bytes = status.bytes;
            state.outbox_oldest = status.oldest;
            state.readings_rejected = status.quarantined_readings;
        }
        state
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
    /// The DTUs by name, and how often each is polled, s.
    pub(crate) pollers: &'a [(String, u64)],
    /// When this bridge started.
    pub(crate) started_at: Timestamp,
    /// Decides which days are over.
    pub(crate) calendar: Calendar,
}

/// What a store that is ready tells.
struct Told {
    known: Known,
    open_events: Vec<Event>,
    said: Vec<Change>,
    glance: Glance,
    last_reading: Option<Timestamp>,
}

impl Opening<'_> {
    /// Tries until the store is ready and has what an earlier run left in the outbox, then reads
    /// what it knows.
    pub(crate) async fn become_ready(&self, news: &mpsc::Sender<StorageNews>) -> Known {
        for pause in forwarder::pauses() {
            match self.ask().await {
                Ok(Told { known, open_events, said, glance, last_reading }) => {
                    tracing::info!(inverters = known.inverters.len(), "the database is ready");
                    let inverters = known.inverters.clone();
                    let devices = known.devices.clone();
                    let ready = StorageNews::Ready {
                        inverters,
                        devices,
                        open_events,
                        said,
                        glance,
                        last_reading,
                    };
                    let _ = news.send(ready).await;
                    return known;
                }
                Err(error) => {
                    tracing::warn!(?pause, "{error}");
                    let _ = news.send(StorageNews::of(&error)).await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Known::default()
    }

    async fn ask(&self) -> Result<Told, Interrupted> {
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
        for (name, period_s) in self.pollers {
            store::note_poll_interval(store, name, self.started_at, *period_s).await?;
            let key = memory_key(name);
            if let Some(memory) = store.config(&key).await? {
                memories.insert(key, memory);
            }
        }
        let now = Timestamp::now();
        Ok(Told {
            known: Known {
                inverters: store.latest(now).await?,
                devices: store.latest_devices(now).await?,
                memories,
            },
            open_events: store.open_events().await?,
            said: arrangement::said(store).await?,
            glance: past::glance(store, &self.calendar, now).await?,
            last_reading: self.last_reading().await?,
        })
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
