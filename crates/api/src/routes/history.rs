//! `/api/inverters/{serial}/history`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use plant::Serial;
use store::HistoryQuery;

use super::from_store;
use crate::problem::{CommonProblems, InverterProblems, Problem, StoreProblems};
use crate::query::HistoryParameters;
use crate::view::HistoryEntry;
use crate::{Api, Moment};

/// What one inverter showed, newest first
///
/// Readings as they were recorded, one per poll.
#[utoipa::path(
    get,
    path = "/api/inverters/{serial}/history",
    tag = "plant",
    params(
        ("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001"),
        HistoryParameters
    ),
    responses(
        (status = 200, description = "Its readings, newest first", body = [HistoryEntry]),
        InverterProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn history(
    State(api): State<Arc<Api>>,
    Path(written): Path<String>,
    HistoryParameters { limit, from, to }: HistoryParameters,
    moment: Moment,
) -> Result<Json<Vec<HistoryEntry>>, Problem> {
    let serial: Serial = written.parse().map_err(|_| Problem::unknown_inverter(&written))?;
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let query = HistoryQuery { serial, from, to, limit };
    let readings = from_store(store.history(&query)).await?;
    // The store may know an inverter that the live plant does not: one that is gone since.
    if readings.is_empty() && !moment.plant.inverters.contains_key(&serial) {
        return Err(moment.unknown_inverter(&written));
    }
    Ok(Json(readings.into_iter().map(HistoryEntry::from).collect()))
}
