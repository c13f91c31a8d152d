//! `/api/export`: readings of any length of time as one stream.
//!
//! Page by page through the key of each port or inverter; a page is read when the client has taken
//! the one before, so that memory stays the same however much is exported and no transaction stays
//! open for a slow client. The first page is read before the answer begins: a database that is down
//! is a problem with its own status. One that fails later cuts the answer off without its end, which
//! no client can take for a whole one.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream::{StreamExt, unfold};
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use store::{PageQuery, Store};

use super::from_store;
use crate::problem::{CommonProblems, InverterProblems, PlantProblems, Problem, StoreProblems};
use crate::query::export::{ExportParameters, Table};
use crate::{Api, Moment, csv};

/// Readings in one page, some 300 KB of text.
const PAGE: u32 = 5000;

/// All readings of a range of time
///
/// As they were recorded, by inverter and port, each ascending by time. The counters are the
/// device's own. An answer that ends without its last chunk is not complete: the database failed.
#[utoipa::path(
    get,
    path = "/api/export",
    tag = "plant",
    params(ExportParameters),
    responses(
        (
            status = 200,
            description = "Comma-separated values with the names of the columns first",
            body = String,
            content_type = "text/csv; charset=utf-8",
            example = "timestamp,serial_number,port_number,pv_voltage,pv_current,pv_power,today_production,total_production\n2026-06-21T12:00:00Z,116100000001,1,33.7,7.43,250.5,1032,1003002\n"
        ),
        InverterProblems,
        PlantProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn export(
    State(api): State<Arc<Api>>,
    parameters: ExportParameters,
    moment: Moment,
) -> Result<impl IntoResponse, Problem> {
    let store = Arc::clone(api.store.as_ref().ok_or(Problem::NothingStored)?);
    let (from, to) = parameters.range(&moment.plant.calendar, moment.now)?;
    if let Some(serial) = parameters.serial {
        moment.inverter(&serial.to_string())?;
    }
    let wanted = moment
        .inverters()?
        .filter(|(serial, _)| parameters.serial.is_none_or(|only| only == *serial));
    let parts: VecDeque<Part> = wanted
        .flat_map(|(serial, inverter)| {
            let from = from.unwrap_or(inverter.first_seen);
            let part = move |port| Part { serial, port, from };
            match parameters.table {
                Table::Inverters => vec![part(None)],
                Table::Ports => inverter.ports.keys().map(|&port| part(Some(port))).collect(),
            }
        })
        .collect();
    let columns = match parameters.table {
        Table::Ports => csv::PORT_COLUMNS,
        Table::Inverters => csv::INVERTER_COLUMNS,
    };
    let mut pages = Pages { store, parts, to };
    let first = format!("{columns}{}", pages.next().await?.unwrap_or_default());
    let rest = unfold((Some(first), pages), |(first, mut pages)| async move {
        let page = match first {
            Some(first) => Ok(Some(first)),
            None => pages.next().await,
        };
        match page {
            Ok(Some(page)) => Some((Ok(page), (None, pages))),
            Ok(None) => None,
            Err(problem) => {
                tracing::warn!("an export was cut off: {problem}");
                pages.parts.clear();
                Some((Err(io::Error::other(problem)), (None, pages)))
            }
        }
    });
    let name = match parameters.table {
        Table::Ports => "attachment; filename=\"hoymiles-ports.csv\"",
        Table::Inverters => "attachment; filename=\"hoymiles-inverters.csv\"",
    };
    let headers = [(CONTENT_TYPE, csv::MEDIA_TYPE), (CONTENT_DISPOSITION, name)];
    // Who compresses an answer asks once more after its end.
    Ok((headers, Body::from_stream(rest.fuse())))
}

/// A port or an inverter, and from when on it is still to be exported.
#[derive(Debug, Clone, Copy)]
struct Part {
    serial: Serial,
    port: Option<u8>,
    from: Timestamp,
}

/// What is still to be exported.
struct Pages {
    store: Arc<dyn Store>,
    parts: VecDeque<Part>,
    to: Timestamp,
}

impl Pages {
    /// The next lines; none when all are told.
    async fn next(&mut self) -> Result<Option<String>, Problem> {
        let mut lines = String::new();
        while let Some(part) = self.parts.front_mut() {
            let Part { serial, port, from } = *part;
            let page = PageQuery { serial, from, to: self.to, limit: PAGE };
            let (read, last) = match port {
                Some(port) => {
                    let readings = from_store(self.store.port_page(&page, port)).await?;
                    let end = (readings.len(), readings.last().map(|reading| reading.at));
                    readings.into_iter().for_each(|reading| csv::port(&mut lines, reading));
                    end
                }
                None => {
                    let readings = from_store(self.store.inverter_page(&page)).await?;
                    let end = (readings.len(), readings.last().map(|reading| reading.at));
                    readings.into_iter().for_each(|reading| csv::inverter(&mut lines, reading));
                    end
                }
            };
            match last {
                // A sample time has microseconds.
                Some(last) if read == PAGE as usize => {
                    part.from = last + SignedDuration::from_micros(1);
                }
                _ => drop(self.parts.pop_front()),
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}
