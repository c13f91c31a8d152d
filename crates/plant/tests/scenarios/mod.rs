//! What owners reported, reading by reading, with the energy that has to be shown after each.
//!
//! The tests of the accounting and `docs/energy.md` are made from the same [table], so the document
//! cannot promise what is not tested.

pub(crate) mod table;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use plant::energy::{Account, Calendar, Correction, Evidence, Step};
use plant::{InverterReading, PortReading, Serial};

pub(crate) use table::all;

/// An HM-1500: its ports deliver 500 W at most.
const SERIAL: &str = "116100000001";

pub(crate) fn calendar() -> Calendar {
    Calendar::new(TimeZone::get("Europe/Berlin").expect("the time zones are part of the program"))
}

pub(crate) fn local(text: &str) -> Timestamp {
    let civil: DateTime = text.parse().expect("a civil time");
    civil.to_zoned(calendar().zone().clone()).expect("a time that exists").timestamp()
}

/// What the DTU says about the inverter beside its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Working,
    NotWorking,
    NoLink,
}

/// The counters of a port as the DTU shows them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counters {
    pub(crate) today_wh: u32,
    pub(crate) total_wh: u32,
}

/// The energy that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) today_wh: u64,
    pub(crate) lifetime_wh: u64,
}

/// One reading, and what is shown after it.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) at: Timestamp,
    /// Nothing, if the inverter or the DTU did not answer.
    pub(crate) counters: Option<Counters>,
    pub(crate) status: Status,
    /// Counted from 1.
    pub(crate) inverter: usize,
    /// Read and tested like the others, but one of too many for a table.
    pub(crate) aside: bool,
    expected: Shown,
}

impl Reading {
    fn new(at: Timestamp, counters: Option<Counters>, (today_wh, lifetime_wh): (u64, u64)) -> Self {
        let expected = Shown { today_wh, lifetime_wh };
        Self { at, counters, status: Status::Working, inverter: 1, aside: false, expected }
    }

    fn status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    fn inverter(self, inverter: usize) -> Self {
        Self { inverter, ..self }
    }

    fn aside(self, aside: bool) -> Self {
        Self { aside, ..self }
    }

    /// The evidence in it, by the way that a real reading takes.
    fn evidence(&self) -> Option<Evidence> {
        let serial: Serial = SERIAL.parse().expect("a serial number");
        let (operating_status, link_status) = match self.status {
            Status::Working => (3, 1),
            Status::NotWorking => (0, 1),
            Status::NoLink => (3, 0),
        };
        let inverter = InverterReading {
            operating_status: Some(operating_status),
            link_status: Some(link_status),
            ..InverterReading::blank(serial)
        };
        let port = PortReading {
            serial,
            port: 1,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: None,
            today_wh: Some(self.counters?.today_wh),
            total_wh: Some(self.counters?.total_wh),
        };
        Evidence::of(self.at, &inverter, &port)
    }
}

/// Day counter and lifetime counter as read at a local time; today and lifetime as shown then.
fn read(at: &str, (today_wh, total_wh): (u32, u32), expected: (u64, u64)) -> Reading {
    Reading::new(local(at), Some(Counters { today_wh, total_wh }), expected)
}

/// Nothing could be read.
fn silence(at: &str, expected: (u64, u64)) -> Reading {
    Reading::new(local(at), None, expected)
}

/// What somebody saw, by name.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Also the name of its test.
    pub(crate) title: &'static str,
    /// What happened, and what is made of it.
    pub(crate) story: &'static str,
    pub(crate) readings: Vec<Reading>,
    expected_days: Vec<(Date, u64)>,
    expected_guess_wh: u64,
    expected_corrections: Vec<Correction>,
    /// Whether the account is opened by the readings themselves.
    cold: bool,
}

impl Scenario {
    fn new(title: &'static str, story: &'static str, readings: Vec<Reading>) -> Self {
        Self {
            title,
            story,
            readings,
            expected_days: Vec::new(),
            expected_guess_wh: 0,
            expected_corrections: Vec::new(),
            cold: false,
        }
    }

    /// Nothing was read before. In every other scenario the first reading confirms one that was
    /// taken a minute before, for it takes two that agree to open an account.
    fn cold(self) -> Self {
        Self { cold: true, ..self }
    }

    /// The days on which something is booked, all of them.
    fn days(self, days: &[(Date, u64)]) -> Self {
        Self { expected_days: days.to_vec(), ..self }
    }

    /// How much of it is on a day that is a guess. Nothing, unless said.
    fn guess(self, expected_guess_wh: u64) -> Self {
        Self { expected_guess_wh, ..self }
    }

    /// What is corrected. Nothing, unless said.
    fn corrections(self, corrections: &[Correction]) -> Self {
        Self { expected_corrections: corrections.to_vec(), ..self }
    }

    /// Takes the readings, and checks everything that is promised.
    pub(crate) fn play(&self) -> Played {
        let inverters = self.readings.iter().map(|reading| reading.inverter).max().unwrap_or(1);
        let mut accounts = vec![Account::default(); inverters];
        let mut played = Played::default();
        let mut opened = vec![self.cold; inverters];
        for reading in &self.readings {
            let account = &mut accounts[reading.inverter - 1];
            if account.believed_at().is_some_and(|believed| believed > reading.at)
                && reading.at.as_second() > 1_577_836_800
            {
                account.put_clock_back(reading.at, &calendar());
            }
            if let Some(evidence) = reading.evidence() {
                if !std::mem::replace(&mut opened[reading.inverter - 1], true) {
                    let before = reading.at - SignedDuration::from_mins(1);
                    account.take(&Evidence { at: before, ..evidence }, &calendar());
                }
                played.books.enter(account.take(&evidence, &calendar()));
            }
            played.believed.push(account.believed_at() == Some(reading.at));
            let day = calendar().day(reading.at);
            let shown = Shown {
                today_wh: accounts.iter().map(|account| account.today_wh(day)).sum(),
                lifetime_wh: accounts.iter().map(|account| account.lifetime_wh).sum(),
            };
            assert_eq!(shown, reading.expected, "{}, {}", self.title, local_time(reading.at));
            played.shown.push(shown);
        }
        if !self.expected_days.is_empty() {
            let days: Vec<_> = played.books.days.iter().map(|(day, wh)| (*day, *wh)).collect();
            assert_eq!(days, self.expected_days, "{}", self.title);
        }
        assert_eq!(played.books.guess_wh, self.expected_guess_wh, "{}", self.title);
        assert_eq!(played.books.corrections, self.expected_corrections, "{}", self.title);
        played
    }
}

/// The local time of an instant.
pub(crate) fn local_time(at: Timestamp) -> Zoned {
    at.to_zoned(calendar().zone().clone())
}

/// What came of a scenario: one entry per reading, and the books.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) shown: Vec<Shown>,
    /// Whether the lifetime counter was believed when it was read.
    pub(crate) believed: Vec<bool>,
    pub(crate) books: Books,
}

/// Everything that was booked, as the store will have it.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) days: BTreeMap<Date, u64>,
    /// Energy whose day is a guess, Wh.
    pub(crate) guess_wh: u64,
    pub(crate) corrections: Vec<Correction>,
}

impl Books {
    pub(crate) fn enter(&mut self, step: Step) {
        for booking in step.bookings {
            *self.days.entry(booking.day).or_default() += booking.energy_wh;
            self.guess_wh += if booking.estimated { booking.energy_wh } else { 0 };
        }
        self.corrections.extend(step.correction);
    }
}
