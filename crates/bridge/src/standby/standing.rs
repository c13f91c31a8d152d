//! What a bridge knows of a DTU's lease, and what follows from it. Time is passed in.
//!
//! * A holder that cannot reach the database goes on: it needs none to poll, and the outbox keeps
//!   what it reads. If another bridge took its place meanwhile, it hears so with the next answer.
//! * A standby that cannot reach the database waits until the lease that it knows of has run out,
//!   and then polls too: the database and the other bridge may have gone together, with the machine
//!   that both were on. Readings taken twice do less harm than readings never taken.
//! * A bridge that has not heard anything yet polls, for the same reason.

use std::time::Duration;

use store::Lease;
use tokio::time::Instant;

/// Shorter leases would be lost to a restart of the database, and cost more to renew than a poll.
const LEAST_TTL: Duration = Duration::from_secs(30);
/// How soon a standby notices that the DTU is free.
const STANDBY_ASKS_EVERY: Duration = Duration::from_secs(3);

/// How long a lease lasts without renewal, for a DTU that is polled once in a period.
pub(super) fn ttl(period: Duration) -> Duration {
    LEAST_TTL.max(period * 3)
}

/// Where a bridge stands with one DTU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The database has not said anything yet.
    Unheard,
    /// The lease was ours when we last heard.
    Ours,
    /// It was another bridge's, and lasts until then unless that bridge renews it.
    Theirs { holder: String, lapses: Instant },
}

impl Standing {
    /// What the database's answer at `now` means.
    pub(super) fn after(answer: Lease, now: Instant) -> Self {
        match answer {
            Lease::Granted { .. } => Self::Ours,
            Lease::Held { holder_name, remaining } => {
                Self::Theirs { holder: holder_name, lapses: now + remaining }
            }
        }
    }

    /// The bridge to leave the DTU to at `now`, if any.
    pub(super) fn left_to(&self, now: Instant) -> Option<&str> {
        match self {
            Self::Theirs { holder, lapses } if now < *lapses => Some(holder),
            _ => None,
        }
    }

    /// How long to wait before the next question. A holder asks three times within a lease, so that
    /// one answer may be late.
    pub(super) fn pause(&self, ttl: Duration, answered: bool) -> Duration {
        match self {
            Self::Ours if answered => ttl / 3,
            _ => STANDBY_ASKS_EVERY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn held(remaining_s: u64) -> Lease {
        Lease::Held {
            holder_name: "nas:8080".to_owned(),
            remaining: Duration::from_secs(remaining_s),
        }
    }

    #[test]
    fn who_has_heard_nothing_polls() {
        assert_eq!(Standing::Unheard.left_to(Instant::now()), None);
    }

    #[test]
    fn a_holder_goes_on_however_long_the_database_is_silent() {
        let now = Instant::now();
        let standing = Standing::after(Lease::Granted { epoch: 1 }, now);
        assert_eq!(standing.left_to(now + 100_000 * SECOND), None);
    }

    #[test]
    fn a_standby_without_database_waits_until_the_lease_has_run_out() {
        let now = Instant::now();
        let standing = Standing::after(held(20), now);
        assert_eq!(standing.left_to(now), Some("nas:8080"));
        assert_eq!(standing.left_to(now + 19 * SECOND), Some("nas:8080"));
        assert_eq!(standing.left_to(now + 20 * SECOND), None);
    }

    #[test]
    fn a_holder_that_was_replaced_stands_by_as_soon_as_it_hears() {
        let now = Instant::now();
        assert_eq!(Standing::after(held(30), now).left_to(now), Some("nas:8080"));
    }

    #[test]
    fn a_lease_outlasts_three_polls_and_is_renewed_in_time() {
        assert_eq!(ttl(5 * SECOND), 30 * SECOND);
        assert_eq!(ttl(60 * SECOND), 180 * SECOND);
        assert_eq!(Standing::Ours.pause(180 * SECOND, true), 60 * SECOND);
        // After a failure it hurries: the rest of the lease is getting short.
        assert_eq!(Standing::Ours.pause(180 * SECOND, false), STANDBY_ASKS_EVERY);
        let theirs = Standing::after(held(170), Instant::now());
        assert_eq!(theirs.pause(180 * SECOND, true), STANDBY_ASKS_EVERY);
    }
}
