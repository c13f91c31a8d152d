//! One client of the stream.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Feed, Progress};
use crate::Api;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::seats::Seat;

/// Shorter than the half minute after which proxies take a silent connection for dead.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// A comment, which clients skip.
const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// Reads the feed, at its own pace.
pub(crate) struct Listener {
    api: Arc<Api>,
    progress: watch::Receiver<Progress>,
    /// The frame it wants; none before it has got the state.
    next: Option<u64>,
    _seat: Seat,
}

impl Listener {
    /// A listener that wants what followed the frame with the id `last`, or the state.
    ///
    /// # Errors
    /// [`Problem::TooManyStreams`].
    pub(crate) fn join(
        api: Arc<Api>,
        address: IpAddr,
        last: Option<&str>,
    ) -> Result<Self, Problem> {
        let seat = api.feed.take_seat(address).ok_or(Problem::TooManyStreams)?;
        let next = last.and_then(|id| api.feed.after(id));
        Ok(Self { progress: api.feed.progress.subscribe(), next, api, _seat: seat })
    }

    /// What to send next; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            let progress = *self.progress.borrow_and_update();
            if progress.ended {
                return None;
            }
            let feed: &Feed = &self.api.feed;
            let Some(wanted) = self.next.filter(|&next| self.has_missed_nothing(next)) else {
                // The number is taken first: what comes meanwhile is said again, never left out.
                self.next = Some(progress.next);
                let now = Moment::of(&self.api);
                return Some(feed.state(progress.next, &now, &self.api.identity));
            };
            let frame = feed.ring.lock().unwrap_or_else(PoisonError::into_inner).get(wanted);
            if let Some(frame) = frame {
                self.next = Some(wanted + 1);
                return Some(frame);
            }
            match timeout(KEEP_ALIVE_EVERY, self.progress.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(KEEP_ALIVE),
            }
        }
    }

    fn has_missed_nothing(&self, next: u64) -> bool {
        self.api.feed.ring.lock().unwrap_or_else(PoisonError::into_inner).can_go_on_at(next)
    }
}
