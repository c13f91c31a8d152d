//! What `/api/energy` takes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use plant::Serial;
use plant::energy::Calendar;
use store::{Grouping, Resolution};
use utoipa::IntoParams;

use super::{Edge, once, pairs, parse_edge, parse_grouping, parse_port, parse_serial};
use crate::problem::Problem;

/// The most periods of one series: 27 years of days.
const MAX_PERIODS: i64 = 10_000;

/// Which energy is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EnergyParameters {
    /// The first local day, or an instant as RFC 3339 writes it. Periods that it cuts are whole. If
    /// not given: the beginning of the day for hours, of the month for days, of the year for months,
    /// and thirty years before the end for years.
    #[param(value_type = Option<String>, example = "2026-06-01")]
    pub from: Option<Edge>,
    /// The local day after the last one, or an instant; the end of the current period, if not given.
    #[param(value_type = Option<String>, example = "2026-07-01")]
    pub to: Option<Edge>,
    /// How long a period is: hour, day, month or year.
    #[param(value_type = Option<String>, example = "day")]
    pub resolution: Resolution,
    /// What a series is about: plant, dtu, inverter or port.
    #[param(value_type = Option<String>, example = "plant")]
    pub by: Grouping,
    /// Only this inverter; with `by=inverter` or `by=port`.
    #[param(value_type = Option<String>, example = "116100000001")]
    pub serial: Option<Serial>,
    /// Only ports of this number; with `by=port`.
    #[param(minimum = 1, maximum = 255, example = 1)]
    pub port: Option<u8>,
}

impl EnergyParameters {
    const NAMES: &'static [&'static str] = &["from", "to", "resolution", "by", "serial", "port"];

    /// The beginning of the first period and the end of the last.
    ///
    /// # Errors
    /// If there is no period between them, or too many.
    pub fn range(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp), Problem> {
        let periods = Periods { calendar, resolution: self.resolution };
        let to = match self.to {
            Some(edge) => edge.instant(calendar),
            None => periods.end(now),
        };
        let last = to - SignedDuration::from_nanos(1);
        let from = match self.from {
            Some(edge) => edge.instant(calendar),
            None => periods.default_start(last),
        };
        super::not_empty(Some(from), Some(to))?;
        let (from, to) = (periods.start(from), periods.end(last));
        if periods.more_than(MAX_PERIODS, from, to) {
            let found = self.from.map(|edge| edge.to_string()).unwrap_or_default();
            return Err(Problem::bad_parameter(
                "from",
                &found,
                "so near to 'to' that there are at most 10000 periods between them",
            ));
        }
        Ok((from, to))
    }
}

/// Periods of a length.
#[derive(Debug, Clone, Copy)]
pub struct Periods<'a> {
    /// Decides what a day is.
    pub calendar: &'a Calendar,
    /// How long they are.
    pub resolution: Resolution,
}

impl Periods<'_> {
    /// The beginning of the period of an instant.
    pub fn start(&self, at: Timestamp) -> Timestamp {
        match self.resolution {
            Resolution::Hour => self.calendar.hour(at),
            _ => self.calendar.start(self.first_day(at)),
        }
    }

    /// The end of the period of an instant.
    pub fn end(&self, at: Timestamp) -> Timestamp {
        let next = |day: Date| self.calendar.start(day);
        match self.resolution {
            Resolution::Hour => self.calendar.end_of_hour(at),
            Resolution::Day => next(self.first_day(at).saturating_add(1.day())),
            Resolution::Month => next(self.first_day(at).saturating_add(1.month())),
            Resolution::Year => next(self.first_day(at).saturating_add(1.year())),
        }
    }

    fn first_day(&self, at: Timestamp) -> Date {
        let day = self.calendar.day(at);
        match self.resolution {
            Resolution::Hour | Resolution::Day => day,
            Resolution::Month => day.first_of_month(),
            Resolution::Year => day.first_of_year(),
        }
    }

    fn default_start(&self, last: Timestamp) -> Timestamp {
        let day = self.calendar.day(last);
        self.calendar.start(match self.resolution {
            Resolution::Hour => day,
            Resolution::Day => day.first_of_month(),
            Resolution::Month => day.first_of_year(),
            Resolution::Year => day.first_of_year().saturating_sub(30.years()),
        })
    }

    /// Roughly how many there are.
    pub fn count(&self, from: Timestamp, to: Timestamp) -> i64 {
        let hours = to.duration_since(from).as_hours();
        match self.resolution {
            Resolution::Hour => hours,
            Resolution::Day => hours / 24,
            Resolution::Month => hours / (24 * 30),
            Resolution::Year => hours / (24 * 365),
        }
    }

    fn more_than(&self, limit: i64, from: Timestamp, to: Timestamp) -> bool {
        self.count(from, to) > limit
    }
}

impl<S: Sync> FromRequestParts<S> for EnergyParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut from, mut to, mut resolution) = (None, None, None);
        let (mut by, mut serial, mut port) = (None, None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "from" => once("from", &mut from, parse_edge("from", &value)?)?,
                "to" => once("to", &mut to, parse_edge("to", &value)?)?,
                "resolution" => once("resolution", &mut resolution, parse_resolution(&value)?)?,
                "by" => once("by", &mut by, parse_grouping(&value)?)?,
                "serial" => once("serial", &mut serial, parse_serial(&value)?)?,
                "port" => once("port", &mut port, parse_port(&value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        let by = by.unwrap_or(Grouping::Plant);
        super::fits(by, serial, port)?;
        let resolution = resolution.unwrap_or(Resolution::Day);
        Ok(Self { from, to, resolution, by, serial, port })
    }
}

fn parse_resolution(written: &str) -> Result<Resolution, Problem> {
    match written {
        "hour" => Ok(Resolution::Hour),
        "day" => Ok(Resolution::Day),
        "month" => Ok(Resolution::Month),
        "year" => Ok(Resolution::Year),
        _ => Err(Problem::bad_parameter("resolution", written, "hour, day, month or year")),
    }
}

/// The word of a resolution, as the parameter takes it.
pub fn resolution_word(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Hour => "hour",
        Resolution::Day => "day",
        Resolution::Month => "month",
        Resolution::Year => "year",
    }
}
