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
                let empty = vec![(0.0, 0); buckets.count()];
                sums.push(Sum { key, values: empty });
                sums.last_mut().expect("one was pushed")
            }
        };
        for ((sum, parts), value) in sum.values.iter_mut().zip(values) {
            *sum += value.unwrap_or(0.0);
            *parts += u32::from(value.is_some());
        }
    }
    if by == Grouping::Plant && sums.is_empty() {
        sums.push(Sum { key: (None, None, None), values: vec![(0.0, 0); buckets.count()] });
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

struct Sum {
    key: Key,
    /// Of each bucket the sum, and of how many.
    values: Vec<(f64, u32)>,
}

impl Sum {
    fn line(self, shown: Shown) -> Line {
        let value = |(sum, parts): (f64, u32)| match (parts, shown) {
            (0, _) => None,
            (_, Shown::Power) => Some(hundredths(sum)),
            (_, Shown::Voltage) => Some(hundredths(sum / f64::from(parts))),
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
) -> Vec<Option<f64>> {
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
            return read;
        }
        let asleep_and_watched = read.is_some() || !fills_half(&gaps, span);
        (asleep_and_watched && shown == Shown::Power).then_some(0.0)
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
