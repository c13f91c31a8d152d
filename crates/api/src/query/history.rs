//! What the history of an inverter takes.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::IntoParams;

use super::{
    DEFAULT_LIMIT, MAX_EVENTS, MAX_READINGS, not_empty, once, pairs, parse_instant, parse_limit,
    parse_port,
};
use crate::problem::Problem;

/// Which readings of an inverter are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryParameters {
    /// At most so many readings; of buckets at most 1000.
    #[param(minimum = 1, maximum = 10_000, default = 100, required = false, example = 100)]
    pub limit: u32,
    /// Only readings taken at or after this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-21T00:00:00+02:00")]
    pub from: Option<Timestamp>,
    /// Only readings taken before this instant, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-22T00:00:00+02:00")]
    pub to: Option<Timestamp>,
    /// Where the last answer has ended: from its Link header.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
    /// Readings of this port instead of those of the inverter itself.
    #[param(minimum = 1, maximum = 255)]
    pub port: Option<u8>,
    /// raw, or the length of buckets with least, mean and greatest values: 1m, 5m, 15m, 1h or 1d.
    #[param(value_type = Option<String>, example = "raw")]
    pub bucket: Option<BucketLength>,
    /// json or csv.
    #[param(value_type = Option<String>, example = "json")]
    pub format: Format,
}

/// Where an answer has ended: everything before this instant is still to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub Timestamp);

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A list of objects.
    Json,
    /// Comma-separated values with the names of the columns first.
    Csv,
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketLength {
    /// So many minutes, a divisor of an hour.
    Minutes(u8),
    /// An hour, counted from the beginning of the local day.
    Hour,
    /// A local day.
    Day,
}

impl Cursor {
    /// The word that a client gives back.
    pub fn word(self) -> String {
        format!("{:x}", self.0.as_microsecond())
    }

    fn parse(written: &str) -> Result<Self, Problem> {
        i64::from_str_radix(written, 16)
            .ok()
            .and_then(|micros| Timestamp::from_microsecond(micros).ok())
            .filter(|at| *at > Timestamp::UNIX_EPOCH)
            .map(Self)
            .ok_or_else(|| {
                Problem::bad_parameter("cursor", written, "as the Link header of an answer gave it")
            })
    }
}

impl HistoryParameters {
    const NAMES: &'static [&'static str] =
        &["limit", "from", "to", "cursor", "port", "bucket", "format"];

    /// Before when readings are wanted.
    pub fn end(&self) -> Option<Timestamp> {
        match (self.to, self.cursor) {
            (Some(to), Some(Cursor(at))) => Some(to.min(at)),
            (to, cursor) => to.or(cursor.map(|Cursor(at)| at)),
        }
    }

    fn parse(uri: &Uri) -> Result<Self, Problem> {
        let (mut limit, mut from, mut to, mut cursor) = (None, None, None, None);
        let (mut port, mut bucket, mut format) = (None, None, None);
        for (name, value) in pairs(uri)? {
            match name.as_str() {
                "limit" => once("limit", &mut limit, parse_limit(&value, MAX_READINGS)?)?,
                "from" => once("from", &mut from, parse_instant("from", &value)?)?,
                "to" => once("to", &mut to, parse_instant("to", &value)?)?,
                "cursor" => once("cursor", &mut cursor, Cursor::parse(&value)?)?,
                "port" => once("port", &mut port, parse_port(&value)?)?,
                "bucket" => once("bucket", &mut bucket, parse_bucket(&value)?)?,
                "format" => once("format", &mut format, parse_format(&value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        not_empty(from, to)?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        let bucket = bucket.flatten();
        if bucket.is_some() {
            parse_limit(&limit.to_string(), MAX_EVENTS)?;
        }
        let format = format.unwrap_or(Format::Json);
        Ok(Self { limit, from, to, cursor, port, bucket, format })
    }
}

impl<S: Sync> FromRequestParts<S> for HistoryParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(&parts.uri)
    }
}

fn parse_bucket(written: &str) -> Result<Option<BucketLength>, Problem> {
    match written {
        "raw" => Ok(None),
        "1m" => Ok(Some(BucketLength::Minutes(1))),
        "5m" => Ok(Some(BucketLength::Minutes(5))),
        "15m" => Ok(Some(BucketLength::Minutes(15))),
        "1h" => Ok(Some(BucketLength::Hour)),
        "1d" => Ok(Some(BucketLength::Day)),
        _ => Err(Problem::bad_parameter("bucket", written, "raw, 1m, 5m, 15m, 1h or 1d")),
    }
}

fn parse_format(written: &str) -> Result<Format, Problem> {
    match written {
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        _ => Err(Problem::bad_parameter("format", written, "json or csv")),
    }
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
        assert!(
            told.contains("'limit', 'from', 'to', 'cursor', 'port', 'bucket' and 'format'"),
            "{told}"
        );
    }
}
