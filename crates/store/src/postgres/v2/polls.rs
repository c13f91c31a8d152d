//! Rows become polls again.
//!
//! Version 2 wrote a poll port by port: for each a row of the inverter and one of the port, each with
//! the clock of the database at that moment. Here the rows between two pauses are one poll, and a
//! port that comes again begins the next one however short the pause. All rows of a poll get the
//! time of its first; of several rows of one inverter the first counts, as in a live poll.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use plant::status::Activity;
use plant::{InverterReading, PortReading, Serial, Snapshot};

/// How far a clock may go back between two rows without having been put back.
const JITTER: SignedDuration = SignedDuration::from_secs(1);

/// An old row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OldRow<R> {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    /// None for a row that is not carried over.
    pub(super) reading: Option<R>,
}

/// Rows in the order of their ids, which is the order in which they were written.
#[derive(Debug)]
pub(super) struct Page<R> {
    pub(super) rows: Vec<OldRow<R>>,
    /// Whether there are no more rows after these.
    pub(super) is_last: bool,
}

/// What was read together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Poll {
    pub(super) at: Timestamp,
    pub(super) inverters: BTreeMap<Serial, InverterReading>,
    pub(super) ports: BTreeMap<(Serial, u8), PortReading>,
}

/// The whole polls of two pages.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) polls: Vec<Poll>,
    /// Rows that are in them, or were left out, from the beginning of each page.
    pub(super) inverter_rows: usize,
    pub(super) port_rows: usize,
}

/// A zone for times that were written one after the other.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    last: Option<Timestamp>,
}

impl Clock {
    pub(super) const fn new(zone: TimeZone, last: Option<Timestamp>) -> Self {
        Self { zone, last }
    }

    /// Of an hour that came twice it is the second when the first would be before the last row.
    pub(super) fn read(&mut self, local: DateTime) -> Result<Timestamp, jiff::Error> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let is_twice = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. });
        let first = ambiguous.compatible()?;
        let at = match self.last {
            Some(last) if is_twice && first + JITTER < last => ambiguous.later()?,
            _ => first,
        };
        self.last = Some(at);
        Ok(at)
    }
}

impl Poll {
    /// As the live path would have seen it, one snapshot for each DTU. Voltage and current of a port
    /// whose inverter sleeps were not measured if they are zero.
    pub(super) fn snapshots(self, dtu_names: &BTreeMap<Serial, String>) -> Vec<Snapshot> {
        let mut by_dtu: BTreeMap<&str, Snapshot> = BTreeMap::new();
        let at = self.at;
        let sleeps = |reading: &&InverterReading| Activity::of(reading) == Activity::Asleep;
        let asleep: BTreeSet<Serial> =
            self.inverters.values().filter(sleeps).map(|reading| reading.serial).collect();
        for (serial, reading) in self.inverters {
            if let Some(name) = dtu_names.get(&serial) {
                let blank = || Snapshot::blank(name.clone(), None, at);
                by_dtu.entry(name).or_insert_with(blank).inverters.push(reading);
            }
        }
        for ((serial, _), mut reading) in self.ports {
            let Some(name) = dtu_names.get(&serial) else { continue };
            if asleep.contains(&serial) {
                let measured = |value: &f32| *value != 0.0;
                reading.pv_voltage_v = reading.pv_voltage_v.filter(measured);
                reading.pv_current_a = reading.pv_current_a.filter(measured);
            }
            let blank = || Snapshot::blank(name.clone(), None, at);
            by_dtu.entry(name).or_insert_with(blank).ports.push(reading);
        }
        by_dtu.into_values().collect()
    }
}

/// One of the two pages, on the way through it.
struct Reader<'a, R> {
    page: &'a Page<R>,
    next: usize,
    /// How often the clock was put back: rows before are older, whatever they show.
    era: u32,
}

impl<'a, R> Reader<'a, R> {
    const fn new(page: &'a Page<R>) -> Self {
        Self { page, next: 0, era: 0 }
    }

    fn head(&self) -> Option<&'a OldRow<R>> {
        self.page.rows.get(self.next)
    }

    /// Whether nothing can be said about what comes next.
    fn is_blind(&self) -> bool {
        self.head().is_none() && !self.page.is_last
    }

    /// Of the head.
    fn order(&self) -> Option<(u32, Timestamp)> {
        let head = self.head()?;
        let before = self.next.checked_sub(1).map(|before| self.page.rows[before].at);
        let put_back = before.is_some_and(|before| head.at + JITTER < before);
        Some((self.era + u32::from(put_back), head.at))
    }

    fn take(&mut self) -> Option<&'a OldRow<R>> {
        (self.era, _) = self.order()?;
        let row = self.head();
        self.next += 1;
        row
    }
}

/// The polls in two pages that begin at the same poll.
pub(super) fn fold(
    inverters: &Page<InverterReading>,
    ports: &Page<PortReading>,
    gap: SignedDuration,
) -> Folded {
    let mut of_inverters = Reader::new(inverters);
    let mut of_ports = Reader::new(ports);
    let mut folded = Folded { polls: Vec::new(), inverter_rows: 0, port_rows: 0 };
    let mut open: Option<(Poll, Timestamp)> = None;
    while !of_inverters.is_blind() && !of_ports.is_blind() {
        let position = (of_inverters.next, of_ports.next);
        let port_is_next = match (of_inverters.order(), of_ports.order()) {
            (None, None) => break,
            (Some(inverter), Some(port)) => port < inverter,
            (inverter, _) => inverter.is_none(),
        };
        let (inverter, port) = match port_is_next {
            true => (None, of_ports.take()),
            false => (of_inverters.take(), None),
        };
        let at = inverter.map(|row| row.at).or(port.map(|row| row.at)).unwrap_or_default();
        let port = port.and_then(|row| row.reading.as_ref());
        let continues = open.as_ref().is_some_and(|(poll, last)| {
            at.duration_since(*last).abs() <= gap
                && port.is_none_or(|port| !poll.ports.contains_key(&(port.serial, port.port)))
        });
        if !continues {
            folded.polls.extend(open.take().map(|(poll, _)| poll));
            (folded.inverter_rows, folded.port_rows) = position;
        }
        let (poll, last) = open.get_or_insert_with(|| (Poll::begun(at), at));
        *last = at;
        if let Some(reading) = inverter.and_then(|row| row.reading.as_ref()) {
            poll.inverters.entry(reading.serial).or_insert_with(|| reading.clone());
        }
        if let Some(reading) = port {
            poll.ports.insert((reading.serial, reading.port), reading.clone());
        }
    }
    // A poll that fills a whole page ends with it, or there would be no end.
    let all_seen = of_inverters.head().is_none() && of_ports.head().is_none();
    let at_the_end = all_seen && inverters.is_last && ports.is_last;
    if at_the_end || folded.polls.is_empty() {
        folded.polls.extend(open.take().map(|(poll, _)| poll));
        (folded.inverter_rows, folded.port_rows) = (of_inverters.next, of_ports.next);
    }
    folded
}

impl Poll {
    const fn begun(at: Timestamp) -> Self {
        Self { at, inverters: BTreeMap::new(), ports: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: SignedDuration = SignedDuration::from_secs(20);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_763_640_000_000 + millis).unwrap()
    }

    fn serial(number: u32) -> Serial {
        format!("1161{number:08}").parse().unwrap()
    }

    fn inverter(id: i64, millis: i64, number: u32) -> OldRow<InverterReading> {
        let reading = InverterReading {
            temperature_c: Some(id as f32),
            ..InverterReading::blank(serial(number))
        };
        OldRow { id, at: at(millis), reading: Some(reading) }
    }

    fn port(id: i64, millis: i64, number: u32, port: u8) -> OldRow<PortReading> {
        let reading = PortReading {
            serial: serial(number),
            port,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: None,
            today_wh: None,
            total_wh: None,
        };
        OldRow { id, at: at(millis), reading: Some(reading) }
    }

    /// Two inverters with two ports each, read `polls` times.
    fn rows(polls: i64, period: i64) -> (Vec<OldRow<InverterReading>>, Vec<OldRow<PortReading>>) {
        let (mut inverters, mut ports) = (Vec::new(), Vec::new());
        for poll in 0..polls {
            for slot in 0..4 {
                let (id, millis) = (poll * 4 + slot, poll * period + slot * 10);
                let number = 1 + (slot / 2) as u32;
                inverters.push(inverter(id, millis, number));
                ports.push(port(id, millis + 5, number, 1 + (slot % 2) as u8));
            }
        }
        (inverters, ports)
    }

    fn page<R>(rows: Vec<OldRow<R>>, is_last: bool) -> Page<R> {
        Page { rows, is_last }
    }

    #[test]
    fn a_poll_is_one_time_and_one_row_per_inverter() {
        let (inverters, ports) = rows(3, 60_000);
        let folded = fold(&page(inverters, true), &page(ports, true), GAP);
        let times: Vec<_> = folded.polls.iter().map(|poll| poll.at).collect();
        assert_eq!(times, [at(0), at(60_000), at(120_000)]);
        for (number, poll) in (0..).zip(&folded.polls) {
            assert_eq!((poll.inverters.len(), poll.ports.len()), (2, 4));
            let first = poll.inverters[&serial(1)].temperature_c;
            assert_eq!(first, Some((number * 4) as f32), "the first row counts");
        }
        assert_eq!((folded.inverter_rows, folded.port_rows), (12, 12));
    }

    #[test]
    fn a_port_that_comes_again_begins_a_poll_however_short_the_pause() {
        let (inverters, ports) = rows(5, 100);
        let folded = fold(&page(inverters, true), &page(ports, true), GAP);
        assert_eq!(folded.polls.len(), 5);
        assert!(folded.polls.iter().all(|poll| poll.ports.len() == 4));
    }

    #[test]
    fn wherever_pages_end_the_polls_are_the_same() {
        let (inverters, ports) = rows(6, 60_000);
        let whole = fold(&page(inverters.clone(), true), &page(ports.clone(), true), GAP).polls;
        for (of_inverters, of_ports) in [(5, 5), (5, 9), (9, 5), (7, 8), (23, 6)] {
            let (mut i, mut p, mut polls) = (0, 0, Vec::new());
            loop {
                let next = |from: usize, rows: usize| (from + rows).min(24);
                let (ie, pe) = (next(i, of_inverters), next(p, of_ports));
                let folded = fold(
                    &page(inverters[i..ie].to_vec(), ie == 24),
                    &page(ports[p..pe].to_vec(), pe == 24),
                    GAP,
                );
                assert!(folded.inverter_rows + folded.port_rows > 0, "it goes on");
                (i, p) = (i + folded.inverter_rows, p + folded.port_rows);
                polls.extend(folded.polls);
                if (i, p) == (24, 24) {
                    break;
                }
            }
            assert_eq!(polls, whole, "pages of {of_inverters} and {of_ports}");
        }
    }

    #[test]
    fn a_page_that_one_poll_fills_goes_on() {
        let rows: Vec<_> = (0..10).map(|id| inverter(id, 0, 1)).collect();
        let folded = fold(&page(rows, false), &page(Vec::new(), true), GAP);
        assert_eq!((folded.polls.len(), folded.inverter_rows), (1, 10));
    }

    #[test]
    fn rows_that_are_left_are_passed_over() {
        let mut left = port(2, 10, 9, 1);
        left.reading = None;
        let ports = vec![port(1, 5, 1, 1), left];
        let folded = fold(&page(vec![inverter(1, 0, 1)], true), &page(ports, true), GAP);
        assert_eq!((folded.polls.len(), folded.port_rows), (1, 2));
        assert_eq!(folded.polls[0].ports.len(), 1);
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_part_inverters_from_their_ports() {
        let (mut inverters, mut ports) = rows(4, 60_000);
        for row in &mut inverters[8..] {
            row.at -= SignedDuration::from_hours(1);
        }
        for row in &mut ports[8..] {
            row.at -= SignedDuration::from_hours(1);
        }
        let folded = fold(&page(inverters, true), &page(ports, true), GAP);
        assert_eq!(folded.polls.len(), 4);
        assert!(folded.polls.iter().all(|p| (p.inverters.len(), p.ports.len()) == (2, 4)));
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart_by_the_order_of_rows() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut clock = Clock::new(zone, None);
        let local = |hour, minute| jiff::civil::date(2025, 10, 26).at(hour, minute, 0, 0);
        let mut read = |hour, minute| clock.read(local(hour, minute)).unwrap().to_string();
        assert_eq!(read(2, 30), "2025-10-26T00:30:00Z");
        assert_eq!(read(2, 59), "2025-10-26T00:59:00Z");
        assert_eq!(read(2, 0), "2025-10-26T01:00:00Z");
        assert_eq!(read(2, 59), "2025-10-26T01:59:00Z");
        assert_eq!(read(3, 0), "2025-10-26T02:00:00Z");
    }

    #[test]
    fn each_dtu_gets_a_snapshot_of_its_own() {
        let (inverters, ports) = rows(1, 60_000);
        let folded = fold(&page(inverters, true), &page(ports, true), GAP);
        let names = [(serial(1), "roof".to_owned()), (serial(2), "barn".to_owned())].into();
        let snapshots = folded.polls.into_iter().next().unwrap().snapshots(&names);
        let shown: Vec<_> = snapshots
            .iter()
            .map(|s| (s.dtu_name.as_str(), s.inverters.len(), s.ports.len()))
            .collect();
        assert_eq!(shown, [("barn", 1, 2), ("roof", 1, 2)]);
    }
}
