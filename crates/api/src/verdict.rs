//! Whether the bridge is well, and what is wrong in sentences for people.
//!
//! Unhealthy means that data is missing for ever: nothing is polled, or what is polled cannot be
//! kept. What the bridge gets over by itself, such as a database outage that the outbox absorbs, is
//! degraded.

use jiff::{SignedDuration, Timestamp};
use plant::live::{DtuPhase, DtuState, LivePlant, StorageState, StoreLink};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a loss is worth attention. The count stays for ever; a warning that stays for ever
/// hides the next one.
const LOSS_IS_NEWS: SignedDuration = SignedDuration::from_hours(24);

/// How the bridge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wellbeing {
    /// All is well.
    Healthy,
    /// Something needs attention, but readings are taken and kept.
    Degraded,
    /// Readings are being lost, or none are taken.
    Unhealthy,
}

/// How a DTU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DtuStatus {
    /// Its last poll succeeded, and not long ago.
    Online,
    /// Its last poll failed, or its last answer is too old.
    Error,
    /// It was not polled yet.
    Starting,
    /// Another bridge polls it, and this one takes over when that is gone.
    Standby,
    /// Off the network with the sun, as a DTU inside an inverter is at night.
    Asleep,
}

impl DtuStatus {
    /// How a DTU is at `now`. A poll that hangs leaves the phase as it was, hence the age.
    pub fn of(dtu: &DtuState, now: Timestamp) -> Self {
        match dtu.phase {
            DtuPhase::Starting => Self::Starting,
            DtuPhase::Standby => Self::Standby,
            DtuPhase::Online if dtu.is_alive(now) => Self::Online,
            DtuPhase::Asleep if dtu.is_alive(now) => Self::Asleep,
            DtuPhase::Online | DtuPhase::Asleep | DtuPhase::Failing => Self::Error,
        }
    }
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// The worst of all that was found.
    pub wellbeing: Wellbeing,
    /// What is wrong; empty when all is well.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Judges the plant at `now`.
    pub fn of(plant: &LivePlant, now: Timestamp) -> Self {
        let mut verdict = Self { wellbeing: Wellbeing::Healthy, reasons: Vec::new() };
        verdict.judge_dtus(plant, now);
        verdict.judge_storage(&plant.storage, now);
        verdict
    }

    fn judge_dtus(&mut self, plant: &LivePlant, now: Timestamp) {
        if plant.dtus.is_empty() {
            let reason =
                "No DTU is configured, so nothing is read: set DTU_HOST to the address of one.";
            return self.found(Wellbeing::Unhealthy, reason);
        }
        let nothing_polls = !plant.dtus.values().any(|dtu| !is_overdue(dtu, plant.started_at, now));
        let weight = if nothing_polls { Wellbeing::Unhealthy } else { Wellbeing::Degraded };
        for (name, dtu) in &plant.dtus {
            if is_overdue(dtu, plant.started_at, now) || DtuStatus::of(dtu, now) == DtuStatus::Error
            {
                self.found(weight, silence(name, dtu));
            }
        }
    }

    fn judge_storage(&mut self, storage: &StorageState, now: Timestamp) {
        if !storage.accepting {
            self.found(Wellbeing::Unhealthy, not_accepting(storage));
        }
        let lost_at = storage.readings_lost_at;
        if storage.readings_lost > 0
            && lost_at.is_none_or(|at| now.duration_since(at) <= LOSS_IS_NEWS)
        {
            let lost = storage.readings_lost;
            let when = lost_at.map_or_else(String::new, |at| format!(", the last at {at:.0}"));
            self.found(
                Wellbeing::Degraded,
                format!("{lost} readings could not be kept so far{when}."),
            );
        }
        if storage.readings_rejected > 0 {
            let rejected = storage.readings_rejected;
            self.found(
                Wellbeing::Degraded,
                format!("The database refused {rejected} readings; they are kept in quarantine."),
            );
        }
        if storage.link == StoreLink::Down {
            let waiting = storage.outbox_depth;
            let cause = failure_text(storage);
            self.found(
                Wellbeing::Degraded,
                format!(
                    "The database cannot be reached, and {waiting} snapshots wait in the outbox: {cause}"
                ),
            );
        }
    }

    fn found(&mut self, weight: Wellbeing, reason: impl Into<String>) {
        self.wellbeing = self.wellbeing.max(weight);
        self.reasons.push(reason.into());
    }
}

/// Whether a DTU should have answered by now. One that another bridge polls owes us nothing: if it
/// falls silent, that bridge says so.
fn is_overdue(dtu: &DtuState, started_at: Timestamp, now: Timestamp) -> bool {
    dtu.phase != DtuPhase::Standby && !dtu.is_alive(now) && !may_still_come(dtu, started_at, now)
}

/// A DTU that has not answered yet gets the same patience after our start as one that falls silent:
/// after a power cut it boots as long as we do.
pub(crate) fn may_still_come(dtu: &DtuState, started_at: Timestamp, now: Timestamp) -> bool {
    dtu.last_success.is_none() && now.duration_since(started_at) <= dtu.stale_after()
}

/// Since when a DTU is silent, and why.
pub(crate) fn silence(name: &str, dtu: &DtuState) -> String {
    let since = dtu.last_success.map_or_else(
        || "has not answered since the bridge started".to_owned(),
        |at| format!("last answered at {at:.0}"),
    );
    let address = &dtu.address;
    match &dtu.last_failure {
        Some(failure) => format!("DTU '{name}' at {address} {since}: {}", failure.text),
        None => format!("DTU '{name}' at {address} {since}."),
    }
}

/// Who polls a DTU instead of this bridge.
pub(crate) fn left_to(holder: &str) -> String {
    format!(
        "The bridge {holder} polls this DTU; this one shows what that one stores, and takes over \
         when it is gone."
    )
}

/// Why readings are being lost.
pub fn not_accepting(storage: &StorageState) -> String {
    format!("Readings are being lost: {}", failure_text(storage))
}

fn failure_text(storage: &StorageState) -> &str {
    storage.last_failure.as_ref().map_or("the cause is not known.", |failure| failure.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::live::Failure;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn plant(dtus: &[DtuState]) -> LivePlant {
        let mut plant = LivePlant::new(at(0), StorageState::connecting("postgres"));
        plant.storage.link = StoreLink::Up;
        for (number, dtu) in dtus.iter().enumerate() {
            plant.dtus.insert(format!("dtu{number}"), dtu.clone());
        }
        plant
    }

    fn starting() -> DtuState {
        DtuState::starting("10.0.0.5:502".into(), "modbus", 60)
    }

    fn online(last: i64) -> DtuState {
        DtuState { phase: DtuPhase::Online, last_success: Some(at(last)), ..starting() }
    }

    fn failing(last: Option<i64>) -> DtuState {
        DtuState {
            phase: DtuPhase::Failing,
            last_success: last.map(at),
            last_failure: Some(Failure {
                at: at(1),
                kind: "timeout",
                text: "It does not answer.".into(),
            }),
            ..starting()
        }
    }

    fn judge(dtus: &[DtuState], now: i64) -> (Wellbeing, usize) {
        let verdict = Verdict::of(&plant(dtus), at(now));
        (verdict.wellbeing, verdict.reasons.len())
    }

    #[test]
    fn nothing_configured_is_unhealthy_from_the_start() {
        assert_eq!(judge(&[], 0), (Wellbeing::Unhealthy, 1));
    }

    #[test]
    fn a_start_is_healthy_until_patience_ends() {
        assert_eq!(judge(&[starting()], 300), (Wellbeing::Healthy, 0));
        assert_eq!(judge(&[starting()], 301), (Wellbeing::Unhealthy, 1));
        assert_eq!(judge(&[failing(None)], 300), (Wellbeing::Degraded, 1));
        assert_eq!(judge(&[failing(None)], 301), (Wellbeing::Unhealthy, 1));
    }

    #[test]
    fn one_silent_dtu_of_two_is_degraded_and_both_are_unhealthy() {
        assert_eq!(judge(&[online(900), failing(Some(100))], 1000), (Wellbeing::Degraded, 1));
        assert_eq!(
            judge(&[failing(Some(100)), failing(Some(100))], 1000),
            (Wellbeing::Unhealthy, 2)
        );
        assert_eq!(judge(&[failing(Some(900))], 1000), (Wellbeing::Degraded, 1));
    }

    #[test]
    fn a_poll_that_hangs_is_noticed_by_its_age() {
        assert_eq!(DtuStatus::of(&online(100), at(400)), DtuStatus::Online);
        assert_eq!(DtuStatus::of(&online(100), at(401)), DtuStatus::Error);
        assert_eq!(judge(&[online(100)], 401), (Wellbeing::Unhealthy, 1));
    }

    #[test]
    fn a_standby_is_well_however_long_it_stands_by() {
        let standby = DtuState { phase: DtuPhase::Standby, ..starting() };
        assert_eq!(DtuStatus::of(&standby, at(100_000)), DtuStatus::Standby);
        assert_eq!(judge(std::slice::from_ref(&standby), 100_000), (Wellbeing::Healthy, 0));
        let former = DtuState { phase: DtuPhase::Standby, ..online(100) };
        assert_eq!(judge(&[former], 100_000), (Wellbeing::Healthy, 0));
        assert_eq!(judge(&[standby, failing(None)], 100_000), (Wellbeing::Degraded, 1));
    }

    #[test]
    fn an_outage_that_the_outbox_absorbs_is_degraded_and_a_full_outbox_is_not() {
        let mut plant = plant(&[online(990)]);
        plant.storage.link = StoreLink::Down;
        plant.storage.outbox_depth = 7;
        plant.storage.last_failure = Some(Failure {
            at: at(990),
            kind: "connect",
            text: "The server refuses connections.".into(),
        });
        let verdict = Verdict::of(&plant, at(1000));
        assert_eq!(verdict.wellbeing, Wellbeing::Degraded);
        assert_eq!(
            verdict.reasons,
            [
                "The database cannot be reached, and 7 snapshots wait in the outbox: The server refuses connections."
            ]
        );
        plant.storage.accepting = false;
        plant.storage.readings_lost = 25;
        let verdict = Verdict::of(&plant, at(1000));
        assert_eq!(verdict.wellbeing, Wellbeing::Unhealthy);
        assert!(verdict.reasons[1].starts_with("25 readings"));
        // The count stays, the warning goes after a day.
        plant.storage.accepting = true;
        plant.storage.link = StoreLink::Up;
        plant.storage.readings_lost_at = Some(at(999) - LOSS_IS_NEWS);
        assert_eq!(Verdict::of(&plant, at(1000)).wellbeing, Wellbeing::Healthy);
    }

    #[test]
    fn a_silent_dtu_is_named_with_its_address_and_cause() {
        assert_eq!(
            silence("roof", &failing(Some(100))),
            "DTU 'roof' at 10.0.0.5:502 last answered at 1970-01-01T00:01:40Z: It does not answer."
        );
    }
}
