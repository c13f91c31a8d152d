//! `/api/inverters` and one of them.

use axum::Json;
use axum::extract::Path;

use crate::Moment;
use crate::problem::{CommonProblems, InverterProblems, PlantProblems, Problem};
use crate::view::Inverter;

/// All inverters with their latest readings and ports
///
/// Ascending by serial number, served from memory. An inverter that sleeps is still in the list.
#[utoipa::path(
    get,
    path = "/api/inverters",
    tag = "plant",
    responses(
        (status = 200, description = "Every known inverter", body = [Inverter]),
        PlantProblems,
        CommonProblems
    )
)]
pub async fn list(moment: Moment) -> Result<Json<Vec<Inverter>>, Problem> {
    let inverters = moment
        .inverters()?
        .map(|(serial, inverter)| Inverter::of(serial, inverter, &moment))
        .collect();
    Ok(Json(inverters))
}

/// One inverter with its latest readings and ports
#[utoipa::path(
    get,
    path = "/api/inverters/{serial}",
    tag = "plant",
    params(("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001")),
    responses(
        (status = 200, description = "The inverter", body = Inverter),
        InverterProblems,
        PlantProblems,
        CommonProblems
    )
)]
pub async fn one(Path(serial): Path<String>, moment: Moment) -> Result<Json<Inverter>, Problem> {
    let (serial, inverter) = moment.inverter(&serial)?;
    Ok(Json(Inverter::of(serial, inverter, &moment)))
}
