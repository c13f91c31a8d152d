//! Which query parameters a route takes. An unknown one is an error, never ignored: a client that
//! misspells `limit` must not take the answer for what it asked.

mod devices;
pub mod energy;
pub mod export;
pub mod history;
pub mod power;

use std::fmt::{self, Display};

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use plant::Serial;
use plant::energy::Calendar;
use store::Grouping;
use utoipa::IntoParams;

use crate::problem::Problem;

pub use devices::DeviceHistoryParameters;

/// How many of something an answer may have.
#[derive(Debug, Clone, Copy)]
struct Limit {
    max: u32,
    allowed: &'static str,
}

/// The largest answer in readings.
const MAX_READINGS: Limit = Limit { max: 10_000, allowed: "a whole number from 1 to 10000" };
/// The largest answer in events, or in buckets, each of which reads all readings of its time.
const MAX_EVENTS: Limit = Limit { max: 1000, allowed: "a whole number from 1 to 1000" };
/// The most days in one answer: a year.
const MAX_DAYS: i64 = 366;
/// A week.
const DEFAULT_DAYS: i64 = 7;
/// What the Python bridge always answered with.
pub const DEFAULT_LIMIT: u32 = 100;

/// No parameters at all: what most routes take.
#[derive(Debug, Clone, Copy)]
pub struct NoParameters;

impl<S: Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match pairs(&parts.uri)?.first() {
            Some((name, _)) => Err(Problem::unknown_parameter(name, &[])),
            None => Ok(Self),
        }
    }
}

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventParameters {
    /// At most so many events.
    #[param(minimum = 1, maximum = 1000, default = 100, required = false, example = 100)]
    pub limit: u32,
    /// Only events that had not ended before this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-21T00:00:00+02:00")]
    pub from: Option<Timestamp>,
    /// Only events that began before this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-22T00:00:00+02:00")]
    pub to: Option<Timestamp>,
}

impl<S: Sync> FromRequestParts<S> for EventParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut limit, mut from, mut to) = (None, None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "limit" => once("limit", &mut limit, parse_limit(&value, MAX_EVENTS)?)?,
                "from" => once("from", &mut from, parse_instant("from", &value)?)?,
                "to" => once("to", &mut to, parse_instant("to", &value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, &["limit", "from", "to"])),
            }
        }
        not_empty(from, to)?;
        Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), from, to })
    }
}

/// Which local days are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverageParameters {
    /// The first local day; six days before the last one, if not given.
    #[param(value_type = Option<String>, format = Date, example = "2026-06-15")]
    pub from: Option<Date>,
    /// The local day after the last one; tomorrow, if not given.
    #[param(value_type = Option<String>, format = Date, example = "2026-06-22")]
    pub to: Option<Date>,
}

impl CoverageParameters {
    /// The first day and the one after the last.
    ///
    /// # Errors
    /// If there is no day between them, or too many.
    pub fn days(&self, today: Date) -> Result<(Date, Date), Problem> {
        let to = self.to.unwrap_or(today.saturating_add(1.day()));
        let from = self.from.unwrap_or(to.saturating_sub(DEFAULT_DAYS.days()));
        not_empty(Some(from), Some(to))?;
        if to > from.saturating_add(MAX_DAYS.days()) {
            let found = from.to_string();
            return Err(Problem::bad_parameter("from", &found, "at most 366 days before 'to'"));
        }
        Ok((from, to))
    }
}

impl<S: Sync> FromRequestParts<S> for CoverageParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut from, mut to) = (None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "from" => once("from", &mut from, parse_day("from", &value)?)?,
                "to" => once("to", &mut to, parse_day("to", &value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, &["from", "to"])),
            }
        }
        Ok(Self { from, to })
    }
}

/// One end of a range: the beginning of a local day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The beginning of this day.
    Day(Date),
    /// This instant.
    Instant(Timestamp),
}

impl Edge {
    /// When that is.
    pub fn instant(self, calendar: &Calendar) -> Timestamp {
        match self {
            Self::Day(day) => calendar.start(day),
            Self::Instant(at) => at,
        }
    }
}

impl Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Instant(at) => at.fmt(f),
        }
    }
}

fn parse_edge(name: &'static str, written: &str) -> Result<Edge, Problem> {
    let day = parse_day(name, written).map(Edge::Day);
    let edge = match day {
        Ok(day) => day,
        Err(_) => Edge::Instant(instant(written).ok_or_else(|| {
            Problem::bad_parameter(
                name,
                written,
                "a day as 2026-06-21, or an instant as RFC 3339 writes it, with its zone",
            )
        })?),
    };
    let year = match edge {
        Edge::Day(day) => day.year(),
        Edge::Instant(at) => year(at),
    };
    within_years(name, written, year).map(|()| edge)
}

/// Calendars of databases end where nobody has readings, and arithmetic near their ends fails.
fn within_years(name: &'static str, written: &str, year: i16) -> Result<(), Problem> {
    let is_within = (1970..=9000).contains(&year).then_some(());
    is_within
        .ok_or_else(|| Problem::bad_parameter(name, written, "between the years 1970 and 9000"))
}

fn year(at: Timestamp) -> i16 {
    at.to_zoned(TimeZone::UTC).year()
}

fn parse_grouping(written: &str) -> Result<Grouping, Problem> {
    match written {
        "plant" => Ok(Grouping::Plant),
        "dtu" => Ok(Grouping::Dtu),
        "inverter" => Ok(Grouping::Inverter),
        "port" => Ok(Grouping::Port),
        _ => Err(Problem::bad_parameter("by", written, "plant, dtu, inverter or port")),
    }
}

fn parse_serial(written: &str) -> Result<Serial, Problem> {
    written.parse().map_err(|_| {
        Problem::bad_parameter("serial", written, "a serial number of 12 hexadecimal digits")
    })
}

fn parse_port(written: &str) -> Result<u8, Problem> {
    let port = written.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| Problem::bad_parameter("port", written, "a whole number from 1 to 255"))
}

/// Whether `serial` and `port` say something about what the series are about.
fn fits(by: Grouping, serial: Option<Serial>, port: Option<u8>) -> Result<(), Problem> {
    let word = crate::view::grouping_word(by);
    match by {
        Grouping::Plant | Grouping::Dtu if serial.is_some() => {
            Err(Problem::bad_parameter("by", word, "inverter or port where 'serial' is given"))
        }
        Grouping::Plant | Grouping::Dtu | Grouping::Inverter if port.is_some() => {
            Err(Problem::bad_parameter("by", word, "port where 'port' is given"))
        }
        _ => Ok(()),
    }
}

fn not_empty<T: PartialOrd + Display>(from: Option<T>, to: Option<T>) -> Result<(), Problem> {
    match (from, to) {
        (Some(from), Some(to)) if from >= to => {
            Err(Problem::EmptyRange { from: from.to_string(), to: to.to_string() })
        }
        _ => Ok(()),
    }
}

fn parse_day(name: &'static str, written: &str) -> Result<Date, Problem> {
    // A date's own parser would take the date of an instant and forget its zone.
    let is_a_day = written.len() == "2026-06-21".len();
    written
        .parse()
        .ok()
        .filter(|_| is_a_day)
        .ok_or_else(|| Problem::bad_parameter(name, written, "a day as 2026-06-21"))
}

/// Names and values, decoded, in the order in which they were written.
fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).map_err(|_| Problem::BadRequest)
}

fn once<T>(name: &'static str, slot: &mut Option<T>, value: T) -> Result<(), Problem> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::RepeatedParameter { name }),
    }
}

fn parse_limit(written: &str, Limit { max, allowed }: Limit) -> Result<u32, Problem> {
    let limit = written.parse().ok().filter(|limit| (1..=max).contains(limit));
    limit.ok_or_else(|| Problem::bad_parameter("limit", written, allowed))
}

fn parse_instant(name: &'static str, written: &str) -> Result<Timestamp, Problem> {
    let at = instant(written).ok_or_else(|| {
        Problem::bad_parameter(
            name,
            written,
            "an instant as RFC 3339 writes it, with its zone, such as 2026-06-21T12:00:00Z",
        )
    })?;
    within_years(name, written, year(at)).map(|()| at)
}

fn instant(written: &str) -> Option<Timestamp> {
    // A `+` that a client forgot to escape arrives as a blank: 12:00:00+02:00 as 12:00:00 02:00.
    let unescaped = || {
        let (time, offset) = written.rsplit_once(' ')?;
        format!("{time}+{offset}").parse().ok()
    };
    written.parse().ok().or_else(unescaped)
}
