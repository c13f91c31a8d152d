//! The DTU's own list of alarms, as events.
//!
//! The list tells when an alarm began and when it ended, and repeats old ones. It is asked for when the
//! running count of an inverter's warnings has changed, and now and then while an alarm is open.

use std::collections::BTreeMap;

use ::wifi::message::Alarm;
use jiff::{SignedDuration, Timestamp};
use plant::alarm::{alarm_text, number_in_list};
use plant::event::{Event, EventKind};
use plant::{Serial, Snapshot};

use super::snapshot::serial;

/// How often the list is asked for while an alarm is open, or after it could not be had.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// "Started" and "clock set": they happen and do not last.
const INSTANTS: [u16; 2] = [1, 2];

/// An alarm by its inverter and start: the list may have it twice, when it began and when it ended.
type Begun = (Serial, Timestamp);

#[derive(Debug, Clone, Default)]
pub(super) struct AlarmList {
    counts: BTreeMap<Serial, u16>,
    known: BTreeMap<Begun, Event>,
    asked: Option<Timestamp>,
}

impl AlarmList {
    /// Whether the list is worth asking for, after a reading.
    pub(super) fn is_wanted(&self, snapshot: &Snapshot) -> bool {
        let at = snapshot.taken_at;
        let is_due = self.asked.is_none_or(|asked| at.duration_since(asked) >= AGAIN_AFTER);
        let is_open = self.known.values().any(|event| event.ended_at.is_none());
        // Its change is noted only when the list has come.
        let has_changed = self.counts != counts(snapshot);
        has_changed && (self.asked.is_none() || !self.counts.is_empty() || is_due)
            || is_open && is_due
    }

    /// The list could not be had. It is asked for again, not at once.
    pub(super) fn failed(&mut self, at: Timestamp) {
        self.asked = Some(at);
        self.counts.clear();
    }

    /// What is new in the list. An alarm that was open and is not listed any more has ended.
    pub(super) fn take(&mut self, snapshot: &Snapshot, list: &[Alarm]) -> Vec<Event> {
        let at = snapshot.taken_at;
        self.asked = Some(at);
        self.counts = counts(snapshot);
        let listed = events(list);
        let gone = self
            .known
            .iter()
            .filter(|(begun, event)| event.ended_at.is_none() && !listed.contains_key(begun))
            .map(|(&begun, event)| (begun, event.clone().ended(at)));
        let mut now = listed.clone();
        now.extend(gone.collect::<Vec<_>>());
        let news = now.iter().filter(|(begun, event)| self.known.get(begun) != Some(event));
        let news = news.map(|(_, event)| event.clone()).collect();
        self.known = listed;
        news
    }
}

fn counts(snapshot: &Snapshot) -> BTreeMap<Serial, u16> {
    let counts = snapshot.inverters.iter();
    counts.filter_map(|inverter| Some((inverter.serial, inverter.alarm_count?))).collect()
}

fn events(list: &[Alarm]) -> BTreeMap<Begun, Event> {
    let mut events: BTreeMap<Begun, Event> = BTreeMap::new();
    for alarm in list {
        let Some(event) = event(alarm) else { continue };
        let Ok(serial) = event.subject.parse() else { continue };
        match events.get_mut(&(serial, event.started_at)) {
            None => {
                events.insert((serial, event.started_at), event);
            }
            Some(known) => {
                known.ended_at = known.ended_at.max(event.ended_at);
                if !known.text.contains(&event.text) {
                    known.text = format!("{}; {}", known.text, event.text);
                }
            }
        }
    }
    events
}

fn event(alarm: &Alarm) -> Option<Event> {
    let time = |second: Option<i32>| {
        let second = second.filter(|&second| second > 0)?;
        Timestamp::from_second(second.into()).ok()
    };
    let serial = serial(alarm.serial)?;
    let number = number_in_list(u32::try_from(alarm.code?).ok()?)?;
    let started_at = time(alarm.started)?;
    let instant = INSTANTS.contains(&number).then_some(started_at);
    Some(Event {
        kind: EventKind::Alarm,
        subject: serial.to_string(),
        started_at,
        ended_at: time(alarm.ended).or(instant).map(|end| end.max(started_at)),
        text: alarm_text(serial, number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::InverterReading;

    const SERIAL: i64 = 0x1412_a000_0101;

    fn alarm(code: i32, started: i32, ended: Option<i32>) -> Alarm {
        Alarm {
            serial: Some(SERIAL),
            code: Some(code),
            started: Some(started),
            ended,
            ..Alarm::default()
        }
    }

    fn snapshot(second: i64, count: u16) -> Snapshot {
        let serial = serial(Some(SERIAL)).unwrap();
        Snapshot {
            inverters: vec![InverterReading {
                alarm_count: Some(count),
                ..InverterReading::blank(serial)
            }],
            ..Snapshot::blank("roof".into(), None, Timestamp::from_second(second).unwrap())
        }
    }

    fn told(events: &[Event]) -> Vec<(&str, i64, Option<i64>)> {
        let seconds = |event: &Event| event.ended_at.map(Timestamp::as_second);
        events
            .iter()
            .map(|event| (event.text.as_str(), event.started_at.as_second(), seconds(event)))
            .collect()
    }

    #[test]
    fn an_alarm_is_told_when_it_begins_and_when_it_ends() {
        let mut list = AlarmList::default();
        assert!(list.is_wanted(&snapshot(1000, 1)));
        let begun = list.take(&snapshot(1000, 1), &[alarm(209, 900, None)]);
        assert_eq!(told(&begun), [("panel 1: no input", 900, None)]);
        assert!(!list.is_wanted(&snapshot(1120, 1)), "nothing has changed");
        assert!(list.is_wanted(&snapshot(4600, 1)), "an open alarm may have ended");
        assert!(list.is_wanted(&snapshot(1240, 2)));
        let both = [alarm(209, 900, None), alarm(16593, 900, Some(1200)), alarm(1, 1100, None)];
        let ended = list.take(&snapshot(1240, 2), &both);
        let expected =
            [("panel 1: no input", 900, Some(1200)), ("inverter started", 1100, Some(1100))];
        assert_eq!(told(&ended), expected);
        assert!(list.take(&snapshot(1360, 2), &both).is_empty(), "told already");
    }

    #[test]
    fn an_open_alarm_that_is_not_listed_any_more_has_ended() {
        let mut list = AlarmList::default();
        list.take(&snapshot(1000, 1), &[alarm(147, 900, None)]);
        let ended = list.take(&snapshot(1300, 2), &[]);
        assert_eq!(told(&ended), [("grid outage", 900, Some(1300))]);
    }

    #[test]
    fn a_list_that_cannot_be_had_is_not_asked_for_at_every_poll() {
        let mut list = AlarmList::default();
        list.failed(Timestamp::from_second(1000).unwrap());
        assert!(!list.is_wanted(&snapshot(1120, 1)));
        assert!(list.is_wanted(&snapshot(4600, 1)));
    }

    #[test]
    fn what_can_be_no_alarm_is_left_out() {
        let nameless = Alarm { serial: None, ..alarm(209, 900, None) };
        let timeless = Alarm { started: Some(0), ..alarm(209, 900, None) };
        assert!(events(&[nameless, timeless, alarm(-1, 900, None)]).is_empty());
    }
}
