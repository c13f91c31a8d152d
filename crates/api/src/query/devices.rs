//! What the histories of meters and hybrid inverters take.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::IntoParams;

use super::{DEFAULT_LIMIT, MAX_READINGS, not_empty, once, pairs, parse_instant, parse_limit};
use crate::problem::Problem;

/// Which readings of a meter or a hybrid inverter are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeviceHistoryParameters {
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

impl DeviceHistoryParameters {
    const NAMES: &'static [&'static str] = &["limit", "from", "to"];
}

impl<S: Sync> FromRequestParts<S> for DeviceHistoryParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut limit, mut from, mut to) = (None, None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "limit" => once("limit", &mut limit, parse_limit(&value, MAX_READINGS)?)?,
                "from" => once("from", &mut from, parse_instant("from", &value)?)?,
                "to" => once("to", &mut to, parse_instant("to", &value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        not_empty(from, to)?;
        Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), from, to })
    }
}
