//! Which energy can be asked of a store, and how its rows become series.
//!
//! Rows are kept per port and per DTU; a series of an inverter or of the plant is their sum. The
//! lifetime at the end of a period is what has been accounted by now less what was booked later,
//! so that two of them always differ by the energy between them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use plant::Serial;
use plant::energy::Calendar;

/// What a series is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Everything.
    Plant,
    /// Each DTU.
    Dtu,
    /// Each inverter.
    Inverter,
    /// Each port.
    Port,
}

impl Grouping {
    /// Whether it is found in the rows of DTUs. The others are in those of ports.
    pub(crate) const fn is_of_dtus(self) -> bool {
        matches!(self, Self::Plant | Self::Dtu)
    }
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// An hour, counted from the beginning of the local day.
    Hour,
    /// A local day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// Which energy is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergyQuery {
    /// The beginning of the first period.
    pub from: Timestamp,
    /// The end of the last period.
    pub to: Timestamp,
    /// How long a period is.
    pub resolution: Resolution,
    /// What a series is about.
    pub by: Grouping,
    /// Only this inverter, where series are about inverters or ports.
    pub serial: Option<Serial>,
    /// Only ports of this number, where series are about ports.
    pub port: Option<u8>,
}

/// The energy of a DTU, an inverter, a port or all together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EnergySeries {
    /// The DTU; of an inverter or port that which reports it now. None for the plant.
    pub dtu_name: Option<String>,
    /// The inverter, for inverters and ports.
    pub serial: Option<Serial>,
    /// The port, for ports.
    pub port: Option<u8>,
    /// The ports or DTUs that are summed.
    pub members: Vec<Member>,
    /// Ascending. Periods without any reading and without energy are not among them.
    pub points: Vec<EnergyPoint>,
}

/// A port or DTU in a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The DTU, or the one of the port.
    pub dtu_name: Option<String>,
    /// When it was first read.
    pub first_seen: Option<Timestamp>,
}

/// The energy of one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyPoint {
    /// Its beginning.
    pub start: Timestamp,
    /// Wh.
    pub energy_wh: u64,
    /// Wh of it whose period is a guess.
    pub estimated_wh: u64,
    /// The accounted lifetime at its end, Wh; none where no account is open.
    pub lifetime_wh: Option<u64>,
    /// The greatest power, W, and when; none for a sum, whose parts have theirs at different times.
    pub peak: Option<(f32, Timestamp)>,
    /// Readings of all ports, or polls of all DTUs.
    pub samples: u64,
}

impl EnergyPoint {
    /// The sum of a period and a later part of it, or that of another DTU.
    pub(crate) fn and(self, more: &Self) -> Self {
        Self {
            energy_wh: self.energy_wh + more.energy_wh,
            estimated_wh: self.estimated_wh + more.estimated_wh,
            samples: self.samples + more.samples,
            peak: match (self.peak, more.peak) {
                (Some(peak), Some(other)) if other.0 > peak.0 => Some(other),
                (peak, other) => peak.or(other),
            },
            ..self
        }
    }
}

/// One port or DTU with its rows.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    pub(crate) dtu_name: Option<String>,
    pub(crate) port: Option<(Serial, u8)>,
    pub(crate) first_seen: Option<Timestamp>,
    /// Accounted by the end of the range, Wh.
    pub(crate) lifetime_wh: Option<u64>,
    /// Of a DTU the last day on which it was polled.
    pub(crate) last_day: Option<Date>,
    pub(crate) points: Vec<EnergyPoint>,
}

/// The first local day that begins at or after an instant, and when it begins.
pub(crate) fn following_day(calendar: &Calendar, at: Timestamp) -> (Date, Timestamp) {
    let day = calendar.day(at);
    let start = calendar.start(day);
    if start == at {
        return (day, start);
    }
    let next = day.saturating_add(1.day());
    (next, calendar.start(next))
}

/// These owners, each with its points.
pub(crate) fn with_points(owners: Vec<Owner>, points: Vec<Vec<EnergyPoint>>) -> Vec<Owner> {
    let each = owners.into_iter().zip(points);
    each.map(|(owner, points)| Owner { points, ..owner }).collect()
}

/// The series of these owners, which come in the order in which their series are to be.
pub(crate) fn series(by: Grouping, owners: Vec<Owner>) -> Vec<EnergySeries> {
    let mut series: Vec<(EnergySeries, Option<u64>)> = Vec::new();
    if by == Grouping::Plant {
        series.push((EnergySeries::default(), None));
    }
    for owner in owners {
        let (serial, port) = owner.port.unzip();
        let port = port.filter(|_| by == Grouping::Port);
        let dtu_name = owner.dtu_name.clone().filter(|_| by != Grouping::Plant);
        let continues = series.last().is_some_and(|(last, _)| {
            let same_inverter =
                serial.is_some() && last.serial == serial && by == Grouping::Inverter;
            by == Grouping::Plant || same_inverter
        });
        if !continues {
            let empty = EnergySeries { dtu_name, serial, port, ..EnergySeries::default() };
            series.push((empty, None));
        }
        let (sum, lifetime) = series.last_mut().expect("one was pushed if there was none");
        sum.points = merged(std::mem::take(&mut sum.points), owner.points, sum.members.len());
        sum.members.push(Member { dtu_name: owner.dtu_name, first_seen: owner.first_seen });
        *lifetime = match (*lifetime, owner.lifetime_wh) {
            (Some(sum), Some(more)) => Some(sum + more),
            (sum, more) => sum.or(more),
        };
    }
    series.into_iter().map(|(series, lifetime_wh)| with_lifetimes(series, lifetime_wh)).collect()
}

/// The sum of a series that has so many members already and one more.
fn merged(sum: Vec<EnergyPoint>, more: Vec<EnergyPoint>, members: usize) -> Vec<EnergyPoint> {
    if members == 0 {
        return more;
    }
    let alone = |point: EnergyPoint| (point.start, EnergyPoint { peak: None, ..point });
    if more.is_empty() {
        return sum.into_iter().map(|point| alone(point).1).collect();
    }
    let mut points: BTreeMap<Timestamp, EnergyPoint> = sum.into_iter().map(alone).collect();
    for (start, point) in more.into_iter().map(alone) {
        points.entry(start).and_modify(|sum| *sum = sum.and(&point)).or_insert(point);
    }
    points.into_values().collect()
}

fn with_lifetimes(mut series: EnergySeries, lifetime_wh: Option<u64>) -> EnergySeries {
    let mut lifetime_wh = lifetime_wh;
    for point in series.points.iter_mut().rev() {
        point.lifetime_wh = lifetime_wh;
        lifetime_wh = lifetime_wh.map(|wh| wh.saturating_sub(point.energy_wh));
    }
    series
}
