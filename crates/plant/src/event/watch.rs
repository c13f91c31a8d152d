//! Notices when something begins and ends.
//!
//! The [`Watch`] holds what is going on and compares it with what the live plant shows. It looks at
//! states, not at messages: however often a state is shown, it begins once and ends once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};

use super::{BRIDGE, DATABASE, Event, EventKind, READINGS};
use crate::Serial;
use crate::alarm::alarm_text;
use crate::live::{Corrected, DtuPhase, LiveInverter, LivePlant, StorageState, StoreLink};
use crate::reading::sample_time;
use crate::status::Activity;

/// So many polls may be missing around a restart before the bridge is said to have been down.
const POLLS_OF_A_RESTART: u64 = 3;

/// Turns what the live plant shows into events.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    open: BTreeMap<(EventKind, String), Event>,
    /// Inverters whose newest reading is their first one asleep. DTUs show zeros for a single read
    /// every quarter of an hour, which is no sleep.
    drowsy: BTreeMap<Serial, Timestamp>,
    dialects: BTreeMap<String, String>,
}

impl Watch {
    /// What has begun or ended by now, and the instants of these corrections.
    pub fn look(
        &mut self,
        plant: &LivePlant,
        corrected: &[Corrected],
        now: Timestamp,
    ) -> Vec<Event> {
        let mut events: Vec<Event> = corrected.iter().map(correction).collect();
        self.look_at_dtus(plant, now, &mut events);
        for (&serial, inverter) in &plant.inverters {
            if plant.is_retired(serial) {
                self.let_go(serial, now, &mut events);
            } else if is_polled_here(plant, &inverter.dtu_name) {
                self.look_at_inverter(serial, inverter, &mut events);
            }
        }
        self.look_at_storage(&plant.storage, now, &mut events);
        events
    }

    /// Takes over what is open in the store about DTUs that another bridge polls. That bridge makes
    /// the events; should it hand over, they are known here.
    pub fn follow(&mut self, plant: &LivePlant, mut stored: Vec<Event>) {
        self.open.retain(|(_, subject), _| !is_watched_elsewhere(plant, subject));
        stored.retain(|event| is_watched_elsewhere(plant, &event.subject));
        self.adopt(stored);
    }

    /// Continues what an earlier run has left open in the store. Of two events about one state the
    /// earlier ends where the later begins: nobody noticed its end.
    pub fn adopt(&mut self, stored: Vec<Event>) -> Vec<Event> {
        let mut superseded = Vec::new();
        for event in stored {
            let key = (event.kind, event.subject.clone());
            match self.open.get(&key) {
                Some(ours) if ours.started_at == event.started_at => {}
                Some(ours) if ours.started_at > event.started_at => {
                    superseded.push(event.ended(ours.started_at));
                }
                Some(_) | None => {
                    let start = event.started_at;
                    superseded.extend(self.open.insert(key, event).map(|old| old.ended(start)));
                }
            }
        }
        superseded
    }

    /// The time in which no bridge ran, if there was a last reading before this one started and
    /// more than a restart lies between.
    pub fn bridge_down(plant: &LivePlant, last_reading: Timestamp) -> Option<Event> {
        let period = plant.dtus.values().map(|dtu| dtu.poll_interval_s).min()?;
        let tolerated = i64::try_from(period * POLLS_OF_A_RESTART).unwrap_or(i64::MAX);
        let missing = plant.started_at.duration_since(last_reading);
        if missing <= SignedDuration::from_secs(tolerated) {
            return None;
        }
        let text = "the bridge did not run".to_owned();
        Some(
            event(EventKind::BridgeDown, BRIDGE, last_reading, text)
                .ended(sample_time(plant.started_at)),
        )
    }

    fn look_at_dtus(&mut self, plant: &LivePlant, now: Timestamp, events: &mut Vec<Event>) {
        for (name, dtu) in &plant.dtus {
            match dtu.phase {
                DtuPhase::Starting | DtuPhase::Standby => {}
                DtuPhase::Online => {
                    let at = dtu.last_success.unwrap_or(now);
                    self.end(EventKind::DtuOutage, name, at, events);
                }
                DtuPhase::Asleep => {
                    // An outage that turns out to be a night ends as one.
                    self.end(EventKind::DtuOutage, name, now, events);
                }
                DtuPhase::Failing => {
                    let (at, text) = dtu.last_failure.as_ref().map_or_else(
                        || (now, "the DTU does not answer".to_owned()),
                        |failure| (failure.at, failure.text.clone()),
                    );
                    self.begin(event(EventKind::DtuOutage, name, at, text), events);
                }
            }
            let Some(dialect) = &dtu.dialect else { continue };
            match self.dialects.insert(name.clone(), dialect.clone()) {
                Some(before) if before != *dialect => {
                    let text = format!("the DTU is read with {dialect} now, before: {before}");
                    events.push(instant(EventKind::DialectChange, name, now, text));
                }
                _ => {}
            }
        }
    }

    /// Of an inverter that is out of service nothing is going on.
    fn let_go(&mut self, serial: Serial, now: Timestamp, events: &mut Vec<Event>) {
        let subject = serial.to_string();
        self.drowsy.remove(&serial);
        self.end(EventKind::Alarm, &subject, now, events);
        self.end(EventKind::Sleep, &subject, now, events);
    }

    fn look_at_inverter(
        &mut self,
        serial: Serial,
        inverter: &LiveInverter,
        events: &mut Vec<Event>,
    ) {
        let Some(reading) = &inverter.reading else { return };
        let (at, subject) = (reading.at, serial.to_string());
        if let Some(since) = inverter.dark_since {
            self.drowsy.remove(&serial);
            let text = "asleep: off the network with the sun".to_owned();
            return self.begin(event(EventKind::Sleep, &subject, since, text), events);
        }
        if Activity::of(&reading.value) == Activity::Asleep {
            if self.is_open(EventKind::Sleep, &subject) {
                return;
            }
            let fell_asleep = *self.drowsy.entry(serial).or_insert(at);
            if fell_asleep < at {
                self.drowsy.remove(&serial);
                if reading.value.alarm_code.is_some() {
                    self.end(EventKind::Alarm, &subject, fell_asleep, events);
                }
                let text = "asleep: night, or switched off".to_owned();
                self.begin(event(EventKind::Sleep, &subject, fell_asleep, text), events);
            }
            return;
        }
        self.drowsy.remove(&serial);
        self.end(EventKind::Sleep, &subject, at, events);
        // A DTU that has an alarm list tells in it when an alarm began and ended.
        let Some(alarm) = reading.value.alarm_code else { return };
        let alarm = Some(alarm).filter(|&code| code != 0);
        let text = alarm.map(|code| alarm_text(serial, code));
        let key = (EventKind::Alarm, subject);
        if self.open.get(&key).is_some_and(|open| text.as_ref() != Some(&open.text)) {
            self.end(EventKind::Alarm, &key.1, at, events);
        }
        if let Some(text) = text {
            self.begin(event(EventKind::Alarm, &key.1, at, text), events);
        }
    }

    fn look_at_storage(&mut self, storage: &StorageState, now: Timestamp, events: &mut Vec<Event>) {
        let failed = |subject, otherwise: &str| {
            let (at, text) = storage
                .last_failure
                .as_ref()
                .map_or((now, otherwise), |failure| (failure.at, failure.text.as_str()));
            event(EventKind::DatabaseOutage, subject, at, text.to_owned())
        };
        match storage.link {
            StoreLink::Down => self.begin(failed(DATABASE, "the database fails"), events),
            StoreLink::Up => self.end(EventKind::DatabaseOutage, DATABASE, now, events),
            StoreLink::Connecting | StoreLink::Off => {}
        }
        if storage.accepting {
            self.end(EventKind::DatabaseOutage, READINGS, now, events);
        } else {
            self.begin(failed(READINGS, "readings cannot be kept"), events);
        }
    }

    fn is_open(&self, kind: EventKind, subject: &str) -> bool {
        self.open.contains_key(&(kind, subject.to_owned()))
    }

    fn begin(&mut self, event: Event, events: &mut Vec<Event>) {
        if let Entry::Vacant(state) = self.open.entry((event.kind, event.subject.clone())) {
            state.insert(event.clone());
            events.push(event);
        }
    }

    fn end(&mut self, kind: EventKind, subject: &str, at: Timestamp, events: &mut Vec<Event>) {
        let open = self.open.remove(&(kind, subject.to_owned()));
        events.extend(open.map(|event| event.ended(sample_time(at))));
    }
}

fn event(kind: EventKind, subject: &str, at: Timestamp, text: String) -> Event {
    let started_at = sample_time(at);
    Event { kind, subject: subject.to_owned(), started_at, ended_at: None, text }
}

fn instant(kind: EventKind, subject: &str, at: Timestamp, text: String) -> Event {
    event(kind, subject, at, text).ended(sample_time(at))
}

fn correction(corrected: &Corrected) -> Event {
    let subject = format!("{}/{}", corrected.serial, corrected.port);
    let text = corrected.correction.sentence();
    instant(EventKind::CounterCorrection, &subject, corrected.at, text)
}

/// Whether this bridge reads the DTU. Of another bridge's it knows what is stored, and that bridge
/// makes the events.
fn is_polled_here(plant: &LivePlant, dtu_name: &str) -> bool {
    plant.dtus.get(dtu_name).is_some_and(|dtu| dtu.phase != DtuPhase::Standby)
}

fn is_watched_elsewhere(plant: &LivePlant, subject: &str) -> bool {
    let dtu_name = subject
        .parse()
        .ok()
        .and_then(|serial: Serial| plant.inverters.get(&serial))
        .map_or(subject, |inverter| inverter.dtu_name.as_str());
    plant.dtus.get(dtu_name).is_some_and(|dtu| dtu.phase == DtuPhase::Standby)
}

#[cfg(test)]
mod tests;
