//! The books of a batch: energy and daily figures, made by pure functions between two statements.
//!
//! The writer opens the ledger with what `production_cache` holds, enters the snapshots in the
//! order of their time, and stores what has changed, all in the transaction of the readings. A
//! reading that is not newer than the latest of its port was entered before: delivery may repeat.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use plant::energy::{Account, Booking, Calendar};
use plant::reading::sample_time;
use plant::{PortReading, Serial, Snapshot};

/// An inverter and one of its ports.
pub(crate) type PortKey = (Serial, u8);

/// What is known of a port before the batch.
#[derive(Debug, Clone, Default)]
pub(crate) struct PortState {
    /// Its latest reading; what is not newer has been entered.
    pub(crate) latest: Option<Timestamp>,
    /// Its account.
    pub(crate) account: Account,
}

/// What a batch adds to a row of `port_daily` or `plant_daily`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DayEntry {
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
    pub(crate) ports: BTreeMap<PortKey, PortState>,
    /// The last poll of each DTU that was entered.
    polls: BTreeMap<String, Timestamp>,
    pub(crate) port_days: BTreeMap<(PortKey, Date), DayEntry>,
    pub(crate) dtu_days: BTreeMap<(String, Date), DayEntry>,
}

impl DayEntry {
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

    fn book(&mut self, booking: &Booking) {
        self.energy_wh += booking.energy_wh;
        self.estimated_wh += if booking.estimated { booking.energy_wh } else { 0 };
    }
}

impl<'a> Ledger<'a> {
    /// A ledger that knows these ports and these last polls.
    pub(crate) fn open(
        calendar: &'a Calendar,
        ports: BTreeMap<PortKey, PortState>,
        polls: BTreeMap<String, Timestamp>,
    ) -> Self {
        Self { calendar, ports, polls, port_days: BTreeMap::new(), dtu_days: BTreeMap::new() }
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
            self.enter_port(snapshot, reading, at, horizon);
        }
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
    }

    fn enter_port(
        &mut self,
        snapshot: &Snapshot,
        reading: &PortReading,
        at: Timestamp,
        horizon: Timestamp,
    ) {
        let key = (reading.serial, reading.port);
        let day = self.calendar.day(at);
        let state = self.ports.entry(key).or_default();
        if entered(state.latest, at, horizon) {
            return;
        }
        if state.latest.is_some_and(|latest| latest > horizon) {
            state.account.put_clock_back(at, self.calendar);
        }
        state.latest = Some(at);
        let evidence = snapshot.evidence_of(reading);
        let step = evidence.map(|evidence| state.account.take(&evidence, self.calendar));
        let entry = self.port_days.entry((key, day)).or_default();
        entry.see(at, reading.pv_power_w);
        let Some(step) = step else { return };
        entry.corrections += u32::from(step.correction.is_some());
        for booking in &step.bookings {
            self.port_days.entry((key, booking.day)).or_default().book(booking);
            self.dtu_day(snapshot, booking.day).book(booking);
        }
    }

    fn dtu_day(&mut self, snapshot: &Snapshot, day: Date) -> &mut DayEntry {
        self.dtu_days.entry((snapshot.dtu_name.clone(), day)).or_default()
    }
}

/// Whether a sample time was entered before. One beyond the horizon was written under a wrong
/// clock and does not count.
fn entered(latest: Option<Timestamp>, at: Timestamp, horizon: Timestamp) -> bool {
    latest.is_some_and(|latest| at <= latest && latest <= horizon)
}
