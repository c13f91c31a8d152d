//! The history that a demo begins with.
//!
//! It is what the bridge would have stored: readings every quarter of an hour, and what began and
//! ended meanwhile. On fixed days of the year something goes wrong, so that there are gaps with
//! causes and an alarm to look at; which days is a matter of arithmetic, so every demo agrees.

use color_eyre::eyre::{Result, WrapErr};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::event::{BRIDGE, Event, EventKind, Watch};
use plant::live::{DtuPhase, DtuState, Failure, LivePlant, StorageState, StoreLink};
use plant::{Serial, Snapshot};
use store::{Record, Store};

use crate::config::Config;
use crate::storage;

/// From one made-up reading to the next.
const STEP: SignedDuration = SignedDuration::from_mins(15);
/// Records in one transaction.
const BATCH: usize = 1000;
/// Grid voltage too high: the alarm that owners see most.
const ALARM: u16 = 141;

/// A DTU whose past is made up.
pub(crate) struct Past<'a> {
    pub(crate) name: &'a str,
    /// What a poll would have brought then.
    pub(crate) shown: Box<dyn Fn(Timestamp) -> Snapshot + 'a>,
}

/// Fills the demo's store up to now: from so many days ago, or from where the last demo ended.
pub(crate) async fn make(config: &Config, dtus: &[Past<'_>], days: u16) -> Result<()> {
    std::fs::create_dir_all(&config.data_dir).wrap_err("DATA_DIR")?;
    let store = storage::sqlite(config);
    store.prepare().await.wrap_err("DATA_DIR")?;
    let now = Timestamp::now();
    let newest = store.stats().await?.newest_reading;
    let begin = now - SignedDuration::from_hours(24 * i64::from(days));
    let mut at = newest.map_or(begin, |newest| newest + STEP);
    let step_s = u64::try_from(STEP.as_secs()).expect("the step is positive");
    for dtu in dtus {
        store::note_poll_interval(&store, dtu.name, at, step_s).await?;
    }
    let mut past = MadeUp::new(config, dtus, at, step_s);
    past.watch.adopt(store.open_events().await?);
    let mut batch = Vec::with_capacity(BATCH);
    while at <= now {
        past.step(dtus, at, &mut batch);
        if batch.len() >= BATCH {
            store.write(&batch).await?;
            batch.clear();
        }
        // The last one is of now, or the bridge would seem to have been down for a while.
        at = if at < now { (at + STEP).min(now) } else { at + STEP };
    }
    store.write(&batch).await?;
    store.close().await;
    Ok(())
}

/// The bridge of the past.
struct MadeUp {
    live: LivePlant,
    watch: Watch,
    zone: TimeZone,
    /// Since when the bridge has not run.
    down_since: Option<Timestamp>,
}

impl MadeUp {
    fn new(config: &Config, dtus: &[Past<'_>], begin: Timestamp, interval_s: u64) -> Self {
        let mut live = LivePlant::new(begin, StorageState::connecting("sqlite"));
        live.storage.link = StoreLink::Up;
        live.calendar = config.calendar();
        for dtu in dtus {
            let state = DtuState::starting("demo".to_owned(), "modbus", interval_s);
            live.dtus.insert(dtu.name.to_owned(), state);
        }
        let zone = config.time_zone.clone();
        Self { live, watch: Watch::default(), zone, down_since: None }
    }

    /// What is stored of this instant.
    fn step(&mut self, dtus: &[Past<'_>], at: Timestamp, records: &mut Vec<Record>) {
        let local = at.to_zoned(self.zone.clone());
        let incident = Incident::at(local.date(), local.time());
        if incident == Some(Incident::BridgeDown) {
            self.down_since.get_or_insert(at);
            return;
        }
        if let Some(since) = self.down_since.take() {
            records.push(Record::Event(bridge_down(since, at)));
        }
        for (number, dtu) in dtus.iter().enumerate() {
            let is_last = number + 1 == dtus.len();
            let state = self.live.dtus.get_mut(dtu.name).expect("every DTU was put there");
            if is_last && incident == Some(Incident::DtuAway) {
                state.phase = DtuPhase::Failing;
                state.last_failure.get_or_insert_with(|| away(at));
                continue;
            }
            state.phase = DtuPhase::Online;
            state.last_success = Some(at);
            state.last_failure = None;
            let mut snapshot = (dtu.shown)(at);
            if number == 0 && incident == Some(Incident::Alarm) {
                raise_alarm(&mut snapshot);
            }
            self.live.apply(&snapshot, at);
            records.push(Record::Snapshot(snapshot));
        }
        let events = self.watch.look(&self.live, &[], at);
        records.extend(events.into_iter().map(Record::Event));
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Incident {
    /// The last DTU does not answer.
    DtuAway,
    /// Nobody reads anything.
    BridgeDown,
    /// An inverter of the first DTU complains.
    Alarm,
}

impl Incident {
    fn at(day: Date, time: Time) -> Option<Self> {
        let hours = |from: i8, to: i8| (from..to).contains(&time.hour());
        match day.day_of_year() {
            number if number % 19 == 0 && hours(11, 13) => Some(Self::DtuAway),
            number if number % 53 == 0 && hours(9, 14) => Some(Self::BridgeDown),
            number if number % 23 == 0 && hours(13, 14) => Some(Self::Alarm),
            _ => None,
        }
    }
}

fn away(at: Timestamp) -> Failure {
    let text = "the DTU does not answer: is it switched on, and is its address right?".to_owned();
    Failure { at, kind: "timeout", text }
}

fn bridge_down(since: Timestamp, until: Timestamp) -> Event {
    Event {
        kind: EventKind::BridgeDown,
        subject: BRIDGE.to_owned(),
        started_at: since,
        ended_at: Some(until),
        text: "the bridge did not run".to_owned(),
    }
}

fn raise_alarm(snapshot: &mut Snapshot) {
    let first: Option<Serial> = snapshot.inverters.first().map(|reading| reading.serial);
    for reading in &mut snapshot.inverters {
        if Some(reading.serial) == first {
            reading.alarm_code = Some(ALARM);
            reading.alarm_count = Some(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn incidents_come_on_fixed_days_and_by_day() {
        let noon = time(12, 0, 0, 0);
        assert_eq!(Incident::at(date(2026, 6, 20), noon), Some(Incident::DtuAway));
        assert_eq!(Incident::at(date(2026, 6, 20), time(13, 0, 0, 0)), None);
        assert_eq!(Incident::at(date(2026, 6, 8), noon), Some(Incident::BridgeDown));
        assert_eq!(Incident::at(date(2026, 6, 10), time(13, 45, 0, 0)), Some(Incident::Alarm));
        assert_eq!(Incident::at(date(2026, 6, 21), noon), None);
    }
}
