//! `/api/storage`: hybrid inverters with a battery, and what one of them showed before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use store::StorageQuery;

use super::from_store;
use crate::problem::{CommonProblems, DeviceProblems, PlantProblems, Problem, StoreProblems};
use crate::query::DeviceHistoryParameters;
use crate::view::{Storage, StorageEntry};
use crate::{Api, Moment};

/// All hybrid inverters with their latest readings
///
/// Ascending by serial number, served from memory. Empty where no DTU has a hybrid inverter.
#[utoipa::path(
    get,
    path = "/api/storage",
    tag = "plant",
    responses(
        (status = 200, description = "Every known hybrid inverter", body = [Storage]),
        PlantProblems,
        CommonProblems
    )
)]
pub async fn list(moment: Moment) -> Result<Json<Vec<Storage>>, Problem> {
    Ok(Json(moment.hybrids()?.map(|hybrid| Storage::of(hybrid, &moment)).collect()))
}

/// What one hybrid inverter showed, newest first
///
/// Readings as they were recorded, one per sample of the device.
#[utoipa::path(
    get,
    path = "/api/storage/{serial}/history",
    tag = "plant",
    params(
        ("serial" = String, Path, description = "Serial number of the hybrid inverter", example = "22069995057734"),
        DeviceHistoryParameters
    ),
    responses(
        (status = 200, description = "Its readings, newest first", body = [StorageEntry]),
        DeviceProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn history(
    State(api): State<Arc<Api>>,
    Path(serial): Path<String>,
    DeviceHistoryParameters { limit, from, to }: DeviceHistoryParameters,
    moment: Moment,
) -> Result<Json<Vec<StorageEntry>>, Problem> {
    if !is_decimal(&serial) {
        return Err(Problem::unknown_storage(&serial));
    }
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let query = StorageQuery { serial_number: serial.clone(), from, to, limit };
    let readings = from_store(store.storage_history(&query)).await?;
    if readings.is_empty() && !moment.plant.hybrids.contains_key(&serial) {
        return Err(moment.unknown_storage(&serial));
    }
    Ok(Json(readings.iter().map(StorageEntry::of).collect()))
}

/// A 64-bit number in decimal digits, as these devices are numbered.
fn is_decimal(serial: &str) -> bool {
    !serial.is_empty() && serial.len() <= 20 && serial.bytes().all(|byte| byte.is_ascii_digit())
}
