//! `/api/meters` and what one of them showed before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use plant::Serial;
use store::MeterQuery;

use super::from_store;
use crate::problem::{CommonProblems, DeviceProblems, PlantProblems, Problem, StoreProblems};
use crate::query::DeviceHistoryParameters;
use crate::view::{Meter, MeterEntry};
use crate::{Api, Moment};

/// All energy meters with their latest readings
///
/// Ascending by serial number, served from memory. Empty where no DTU has a meter.
#[utoipa::path(
    get,
    path = "/api/meters",
    tag = "plant",
    responses(
        (status = 200, description = "Every known meter", body = [Meter]),
        PlantProblems,
        CommonProblems
    )
)]
pub async fn list(moment: Moment) -> Result<Json<Vec<Meter>>, Problem> {
    Ok(Json(moment.meters()?.map(|meter| Meter::of(meter, &moment)).collect()))
}

/// What one meter showed, newest first
///
/// Readings as they were recorded, one per poll.
#[utoipa::path(
    get,
    path = "/api/meters/{serial}/history",
    tag = "plant",
    params(
        ("serial" = String, Path, description = "Serial number of the meter", example = "10c071000001"),
        DeviceHistoryParameters
    ),
    responses(
        (status = 200, description = "Its readings, newest first", body = [MeterEntry]),
        DeviceProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn history(
    State(api): State<Arc<Api>>,
    Path(written): Path<String>,
    DeviceHistoryParameters { limit, from, to }: DeviceHistoryParameters,
    moment: Moment,
) -> Result<Json<Vec<MeterEntry>>, Problem> {
    let serial: Serial = written.parse().map_err(|_| Problem::unknown_meter(&written))?;
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let query = MeterQuery { serial, from, to, limit };
    let readings = from_store(store.meter_history(&query)).await?;
    if readings.is_empty() && !moment.plant.meters.contains_key(&serial) {
        return Err(moment.unknown_meter(&written));
    }
    let entries = readings.iter().map(|timed| MeterEntry::of(timed.at, &timed.value));
    Ok(Json(entries.collect()))
}
