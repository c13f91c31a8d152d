//! What of a change in the live plant is worth a frame.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use plant::arrangement::Arrangement;

use crate::Moment;
use crate::condition::Condition;

/// What the stream has told so far.
pub(super) struct Shown {
    /// The newest reading of each DTU. Readings that another bridge took count too.
    newest: BTreeMap<String, Option<Timestamp>>,
    pub(super) condition: Condition,
    pub(super) arrangement: Arc<Arrangement>,
}

impl Shown {
    pub(super) fn at(moment: &Moment) -> Self {
        let plant = &moment.plant;
        let mut newest: BTreeMap<String, Option<Timestamp>> =
            plant.dtus.iter().map(|(name, dtu)| (name.clone(), dtu.last_success)).collect();
        for inverter in plant.inverters.values() {
            let newest = newest.entry(inverter.dtu_name.clone()).or_default();
            *newest = (*newest).max(Some(inverter.last_seen));
        }
        Self {
            newest,
            condition: Condition::at(moment),
            arrangement: Arc::clone(&plant.arrangement),
        }
    }

    /// The DTUs with readings that were not there before.
    pub(super) fn polled_since(&self, before: &Self) -> Vec<&str> {
        self.newest
            .iter()
            .filter(|(name, newest)| newest.is_some() && before.newest.get(*name) != Some(*newest))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}
