//! The newest state of everything: what the latest-value routes serve without touching a database.
//!
//! One task owns the [`LivePlant`] and publishes a copy after each change; readers never wait.

mod dtu;
mod storage;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::arrangement::{Arrangement, Change};
use crate::energy::{Account, Calendar, Correction};
use crate::event::{Event, EventKind};
use crate::glance::{FinishedDays, Glance, Peak};
use crate::status::Activity;
use crate::{InverterReading, MeterReading, PortReading, Serial, Snapshot, StorageReading};

pub use self::dtu::{Asleep, BreakerState, DtuPhase, DtuState, Failure};
pub use self::storage::{StorageState, StoreLink};

/// A reading stamped further ahead than this is stored, but a clock that was wrong must not hide
/// the readings that follow.
pub const FUTURE_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// After how long a reading is stale whose DTU is no longer configured: as for a DTU that is polled
/// each minute.
const STALE_AFTER_WITHOUT_DTU: SignedDuration = SignedDuration::from_mins(5);

/// A value and the instant it was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// Sample time.
    pub at: Timestamp,
    /// The value.
    pub value: T,
}

/// The newest reading of a device, and the DTU that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest<T> {
    /// The DTU.
    pub dtu_name: String,
    /// Sample time.
    pub at: Timestamp,
    /// The reading.
    pub reading: T,
}

/// The whole plant as of now.
#[derive(Debug, Clone)]
pub struct LivePlant {
    /// When the bridge started.
    pub started_at: Timestamp,
    /// Gateways by their configured name.
    pub dtus: BTreeMap<String, DtuState>,
    /// Inverters by serial.
    pub inverters: BTreeMap<Serial, LiveInverter>,
    /// Where the readings go.
    pub storage: StorageState,
    /// Decides which day it is.
    pub calendar: Calendar,
    /// The newest reading of each energy meter.
    pub meters: BTreeMap<Serial, Latest<MeterReading>>,
    /// The newest reading of each hybrid inverter, by its serial number.
    pub hybrids: BTreeMap<String, Latest<StorageReading>>,
    /// What people have said about it.
    pub arrangement: Arc<Arrangement>,
    /// Counts what was published: two copies with one number are the same.
    pub revision: u64,
    /// Whether the inverters and energy accounts of earlier runs have been read. Until then an empty
    /// plant means nothing, and new accounts would begin at what the devices show and could fall
    /// when the old ones arrive, so there are none.
    pub past_known: bool,
    /// The days behind, in few figures.
    pub glance: Glance,
}

/// One inverter as of now.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveInverter {
    /// The DTU that reports it.
    pub dtu_name: String,
    /// First reading ever.
    pub first_seen: Timestamp,
    /// Latest reading.
    pub last_seen: Timestamp,
    /// Latest inverter reading; none when only ports are known from an earlier run.
    pub reading: Option<Timed<InverterReading>>,
    /// Latest reading of each port, by port number.
    pub ports: BTreeMap<u8, Timed<PortReading>>,
    /// The energy of each port, by port number; see [`LivePlant::past_known`].
    pub accounts: BTreeMap<u8, Account>,
    /// Since when it sleeps; none while it is awake.
    pub asleep_since: Option<Timestamp>,
    /// Since when it is off with its DTU, which is inside of it and lives on the sun as it does.
    pub dark_since: Option<Timestamp>,
}

/// A counter of a port that was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// The inverter.
    pub serial: Serial,
    /// The port.
    pub port: u8,
    /// Sample time of the reading that made it clear.
    pub at: Timestamp,
    /// What was corrected.
    pub correction: Correction,
}

impl LiveInverter {
    /// What it is doing, `None` before its first reading.
    pub fn activity(&self) -> Option<Activity> {
        if self.dark_since.is_some() {
            return Some(Activity::Asleep);
        }
        self.reading.as_ref().map(|reading| Activity::of(&reading.value))
    }

    /// Whether its newest reading shows it asleep.
    pub fn is_asleep(&self) -> bool {
        self.activity() == Some(Activity::Asleep)
    }

    /// Whether its newest readings are of the latest minutes, judged by `max_age`.
    pub fn is_fresh(&self, now: Timestamp, max_age: SignedDuration) -> bool {
        now.duration_since(self.last_seen) <= max_age
    }
}

impl LivePlant {
    /// A plant of which nothing is known yet, with days of UTC.
    pub fn new(started_at: Timestamp, storage: StorageState) -> Self {
        Self {
            started_at,
            dtus: BTreeMap::new(),
            inverters: BTreeMap::new(),
            storage,
            calendar: Calendar::new(jiff::tz::TimeZone::UTC),
            meters: BTreeMap::new(),
            hybrids: BTreeMap::new(),
            arrangement: Arc::default(),
            revision: 0,
            past_known: false,
            glance: Glance::default(),
        }
    }

    /// Takes over what somebody said about the plant.
    pub fn arrange(&mut self, change: Change) {
        Arc::make_mut(&mut self.arrangement).apply(change);
        let Self { dtus, arrangement, .. } = self;
        dtus.values_mut().for_each(|dtu| dtu.miss_nothing_of(arrangement));
    }

    /// Takes over how a DTU is after a poll.
    pub fn note_dtu(&mut self, name: String, mut dtu: DtuState) {
        dtu.miss_nothing_of(&self.arrangement);
        self.dtus.insert(name, dtu);
    }

    /// Whether an inverter is out of service.
    pub fn is_retired(&self, serial: Serial) -> bool {
        self.arrangement.retired.contains(&serial)
    }

    /// Takes over what a snapshot shows, unless something newer is known. A port that the snapshot
    /// does not mention keeps its last reading and its energy.
    pub fn apply(&mut self, snapshot: &Snapshot, now: Timestamp) -> Vec<Corrected> {
        let at = snapshot.taken_at;
        if is_future(at, now) {
            return Vec::new();
        }
        self.glance.finished = self.finished_days(self.calendar.day(now));
        self.forget_the_future(snapshot, now);
        for reading in &snapshot.inverters {
            let inverter = self.inverter_mut(reading.serial, snapshot);
            inverter.first_seen = inverter.first_seen.min(at);
            if at >= inverter.last_seen {
                inverter.last_seen = at;
                inverter.dtu_name.clone_from(&snapshot.dtu_name);
                inverter.dark_since = None;
                inverter.reading = Some(Timed { at, value: reading.clone() });
                self.note_sleep(reading.serial, at);
            }
        }
        for reading in &snapshot.ports {
            let ports = &mut self.inverter_mut(reading.serial, snapshot).ports;
            if ports.get(&reading.port).is_none_or(|latest| at >= latest.at) {
                ports.insert(reading.port, Timed { at, value: reading.clone() });
            }
        }
        self.apply_meters_and_hybrids(snapshot, now);
        if let Some(power_w) = self.power_w(now, |_| true) {
            self.glance.see_peak(Peak { day: self.calendar.day(at), at, power_w });
        }
        if self.past_known { self.account(snapshot) } else { Vec::new() }
    }

    fn apply_meters_and_hybrids(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let latest = |at| Latest { dtu_name: snapshot.dtu_name.clone(), at, reading: () };
        for reading in &snapshot.meters {
            let newest = latest(snapshot.taken_at).of(reading.clone());
            replace(&mut self.meters, reading.serial, newest, now);
        }
        for reading in &snapshot.storage {
            let newest = latest(reading.sampled_at).of(reading.clone());
            replace(&mut self.hybrids, reading.serial_number.clone(), newest, now);
        }
    }

    /// Whether a reading of this inverter is too old to be what it does now.
    pub fn is_stale(&self, inverter: &LiveInverter, read_at: Timestamp, now: Timestamp) -> bool {
        if inverter.dark_since.is_some() {
            // That it sleeps is what it does now, for as long as polls say so.
            let dtu = self.dtus.get(&inverter.dtu_name);
            return !dtu.is_some_and(|dtu| dtu.is_alive(now));
        }
        self.is_stale_of(&inverter.dtu_name, read_at, now)
    }

    /// Whether a reading of this DTU is too old to be what its device does now.
    pub fn is_stale_of(&self, dtu_name: &str, read_at: Timestamp, now: Timestamp) -> bool {
        let dtu = self.dtus.get(dtu_name);
        let limit = dtu.map_or(STALE_AFTER_WITHOUT_DTU, DtuState::stale_after);
        now.duration_since(read_at) > limit
    }

    /// What the panels of some inverters deliver together, W; none if there is no reading that is
    /// not stale. An inverter that sleeps delivers nothing, whatever its DTU repeats.
    pub fn power_w(&self, now: Timestamp, of: impl Fn(&LiveInverter) -> bool) -> Option<f64> {
        let fresh = self
            .inverters
            .values()
            .filter(|inverter| of(inverter) && !self.is_stale(inverter, inverter.last_seen, now));
        let powers = fresh.flat_map(|inverter| {
            let asleep = inverter.is_asleep();
            inverter.ports.values().filter_map(move |port| {
                let power = port.value.pv_power_w?;
                let is_now = asleep || !self.is_stale(inverter, port.at, now);
                is_now.then_some(if asleep { 0.0 } else { f64::from(power) })
            })
        });
        powers.reduce(|sum, watts| sum + watts)
    }

    /// The energy of a day of some inverters, Wh; none until an account is open.
    pub fn energy_wh(&self, day: Date, of: impl Fn(&LiveInverter) -> bool) -> Option<u64> {
        self.open_accounts(of).map(|account| account.today_wh(day)).reduce(|sum, wh| sum + wh)
    }

    /// The lifetime energy of some inverters, Wh; none until an account is open.
    pub fn lifetime_wh(&self, of: impl Fn(&LiveInverter) -> bool) -> Option<u64> {
        self.open_accounts(of).map(|account| account.lifetime_wh).reduce(|sum, wh| sum + wh)
    }

    /// The days of this month and year that are over, as of a day.
    pub fn finished_days(&self, today: Date) -> Option<FinishedDays> {
        let finished = self.glance.finished?;
        let ended = self.energy_wh(finished.before(), |_| true).unwrap_or(0);
        finished.carried_to(today, ended)
    }

    /// Takes over since when inverters sleep, from what is open in the store.
    pub fn remember_sleep(&mut self, open: &[Event]) {
        for event in open.iter().filter(|event| event.kind == EventKind::Sleep) {
            let serial = event.subject.parse().ok();
            if let Some(inverter) =
                serial.and_then(|serial: Serial| self.inverters.get_mut(&serial))
                && inverter.is_asleep()
            {
                let known = inverter.asleep_since.unwrap_or(event.started_at);
                inverter.asleep_since = Some(known.min(event.started_at));
            }
        }
    }

    fn open_accounts(&self, of: impl Fn(&LiveInverter) -> bool) -> impl Iterator<Item = &Account> {
        let inverters = self.inverters.values().filter(move |inverter| of(inverter));
        inverters
            .flat_map(|inverter| inverter.accounts.values())
            .filter(|account| account.is_open())
    }

    fn note_sleep(&mut self, serial: Serial, at: Timestamp) {
        let Some(inverter) = self.inverters.get_mut(&serial) else { return };
        if inverter.is_asleep() {
            inverter.asleep_since.get_or_insert(at);
        } else if let Some(since) = inverter.asleep_since.take() {
            self.glance.wake_ups.note_sleep(since, at, &self.calendar);
        }
    }

    /// A DTU has gone off with the sun, and its inverters with it.
    pub fn fall_asleep(&mut self, dtu_name: &str, since: Timestamp) {
        for inverter in self.inverters.values_mut().filter(|i| i.dtu_name == dtu_name) {
            inverter.dark_since.get_or_insert(since);
            inverter.asleep_since.get_or_insert(since);
        }
    }

    /// Takes over what a store knows of meters and hybrid inverters, unless something newer is known.
    pub fn recall(
        &mut self,
        meters: Vec<Latest<MeterReading>>,
        hybrids: Vec<Latest<StorageReading>>,
        now: Timestamp,
    ) {
        for meter in meters {
            replace(&mut self.meters, meter.reading.serial, meter, now);
        }
        for hybrid in hybrids {
            replace(&mut self.hybrids, hybrid.reading.serial_number.clone(), hybrid, now);
        }
    }

    /// What was read under a clock that was ahead gives way to what is read now.
    fn forget_the_future(&mut self, snapshot: &Snapshot, now: Timestamp) {
        for reading in &snapshot.ports {
            let Some(inverter) = self.inverters.get_mut(&reading.serial) else { continue };
            if is_future(inverter.last_seen, now) {
                inverter.last_seen = snapshot.taken_at;
                inverter.reading = None;
            }
            if inverter.ports.get(&reading.port).is_some_and(|port| is_future(port.at, now)) {
                inverter.ports.remove(&reading.port);
                if let Some(account) = inverter.accounts.get_mut(&reading.port) {
                    account.put_clock_back(snapshot.taken_at, &self.calendar);
                }
            }
        }
    }

    fn account(&mut self, snapshot: &Snapshot) -> Vec<Corrected> {
        let calendar = self.calendar.clone();
        let mut corrected = Vec::new();
        for (evidence, reading) in snapshot.evidence() {
            let accounts = &mut self.inverter_mut(reading.serial, snapshot).accounts;
            let step = accounts.entry(reading.port).or_default().take(&evidence, &calendar);
            if let Some(finished) = &mut self.glance.finished {
                step.bookings.iter().for_each(|booking| finished.book(booking));
            }
            corrected.extend(step.correction.map(|correction| Corrected {
                serial: reading.serial,
                port: reading.port,
                at: evidence.at,
                correction,
            }));
        }
        corrected
    }

    fn inverter_mut(&mut self, serial: Serial, snapshot: &Snapshot) -> &mut LiveInverter {
        self.inverters.entry(serial).or_insert_with(|| LiveInverter {
            dtu_name: snapshot.dtu_name.clone(),
            first_seen: snapshot.taken_at,
            last_seen: snapshot.taken_at,
            reading: None,
            ports: BTreeMap::new(),
            accounts: BTreeMap::new(),
            asleep_since: None,
            dark_since: None,
        })
    }
}

impl Latest<()> {
    fn of<T>(self, reading: T) -> Latest<T> {
        Latest { dtu_name: self.dtu_name, at: self.at, reading }
    }
}

/// Enters a reading unless a newer one is known whose time is to be believed.
fn replace<K: Ord, T>(
    known: &mut BTreeMap<K, Latest<T>>,
    key: K,
    newest: Latest<T>,
    now: Timestamp,
) {
    let outdated = |old: &Latest<T>| newest.at >= old.at || is_future(old.at, now);
    if !is_future(newest.at, now) && known.get(&key).is_none_or(outdated) {
        known.insert(key, newest);
    }
}

fn is_future(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > FUTURE_TOLERANCE
}

#[cfg(test)]
mod tests;
