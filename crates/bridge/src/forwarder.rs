//! From the outbox to PostgreSQL: oldest first, each batch one transaction.
//!
//! A batch leaves the outbox after its COMMIT. When the acknowledgement is lost the batch is
//! written again, which changes nothing: keys make delivery idempotent. What the database refuses
//! for its content goes into quarantine and holds up nothing. While the database is away the
//! forwarder tries again and again, ever more slowly, and never gives up.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use store::{Courier, Interrupted, Outbox, Store};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::recorder::StorageNews;

/// Records in one transaction. Each poll leaves two, its readings and its figures, so these are 1500
/// snapshots: of 20 ports 37,500 rows. Two batches are in memory at a time.
const BATCH: u32 = 3000;
/// How often the database is asked for when nothing else happens.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// At the end a batch under way is not cut off at once: it would only be written again after the
/// next start, and a connection that was cut off inside a transaction is slow to close.
const PATIENCE_WITH_BATCH: Duration = Duration::from_secs(1);
/// How long an empty outbox is believed to stay empty when nobody says otherwise: another process
/// may put back what was in quarantine.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Drains the outbox.
pub(crate) struct Forwarder {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) news: mpsc::Sender<StorageNews>,
}

impl Forwarder {
    /// Forwards until cancelled. What is not forwarded then stays in the outbox.
    pub(crate) async fn run(&self, cancel: &CancellationToken) {
        let too_late = async {
            cancel.cancelled().await;
            tokio::time::sleep(PATIENCE_WITH_BATCH).await;
        };
        tokio::select! {
            () = self.forward(cancel) => {}
            () = too_late => {}
        }
    }

    async fn forward(&self, cancel: &CancellationToken) {
        let mut pauses = pauses();
        while !cancel.is_cancelled() {
            match self.drain().await {
                Ok(()) => {
                    pauses = self::pauses();
                    let rest = tokio::time::timeout(LONGEST_REST, self.wake.notified());
                    cancel.run_until_cancelled(rest).await;
                }
                Err(error) => {
                    let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
                    tracing::warn!(?pause, "readings wait in the outbox: {error}");
                    self.tell(StorageNews::of(&error)).await;
                    cancel.run_until_cancelled(tokio::time::sleep(pause)).await;
                }
            }
        }
    }

    /// Writes everything that waits.
    pub(crate) async fn drain(&self) -> Result<(), Interrupted> {
        let mut courier = Courier::new(&self.outbox, &*self.store, BATCH, Timestamp::now);
        while let Some(delivered) = courier.deliver().await? {
            let outbox = self.outbox.status().await?;
            let readings = delivered.written.readings();
            self.tell(StorageNews::Forwarded { readings, outbox }).await;
        }
        Ok(())
    }

    async fn tell(&self, news: StorageNews) {
        // Nobody listens any more only while the process ends.
        let _ = self.news.send(news).await;
    }
}

/// Pauses between attempts: half a second, doubling, with jitter so that a thousand bridges do
/// not return to one database at the same instant.
pub(crate) fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_jitter()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .build()
}
