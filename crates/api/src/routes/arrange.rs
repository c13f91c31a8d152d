//! `/api/layout`, and what else people can say about the plant.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use plant::Serial;
use plant::arrangement::Change;

use crate::body::Body;
use crate::change::make;
use crate::problem::{BodyProblems, CommonProblems, InverterProblems, NotKeptProblems, Problem};
use crate::view::layout::{Layout, PanelName, Retirement};
use crate::{Api, Moment};

/// Where panels lie
///
/// Empty before anyone has arranged them.
#[utoipa::path(
    get,
    path = "/api/layout",
    tag = "plant",
    responses((status = 200, description = "The layout", body = Layout), CommonProblems)
)]
pub async fn layout(moment: Moment) -> Json<Layout> {
    Json(Layout::from(&moment.plant.arrangement.layout))
}

/// Say where panels lie
///
/// Replaces the whole layout. It may hold panels that are not known yet. Only with `API_TOKEN`.
#[utoipa::path(
    put,
    path = "/api/layout",
    tag = "plant",
    request_body = Layout,
    responses(
        (status = 200, description = "The layout as it is now", body = Layout),
        BodyProblems,
        NotKeptProblems,
        CommonProblems
    )
)]
pub async fn set_layout(
    State(api): State<Arc<Api>>,
    Body(layout): Body<Layout>,
) -> Result<Json<Layout>, Problem> {
    let change = Change::Layout(layout.try_into()?);
    keep(&api, change).await?;
    Ok(self::layout(Moment::of(&api)).await)
}

/// Say how a panel is called
///
/// Null takes the name away. Only with `API_TOKEN`.
#[utoipa::path(
    put,
    path = "/api/panels/{serial}/{port}",
    tag = "plant",
    params(
        ("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001"),
        ("port" = u8, Path, description = "The port of the inverter that the panel is on", minimum = 1, maximum = 8, example = 1)
    ),
    request_body = PanelName,
    responses(
        (status = 200, description = "The name as it is now", body = PanelName),
        InverterProblems,
        BodyProblems,
        NotKeptProblems,
        CommonProblems
    )
)]
pub async fn name_panel(
    State(api): State<Arc<Api>>,
    Path((serial, port)): Path<(String, String)>,
    moment: Moment,
    Body(name): Body<PanelName>,
) -> Result<Json<PanelName>, Problem> {
    let (serial, inverter) = moment.inverter(&serial)?;
    let port = port
        .parse()
        .ok()
        .filter(|port| inverter.ports.contains_key(port))
        .ok_or_else(|| Problem::unknown_port(serial, &port))?;
    let name = name.parse()?;
    keep(&api, Change::PanelName { serial, port, name: name.clone() }).await?;
    Ok(Json(PanelName { name }))
}

/// Say whether an inverter is out of service
///
/// A retired inverter is not counted, not missed, and raises no alarm. What it has shown stays. Only
/// with `API_TOKEN`.
#[utoipa::path(
    put,
    path = "/api/inverters/{serial}/retired",
    tag = "plant",
    params(("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001")),
    request_body = Retirement,
    responses(
        (status = 200, description = "As it is now", body = Retirement),
        InverterProblems,
        BodyProblems,
        NotKeptProblems,
        CommonProblems
    )
)]
pub async fn retire(
    State(api): State<Arc<Api>>,
    Path(serial): Path<String>,
    moment: Moment,
    Body(retirement): Body<Retirement>,
) -> Result<Json<Retirement>, Problem> {
    let (serial, _): (Serial, _) = moment.inverter(&serial)?;
    keep(&api, Change::Retired { serial, retired: retirement.retired }).await?;
    Ok(Json(retirement))
}

async fn keep(api: &Api, change: Change) -> Result<(), Problem> {
    if api.store.is_none() {
        return Err(Problem::NothingKept);
    }
    make(&api.changes, change).await
}
