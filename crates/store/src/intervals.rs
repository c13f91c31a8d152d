//! How often a DTU was polled, and since when: what tells how many polls there could have been on a
//! past day.
//!
//! It is an entry of `config_cache` for each DTU, as it changes only with the configuration:
//! `poll_interval/roof` holds `[{"since": "2026-06-21T12:00:00Z", "seconds": 60}]`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError};

/// What every key starts with.
const PREFIX: &str = "poll_interval/";

/// The poll intervals of a DTU over time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PollIntervals(Vec<Since>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Since {
    since: Timestamp,
    seconds: u64,
}

impl PollIntervals {
    /// Those of a DTU that was never polled otherwise.
    pub fn always(seconds: u64) -> Self {
        Self(vec![Since { since: Timestamp::UNIX_EPOCH, seconds }])
    }

    /// From an instant on it is polled so often.
    #[must_use]
    pub fn then(mut self, since: Timestamp, seconds: u64) -> Self {
        // What was to begin later was said under a clock that went ahead.
        self.0.retain(|known| known.since < since);
        if self.0.last().is_none_or(|last| last.seconds != seconds) {
            self.0.push(Since { since, seconds });
        }
        self
    }

    /// How many polls fit into a time. Before the first interval that is known there was the same.
    pub fn expected(&self, from: Timestamp, to: Timestamp) -> u64 {
        let mut expected = Polls::default();
        for (number, Since { since, seconds }) in self.0.iter().enumerate() {
            let begin = if number == 0 { from } else { from.max(*since) };
            let end = self.0.get(number + 1).map_or(to, |next| to.min(next.since));
            expected.add(end.duration_since(begin).as_secs(), *seconds);
        }
        expected.whole
    }
}

/// Polls that fit, and what is left of the last one.
#[derive(Default)]
struct Polls {
    whole: u64,
    rest: f64,
}

impl Polls {
    fn add(&mut self, lasting_s: i64, interval_s: u64) {
        let (lasting_s, interval_s) = (u64::try_from(lasting_s).unwrap_or(0), interval_s.max(1));
        self.whole += lasting_s / interval_s;
        self.rest += (lasting_s % interval_s) as f64 / interval_s as f64;
        if self.rest >= 1.0 {
            self.whole += 1;
            self.rest -= 1.0;
        }
    }
}

/// The poll intervals that a store knows, by the name of the DTU.
///
/// # Errors
/// As for any question to the store.
pub async fn poll_intervals(
    store: &dyn Store,
) -> Result<BTreeMap<String, PollIntervals>, StoreError> {
    let entries = store.configs(PREFIX).await?;
    let known = entries.into_iter().filter_map(|(key, value)| {
        // One of another version is as good as none.
        let intervals: PollIntervals = serde_json::from_value(value).ok()?;
        Some((key.strip_prefix(PREFIX)?.to_owned(), intervals)).filter(|(_, all)| !all.0.is_empty())
    });
    Ok(known.collect())
}

/// Keeps that a DTU is polled so often from an instant on.
///
/// # Errors
/// As for any question to the store, and any write.
pub async fn note_poll_interval(
    store: &dyn Store,
    dtu_name: &str,
    since: Timestamp,
    seconds: u64,
) -> Result<(), StoreError> {
    let key = format!("{PREFIX}{dtu_name}");
    let stored = store.config(&key).await?;
    let known: PollIntervals =
        stored.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    let now = known.clone().then(since, seconds);
    if now == known {
        return Ok(());
    }
    store.set_config(&key, &serde_json::json!(now)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_counts_by_the_intervals_it_was_polled_with() {
        let intervals = PollIntervals::default()
            .then(at("2026-06-01T00:00:00Z"), 900)
            .then(at("2026-06-20T12:00:10Z"), 60)
            .then(at("2026-06-22T00:00:00Z"), 60)
            .then(at("2026-06-23T00:00:00Z"), 10);
        for (from, to, polls) in [
            // Before anything is known.
            ("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", 96),
            ("2026-06-19T00:00:00Z", "2026-06-20T00:00:00Z", 96),
            // The 10 s before the change and the 50 s after it are no whole poll.
            ("2026-06-20T00:00:00Z", "2026-06-21T00:00:00Z", 48 + 719),
            ("2026-06-22T00:00:00Z", "2026-06-23T00:00:00Z", 1440),
            ("2026-06-23T00:00:00Z", "2026-06-24T00:00:00Z", 8640),
            ("2026-06-19T00:00:00Z", "2026-06-19T00:00:00Z", 0),
            ("2026-06-24T00:00:00Z", "2026-06-23T00:00:00Z", 0),
        ] {
            assert_eq!(intervals.expected(at(from), at(to)), polls, "{from}");
        }
    }

    #[test]
    fn a_clock_that_went_ahead_leaves_no_trace() {
        let intervals = PollIntervals::default()
            .then(at("2026-06-01T00:00:00Z"), 60)
            .then(at("2030-01-01T00:00:00Z"), 30)
            .then(at("2026-06-20T00:00:00Z"), 10);
        let day = intervals.expected(at("2031-06-23T00:00:00Z"), at("2031-06-24T00:00:00Z"));
        assert_eq!(day, 8640);
    }
}
