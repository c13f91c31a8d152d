//! From means of ports to the lines of a chart.
//!
//! Ports are averaged first and summed then: a poll that is missing takes a value out of a mean,
//! which leaves it about the same, and not out of a sum. An inverter that sleeps delivers nothing,
//! whatever its DTU repeats of the day before. What was not read is a gap, and never zero.

use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::event::{Event, EventKind};
use store::{EnergySeries, Grouping, MeanSeries};

use crate::query::power::Shown;
use crate::view::coverage::is_missing_because_of;

/// Buckets of equal length in a range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// The beginning of the first.
    pub from: Timestamp,
    /// The end of the range. The last bucket may reach beyond.
    pub to: Timestamp,
    /// Their length, s; not 0.
    pub bucket_s: u32,
    /// What lies after this is not known yet.
    pub now: Timestamp,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The DTU.
    pub dtu_name: Option<String>,
    /// The inverter.
    pub serial: Option<Serial>,
    /// The port.
    pub port: Option<u8>,
    /// One per bucket.
    pub values: Vec<Option<f64>>,
}

impl Buckets {
    /// How many there are.
    pub fn count(&self) -> usize {
        let seconds = self.to.duration_since(self.from).as_secs();
        usize::try_from(seconds).unwrap_or(0).div_ceil(self.bucket_s as usize)
    }

    /// The bucket of an instant.
    fn of(&self, at: Timestamp) -> Option<usize> {
        let seconds = at.duration_since(self.from).as_secs();
        usize::try_from(seconds).ok().map(|seconds| seconds / self.bucket_s as usize)
    }

    /// The known part of a bucket; none in the future.
    fn span(&self, number: usize) -> Option<(Timestamp, Timestamp)> {
        let length = i64::from(self.bucket_s);
        let start = i64::try_from(number).ok()?.checked_mul(length)?;
        let start = self.from + SignedDuration::from_secs(start);
        let end = (start + SignedDuration::from_secs(length)).min(self.now);
        (start < end).then_some((start, end))
    }
}

/// Lines of readings, summed (power) or averaged (voltage) to what the chart is about.
pub fn of_readings(
    (shown, by): (Shown, Grouping),
    buckets: &Buckets,
    means: Vec<MeanSeries>,
    events: &[Event],
) -> Vec<Line> {
    let mut sums: Vec<Sum> = Vec::new();
    for series in means {
        let key = key_of(by, series.dtu_name.clone(), series.serial, series.port);
        let values = values(shown, buckets, series, events);
        let sum = match sums.iter_mut().position(|sum| sum.key == key) {
            Some(known) => &mut sums[known],
            None => {
                sums.push(Sum::empty(key, buckets));
                sums.last_mut().expect("one was pushed")
            }
        };
        sum.members += u32::from(values.iter().any(Option::is_some));
        for (cell, value) in sum.values.iter_mut().zip(values) {
            match value {
                Some(Value::Read(value)) => {
                    cell.sum += value;
                    cell.read += 1;
                }
                Some(Value::Asleep) => cell.asleep += 1,
                None => {}
            }
        }
    }
    if by == Grouping::Plant && sums.is_empty() {
        sums.push(Sum::empty((None, None, None), buckets));
    }
    if by == Grouping::Dtu {
        sums.sort_by(|one, other| one.key.0.cmp(&other.key.0));
    }
    sums.into_iter().map(|sum| sum.line(shown)).collect()
}

/// Lines of energy by hour: what was made in a bucket, over its length.
pub fn of_hours(buckets: &Buckets, series: Vec<EnergySeries>) -> Vec<Line> {
    let lines = series.into_iter().map(|series| {
        let mut made = vec![(0_u64, 0_u64); buckets.count()];
        for point in &series.points {
            let bucket = buckets.of(point.start).and_then(|number| made.get_mut(number));
            if let Some((energy_wh, samples)) = bucket {
                *energy_wh += point.energy_wh;
                *samples += point.samples;
            }
        }
        let power = |(number, (energy_wh, samples)): (usize, (u64, u64))| {
            let (start, end) = buckets.span(number).filter(|_| samples > 0)?;
            Some(hundredths(energy_wh as f64 * 3600.0 / end.duration_since(start).as_secs_f64()))
        };
        Line {
            dtu_name: series.dtu_name,
            serial: series.serial,
            port: series.port,
            values: made.into_iter().enumerate().map(power).collect(),
        }
    });
    lines.collect()
}

type Key = (Option<String>, Option<Serial>, Option<u8>);

fn key_of(by: Grouping, dtu: Option<String>, serial: Serial, port: Option<u8>) -> Key {
    match by {
        Grouping::Plant => (None, None, None),
        Grouping::Dtu => (dtu, None, None),
        Grouping::Inverter => (dtu, Some(serial), None),
        Grouping::Port => (dtu, Some(serial), port),
    }
}

/// What is known of a port or inverter in a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    /// The mean of its readings.
    Read(f64),
    /// It slept, and delivered nothing.
    Asleep,
}

#[derive(Clone, Default)]
struct Cell {
    sum: f64,
    read: u32,
    asleep: u32,
}

struct Sum {
    key: Key,
    /// Of how many ports or inverters anything is known.
    members: u32,
    /// One per bucket.
    values: Vec<Cell>,
}

impl Sum {
    fn empty(key: Key, buckets: &Buckets) -> Self {
        Self { key, members: 0, values: vec![Cell::default(); buckets.count()] }
    }

    /// That one of them sleeps says nothing of the others: without any reading there is a value only
    /// where all of them sleep.
    fn line(self, shown: Shown) -> Line {
        let members = self.members;
        let value = |Cell { sum, read, asleep }: Cell| match (read, shown) {
            (0, _) => (asleep > 0 && asleep == members).then_some(0.0),
            (_, Shown::Power) => Some(hundredths(sum)),
            (_, Shown::Voltage) => Some(hundredths(sum / f64::from(read))),
        };
        let (dtu_name, serial, port) = self.key;
        Line { dtu_name, serial, port, values: self.values.into_iter().map(value).collect() }
    }
}

fn values(
    shown: Shown,
    buckets: &Buckets,
    series: MeanSeries,
    events: &[Event],
) -> Vec<Option<Value>> {
    let mut read: Vec<Option<f64>> = vec![None; buckets.count()];
    for (bucket, mean) in series.means {
        if let Some(value) = usize::try_from(bucket).ok().and_then(|number| read.get_mut(number)) {
            *value = Some(f64::from(mean));
        }
    }
    let subject = series.serial.to_string();
    let dtu_name = series.dtu_name.unwrap_or_default();
    let sleeps: Vec<&Event> = events
        .iter()
        .filter(|event| event.kind == EventKind::Sleep && event.subject == subject)
        .collect();
    let gaps: Vec<&Event> =
        events.iter().filter(|event| is_missing_because_of(event, &dtu_name)).collect();
    let value = |(number, read): (usize, Option<f64>)| {
        let span = buckets.span(number)?;
        if !fills_half(&sleeps, span) {
            return read.map(Value::Read);
        }
        let asleep_and_watched = read.is_some() || !fills_half(&gaps, span);
        (asleep_and_watched && shown == Shown::Power).then_some(Value::Asleep)
    };
    read.into_iter().enumerate().map(value).collect()
}

/// Whether these events last for half of a span at least.
fn fills_half(events: &[&Event], (start, end): (Timestamp, Timestamp)) -> bool {
    let within = |event: &&Event| {
        let from = event.started_at.max(start);
        let to = event.ended_at.map_or(end, |over| over.min(end));
        to.duration_since(from).max(SignedDuration::ZERO)
    };
    let lasts: SignedDuration = events.iter().map(within).sum();
    lasts * 2 >= end.duration_since(start)
}

/// Means of tenths, with the noise of their division cut off.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
