//! The shape of `/api/power`: values for a chart, with the causes of its gaps.

use jiff::Timestamp;
use plant::Serial;
use plant::event::{Event, EventKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::coverage::{CAUSES, is_missing_because_of};
use super::{Local, grouping_word};
use crate::chart::{Buckets, Line};
use crate::query::power::Shown;
use crate::{Identity, Moment};

/// Means in buckets of equal length.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Power {
    /// IANA name of the zone that decides what a day is.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The beginning of the first bucket.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T00:00:00+02:00")]
    pub from: Local,
    /// The end of the range.
    #[schema(value_type = String, format = DateTime, example = "2026-06-22T00:00:00+02:00")]
    pub to: Local,
    /// The length of a bucket, s. It may be longer than was asked for: a bucket holds two polls at
    /// least, so that a single one that is missing leaves no dent.
    #[schema(example = 300)]
    pub bucket_seconds: u32,
    /// What a series is about: plant, dtu, inverter or port.
    #[schema(example = "plant")]
    pub by: &'static str,
    /// power or voltage.
    #[schema(example = "power")]
    pub quantity: &'static str,
    /// W or V.
    #[schema(example = "W")]
    pub unit: &'static str,
    /// One for the plant, or one per DTU, inverter or port, ascending.
    pub series: Vec<PowerSeries>,
    /// Why values are missing, ascending by time.
    pub gaps: Vec<PowerGap>,
}

/// The values of the plant, a DTU, an inverter or a port.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PowerSeries {
    /// The DTU; of an inverter or port that which reports it now. Null for the plant.
    #[schema(example = json!(null))]
    pub dtu_name: Option<String>,
    /// The inverter, for inverters and ports.
    #[schema(value_type = Option<String>, example = json!(null))]
    pub serial_number: Option<Serial>,
    /// The port, for ports.
    #[schema(example = json!(null))]
    pub port_number: Option<u8>,
    /// The mean of each bucket from the first, W or V. Null is a gap, or lies in the future; an
    /// inverter that sleeps delivers 0.
    #[schema(example = json!([0.0, 12.5, null]))]
    pub values: Vec<Option<f64>>,
}

/// A time without readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PowerGap {
    /// Its start, or that of the range.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T14:00:00+02:00")]
    pub from: Local,
    /// Its end, or that of the range, or now.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T14:05:00+02:00")]
    pub to: Local,
    /// dtu_outage, bridge_down, or database_outage if readings could not be kept.
    #[schema(example = "dtu_outage")]
    pub cause: &'static str,
    /// The cause in words.
    #[schema(example = "192.168.1.50:502 refuses the connection")]
    pub text: String,
    /// The DTU that was not read; null where it was all of them.
    #[schema(example = "roof")]
    pub dtu_name: Option<String>,
}

impl Power {
    /// The lines of a chart.
    pub fn of(
        (shown, by): (Shown, store::Grouping),
        buckets: &Buckets,
        lines: Vec<Line>,
        events: &[Event],
        (moment, identity): (&Moment, &Identity),
    ) -> Self {
        let calendar = &moment.plant.calendar;
        let (quantity, unit) = match shown {
            Shown::Power => ("power", "W"),
            Shown::Voltage => ("voltage", "V"),
        };
        let mut causes: Vec<&Event> = events.iter().filter(|e| makes_a_gap(e, moment)).collect();
        causes.sort_by_key(|event| event.started_at);
        Self {
            time_zone: identity.time_zone.clone(),
            from: Local::of(calendar, buckets.from),
            to: Local::of(calendar, buckets.to),
            bucket_seconds: buckets.bucket_s,
            by: grouping_word(by),
            quantity,
            unit,
            series: lines.into_iter().map(PowerSeries::from).collect(),
            gaps: causes.into_iter().filter_map(|e| PowerGap::of(e, buckets, moment)).collect(),
        }
    }
}

impl From<Line> for PowerSeries {
    fn from(line: Line) -> Self {
        Self {
            dtu_name: line.dtu_name,
            serial_number: line.serial,
            port_number: line.port,
            values: line.values,
        }
    }
}

impl PowerGap {
    fn of(event: &Event, buckets: &Buckets, moment: &Moment) -> Option<Self> {
        let calendar = &moment.plant.calendar;
        let end: Timestamp = buckets.to.min(moment.now);
        let from = event.started_at.max(buckets.from);
        let to = event.ended_at.map_or(end, |over| over.min(end));
        let dtu_name = (event.kind == EventKind::DtuOutage).then(|| event.subject.clone());
        (from < to).then(|| Self {
            from: Local::of(calendar, from),
            to: Local::of(calendar, to),
            cause: event.kind.word(),
            text: event.text.clone(),
            dtu_name,
        })
    }
}

/// Of DTUs that are not configured any more nothing is missing.
fn makes_a_gap(event: &Event, moment: &Moment) -> bool {
    CAUSES.contains(&event.kind)
        && moment.plant.dtus.keys().any(|name| is_missing_because_of(event, name))
}
