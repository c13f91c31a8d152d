//! Which of several bridges on one database polls a DTU.
//!
//! ```text
//! poller ──ask(serial)──► LeaseGate ══watch══ Keeper ──claim──► PostgreSQL
//!                                                     every few seconds
//! onlooker: while a DTU is another bridge's, what that one stores becomes our live plant
//! ```
//!
//! A [`Keeper`] per DTU claims and renews its lease beside the polling, so that a turn never waits
//! for the database: the gate answers with what the keeper last heard. Only a serial that has just
//! become known waits for its first answer, for a moment.
//!
//! What follows from an answer, or from none, is decided in [`standing`]. The reasons for all of
//! this are in `docs/adr/0005-lease-per-dtu.md`.

mod standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dtu::{Gate, Permission};
use jiff::Timestamp;
use plant::Serial;
use plant::energy::Calendar;
use plant::live::{DtuPhase, LivePlant};
use store::{Claim, Lease, Leases, Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::standing::Standing;
use crate::recorder::StorageNews;
use crate::{arrangement, past};

/// How long a claim may take. The server of a standby that takes over may be slow; a turn that
/// waits for the first answer must not be late for long.
const PATIENCE_WITH_CLAIM: Duration = Duration::from_secs(4);
/// How long a turn waits for the first answer on a serial: a little longer than that.
const PATIENCE_WITH_KEEPER: Duration = Duration::from_secs(5);
/// How long the end of the bridge waits for the database to take a lease back. Otherwise it expires.
const PATIENCE_WITH_RELEASE: Duration = Duration::from_secs(1);

/// This bridge as a holder of leases, shared by the keepers of all its DTUs.
#[derive(Clone)]
pub(crate) struct Claimant {
    leases: Arc<dyn Leases>,
    holder: String,
    holder_name: String,
    /// One for all keepers: a DTU that is configured under two names has two, and they must not
    /// take the lease from each other.
    process: String,
    /// Whether the database was ever reached. Before, nobody is asked to say who it is.
    reached: Arc<AtomicBool>,
}

impl Claimant {
    /// A bridge with the identity of its data directory and a name for people.
    pub(crate) fn new(leases: Arc<dyn Leases>, bridge_id: Uuid, holder_name: String) -> Self {
        Self {
            leases,
            holder: bridge_id.to_string(),
            holder_name,
            process: Uuid::new_v4().to_string(),
            reached: Arc::default(),
        }
    }

    /// To be called when the database is ready.
    pub(crate) fn database_reached(&self) {
        self.reached.store(true, Ordering::Relaxed);
    }

    /// A gate for the poller of a DTU, and the task behind it.
    pub(crate) fn gate(&self, dtu_name: &str, period: Duration) -> (LeaseGate, Keeper) {
        let (wanted, to_keep) = watch::channel(None);
        let (heard, answers) = watch::channel(Heard::default());
        let gate = LeaseGate { reached: Arc::clone(&self.reached), wanted, answers };
        let keeper = Keeper {
            claimant: self.clone(),
            dtu_name: dtu_name.to_owned(),
            ttl: standing::ttl(period),
            wanted: to_keep,
            heard,
        };
        (gate, keeper)
    }

    async fn claim(&self, dtu: Serial, restarted: bool, ttl: Duration) -> Result<Lease, String> {
        let claim = Claim {
            dtu,
            holder: self.holder.clone(),
            holder_name: self.holder_name.clone(),
            process: self.process.clone(),
            restarted,
            ttl,
        };
        match timeout(PATIENCE_WITH_CLAIM, self.leases.claim(&claim)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {PATIENCE_WITH_CLAIM:?}")),
        }
    }

    async fn release(&self, dtu: Serial) {
        let release = self.leases.release(dtu, &self.process);
        if !matches!(timeout(PATIENCE_WITH_RELEASE, release).await, Ok(Ok(()))) {
            tracing::debug!(%dtu, "the lease was not given back and has to expire");
        }
    }
}

/// What a keeper has to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Heard {
    /// About which DTU; none before the first answer.
    about: Option<Serial>,
    left_to: Option<String>,
}

/// The poller's view of a lease.
pub(crate) struct LeaseGate {
    reached: Arc<AtomicBool>,
    wanted: watch::Sender<Option<Serial>>,
    answers: watch::Receiver<Heard>,
}

#[async_trait]
impl Gate for LeaseGate {
    async fn ask(&mut self, dtu: Option<Serial>) -> Permission {
        if dtu.is_none() {
            // Who cannot be asked cannot refuse either.
            let reached = self.reached.load(Ordering::Relaxed);
            return if reached { Permission::Identify } else { Permission::Poll };
        }
        self.wanted.send_if_modified(|wanted| std::mem::replace(wanted, dtu) != dtu);
        let answer = self.answers.wait_for(|heard| heard.about == dtu);
        let left_to = match timeout(PATIENCE_WITH_KEEPER, answer).await {
            Ok(Ok(heard)) => heard.left_to.clone(),
            _ => None,
        };
        left_to.map_or(Permission::Poll, |holder| Permission::StandBy { holder })
    }

    async fn changed(&mut self) {
        if self.answers.changed().await.is_err() {
            // The keeper ends with the bridge only.
            std::future::pending().await
        }
    }
}

/// Claims and renews the lease of one DTU.
pub(crate) struct Keeper {
    claimant: Claimant,
    dtu_name: String,
    ttl: Duration,
    wanted: watch::Receiver<Option<Serial>>,
    heard: watch::Sender<Heard>,
}

impl Keeper {
    /// Keeps until cancelled, then gives the lease back, so that a standby need not wait for it to
    /// expire.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        cancel.run_until_cancelled(self.keep()).await;
        let kept = *self.wanted.borrow();
        if let Some(dtu) = kept {
            self.claimant.release(dtu).await;
        }
    }

    async fn keep(&mut self) {
        let mut kept = None;
        let mut granted_before = false;
        let mut standing = Standing::Unheard;
        loop {
            let wanted = *self.wanted.borrow_and_update();
            if wanted != kept {
                // Another DTU answers at this address.
                if let Some(former) = kept {
                    self.claimant.release(former).await;
                }
                (kept, granted_before, standing) = (wanted, false, Standing::Unheard);
            }
            let pause = match kept {
                None => Duration::MAX,
                Some(dtu) => self.ask(dtu, !granted_before, &mut standing).await,
            };
            granted_before |= standing == Standing::Ours;
            // An error says that the gate is gone, and with it the poller.
            if let Ok(Err(_)) = timeout(pause, self.wanted.changed()).await {
                return;
            }
        }
    }

    /// Asks once, tells the gate, and says how long to wait before asking again.
    async fn ask(&self, dtu: Serial, restarted: bool, standing: &mut Standing) -> Duration {
        let answer = self.claimant.claim(dtu, restarted, self.ttl).await;
        let now = Instant::now();
        let answered = answer.is_ok();
        match answer {
            Ok(lease) => {
                let before = std::mem::replace(standing, Standing::after(lease, now));
                if before == Standing::Ours && *standing != Standing::Ours {
                    tracing::warn!(dtu = self.dtu_name, "another bridge has taken over");
                }
            }
            Err(error) => tracing::debug!(dtu = self.dtu_name, "the lease is not known: {error}"),
        }
        let heard = Heard { about: Some(dtu), left_to: standing.left_to(now).map(str::to_owned) };
        self.heard.send_if_modified(|last| std::mem::replace(last, heard.clone()) != heard);
        standing.pause(self.ttl, answered)
    }
}

/// While another bridge polls a DTU, brings what it stores into our live plant, once per poll.
pub(crate) async fn look_on(
    store: Arc<dyn Store>,
    mut plant: watch::Receiver<Arc<LivePlant>>,
    news: mpsc::Sender<StorageNews>,
) {
    loop {
        let period = match plant.wait_for(|plant| standby_period(plant).is_some()).await {
            Ok(plant) => standby_period(&plant).unwrap_or(Duration::MAX),
            Err(_) => return,
        };
        let calendar = plant.borrow().calendar.clone();
        let seen = match see(&*store, &calendar).await {
            Ok(seen) => seen,
            Err(error) => StorageNews::Down(error.to_string()),
        };
        if news.send(seen).await.is_err() {
            return;
        }
        tokio::time::sleep(period).await;
    }
}

async fn see(store: &dyn Store, calendar: &Calendar) -> Result<StorageNews, StoreError> {
    let now = Timestamp::now();
    Ok(StorageNews::Seen {
        inverters: store.latest(now).await?,
        devices: store.latest_devices(now).await?,
        open_events: store.open_events().await?,
        said: arrangement::said(store).await?,
        glance: past::glance(store, calendar, now).await?,
    })
}

/// The shortest period among the DTUs that are another bridge's at the moment.
fn standby_period(plant: &LivePlant) -> Option<Duration> {
    plant
        .dtus
        .values()
        .filter(|dtu| dtu.phase == DtuPhase::Standby)
        .map(|dtu| Duration::from_secs(dtu.poll_interval_s))
        .min()
}
