//! The books of a batch: energy, daily and hourly figures, made by pure functions between two statements.
//!
//! The writer opens the ledger with what `production_cache` holds, enters the snapshots in the
//! order of their time, and stores what has changed, all in the transaction of the readings. A
//! reading that is not newer than the latest of its port was entered before: delivery may repeat.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use plant::energy::{Account, Booking, Calendar, Evidence, HourBooking, by_hour};
use plant::reading::sample_time;
use plant::{PortReading, Serial, Snapshot};

use crate::batch::PortRow;

/// An inverter and one of its ports.
pub(crate) type PortKey = (Serial, u8);

/// The books of one port.
#[derive(Debug, Clone, Default)]
pub(crate) struct PortBook {
    /// Its latest reading; what is not newer has been entered.
    pub(crate) latest: Option<Timestamp>,
    /// Its account.
    pub(crate) account: Account,
    /// What was added by day.
    pub(crate) days: BTreeMap<Date, Tally>,
    /// What was added by hour.
    pub(crate) hours: BTreeMap<Timestamp, Tally>,
}

/// The energy that a reading has added.
#[derive(Debug, Default)]
pub(crate) struct Added {
    days: Vec<Booking>,
    hours: Vec<HourBooking>,
}

/// What the books want to know of a reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) power_w: Option<f32>,
    pub(crate) evidence: Option<Evidence>,
}

impl PortBook {
    /// Enters a reading and says what energy it added.
    pub(crate) fn enter(
        &mut self,
        reading: &Entry,
        calendar: &Calendar,
        horizon: Timestamp,
    ) -> Added {
        let at = reading.at;
        if entered(self.latest, at, horizon) {
            return Added::default();
        }
        if self.latest.is_some_and(|latest| latest > horizon) {
            self.account.put_clock_back(at, calendar);
        }
        let before = self.latest.replace(at);
        let day = self.days.entry(calendar.day(at)).or_default();
        day.see(at, reading.power_w);
        self.hours.entry(calendar.hour(at)).or_default().see(at, reading.power_w);
        let Some(evidence) = &reading.evidence else { return Added::default() };
        let step = self.account.take(evidence, calendar);
        day.corrections += u32::from(step.correction.is_some());
        let hours = by_hour(&step, at, before, calendar);
        for booking in &step.bookings {
            self.days.entry(booking.day).or_default().book(booking.energy_wh, booking.estimated);
        }
        for booking in &hours {
            self.hours.entry(booking.hour).or_default().book(booking.energy_wh, booking.estimated);
        }
        Added { days: step.bookings, hours }
    }
}

/// What a batch adds to a row of one of the tables of days and hours.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) energy_wh: u64,
    pub(crate) estimated_wh: u64,
    pub(crate) peak: Option<(f32, Timestamp)>,
    pub(crate) first_at: Option<Timestamp>,
    pub(crate) last_at: Option<Timestamp>,
    /// Readings of a port, polls of a DTU.
    pub(crate) samples: u32,
    pub(crate) corrections: u32,
}

/// The books of one batch.
pub(crate) struct Ledger<'a> {
    calendar: &'a Calendar,
    pub(crate) ports: BTreeMap<PortKey, PortBook>,
    /// The last poll of each DTU that was entered.
    polls: BTreeMap<String, Timestamp>,
    /// The day of the last poll of each DTU before this batch.
    last_days: BTreeMap<String, Date>,
    pub(crate) dtu_days: BTreeMap<(String, Date), Tally>,
    pub(crate) dtu_hours: BTreeMap<(String, Timestamp), Tally>,
}

impl Tally {
    fn see(&mut self, at: Timestamp, power_w: Option<f32>) {
        self.samples += 1;
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
        if let Some(power) = power_w
            && self.peak.is_none_or(|(peak, _)| power > peak)
        {
            self.peak = Some((power, at));
        }
    }

    fn book(&mut self, energy_wh: u64, estimated: bool) {
        self.energy_wh += energy_wh;
        self.estimated_wh += if estimated { energy_wh } else { 0 };
    }
}

impl<'a> Ledger<'a> {
    /// A ledger that knows these ports and these last polls.
    pub(crate) fn open(
        calendar: &'a Calendar,
        ports: BTreeMap<PortKey, PortBook>,
        polls: BTreeMap<String, Timestamp>,
    ) -> Self {
        let last_days = polls.iter().map(|(name, at)| (name.clone(), calendar.day(*at))).collect();
        let (dtu_days, dtu_hours) = (BTreeMap::new(), BTreeMap::new());
        Self { calendar, ports, polls, last_days, dtu_days, dtu_hours }
    }

    /// Whether anything was added to a day of a DTU that was over before: see
    /// [`sealed`](crate::sealed).
    pub(crate) fn changes_the_past(&self) -> bool {
        let is_over =
            |(name, day): &(String, Date)| self.last_days.get(name).is_some_and(|last| day < last);
        self.dtu_days.keys().any(is_over)
    }

    /// Whether there are rows, all later than what it knows of their ports.
    pub(crate) fn is_behind(&self, rows: &[PortRow<'_>]) -> bool {
        let is_later = |row: &PortRow<'_>| {
            let book = self.ports.get(&(row.reading.serial, row.reading.port));
            book.and_then(|book| book.latest).is_none_or(|latest| row.at > latest)
        };
        !rows.is_empty() && rows.iter().all(is_later)
    }

    /// The latest reading of an inverter's ports.
    pub(crate) fn latest(&self, serial: Serial) -> Option<Timestamp> {
        let ports = self.ports.range((serial, u8::MIN)..=(serial, u8::MAX));
        ports.filter_map(|(_, book)| book.latest).max()
    }

    /// Enters a snapshot. Snapshots come in the order of their time; those stamped after `horizon`
    /// are left out, as they are not the latest either.
    pub(crate) fn enter(&mut self, snapshot: &Snapshot, horizon: Timestamp) {
        let at = sample_time(snapshot.taken_at);
        if at > horizon {
            return;
        }
        self.enter_poll(snapshot, at, horizon);
        for reading in &snapshot.ports {
            let evidence = snapshot.evidence_of(reading);
            let entry = Entry { at, power_w: reading.pv_power_w, evidence };
            let book = self.ports.entry((reading.serial, reading.port)).or_default();
            let added = book.enter(&entry, self.calendar, horizon);
            for booking in &added.days {
                self.dtu_day(snapshot, booking.day).book(booking.energy_wh, booking.estimated);
            }
            for booking in &added.hours {
                self.dtu_hour(snapshot, booking.hour).book(booking.energy_wh, booking.estimated);
            }
        }
    }

    /// What was added to each port and day.
    pub(crate) fn port_days(&self) -> impl Iterator<Item = (PortKey, Date, &Tally)> {
        self.ports
            .iter()
            .flat_map(|(key, book)| book.days.iter().map(|(day, entry)| (*key, *day, entry)))
    }

    /// What was added to each port and hour.
    pub(crate) fn port_hours(&self) -> impl Iterator<Item = (PortKey, Timestamp, &Tally)> {
        self.ports
            .iter()
            .flat_map(|(key, book)| book.hours.iter().map(|(hour, entry)| (*key, *hour, entry)))
    }

    /// The account of a port that is in the batch.
    pub(crate) fn account(&self, reading: &PortReading) -> Account {
        let state = self.ports.get(&(reading.serial, reading.port));
        state.map(|state| state.account.clone()).unwrap_or_default()
    }

    fn enter_poll(&mut self, snapshot: &Snapshot, at: Timestamp, horizon: Timestamp) {
        let last = self.polls.get(&snapshot.dtu_name).copied();
        if snapshot.ports.is_empty() || entered(last, at, horizon) {
            return;
        }
        self.polls.insert(snapshot.dtu_name.clone(), at);
        let power = snapshot.pv_power_w() as f32;
        self.dtu_day(snapshot, self.calendar.day(at)).see(at, Some(power));
        self.dtu_hour(snapshot, self.calendar.hour(at)).see(at, Some(power));
    }

    fn dtu_day(&mut self, snapshot: &Snapshot, day: Date) -> &mut Tally {
        self.dtu_days.entry((snapshot.dtu_name.clone(), day)).or_default()
    }

    fn dtu_hour(&mut self, snapshot: &Snapshot, hour: Timestamp) -> &mut Tally {
        self.dtu_hours.entry((snapshot.dtu_name.clone(), hour)).or_default()
    }
}

/// Whether a sample time was entered before. One beyond the horizon was written under a wrong
/// clock and does not count.
fn entered(latest: Option<Timestamp>, at: Timestamp, horizon: Timestamp) -> bool {
    latest.is_some_and(|latest| at <= latest && latest <= horizon)
}
