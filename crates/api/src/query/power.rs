//! What `/api/power` takes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use plant::Serial;
use plant::energy::Calendar;
use store::Grouping;
use utoipa::IntoParams;

use super::{Edge, once, pairs, parse_day, parse_edge, parse_grouping, parse_port, parse_serial};
use crate::problem::Problem;

/// The most values of one series.
const MAX_POINTS: u32 = 2000;
/// Enough for a chart across a screen.
const DEFAULT_POINTS: u32 = 300;
/// The longest range, a year and a month.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The longest range of voltages, which are kept as readings only.
const LONGEST_OF_VOLTAGE: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Up to here readings are averaged; beyond, hours of energy.
pub const LONGEST_OF_READINGS: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Lengths of buckets that people can read off an axis, s. Beyond them, whole days.
const BUCKETS_S: [u32; 17] = [
    60, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800,
    43_200, 86_400,
];

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Watts.
    Power,
    /// Volts: DC of ports, AC of everything else.
    Voltage,
}

/// Which chart is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PowerParameters {
    /// A local day, instead of `from` and `to`; today, if none of them is given.
    #[param(value_type = Option<String>, format = Date, example = "2026-06-21")]
    pub day: Option<Date>,
    /// The beginning of the range: a local day, or an instant as RFC 3339 writes it.
    #[param(value_type = Option<String>)]
    pub from: Option<Edge>,
    /// The end of the range: the local day after the last one, or an instant; the end of today, if
    /// only `from` is given.
    #[param(value_type = Option<String>)]
    pub to: Option<Edge>,
    /// What a series is about: plant, dtu, inverter or port.
    #[param(value_type = Option<String>, example = "plant")]
    pub by: Grouping,
    /// How many values a series has at most.
    #[param(minimum = 1, maximum = 2000, default = 300, required = false, example = 300)]
    pub points: u32,
    /// Only this inverter; with `by=inverter` or `by=port`.
    #[param(value_type = Option<String>, example = "116100000001")]
    pub serial: Option<Serial>,
    /// Only ports of this number; with `by=port`.
    #[param(minimum = 1, maximum = 255, example = 1)]
    pub port: Option<u8>,
    /// power (W), or voltage (V): DC of ports, AC of inverters and of what they are summed to.
    #[param(value_type = Option<String>, example = "power")]
    pub quantity: Shown,
}

impl PowerParameters {
    const NAMES: &'static [&'static str] =
        &["day", "from", "to", "by", "points", "serial", "port", "quantity"];

    /// The beginning and the end.
    ///
    /// # Errors
    /// If nothing lies between them, or too much.
    pub fn range(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp), Problem> {
        let today = calendar.day(now);
        let after = |day: Date| calendar.start(day.saturating_add(1.day()));
        if let Some(day) = self.day {
            if self.from.is_some() || self.to.is_some() {
                let allowed = "given without 'from' and 'to'";
                return Err(Problem::bad_parameter("day", &day.to_string(), allowed));
            }
            return Ok((calendar.start(day), after(day)));
        }
        let to = self.to.map_or(after(today), |edge| edge.instant(calendar));
        let from = self.from.map_or_else(
            || calendar.start(calendar.day(to - SignedDuration::from_nanos(1))),
            |edge| edge.instant(calendar),
        );
        super::not_empty(Some(from), Some(to))?;
        let (longest, allowed) = match self.quantity {
            Shown::Power => (LONGEST, "at most 400 days before 'to'"),
            Shown::Voltage => (LONGEST_OF_VOLTAGE, "at most 31 days before 'to' for voltages"),
        };
        if to.duration_since(from) > longest {
            let found = self.from.map(|edge| edge.to_string()).unwrap_or_default();
            return Err(Problem::bad_parameter("from", &found, allowed));
        }
        Ok((from, to))
    }

    /// The length of a bucket, s: so that there are not more values than were asked for, and none
    /// shorter than `least`.
    pub fn bucket_s(&self, length: SignedDuration, least: u32) -> u32 {
        let seconds = u32::try_from(length.as_secs()).unwrap_or(u32::MAX);
        let wanted = seconds.div_ceil(self.points).max(least);
        let fits = BUCKETS_S.into_iter().find(|bucket| *bucket >= wanted);
        fits.unwrap_or_else(|| wanted.div_ceil(86_400) * 86_400)
    }
}

impl<S: Sync> FromRequestParts<S> for PowerParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut day, mut from, mut to, mut by) = (None, None, None, None);
        let (mut points, mut serial, mut port, mut quantity) = (None, None, None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "day" => once("day", &mut day, parse_past_day(&value)?)?,
                "from" => once("from", &mut from, parse_edge("from", &value)?)?,
                "to" => once("to", &mut to, parse_edge("to", &value)?)?,
                "by" => once("by", &mut by, parse_grouping(&value)?)?,
                "points" => once("points", &mut points, parse_points(&value)?)?,
                "serial" => once("serial", &mut serial, parse_serial(&value)?)?,
                "port" => once("port", &mut port, parse_port(&value)?)?,
                "quantity" => once("quantity", &mut quantity, parse_quantity(&value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        let by = by.unwrap_or(Grouping::Plant);
        super::fits(by, serial, port)?;
        let points = points.unwrap_or(DEFAULT_POINTS);
        let quantity = quantity.unwrap_or(Shown::Power);
        Ok(Self { day, from, to, by, points, serial, port, quantity })
    }
}

fn parse_past_day(written: &str) -> Result<Date, Problem> {
    let day = parse_day("day", written)?;
    match parse_edge("day", written)? {
        Edge::Day(_) => Ok(day),
        Edge::Instant(_) => Err(Problem::bad_parameter("day", written, "a day as 2026-06-21")),
    }
}

fn parse_points(written: &str) -> Result<u32, Problem> {
    let points = written.parse().ok().filter(|points| (1..=MAX_POINTS).contains(points));
    points.ok_or_else(|| Problem::bad_parameter("points", written, "a whole number from 1 to 2000"))
}

fn parse_quantity(written: &str) -> Result<Shown, Problem> {
    match written {
        "power" => Ok(Shown::Power),
        "voltage" => Ok(Shown::Voltage),
        _ => Err(Problem::bad_parameter("quantity", written, "power or voltage")),
    }
}
