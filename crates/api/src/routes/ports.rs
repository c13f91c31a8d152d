//! Ports and their energy.

use axum::Json;
use axum::extract::Path;

use crate::Moment;
use crate::problem::{CommonProblems, InverterProblems, PlantProblems, Problem};
use crate::view::{Port, Production};

/// The latest reading of every port
///
/// Ascending by serial number and port, served from memory.
#[utoipa::path(
    get,
    path = "/api/ports",
    tag = "plant",
    responses(
        (status = 200, description = "Every known port", body = [Port]),
        PlantProblems,
        CommonProblems
    )
)]
pub async fn list(moment: Moment) -> Result<Json<Vec<Port>>, Problem> {
    every_port(&moment).map(Json)
}

/// The latest reading of each port of one inverter
#[utoipa::path(
    get,
    path = "/api/inverters/{serial}/ports",
    tag = "plant",
    params(("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001")),
    responses(
        (status = 200, description = "Its ports, ascending", body = [Port]),
        InverterProblems,
        PlantProblems,
        CommonProblems
    )
)]
pub async fn of_inverter(
    Path(serial): Path<String>,
    moment: Moment,
) -> Result<Json<Vec<Port>>, Problem> {
    let (serial, inverter) = moment.inverter(&serial)?;
    Ok(Json(Port::all_of(serial, inverter, &moment).collect()))
}

/// The energy of every port
///
/// Ascending by serial number and port, served from memory.
#[utoipa::path(
    get,
    path = "/api/production/current",
    tag = "plant",
    responses(
        (status = 200, description = "Today's and lifetime energy", body = [Production]),
        PlantProblems,
        CommonProblems
    )
)]
pub async fn production(moment: Moment) -> Result<Json<Vec<Production>>, Problem> {
    let ports = every_port(&moment)?;
    Ok(Json(ports.into_iter().map(Production::from).collect()))
}

fn every_port(moment: &Moment) -> Result<Vec<Port>, Problem> {
    let ports = moment
        .inverters()?
        .flat_map(|(serial, inverter)| Port::all_of(serial, inverter, moment))
        .collect();
    Ok(ports)
}
