//! Which query parameters a route takes. An unknown one is an error, never ignored: a client that
//! misspells `limit` must not take the answer for what it asked.

mod devices;
pub mod energy;
pub mod export;
pub mod power;

use std::fmt::{self, Display};

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use plant::Serial;
use plant::energy::Calendar;
use store::Grouping;
use utoipa::IntoParams;

use crate::problem::Problem;

pub use devices::DeviceHistoryParameters;

/// The largest history answer, in readings.
pub const MAX_LIMIT: u32 = 10_000;
/// The largest answer on events.
pub const MAX_EVENTS: u32 = 1000;
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

/// Which readings of an inverter are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryParameters {
    /// At most so many readings.
    #[param(minimum = 1, maximum = 10_000, default = 100, required = false, example = 100)]
    pub limit: u32,
    /// Only readings taken at or after this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-21T00:00:00+02:00")]
    pub from: Option<Timestamp>,
    /// Only readings taken before this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-22T00:00:00+02:00")]
    pub to: Option<Timestamp>,
}

impl HistoryParameters {
    const NAMES: &'static [&'static str] = &["limit", "from", "to"];

    fn parse(uri: &Uri) -> Result<Self, Problem> {
        let (mut limit, mut from, mut to) = (None, None, None);
        for (name, value) in pairs(uri)? {
            match name.as_str() {
                "limit" => once("limit", &mut limit, parse_limit(&value, MAX_LIMIT)?)?,
                "from" => once("from", &mut from, parse_instant("from", &value)?)?,
                "to" => once("to", &mut to, parse_instant("to", &value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        not_empty(from, to)?;
        Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), from, to })
    }
}

impl<S: Sync> FromRequestParts<S> for HistoryParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(&parts.uri)
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
                _ => return Err(Problem::unknown_parameter(&name, HistoryParameters::NAMES)),
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
    let edge = day.or_else(|_| parse_instant(name, written).map(Edge::Instant)).map_err(|_| {
        Problem::bad_parameter(
            name,
            written,
            "a day as 2026-06-21, or an instant as RFC 3339 writes it, with its zone",
        )
    })?;
    let year = match edge {
        Edge::Day(day) => day.year(),
        Edge::Instant(at) => at.to_zoned(jiff::tz::TimeZone::UTC).year(),
    };
    if (1970..=9000).contains(&year) {
        Ok(edge)
    } else {
        Err(Problem::bad_parameter(name, written, "between the years 1970 and 9000"))
    }
}

fn parse_csv(written: &str) -> Result<(), Problem> {
    let csv = (written == "csv").then_some(());
    csv.ok_or_else(|| Problem::bad_parameter("format", written, "csv"))
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

fn parse_limit(written: &str, max: u32) -> Result<u32, Problem> {
    let allowed = match max {
        MAX_EVENTS => "a whole number from 1 to 1000",
        _ => "a whole number from 1 to 10000",
    };
    written
        .parse()
        .ok()
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| Problem::bad_parameter("limit", written, allowed))
}

fn parse_instant(name: &'static str, written: &str) -> Result<Timestamp, Problem> {
    // A `+` that a client forgot to escape arrives as a blank: 12:00:00+02:00 as 12:00:00 02:00.
    let unescaped = || {
        let (time, offset) = written.rsplit_once(' ')?;
        format!("{time}+{offset}").parse().ok()
    };
    written.parse().ok().or_else(unescaped).ok_or_else(|| {
        Problem::bad_parameter(
            name,
            written,
            "an instant as RFC 3339 writes it, with its zone, such as 2026-06-21T12:00:00Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<HistoryParameters, String> {
        let uri = format!("/x?{query}").parse().unwrap();
        HistoryParameters::parse(&uri).map_err(|problem| problem.to_string())
    }

    #[test]
    fn limit_is_a_whole_number_in_its_range() {
        assert_eq!(parse("").unwrap().limit, 100);
        assert_eq!(parse("limit=1").unwrap().limit, 1);
        assert_eq!(parse("limit=10000").unwrap().limit, 10_000);
        for bad in ["0", "10001", "-1", "abc", "", "1.5", "99999999999999999999"] {
            assert_eq!(
                parse(&format!("limit={bad}")).unwrap_err(),
                format!(
                    "The query parameter 'limit' must be a whole number from 1 to 10000, but '{bad}' was found."
                )
            );
        }
    }

    #[test]
    fn an_instant_has_a_zone_and_its_plus_may_be_unescaped() {
        let noon: Timestamp = "2026-06-21T10:00:00Z".parse().unwrap();
        for written in
            ["2026-06-21T10:00:00Z", "2026-06-21T12:00:00%2B02:00", "2026-06-21T12:00:00+02:00"]
        {
            assert_eq!(parse(&format!("from={written}")).unwrap().from, Some(noon));
        }
        for bad in ["yesterday", "2026-06-21", "2026-06-21T10:00:00", ""] {
            let told = parse(&format!("to={bad}")).unwrap_err();
            assert!(told.contains("RFC 3339") && told.contains(&format!("'{bad}'")), "{told}");
        }
    }

    #[test]
    fn what_can_only_be_a_mistake_is_refused() {
        let told = parse("limit=1&limit=2").unwrap_err();
        assert!(told.contains("more than once"), "{told}");
        let told = parse("from=2026-06-21T10:00:00Z&to=2026-06-21T10:00:00Z").unwrap_err();
        assert!(told.contains("must be before"), "{told}");
        let told = parse("Limit=5").unwrap_err();
        assert!(told.contains("'limit', 'from' and 'to'"), "{told}");
    }
}
