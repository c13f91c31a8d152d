//! The one task that owns the live plant.
//!
//! Pollers report to it, the [`forwarder`](crate::forwarder) tells it how storing fares, and after
//! each message it publishes a copy that the API serves. A snapshot is kept first (in the outbox,
//! or in the embedded store) and shown then; what cannot be kept is counted, exactly and for ever.
//! What has begun or ended by it is kept together with it, as events.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use api::{ChangeRequest, Feed, Metrics};
use dtu::Report;
use dtu::poller::Turn;
use jiff::Timestamp;
use plant::Serial;
use plant::arrangement::Change;
use plant::event::{Event, Watch};
use plant::glance::Glance;
use plant::live::{Corrected, Failure, LiveInverter, LivePlant, StoreLink};
use store::{Interrupted, KnownDevices, LossCount, Metric, Outbox, OutboxStatus, Record, Store};
use tokio::sync::{Notify, mpsc, watch};

use crate::arrangement;

/// The key under which a DTU's memory is kept in `config_cache`.
pub(crate) fn memory_key(dtu_name: &str) -> String {
    format!("dtu_memory/{dtu_name}")
}

/// Where records go.
pub(crate) enum Keep {
    /// To PostgreSQL, through a queue on disk.
    Outbox {
        /// The queue.
        outbox: Arc<Outbox>,
        /// Tells the forwarder that there is something to do.
        wake: Arc<Notify>,
    },
    /// Into the embedded store at once.
    Store(Arc<dyn Store>),
    /// Nowhere, on the user's wish.
    Nothing,
}

/// How storing fares.
#[derive(Debug)]
pub(crate) enum StorageNews {
    /// The store is ready and told what it knew.
    Ready {
        /// The inverters.
        inverters: Vec<(Serial, LiveInverter)>,
        /// Meters and hybrid inverters.
        devices: KnownDevices,
        /// What had not ended.
        open_events: Vec<Event>,
        /// What people have said.
        said: Vec<Change>,
        /// The days behind.
        glance: Glance,
        /// The last reading before this bridge started.
        last_reading: Option<Timestamp>,
    },
    /// What is in the store by now, while another bridge fills it.
    Seen {
        /// The inverters.
        inverters: Vec<(Serial, LiveInverter)>,
        /// Meters and hybrid inverters.
        devices: KnownDevices,
        /// What has not ended.
        open_events: Vec<Event>,
        /// What people have said.
        said: Vec<Change>,
        /// The days behind.
        glance: Glance,
    },
    /// The store failed.
    Down(String),
    /// The outbox cannot be read, or what was delivered cannot be taken out of it.
    Stuck(String),
    /// Readings reached the store.
    Forwarded {
        /// New rows of readings.
        readings: u64,
        /// What is left in the outbox.
        outbox: OutboxStatus,
    },
}

impl StorageNews {
    /// What an interruption says about the store: a full disk is none of its faults.
    pub(crate) fn of(interrupted: &Interrupted) -> Self {
        match interrupted {
            Interrupted::Store(error) => Self::Down(error.to_string()),
            Interrupted::Outbox(error) => Self::Stuck(error.to_string()),
        }
    }
}

/// Owns the live plant, keeps records, publishes.
pub(crate) struct Recorder {
    pub(crate) live: LivePlant,
    pub(crate) published: watch::Sender<Arc<LivePlant>>,
    pub(crate) keep: Keep,
    /// None where nothing is kept on the user's wish.
    pub(crate) losses: Option<LossCount>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) events: Watch,
    /// Events that were not shown yet: like a snapshot they are kept first.
    pub(crate) untold: Vec<Event>,
    /// What people have said in this run, by the keys of [`arrangement`]. What the store knows of it
    /// may be older.
    pub(crate) said: BTreeSet<String>,
    /// Events that could not be kept yet. They are few: a state begins once, however long it lasts.
    pub(crate) unkept: Vec<Event>,
}

impl Recorder {
    /// Works until every poller has ended and its last report is kept.
    pub(crate) async fn run(
        mut self,
        mut reports: mpsc::Receiver<Report>,
        mut news: mpsc::Receiver<StorageNews>,
        mut changes: mpsc::Receiver<ChangeRequest>,
    ) {
        self.note_losses();
        self.note_incidents();
        self.publish();
        loop {
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => self.take(report).await,
                    None => return,
                },
                Some(news) = news.recv() => self.note(news).await,
                Some(request) = changes.recv() => self.change(request).await,
            }
            self.note_incidents();
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.live.revision += 1;
        self.published.send_replace(Arc::new(self.live.clone()));
        for event in self.untold.drain(..) {
            self.feed.event(&event);
        }
    }

    async fn take(&mut self, report: Report) {
        let now = (self.clock)();
        let name = &report.dtu_name;
        match report.turn {
            Turn::Succeeded { seconds } => self.metrics.query_succeeded(name, seconds),
            Turn::Failed { seconds, kind } => self.metrics.query_failed(name, seconds, kind),
            Turn::Asleep { since } => self.live.fall_asleep(name, since),
            Turn::Rested | Turn::StandingBy => {}
        }
        let records = records(&report, now);
        let mut corrected = Vec::new();
        for snapshot in &report.snapshots {
            corrected.extend(self.live.apply(snapshot, now));
        }
        self.live.note_dtu(report.dtu_name, report.state);
        if !matches!(self.keep, Keep::Nothing) {
            self.unkept.extend(report.events);
        }
        self.watch(&corrected, now);
        self.keep(records, now).await;
    }

    /// Keeps and shows what somebody said. It is told as kept when the next answer shows it.
    async fn change(&mut self, ChangeRequest { change, kept }: ChangeRequest) {
        let now = (self.clock)();
        if self.keep(vec![arrangement::record(&change)], now).await {
            self.said.insert(arrangement::key(&change));
            self.live.arrange(change);
            self.watch(&[], now);
            self.keep(Vec::new(), now).await;
            self.publish();
            // Whoever asked may be gone.
            let _ = kept.send(());
        }
    }

    fn watch(&mut self, corrected: &[Corrected], now: Timestamp) {
        let events = self.events.look(&self.live, corrected, now);
        self.note_events(events);
    }

    fn note_events(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.untold.push(event.clone());
            // Without a store they would only pile up.
            if !matches!(self.keep, Keep::Nothing) {
                self.unkept.push(event);
            }
        }
    }

    /// Whether the records are kept.
    async fn keep(&mut self, mut records: Vec<Record>, now: Timestamp) -> bool {
        records.extend(self.unkept.iter().cloned().map(Record::Event));
        let outcome = match &self.keep {
            _ if records.is_empty() => return true,
            Keep::Nothing => return false,
            Keep::Outbox { outbox, wake } => match outbox.append(&records).await {
                Ok(()) => {
                    wake.notify_one();
                    // The records are safe, whether or not their number can be told.
                    if let Ok(status) = outbox.status().await {
                        self.note_outbox(&status);
                    }
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            },
            Keep::Store(store) => match store.write(&records).await {
                Ok(written) => {
                    self.live.storage.readings_stored += written.readings();
                    self.live.storage.link = StoreLink::Up;
                    Ok(())
                }
                Err(error) => {
                    self.live.storage.link = StoreLink::Down;
                    Err(error.to_string())
                }
            },
        };
        match outcome {
            Ok(()) => {
                self.live.storage.accepting = true;
                self.unkept.clear();
                true
            }
            Err(text) => {
                let lost = records.iter().map(Record::readings).sum();
                tracing::error!(lost, "readings cannot be kept: {text}");
                self.count_lost(lost, now);
                self.live.storage.accepting = false;
                self.live.storage.last_failure = Some(Failure { at: now, kind: "store", text });
                false
            }
        }
    }

    async fn note(&mut self, news: StorageNews) {
        let now = (self.clock)();
        match news {
            StorageNews::Ready { inverters, devices, open_events, said, glance, last_reading } => {
                self.live.storage.link = StoreLink::Up;
                self.live.past_known = true;
                self.remember(inverters, &open_events, glance);
                self.live.recall(devices.meters, devices.hybrids, now);
                self.remember_said(said);
                let superseded = self.events.adopt(open_events);
                let down = last_reading.and_then(|last| Watch::bridge_down(&self.live, last));
                self.note_events(superseded.into_iter().chain(down));
            }
            StorageNews::Seen { inverters, devices, open_events, said, glance } => {
                // A database that can be read need not take what still waits in the outbox.
                if self.live.storage.outbox_depth == 0 {
                    self.live.storage.link = StoreLink::Up;
                }
                self.remember(inverters, &open_events, glance);
                self.live.recall(devices.meters, devices.hybrids, now);
                self.remember_said(said);
                self.events.follow(&self.live, open_events);
            }
            StorageNews::Down(text) => {
                self.live.storage.link = StoreLink::Down;
                self.live.storage.last_failure = Some(Failure { at: now, kind: "store", text });
            }
            StorageNews::Stuck(text) => {
                self.live.storage.last_failure = Some(Failure { at: now, kind: "outbox", text });
            }
            StorageNews::Forwarded { readings, outbox } => {
                self.live.storage.link = StoreLink::Up;
                self.live.storage.readings_stored += readings;
                self.note_outbox(&outbox);
            }
        }
        self.watch(&[], now);
        self.keep(Vec::new(), now).await;
    }

    fn remember(
        &mut self,
        known: Vec<(Serial, LiveInverter)>,
        open_events: &[Event],
        glance: Glance,
    ) {
        for (serial, inverter) in known {
            remember(&mut self.live, serial, inverter);
        }
        self.live.remember_sleep(open_events);
        let calendar = self.live.calendar.clone();
        self.live.glance.remember(glance, &calendar);
    }

    fn remember_said(&mut self, said: Vec<Change>) {
        for change in said {
            if !self.said.contains(&arrangement::key(&change)) {
                self.live.arrange(change);
            }
        }
    }

    /// Counts readings that are gone. The disk is waited for here, in the task that waits for it
    /// with every record anyway.
    fn count_lost(&mut self, readings: u64, at: Timestamp) {
        if let Some(losses) = &mut self.losses {
            losses.add(readings, at);
        }
        self.note_losses();
    }

    fn note_losses(&mut self) {
        if let Some(losses) = &self.losses {
            self.live.storage.readings_lost = losses.readings();
            self.live.storage.readings_lost_at = losses.last();
        }
    }

    /// A damaged outbox mends itself within any call, also one of the forwarder's.
    fn note_incidents(&mut self) {
        let Keep::Outbox { outbox, .. } = &self.keep else { return };
        let incidents = outbox.incidents();
        for incident in incidents {
            self.count_lost(incident.lost_readings.unwrap_or(0), incident.at);
            let text = incident.to_string();
            self.live.storage.last_failure =
                Some(Failure { at: incident.at, kind: "outbox", text });
        }
    }

    fn note_outbox(&mut self, status: &OutboxStatus) {
        let storage = &mut self.live.storage;
        storage.outbox_depth = status.depth;
        storage.outbox_bytes = status.bytes;
        storage.outbox_oldest = status.oldest;
        storage.readings_rejected = status.quarantined_readings;
    }
}

/// Takes over what the store knows of an inverter, unless the live plant knows it better by now.
fn remember(live: &mut LivePlant, serial: Serial, stored: LiveInverter) {
    let known = match live.inverters.entry(serial) {
        Entry::Vacant(unknown) => {
            unknown.insert(stored);
            return;
        }
        Entry::Occupied(known) => known.into_mut(),
    };
    known.first_seen = known.first_seen.min(stored.first_seen);
    if stored.last_seen > known.last_seen {
        known.last_seen = stored.last_seen;
        known.dtu_name = stored.dtu_name;
    }
    if let Some(reading) = stored.reading
        && known.reading.as_ref().is_none_or(|latest| reading.at > latest.at)
    {
        known.reading = Some(reading);
        if !known.is_asleep() {
            known.asleep_since = None;
        }
    }
    for (port, account) in stored.accounts {
        let live = known.accounts.entry(port).or_default();
        if account.believed_at() >= live.believed_at() {
            *live = account;
        }
    }
    for (port, reading) in stored.ports {
        if known.ports.get(&port).is_none_or(|latest| reading.at > latest.at) {
            known.ports.insert(port, reading);
        }
    }
}

fn records(report: &Report, now: Timestamp) -> Vec<Record> {
    let metric = |name: &str, value| Metric {
        at: plant::reading::sample_time(now),
        name: name.to_owned(),
        value,
        dtu_name: Some(report.dtu_name.clone()),
    };
    let mut records: Vec<_> = report.snapshots.iter().cloned().map(Record::Snapshot).collect();
    records.extend(report.backfill.clone().map(Record::PlantPower));
    match report.turn {
        Turn::Succeeded { seconds } => {
            records.push(Record::Metrics(vec![metric("query_duration_seconds", seconds)]));
        }
        Turn::Failed { seconds, .. } => {
            records.push(Record::Metrics(vec![metric("query_failed_seconds", seconds)]));
        }
        Turn::Asleep { .. } | Turn::Rested | Turn::StandingBy => {}
    }
    if let Some(memory) = &report.memory {
        let key = memory_key(&report.dtu_name);
        records.push(Record::Config { key, value: memory.clone() });
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::InverterReading;
    use plant::live::{StorageState, Timed};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn inverter(second: i64, temperature_c: f32) -> LiveInverter {
        let blank = InverterReading::blank(serial());
        let value = InverterReading { temperature_c: Some(temperature_c), ..blank };
        LiveInverter {
            dtu_name: "roof".to_owned(),
            first_seen: at(second),
            last_seen: at(second),
            reading: Some(Timed { at: at(second), value }),
            ports: Default::default(),
            accounts: Default::default(),
            asleep_since: None,
            dark_since: None,
        }
    }

    fn serial() -> Serial {
        "116100000001".parse().unwrap()
    }

    #[test]
    fn what_the_store_knows_replaces_what_is_older_and_nothing_newer() {
        let mut live = LivePlant::new(at(0), StorageState::connecting("postgres"));
        for (second, temperature_c) in [(100, 20.0), (160, 21.0), (130, 19.0)] {
            remember(&mut live, serial(), inverter(second, temperature_c));
        }
        let known = &live.inverters[&serial()];
        assert_eq!((known.first_seen, known.last_seen), (at(100), at(160)));
        assert_eq!(known.reading.as_ref().unwrap().value.temperature_c, Some(21.0));
    }
}
