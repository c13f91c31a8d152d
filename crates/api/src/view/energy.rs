//! The shape of `/api/energy`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use plant::Serial;
use plant::energy::Calendar;
use serde::Serialize;
use store::{EnergyPoint, EnergyQuery, EnergySeries, Member, PollIntervals};
use utoipa::ToSchema;

use super::{Local, grouping_word};
use crate::query::energy::{Periods, resolution_word};
use crate::{Identity, Moment};

/// Accounted energy by periods.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Energy {
    /// IANA name of the zone that decides what a day is.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// How long a period is: hour, day, month or year.
    #[schema(example = "day")]
    pub resolution: &'static str,
    /// What a series is about: plant, dtu, inverter or port.
    #[schema(example = "plant")]
    pub by: &'static str,
    /// The beginning of the first period.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T00:00:00+02:00")]
    pub from: Local,
    /// The end of the last period.
    #[schema(value_type = String, format = DateTime, example = "2026-07-01T00:00:00+02:00")]
    pub to: Local,
    /// One for the plant, or one per DTU, inverter or port, ascending.
    pub series: Vec<Series>,
}

/// The energy of the plant, a DTU, an inverter or a port.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EnergySeries)]
pub struct Series {
    /// The DTU; of an inverter or port that which reports it now. Null for the plant.
    #[schema(example = json!(null))]
    pub dtu_name: Option<String>,
    /// The inverter, for inverters and ports.
    #[schema(value_type = Option<String>, example = json!(null))]
    pub serial_number: Option<Serial>,
    /// The port, for ports.
    #[schema(example = json!(null))]
    pub port_number: Option<u8>,
    /// Ascending. Periods without any reading and without energy are left out.
    pub points: Vec<Point>,
}

/// The energy of one period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EnergyPoint)]
pub struct Point {
    /// Its beginning, with the plant's offset.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T00:00:00+02:00")]
    pub start: Local,
    /// Its end: that of a day is 23, 24 or 25 hours later.
    #[schema(value_type = String, format = DateTime, example = "2026-06-22T00:00:00+02:00")]
    pub end: Local,
    /// Accounted energy in Wh.
    #[schema(example = 18_204)]
    pub energy_wh: u64,
    /// Wh of it whose period is a guess, because it was made in a gap.
    #[schema(example = 0)]
    pub estimated_wh: u64,
    /// The accounted lifetime energy at the end of the period in Wh. Two of them differ by what was
    /// made between them.
    #[schema(example = 20_060_040)]
    pub lifetime_wh: Option<u64>,
    /// The greatest power in W: of a port, or of all panels of a DTU together. Null where several are
    /// summed, which have theirs at different times.
    #[schema(example = 5120.4)]
    pub peak_w: Option<f32>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T13:42:00+02:00")]
    pub peak_at: Option<Local>,
    /// Readings that were taken, of those that fit into the period so far, 0 to 1, by the poll
    /// intervals that the DTUs had; null where they are not known.
    #[schema(example = 0.998)]
    pub coverage: Option<f64>,
}

impl Energy {
    /// What the store has found.
    pub fn of(
        query: &EnergyQuery,
        found: Vec<EnergySeries>,
        intervals: &BTreeMap<String, PollIntervals>,
        moment: &Moment,
        identity: &Identity,
    ) -> Self {
        let calendar = &moment.plant.calendar;
        let of = |found| Series::of(found, query, intervals, moment);
        let series = found.into_iter().map(of);
        Self {
            time_zone: identity.time_zone.clone(),
            resolution: resolution_word(query.resolution),
            by: grouping_word(query.by),
            from: Local::of(calendar, query.from),
            to: Local::of(calendar, query.to),
            series: series.collect(),
        }
    }
}

impl Series {
    fn of(
        found: EnergySeries,
        query: &EnergyQuery,
        intervals: &BTreeMap<String, PollIntervals>,
        moment: &Moment,
    ) -> Self {
        let expected = Expected::of(&found.members, intervals, moment);
        let periods = Periods { calendar: &moment.plant.calendar, resolution: query.resolution };
        let points = found.points.iter().map(|point| Point::of(point, periods, &expected));
        Self {
            points: points.collect(),
            dtu_name: found.dtu_name,
            serial_number: found.serial,
            port_number: found.port,
        }
    }
}

impl Point {
    fn of(point: &EnergyPoint, periods: Periods<'_>, expected: &Expected<'_>) -> Self {
        let calendar: &Calendar = periods.calendar;
        let end = periods.end(point.start);
        Self {
            start: Local::of(calendar, point.start),
            end: Local::of(calendar, end),
            energy_wh: point.energy_wh,
            estimated_wh: point.estimated_wh,
            lifetime_wh: point.lifetime_wh,
            peak_w: point.peak.map(|(power_w, _)| power_w),
            peak_at: point.peak.map(|(_, at)| Local::of(calendar, at)),
            coverage: expected.coverage(point, end),
        }
    }
}

/// How many readings fit into a time: of each port or DTU how often it was read, and since when it is
/// there. None where that is not known of all of them.
struct Expected<'a> {
    members: Option<Vec<(Cow<'a, PollIntervals>, Timestamp)>>,
    now: Timestamp,
}

impl<'a> Expected<'a> {
    fn of(
        members: &[Member],
        intervals: &'a BTreeMap<String, PollIntervals>,
        moment: &Moment,
    ) -> Self {
        let of = |member: &Member| {
            let name = member.dtu_name.as_deref()?;
            let of_now = || {
                let dtu = moment.plant.dtus.get(name)?;
                Some(Cow::Owned(PollIntervals::always(dtu.poll_interval_s)))
            };
            let intervals = intervals.get(name).map(Cow::Borrowed).or_else(of_now)?;
            Some((intervals, member.first_seen.unwrap_or(Timestamp::MIN)))
        };
        Self { members: members.iter().map(of).collect(), now: moment.now }
    }

    /// To the thousandth; none before a first reading can be expected.
    fn coverage(&self, point: &EnergyPoint, end: Timestamp) -> Option<f64> {
        let end = end.min(self.now);
        let members = self.members.as_ref()?.iter();
        let expected: u64 = members
            .map(|(intervals, since)| intervals.expected(point.start.max(*since), end))
            .sum();
        if expected == 0 {
            return None;
        }
        let share = (point.samples as f64 / expected as f64).min(1.0);
        Some((share * 1000.0).floor() / 1000.0)
    }
}
