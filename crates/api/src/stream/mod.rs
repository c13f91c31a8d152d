//! The live stream: what changes, as Server-Sent Events, for any number of listeners.
//!
//! ```text
//! live plant ──► follow ──┐ (one JSON text for all)
//!                         ├──► Feed: the newest frames, numbered ──► Listener, Listener, …
//! recorder ── events ─────┘
//! ```
//!
//! * The [`Feed`] holds the newest frames, at most [`MOST_FRAMES`] and [`MOST_BYTES`] of them, and
//!   nothing per listener. A [`Listener`] is a number: the frame it wants next. It is asked for a
//!   frame only when its connection takes one, so a slow one holds no memory and delays nobody: it
//!   falls behind, and gets the whole state anew. One that takes nothing at all is cut by
//!   [`serve`](fn@crate::serve).
//! * A frame's id is the run of the bridge and the frame's number, `1f0c…-17`, so an id of before a
//!   restart is never taken for one of now. A client that comes back with the id it saw last gets
//!   what followed, while that is still held, else the whole state.
//! * A frame is made after the state it shows was published. The state that a new listener gets is
//!   therefore never older than the frame whose id it carries, and what follows it repeats at most
//!   what it has said.

mod changes;
mod listener;
mod ring;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use plant::live::LivePlant;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use uuid::Uuid;

use self::changes::Shown;
pub(crate) use self::listener::Listener;
use self::ring::Ring;
use crate::seats::{Seat, Seats};
use crate::view;
use crate::{Clock, Identity, Moment};

/// Frames that are held for those who come back: half an hour of two DTUs polled each minute.
const MOST_FRAMES: usize = 64;
/// A plant of 25 inverters makes frames of 40 kB. At least one frame is always held.
const MOST_BYTES: usize = 1024 * 1024;
/// Many more than a household has open pages.
const MOST_LISTENERS: usize = 128;
/// A page behind Home Assistant or another proxy shares its address with all others there.
const MOST_LISTENERS_OF_AN_ADDRESS: usize = 32;
/// How often is looked for what changes by time alone: a reading that becomes stale.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The newest frames of the stream. One per program: the recorder and [`Feed::follow`] write into
/// it, every listener reads from it.
#[derive(Debug)]
pub struct Feed {
    /// Unlike that of any other run.
    run: String,
    /// Held for as long as it takes to append or copy a reference.
    ring: Mutex<Ring>,
    progress: watch::Sender<Progress>,
    seats: Seats,
}

/// How far the feed is.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// The number of the frame to come.
    next: u64,
    ended: bool,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            run: format!("{:016x}", Uuid::new_v4().as_u64_pair().0),
            ring: Mutex::default(),
            progress: watch::Sender::new(Progress { next: ring::FIRST, ended: false }),
            seats: Seats::new(MOST_LISTENERS, MOST_LISTENERS_OF_AN_ADDRESS),
        }
    }
}

impl Feed {
    /// A feed without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells what has begun, changed or ended.
    pub fn event(&self, event: &plant::event::Event) {
        self.push("event", &view::Event::from(event.clone()));
    }

    /// Tells what changes in the live plant, until `shutdown` resolves. Then every stream ends.
    pub async fn follow(
        &self,
        mut live: watch::Receiver<Arc<LivePlant>>,
        identity: Identity,
        clock: Clock,
        shutdown: impl Future<Output = ()>,
    ) {
        let mut look = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shutdown = std::pin::pin!(shutdown);
        let moment = |plant: &Arc<LivePlant>| Moment { plant: Arc::clone(plant), now: clock.now() };
        let mut shown = Shown::at(&moment(&live.borrow_and_update()));
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                _ = look.tick() => {}
                changed = live.changed() => if changed.is_err() { break },
            }
            let moment = moment(&live.borrow_and_update());
            let now = Shown::at(&moment);
            self.tell(&shown, &now, &moment, &identity);
            shown = now;
        }
        self.progress.send_modify(|progress| progress.ended = true);
    }

    fn tell(&self, before: &Shown, now: &Shown, moment: &Moment, identity: &Identity) {
        if now.arrangement != before.arrangement {
            // Names and retirements are all over the state.
            return self.push("state", &view::stream::State::of(moment, identity));
        }
        let polled = now.polled_since(before);
        for dtu_name in &polled {
            self.push("snapshot", &view::stream::Snapshot::of(dtu_name, moment, identity));
        }
        if polled.is_empty() && now.condition != before.condition {
            self.push("status", &view::stream::Status::of(moment, identity));
        }
    }

    fn push(&self, name: &str, data: &impl Serialize) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let number = ring.next();
        ring.push(self.frame(name, number, data));
        drop(ring);
        self.progress.send_modify(|progress| progress.next = progress.next.max(number + 1));
    }

    /// The whole state, for one listener, under the id of the newest frame that it may contain.
    pub(crate) fn state(&self, next: u64, moment: &Moment, identity: &Identity) -> Bytes {
        self.frame("state", next - 1, &view::stream::State::of(moment, identity))
    }

    fn frame(&self, name: &str, number: u64, data: &impl Serialize) -> Bytes {
        let data = serde_json::to_string(data).expect("the public shapes are JSON");
        let frame = format!("event: {name}\nid: {}-{number}\ndata: {data}\n\n", self.run);
        // Boxed, because it is held: a text has up to twice the memory that it needs.
        Bytes::from(frame.into_bytes().into_boxed_slice())
    }

    /// The number of the frame after the one with this id; none if it is not of this run.
    fn after(&self, id: &str) -> Option<u64> {
        let (run, number) = id.split_once('-')?;
        if run != self.run {
            return None;
        }
        number.parse::<u64>().ok()?.checked_add(1)
    }

    fn take_seat(&self, address: IpAddr) -> Option<Seat> {
        self.seats.take(address)
    }
}

#[cfg(test)]
mod tests;
