//! The power of inverters in slots of five minutes: what `inverter_power` holds.
//!
//! A slot is always made as a whole, in the transaction that adds readings to it, so it does not
//! matter in which order they come, or how often. One of which everything is in the batch is made
//! here; any other is made anew from the readings in the database.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::status::Activity;

use crate::batch::Batch;
use crate::ledger::Ledger;
use crate::power::{MeanQuery, MeanSeries, SLOT_S};

/// What a batch does to the slots.
#[derive(Debug)]
pub(crate) struct Slots {
    /// The power of an inverter in a slot, W: the batch has all its readings. Ascending.
    pub(crate) whole: Vec<(Timestamp, Serial, f32)>,
    /// Slots of which there may be earlier readings. Ascending by inverter.
    pub(crate) others: Vec<Run<Serial>>,
}

/// Neighbouring slots of an inverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run<I> {
    /// The inverter.
    pub(crate) inverter: I,
    /// The beginning of the first.
    pub(crate) from: Timestamp,
    /// The end of the last.
    pub(crate) to: Timestamp,
}

impl<I> Run<I> {
    /// The same slots, by another name of the inverter.
    pub(crate) fn of<J>(self, inverter: impl FnOnce(I) -> J) -> Run<J> {
        Run { inverter: inverter(self.inverter), from: self.from, to: self.to }
    }
}

/// The beginning of the slot in which an instant lies.
pub(crate) fn slot_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    let slot = second - second.rem_euclid(i64::from(SLOT_S));
    // A slot that begins before the calendar does begins with it.
    Timestamp::from_second(slot).unwrap_or(Timestamp::MIN)
}

impl Slots {
    /// The slots that a batch touches. The ledger has not entered it yet: where all rows are later
    /// than what it knows, no reading can be in a slot that begins later, too.
    pub(crate) fn of(batch: &Batch<'_>, ledger: &Ledger<'_>) -> Self {
        let is_behind = ledger.is_behind(&batch.ports);
        let asleep: BTreeSet<(Serial, Timestamp)> = batch
            .inverters
            .iter()
            .filter(|row| Activity::of(row.reading) == Activity::Asleep)
            .map(|row| (row.reading.serial, row.at))
            .collect();
        let mut sums: BTreeMap<(Timestamp, Serial), BTreeMap<u8, (f64, u32)>> = BTreeMap::new();
        let mut others: BTreeSet<(Serial, Timestamp)> = BTreeSet::new();
        for rows in batch.ports.chunk_by(|one, next| one.reading.serial == next.reading.serial) {
            let serial = rows[0].reading.serial;
            let latest = ledger.latest(serial);
            for row in rows {
                let slot = slot_of(row.at);
                if !is_behind || latest.is_some_and(|latest| slot <= latest) {
                    others.insert((serial, slot));
                    continue;
                }
                let is_asleep = asleep.contains(&(serial, row.at));
                let Some(power) = (if is_asleep { Some(0.0) } else { row.reading.pv_power_w })
                else {
                    continue;
                };
                let ports = sums.entry((slot, serial)).or_default();
                let (sum, readings) = ports.entry(row.reading.port).or_default();
                *sum += f64::from(power);
                *readings += 1;
            }
        }
        let power = |ports: &BTreeMap<u8, (f64, u32)>| -> f64 {
            ports.values().map(|(sum, readings)| sum / f64::from(*readings)).sum()
        };
        let whole = sums.iter().map(|(&(slot, serial), ports)| (slot, serial, power(ports) as f32));
        Self { whole: whole.collect(), others: runs(others) }
    }
}

/// Neighbouring slots together.
fn runs(slots: BTreeSet<(Serial, Timestamp)>) -> Vec<Run<Serial>> {
    let mut runs: Vec<Run<Serial>> = Vec::new();
    for (inverter, from) in slots {
        let to = after(from);
        match runs.last_mut() {
            Some(run) if run.inverter == inverter && run.to == from => run.to = to,
            _ => runs.push(Run { inverter, from, to }),
        }
    }
    runs
}

/// The end of the slot that begins here.
fn after(slot: Timestamp) -> Timestamp {
    slot.checked_add(SignedDuration::from_secs(i64::from(SLOT_S))).unwrap_or(Timestamp::MAX)
}

/// The means of buckets, from the slots that are in them.
pub(crate) struct Averages<'a> {
    query: &'a MeanQuery,
    /// Which of the series an inverter is.
    numbers: BTreeMap<i64, usize>,
    /// Sum and number of slots in each bucket of each series.
    buckets: Vec<Vec<(f64, u32)>>,
}

impl<'a> Averages<'a> {
    /// Of these inverters, in the order of the series.
    pub(crate) fn new(query: &'a MeanQuery, inverters: impl Iterator<Item = i64>) -> Self {
        let numbers: BTreeMap<i64, usize> = inverters.zip(0..).collect();
        let seconds = query.to.duration_since(query.from).as_secs();
        let count = usize::try_from(seconds).unwrap_or(0).div_ceil(query.bucket_s as usize);
        Self { query, buckets: vec![vec![(0.0, 0); count]; numbers.len()], numbers }
    }

    /// Takes the power of an inverter in a slot of the range, W. They may come in any order.
    pub(crate) fn take(&mut self, inverter: i64, slot: Timestamp, power_w: f32) {
        // None: another inverter than was asked for.
        let Some(number) = self.numbers.get(&inverter) else { return };
        let second = slot.duration_since(self.query.from).as_secs();
        let bucket = usize::try_from(second).unwrap_or(0) / self.query.bucket_s as usize;
        if let Some((sum, slots)) = self.buckets[*number].get_mut(bucket) {
            *sum += f64::from(power_w);
            *slots += 1;
        }
    }

    /// Puts the means into the series.
    pub(crate) fn fill(self, series: &mut [MeanSeries]) {
        for (series, buckets) in series.iter_mut().zip(self.buckets) {
            series.means = (0..)
                .zip(buckets)
                .filter(|(_, (_, slots))| *slots > 0)
                .map(|(bucket, (sum, slots))| (bucket, (sum / f64::from(slots)) as f32))
                .collect();
        }
    }
}
