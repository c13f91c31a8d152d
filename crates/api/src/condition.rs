//! What can be different from one moment to the next although no reading came.

use jiff::Timestamp;
use jiff::civil::Date;
use plant::live::{BreakerState, DtuPhase};

use crate::Moment;
use crate::verdict::{DtuStatus, Verdict};

/// How everything is, without ages and counters, which always change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    verdict: Verdict,
    /// At midnight today's energy begins anew.
    day: Date,
    dtus: Vec<(DtuPhase, DtuStatus, BreakerState, Option<Timestamp>)>,
    /// Of each inverter and then of its ports.
    stale: Vec<bool>,
}

impl Condition {
    pub(crate) fn at(moment: &Moment) -> Self {
        let Moment { plant, now } = moment;
        let mut stale = Vec::new();
        let in_service = plant.inverters.iter().filter(|(serial, _)| !plant.is_retired(**serial));
        for (_, inverter) in in_service {
            stale.push(moment.is_stale(inverter, inverter.last_seen));
            stale.extend(inverter.ports.values().map(|port| moment.is_stale(inverter, port.at)));
        }
        Self {
            verdict: Verdict::of(plant, *now),
            day: plant.calendar.day(*now),
            dtus: plant
                .dtus
                .values()
                .map(|dtu| {
                    let failed = dtu.last_failure.as_ref().map(|failure| failure.at);
                    (dtu.phase, DtuStatus::of(dtu, *now), dtu.breaker, failed)
                })
                .collect(),
            stale,
        }
    }
}
