//! What `/api/export` takes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use plant::Serial;
use plant::energy::Calendar;
use utoipa::IntoParams;

use super::{Edge, once, pairs, parse_edge, parse_serial};
use crate::export::Format;
use crate::problem::Problem;

/// Which readings are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Those of ports.
    Ports,
    /// Those of inverters.
    Inverters,
}

impl Table {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::Inverters => "inverters",
        }
    }
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParameters {
    /// The first local day, or an instant as RFC 3339 writes it; the first reading, if not given.
    #[param(value_type = Option<String>, example = "2026-06-21")]
    pub from: Option<Edge>,
    /// The local day after the last one, or an instant; now, if not given.
    #[param(value_type = Option<String>, example = "2026-06-22")]
    pub to: Option<Edge>,
    /// ports or inverters.
    #[param(value_type = Option<String>, example = "ports")]
    pub table: Table,
    /// Only this inverter.
    #[param(value_type = Option<String>, example = "116100000001")]
    pub serial: Option<Serial>,
    /// csv, or parquet if the program is built with it.
    #[param(value_type = Option<String>, example = "csv")]
    pub format: Format,
}

impl ExportParameters {
    const NAMES: &'static [&'static str] = &["from", "to", "table", "serial", "format"];

    /// The beginning, if one is given, and the end.
    ///
    /// # Errors
    /// If nothing lies between them.
    pub fn range(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Timestamp), Problem> {
        let from = self.from.map(|edge| edge.instant(calendar));
        let to = self.to.map_or(now, |edge| edge.instant(calendar));
        super::not_empty(from, Some(to))?;
        Ok((from, to))
    }
}

impl<S: Sync> FromRequestParts<S> for ExportParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (mut from, mut to, mut table) = (None, None, None);
        let (mut serial, mut format) = (None, None);
        for (name, value) in pairs(&parts.uri)? {
            match name.as_str() {
                "from" => once("from", &mut from, parse_edge("from", &value)?)?,
                "to" => once("to", &mut to, parse_edge("to", &value)?)?,
                "table" => once("table", &mut table, parse_table(&value)?)?,
                "serial" => once("serial", &mut serial, parse_serial(&value)?)?,
                "format" => once("format", &mut format, parse_format(&value)?)?,
                _ => return Err(Problem::unknown_parameter(&name, Self::NAMES)),
            }
        }
        let table = table.unwrap_or(Table::Ports);
        Ok(Self { from, to, table, serial, format: format.unwrap_or(Format::Csv) })
    }
}

fn parse_table(written: &str) -> Result<Table, Problem> {
    match written {
        "ports" => Ok(Table::Ports),
        "inverters" => Ok(Table::Inverters),
        _ => Err(Problem::bad_parameter("table", written, "ports or inverters")),
    }
}

fn parse_format(written: &str) -> Result<Format, Problem> {
    Format::named(written).ok_or_else(|| Problem::bad_parameter("format", written, Format::ALLOWED))
}
