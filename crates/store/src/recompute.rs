//! The books made anew from the raw readings.
//!
//! Every port is walked from its first reading in the order of time, by the functions that the live
//! path uses, so the same readings give the same days. Only the days asked for are replaced. When
//! they reach up to today, the account is replaced too: it is what the live path goes on from.
//!
//! A port is walked without a lock first, which may take a while after many years; only the few
//! readings that came meanwhile are walked while the writer waits.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use jiff::Timestamp;
use jiff::civil::Date;
use plant::energy::{Calendar, Evidence};
use plant::{InverterReading, PortReading};

use crate::ledger::{Entry, PortBook, PortKey, Tally};
use crate::slots::slot_of;

/// Readings that are read at a time.
pub(crate) const PAGE: u32 = 20_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recomputed {
    /// Ports walked.
    pub ports: u64,
    /// Readings walked.
    pub readings: u64,
    /// Rows of `port_daily` written.
    pub port_days: u64,
}

/// A port on its way through its readings.
pub(crate) struct Walk<'a> {
    calendar: &'a Calendar,
    horizon: Timestamp,
    pub(crate) book: PortBook,
    pub(crate) readings: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(calendar: &'a Calendar, horizon: Timestamp) -> Self {
        Self { calendar, horizon, book: PortBook::default(), readings: 0 }
    }

    /// The sample time after which the next page begins.
    pub(crate) fn position(&self) -> Timestamp {
        self.book.latest.unwrap_or(Timestamp::MIN)
    }

    /// Walks on. Whether there may be more is told by the length of the page.
    pub(crate) fn page(&mut self, rows: &[(Timestamp, InverterReading, PortReading)]) -> bool {
        for (at, inverter, port) in rows {
            let evidence = Evidence::of(*at, inverter, port);
            let entry = Entry { at: *at, power_w: port.pv_power_w, evidence };
            self.book.enter(&entry, self.calendar, self.horizon);
        }
        self.readings += rows.len() as u64;
        rows.len() == PAGE as usize
    }

    /// The days that were asked for.
    pub(crate) fn days(
        &self,
        key: PortKey,
        asked: &RangeInclusive<Date>,
    ) -> Vec<(PortKey, Date, &Tally)> {
        let asked = self.book.days.iter().filter(|(day, _)| asked.contains(day));
        asked.map(|(day, entry)| (key, *day, entry)).collect()
    }
    /// The hours of these days.
    pub(crate) fn hours(
        &self,
        key: PortKey,
        asked: &RangeInclusive<Date>,
    ) -> Vec<(PortKey, Timestamp, &Tally)> {
        let span = span(self.calendar, asked);
        let asked = self.book.hours.range(span);
        asked.map(|(hour, entry)| (key, *hour, entry)).collect()
    }
}

/// A part of the slots that are made anew, in a transaction of its own.
pub(crate) struct SlotStep {
    /// What was made before is forgotten.
    pub(crate) forget: Range<Timestamp>,
    /// Where there are readings.
    pub(crate) remake: Range<Timestamp>,
}

/// The days asked for, one by one where there are readings, and whatever lies between them.
pub(crate) fn slot_steps(
    calendar: &Calendar,
    asked: &RangeInclusive<Date>,
    days: &BTreeSet<Date>,
) -> Vec<SlotStep> {
    let whole = span(calendar, asked);
    let (mut from, end) = (slot_of(whole.start), slot_of(whole.end));
    let mut steps = Vec::with_capacity(days.len() + 1);
    for day in days {
        let remake = slot_of(calendar.start(*day))..slot_of(calendar.end(*day));
        steps.push(SlotStep { forget: from..remake.end, remake: remake.clone() });
        from = remake.end;
    }
    steps.push(SlotStep { forget: from..end, remake: end..end });
    steps
}

/// From the beginning of the first of these days to the end of the last.
pub(crate) fn span(calendar: &Calendar, days: &RangeInclusive<Date>) -> Range<Timestamp> {
    // PostgreSQL's calendar ends before jiff's begins.
    calendar.start(*days.start()).max(Timestamp::UNIX_EPOCH)..calendar.end(*days.end())
}
