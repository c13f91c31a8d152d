//! `/api/export`: readings of any length of time as one stream.
//!
//! A page is read when the client has taken the one before. The first page is read before the answer
//! begins: a database that is down is a problem with its own status. One that fails later cuts the
//! answer off without its end, which no client can take for a whole one.

use std::future::ready;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream::{StreamExt, TryStreamExt, unfold};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::from_store;
use crate::export::Export;
use crate::problem::{CommonProblems, InverterProblems, PlantProblems, Problem, StoreProblems};
use crate::query::export::ExportParameters;
use crate::{Api, Moment};

/// How a file that is no text is described.
struct Octets;

impl PartialSchema for Octets {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).content_encoding("binary").into()
    }
}

impl ToSchema for Octets {}

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
            description = "Comma-separated values with the names of the columns first, or Parquet",
            content(
                (
                    String = "text/csv; charset=utf-8",
                    example = "timestamp,serial_number,port_number,pv_voltage,pv_current,pv_power,today_production,total_production\n2026-06-21T12:00:00Z,116100000001,1,33.7,7.43,250.5,1032,1003002\n"
                ),
                (inline(Octets) = "application/vnd.apache.parquet")
            )
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
    let ExportParameters { table, format, .. } = parameters;
    let mut export = Export::new(store, table, format, wanted, from, to);
    let first = from_store(export.piece()).await?.unwrap_or_default();
    let rest = unfold((Some(first), export), |(first, mut export)| async move {
        let next = match first {
            Some(first) => Ok(Some(first)),
            None => from_store(export.piece()).await,
        };
        match next {
            Ok(Some(piece)) => Some((Ok(piece), (None, export))),
            Ok(None) => None,
            Err(problem) => {
                tracing::warn!("an export was cut off: {problem}");
                export.cut_off();
                Some((Err(io::Error::other(problem)), (None, export)))
            }
        }
    });
    // While a group of rows comes together there is nothing to send.
    let rest = rest.try_filter(|piece| ready(!piece.is_empty()));
    let (table, ending) = (table.name(), format.name());
    let name = format!("attachment; filename=\"hoymiles-{table}.{ending}\"");
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    // Who compresses an answer asks once more after its end.
    Ok((headers, Body::from_stream(rest.fuse())))
}
