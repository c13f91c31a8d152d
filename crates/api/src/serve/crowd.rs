//! Who is connected, and who has to go when there is no room.
//!
//! A connection that is answered stays. One that waits for its next request, or has sent only a part
//! of it, is the first to go: the one that has waited longest. An address that has too many loses
//! its own, so a client that opens thousands of connections takes none from another.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

/// In place of the time since when a connection is idle.
const BUSY: u64 = u64::MAX;

/// The connections that there are.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    most_of_an_address: usize,
    /// Times are counted from here.
    since: Instant,
    /// By the order in which they came. Held for as long as it takes to look through them.
    members: Mutex<(u64, BTreeMap<u64, Member>)>,
}

#[derive(Debug)]
struct Member {
    address: IpAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// Since when it waits for a request, or [`BUSY`].
    idle_since_ms: AtomicU64,
    leave: Notify,
}

/// A connection's place in the crowd, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    state: Arc<State>,
}

/// Says that a request is being answered, until it is dropped.
#[derive(Debug)]
pub(super) struct Busy {
    crowd: Arc<Crowd>,
    state: Arc<State>,
}

impl Crowd {
    pub(super) fn new(most: usize, most_of_an_address: usize) -> Self {
        Self { most, most_of_an_address, since: Instant::now(), members: Mutex::default() }
    }

    /// A place for one more, for which an idle one may have to go; none if all are busy.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, members) = &mut *members;
        let own = members.values().filter(|member| member.address == address).count();
        if own >= self.most_of_an_address {
            send_away(members, |member| member.address == address)?;
        } else if members.len() >= self.most {
            send_away(members, |_| true)?;
        }
        let number = *next;
        *next += 1;
        let state =
            Arc::new(State { idle_since_ms: AtomicU64::new(self.now_ms()), leave: Notify::new() });
        members.insert(number, Member { address, state: Arc::clone(&state) });
        Some(Place { crowd: Arc::clone(self), number, state })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }
}

/// Lets go of the one of these that has been idle longest; none if there is none.
fn send_away(members: &mut BTreeMap<u64, Member>, of: impl Fn(&Member) -> bool) -> Option<()> {
    let idle = members.iter().filter(|(_, member)| of(member)).filter_map(|(number, member)| {
        let since = member.state.idle_since_ms.load(Ordering::Relaxed);
        (since != BUSY).then_some((since, *number))
    });
    let (_, number) = idle.min()?;
    members.remove(&number)?.state.leave.notify_one();
    Some(())
}

impl Place {
    /// Resolves when this connection has to go.
    pub(super) async fn sent_away(&self) {
        self.state.leave.notified().await;
    }

    /// A request has come.
    pub(super) fn busy(&self) -> Busy {
        self.state.idle_since_ms.store(BUSY, Ordering::Relaxed);
        Busy { crowd: Arc::clone(&self.crowd), state: Arc::clone(&self.state) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.state.idle_since_ms.store(self.crowd.now_ms(), Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut members = self.crowd.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn is_sent_away(place: &Place) -> bool {
        let members = place.crowd.members.lock().unwrap();
        !members.1.contains_key(&place.number)
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_goes_and_whoever_is_answered_stays() {
        let crowd = Arc::new(Crowd::new(3, 3));
        let tick = || tokio::time::advance(Duration::from_millis(5));
        let first = crowd.admit(address(1)).unwrap();
        tick().await;
        let second = crowd.admit(address(2)).unwrap();
        tick().await;
        let third = crowd.admit(address(3)).unwrap();
        tick().await;
        drop(first.busy());
        let fourth = crowd.admit(address(4)).unwrap();
        assert!(is_sent_away(&second), "the first was answered since");
        second.sent_away().await;
        let answered = [first.busy(), third.busy(), fourth.busy()];
        assert!(crowd.admit(address(5)).is_none(), "all are busy");
        drop(answered);
        drop(third);
        assert!(crowd.admit(address(5)).is_some());
        assert!(!is_sent_away(&first) && !is_sent_away(&fourth));
    }

    #[tokio::test]
    async fn an_address_with_too_many_loses_its_own() {
        let crowd = Arc::new(Crowd::new(10, 2));
        let other = crowd.admit(address(1)).unwrap();
        let mine: Vec<Place> = (0..3).map(|_| crowd.admit(address(2)).unwrap()).collect();
        assert!(is_sent_away(&mine[0]) && !is_sent_away(&mine[1]) && !is_sent_away(&other));
        let _busy = [mine[1].busy(), mine[2].busy()];
        assert!(crowd.admit(address(2)).is_none());
        assert!(crowd.admit(address(3)).is_some());
    }
}
