//! The one place that wires everything: what is started, in which order, and how it ends.
//!
//! 1. The data directory is claimed, against a second bridge, and the outbox or the embedded store is opened: without a place for readings nothing starts.
//! 2. The web server listens, before anything is waited for.
//! 3. The database is asked for what it knows, for a moment; it need not be up.
//! 4. The pollers start.
//!
//! The end goes the other way: pollers, the last records, the leases, the web server.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api::{Access, Api, Clock, Feed, Identity, Metrics};
use color_eyre::eyre::{Result, WrapErr, eyre};
use dtu::{Driver, ModbusDriver, Poller, PollerOptions, Report, WifiDriver};
use jiff::Timestamp;
use plant::energy::Calendar;
use plant::event::Watch;
use plant::inventory::Inventory;
use plant::live::{LivePlant, StoreLink};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::announce::{Announcement, is_worth_announcing};
use crate::config::{Config, DtuConfig, Polling, Protocol, Storage, Supervisor, Web};
use crate::data_dir::DataDir;
use crate::forwarder::Forwarder;
use crate::introduction::Introduction;
use crate::recorder::{Recorder, StorageNews, memory_key};
use crate::standby::{self, Claimant};
use crate::storage::{self, Home, Known, Opening};

/// How long the pollers wait at start for what the store knows. A poll without it works too.
const PATIENCE_WITH_STORE: Duration = Duration::from_secs(2);
/// How long the end may take: Docker kills after ten seconds, systemd is told the same.
const PATIENCE_WITH_END: Duration = Duration::from_secs(4);
/// Reports that may wait for the recorder, which only ever waits for the local disk.
const REPORTS_IN_FLIGHT: usize = 64;
/// Changes that people ask for may wait too.
const CHANGES_IN_FLIGHT: usize = 8;

/// A bridge that runs.
pub(crate) struct App {
    /// Where the web server listens.
    pub(crate) address: Option<SocketAddr>,
    cancel: CancellationToken,
    tasks: TaskTracker,
    recorder: JoinHandle<()>,
    /// Ours until the end.
    _data_dir: Option<DataDir>,
}

impl App {
    /// Starts everything. Returns when the web server answers, not when the first poll is done.
    pub(crate) async fn start(config: Config, demo: bool) -> Result<Self> {
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let data_dir = match config.storage {
            Storage::Nothing => None,
            Storage::Sqlite | Storage::Postgres(_) => Some(DataDir::claim(&config.data_dir)?),
        };
        let home = storage::open(&config).await?;

        let losses = storage::losses(&config);
        let mut live = LivePlant::new(now(), home.first_state().await);
        live.calendar = config.calendar();
        if matches!(home, Home::Nowhere) {
            live.storage.link = StoreLink::Off;
            live.past_known = true;
        }
        let pollers: Vec<_> =
            config.dtus.iter().map(|dtu| (dtu.name.clone(), dtu.query_period_s)).collect();
        for dtu in &config.dtus {
            live.dtus.insert(dtu.name.clone(), starting(dtu));
        }
        let (published, watched) = watch::channel(Arc::new(live.clone()));
        let instance_id = Arc::new(OnceLock::new());
        let metrics = Arc::new(Metrics::default());
        let feed = Arc::new(Feed::default());
        let (changes, asked) = mpsc::channel(CHANGES_IN_FLIGHT);
        let address = match &config.web {
            Some(web) => {
                let listener = TcpListener::bind(web.address).await.wrap_err_with(|| {
                    format!("HEALTH_HOST, HEALTH_PORT: cannot listen on {}", web.address)
                })?;
                let address = listener.local_addr()?;
                let identity = Identity {
                    version: env!("CARGO_PKG_VERSION"),
                    instance_id: Arc::clone(&instance_id),
                    time_zone: config.time_zone.iana_name().unwrap_or("UTC").to_owned(),
                    demo,
                };
                let api = Api {
                    live: watched.clone(),
                    store: home.store(),
                    metrics: Arc::clone(&metrics),
                    feed: Arc::clone(&feed),
                    identity: identity.clone(),
                    changes,
                    access: access(web, config.supervisor.is_some()),
                    metrics_enabled: web.metrics,
                    cors_origins: web.cors_origins.clone(),
                    clock: Clock::system(),
                };
                let (streamed, told) = (Arc::clone(&feed), watched.clone());
                let ended = cancel.clone().cancelled_owned();
                tasks.spawn(async move {
                    streamed.follow(told, identity, Clock::system(), ended).await;
                });
                let ended = cancel.clone().cancelled_owned();
                tasks.spawn(async move { api::serve(listener, api::router(api), ended).await });
                if web.mdns && is_worth_announcing(address.ip()) {
                    let announcement = Announcement {
                        address,
                        host: host_name(),
                        instance_id: Arc::clone(&instance_id),
                    };
                    tasks.spawn(announcement.run(watched.clone(), cancel.clone()));
                }
                if let Some(supervisor) = config.supervisor.clone() {
                    let introduction =
                        Introduction { supervisor, port: address.port(), token: web.token.clone() };
                    tasks.spawn(introduction.run(cancel.clone()));
                }
                tracing::info!("listening on http://{address}");
                Some(address)
            }
            None => None,
        };

        let (report, reports) = mpsc::channel(REPORTS_IN_FLIGHT);
        let (news, storage_news) = mpsc::channel(REPORTS_IN_FLIGHT);
        let started_at = live.started_at;
        let recorder = Recorder {
            live,
            published,
            keep: home.keep(),
            losses,
            metrics,
            feed,
            clock: now,
            events: Watch::default(),
            untold: Vec::new(),
            said: BTreeSet::new(),
            unkept: Vec::new(),
        };
        let recorder = tokio::spawn(recorder.run(reports, storage_news, asked));

        let claimant = home
            .leases()
            .zip(data_dir.as_ref())
            .map(|(leases, data_dir)| Claimant::new(leases, data_dir.bridge_id, own_name(address)));
        if let (Some(_), Some(store)) = (&claimant, home.store()) {
            let onlooker = standby::look_on(store, watched, news.clone());
            tasks.spawn(cancel.clone().run_until_cancelled_owned(onlooker));
        }
        let keepers = TaskTracker::new();
        let database = Database {
            home: &home,
            claimant: claimant.as_ref(),
            keepers: keepers.clone(),
            started_at,
            calendar: config.calendar(),
        };
        let known = keep_in_touch(database, instance_id, pollers, news, &cancel, &tasks).await;
        for dtu in config.dtus {
            let (name, period) = (dtu.name.clone(), Duration::from_secs(dtu.query_period_s));
            let mut poller = poller(dtu, &config.polling, &known, report.clone());
            if let Some(claimant) = &claimant {
                let (gate, keeper) = claimant.gate(&name, period);
                keepers.spawn(keeper.run(cancel.clone()));
                poller = poller.behind(Box::new(gate));
            }
            tasks.spawn(poller.run(cancel.clone()));
        }
        // The recorder ends with the last who may report. Without a DTU nobody would, and it has
        // more to follow than polls.
        let ended = cancel.clone().cancelled_owned();
        tasks.spawn(async move {
            ended.await;
            drop(report);
        });
        Ok(Self { address, cancel, tasks, recorder, _data_dir: data_dir })
    }

    /// Ends the pollers, keeps their last records, lets answers under way finish.
    pub(crate) async fn stop(self) -> Result<()> {
        self.cancel.cancel();
        self.tasks.close();
        let ended = async {
            self.tasks.wait().await;
            self.recorder.await
        };
        match timeout(PATIENCE_WITH_END, ended).await {
            Ok(result) => result.wrap_err("the recorder failed"),
            Err(_) => Err(eyre!("not everything ended within {PATIENCE_WITH_END:?}")),
        }
    }
}

/// Whoever Home Assistant lets through to its app was asked there who they are.
fn access(web: &Web, is_app: bool) -> Access {
    let token = web.token.as_ref();
    let access = token.map_or_else(Access::open, |token| Access::with_token(token.expose_secret()));
    if is_app { access.with_doorkeeper(Supervisor::INGRESS) } else { access }
}

/// The system's clock, the only one of the bridge.
fn now() -> Timestamp {
    Timestamp::now()
}

/// The database and who has to let go of it before it is closed.
struct Database<'a> {
    home: &'a Home,
    claimant: Option<&'a Claimant>,
    keepers: TaskTracker,
    started_at: Timestamp,
    calendar: Calendar,
}

/// Starts the tasks that bring the store up and records into it, and waits a moment for what the
/// store knows.
async fn keep_in_touch(
    database: Database<'_>,
    instance_id: Arc<OnceLock<Uuid>>,
    pollers: Vec<(String, u64)>,
    news: mpsc::Sender<StorageNews>,
    cancel: &CancellationToken,
    tasks: &TaskTracker,
) -> Known {
    let Database { home, claimant, keepers, started_at, calendar } = database;
    let Some(store) = home.store() else {
        return Known::default();
    };
    let claimant = claimant.cloned();
    let (tell, told) = tokio::sync::oneshot::channel();
    let cancel = cancel.clone();
    let forwarder = home.outbox().map(|(outbox, wake)| Forwarder {
        outbox,
        store: Arc::clone(&store),
        wake,
        news: news.clone(),
    });
    tasks.spawn(async move {
        let forwarder = forwarder.as_ref();
        let ready = Opening {
            store: &*store,
            forwarder,
            instance_id: &instance_id,
            pollers: &pollers,
            started_at,
            calendar,
        };
        let ready = ready.become_ready(&news);
        if let Some(known) = cancel.run_until_cancelled(ready).await {
            if let Some(claimant) = claimant {
                claimant.database_reached();
            }
            // The pollers may have started without.
            let _ = tell.send(known);
            if let Some(forwarder) = forwarder {
                forwarder.run(&cancel).await;
            }
            cancel.cancelled().await;
        }
        keepers.close();
        keepers.wait().await;
        store.close().await;
    });
    match timeout(PATIENCE_WITH_STORE, told).await {
        Ok(Ok(known)) => known,
        _ => Known::default(),
    }
}

/// How people tell this bridge from another: where it runs, and where it answers.
fn own_name(address: Option<SocketAddr>) -> String {
    let host = host_name();
    match address {
        Some(address) => format!("{host}:{}", address.port()),
        None => host,
    }
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unnamed".to_owned())
}

fn starting(dtu: &DtuConfig) -> plant::live::DtuState {
    let address = format!("{}:{}", dtu.host, dtu.port);
    plant::live::DtuState::starting(address, dtu.protocol.word(), dtu.query_period_s)
}

fn poller(
    dtu: DtuConfig,
    polling: &Polling,
    known: &Known,
    reports: mpsc::Sender<Report>,
) -> Poller {
    let ports = known
        .inverters
        .iter()
        .filter(|(_, inverter)| inverter.dtu_name == dtu.name)
        .flat_map(|(serial, inverter)| inverter.ports.keys().map(|port| (*serial, *port)));
    let inventory = Inventory::remembering(ports);
    let period = Duration::from_secs(dtu.query_period_s);
    let options = PollerOptions {
        name: dtu.name.clone(),
        period,
        retries: match dtu.protocol {
            Protocol::Modbus { .. } => polling.retries,
            // The driver tries once more by itself, and what a Wi-Fi DTU needs then is peace.
            Protocol::Wifi => polling.retries.min(1),
        },
        retry_delay: polling.retry_delay,
        retry_delay_max: polling.retry_delay_max,
        exponential_backoff: polling.exponential_backoff,
        breaker_threshold: polling.breaker_threshold,
        excluded: polling.excluded.clone(),
    };
    Poller::new(driver(dtu, polling, known), inventory, options, reports, now)
}

fn driver(dtu: DtuConfig, polling: &Polling, known: &Known) -> Box<dyn Driver> {
    let memory = known.memories.get(&memory_key(&dtu.name)).cloned();
    match dtu.protocol {
        Protocol::Modbus { .. } => Box::new(ModbusDriver::new(dtu.endpoint(polling), memory)),
        Protocol::Wifi => {
            let of_this = known.inverters.iter().filter(|(_, i)| i.dtu_name == dtu.name);
            let last_reading = of_this.map(|(_, inverter)| inverter.last_seen).max();
            Box::new(WifiDriver::new(dtu.wifi_endpoint(polling), memory, last_reading))
        }
    }
}
