//! The newest state of everything: what the latest-value routes serve without touching a database.
//!
//! One task owns the [`LivePlant`] and publishes a copy after each change; readers never wait.

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

/// How far a DTU has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtuPhase {
    /// Not polled yet.
    Starting,
    /// The last poll succeeded.
    Online,
    /// The last poll failed.
    Failing,
    /// Off the network with the sun, as a DTU inside an inverter is at night. Not an error.
    Asleep,
    /// Another bridge polls it; this one is ready to.
    Standby,
}

/// Whether the circuit breaker lets polls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BreakerState {
    /// Polls run.
    #[default]
    Closed,
    /// Too many polls failed in a row: the DTU is left in peace for a while.
    Open,
    /// One poll is let through to see whether the DTU is back.
    HalfOpen,
}

impl BreakerState {
    /// One lower-case word, as the API shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A failure, with the words that a person reads and the label that a metric carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Snake-case label of the cause, for metrics: `connect`, `timeout`, `no_inverters`, …
    pub kind: &'static str,
    /// A plain sentence that says what is wrong and what to do.
    pub text: String,
}

/// A DTU that sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asleep {
    /// Its last reading.
    pub since: Timestamp,
    /// The newest poll that found it so.
    pub found_at: Timestamp,
}

/// One gateway as of now.
#[derive(Debug, Clone)]
pub struct DtuState {
    /// `host:port`.
    pub address: String,
    /// `modbus` or `wifi`.
    pub protocol: &'static str,
    /// Its own serial number, once read.
    pub serial: Option<Serial>,
    /// What kind of DTU it is, in words, once known: `DTU-WLite-S`.
    pub model: Option<String>,
    /// Its firmware, once read: `V01.01.02`.
    pub firmware: Option<String>,
    /// How far it has come.
    pub phase: DtuPhase,
    /// The bridge that polls it, while this one stands by.
    pub left_to: Option<String>,
    /// Seconds between the starts of two polls.
    pub poll_interval_s: u64,
    /// Polls that succeeded since start.
    pub query_count: u64,
    /// Polls that failed since start, all their retries used.
    pub error_count: u64,
    /// End of the last poll that succeeded.
    pub last_success: Option<Timestamp>,
    /// That it is asleep, if it is.
    pub asleep: Option<Asleep>,
    /// The newest failure, kept after recovery.
    pub last_failure: Option<Failure>,
    /// See [`BreakerState`].
    pub breaker: BreakerState,
    /// How long the last successful poll took, s.
    pub poll_seconds: Option<f64>,
    /// Requests in the last successful poll.
    pub requests_per_poll: Option<u32>,
    /// Answers whose byte count was wrong and repaired, since start.
    pub repaired_answers: u64,
    /// What was learned of its dialect, in words: `byte addressing, 6 records per request`.
    pub dialect: Option<String>,
    /// Known ports that the last poll left out.
    pub not_reported: Vec<(Serial, u8)>,
    /// Inverters seen but not confirmed yet.
    pub unconfirmed: Vec<Serial>,
    /// Sum of its panels in the last poll, W.
    pub pv_power_w: Option<f64>,
}

impl DtuState {
    /// A DTU before its first poll.
    pub fn starting(address: String, protocol: &'static str, poll_interval_s: u64) -> Self {
        Self {
            address,
            protocol,
            serial: None,
            model: None,
            firmware: None,
            phase: DtuPhase::Starting,
            left_to: None,
            poll_interval_s,
            query_count: 0,
            error_count: 0,
            last_success: None,
            asleep: None,
            last_failure: None,
            breaker: BreakerState::Closed,
            poll_seconds: None,
            requests_per_poll: None,
            repaired_answers: 0,
            dialect: None,
            not_reported: Vec::new(),
            unconfirmed: Vec::new(),
            pv_power_w: None,
        }
    }

    /// Nobody misses an inverter that is out of service.
    fn miss_nothing_of(&mut self, arrangement: &Arrangement) {
        self.not_reported.retain(|(serial, _)| !arrangement.retired.contains(serial));
    }

    /// After how long without a poll that succeeded its readings are stale: three polls, and never
    /// less than five minutes, the limit that users of the Python bridge know.
    pub fn stale_after(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.poll_interval_s * 3).unwrap_or(300).max(300))
    }

    /// Whether a poll has succeeded, or found it asleep, within [`Self::stale_after`].
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let found_asleep = self.asleep.map(|asleep| asleep.found_at);
        let newest = self.last_success.max(found_asleep);
        newest.is_some_and(|at| now.duration_since(at) <= self.stale_after())
    }
}

/// Whether the store can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreLink {
    /// Not tried yet.
    Connecting,
    /// The last write or check succeeded.
    Up,
    /// The last write or check failed.
    Down,
    /// Nothing is stored, on the user's wish (`DRY_RUN`).
    Off,
}

impl StoreLink {
    /// One lower-case word, as the API shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Down => "down",
            Self::Off => "off",
        }
    }
}

/// Where readings go and how that fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageState {
    /// `postgres`, `sqlite` or `none`.
    pub kind: &'static str,
    /// Whether the store can be reached.
    pub link: StoreLink,
    /// The newest failure of the store, in words without secrets.
    pub last_failure: Option<Failure>,
    /// Snapshots that wait in the outbox.
    pub outbox_depth: u64,
    /// Sample time of the oldest of them.
    pub outbox_oldest: Option<Timestamp>,
    /// Size of the outbox on disk, bytes.
    pub outbox_bytes: u64,
    /// Port and inverter readings that reached the store since start.
    pub readings_stored: u64,
    /// Readings that the store refused for their content and that are in quarantine now.
    pub readings_rejected: u64,
    /// Readings that could not be kept anywhere, ever: the count is exact and survives restarts.
    pub readings_lost: u64,
    /// When the last of them was lost.
    pub readings_lost_at: Option<Timestamp>,
    /// Whether the last reading could be kept: in the outbox, or in the embedded store.
    pub accepting: bool,
}

impl StorageState {
    /// A store that was not tried yet.
    pub fn connecting(kind: &'static str) -> Self {
        Self {
            kind,
            link: StoreLink::Connecting,
            last_failure: None,
            outbox_depth: 0,
            outbox_oldest: None,
            outbox_bytes: 0,
            readings_stored: 0,
            readings_rejected: 0,
            readings_lost: 0,
            readings_lost_at: None,
            accepting: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(at: i64, power: f32) -> Snapshot {
        let serial = "116100000001".parse().unwrap();
        Snapshot {
            inverters: vec![InverterReading::blank(serial)],
            ports: vec![PortReading {
                serial,
                port: 1,
                pv_voltage_v: None,
                pv_current_a: None,
                pv_power_w: Some(power),
                today_wh: None,
                total_wh: None,
            }],
            ..Snapshot::blank("roof".into(), None, Timestamp::from_second(at).unwrap())
        }
    }

    #[test]
    fn readings_of_a_clock_that_was_ahead_give_way() {
        let future = Timestamp::from_second(10_000).unwrap();
        let mut plant = LivePlant::new(future, StorageState::connecting("sqlite"));
        plant.apply(&snapshot(10_000, 1.0), future);
        let now = Timestamp::from_second(100).unwrap();
        plant.apply(&snapshot(100, 2.0), now);
        assert_eq!(power(&plant), Some(2.0));
        assert_eq!(plant.inverters.values().next().unwrap().last_seen, now);
    }

    fn power(plant: &LivePlant) -> Option<f32> {
        plant.inverters.values().next()?.ports[&1].value.pv_power_w
    }

    #[test]
    fn an_older_snapshot_never_replaces_a_newer_one() {
        let now = Timestamp::from_second(100).unwrap();
        let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
        plant.apply(&snapshot(50, 2.0), now);
        plant.apply(&snapshot(40, 1.0), now);
        assert_eq!(power(&plant), Some(2.0));
        assert_eq!(plant.inverters.values().next().unwrap().first_seen.as_second(), 40);
    }

    #[test]
    fn the_newest_reading_of_a_meter_is_shown() {
        let now = Timestamp::from_second(1000).unwrap();
        let serial: Serial = "10c071000001".parse().unwrap();
        let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
        for (second, watts) in [(900, 1.0), (960, 2.0), (930, 3.0), (1400, 4.0)] {
            let reading = MeterReading { power_w: Some(watts), ..MeterReading::blank(serial) };
            let meters = vec![reading];
            plant.apply(&Snapshot { meters, ..snapshot(second, 0.0) }, now);
        }
        assert_eq!(plant.meters[&serial].reading.power_w, Some(2.0));
    }

    #[test]
    fn what_a_store_knows_of_a_meter_never_replaces_a_newer_reading() {
        let now = Timestamp::from_second(1000).unwrap();
        let serial: Serial = "10c071000001".parse().unwrap();
        let known = |second, watts| Latest {
            dtu_name: "roof".to_owned(),
            at: Timestamp::from_second(second).unwrap(),
            reading: MeterReading { power_w: Some(watts), ..MeterReading::blank(serial) },
        };
        let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
        for (second, watts) in [(900, 1.0), (960, 2.0), (930, 3.0)] {
            plant.recall(vec![known(second, watts)], Vec::new(), now);
        }
        assert_eq!(plant.meters[&serial].reading.power_w, Some(2.0));
    }

    #[test]
    fn a_reading_from_the_future_does_not_become_the_latest() {
        let now = Timestamp::from_second(1000).unwrap();
        let mut plant = LivePlant::new(now, StorageState::connecting("sqlite"));
        plant.apply(&snapshot(1000, 1.0), now);
        plant.apply(&snapshot(1301, 9.0), now);
        assert_eq!(power(&plant), Some(1.0));
    }
}
