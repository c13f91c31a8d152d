//! `/api/plant`, `/api/dtus` and `/api/state`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::problem::CommonProblems;
use crate::view::{self, Dtu, Plant};
use crate::{Api, Moment};

/// The plant at one glance
///
/// Power, energy of today, month, year and lifetime, today's peak, who reports and who sleeps.
/// Served from memory.
#[utoipa::path(
    get,
    path = "/api/plant",
    tag = "plant",
    responses((status = 200, description = "The plant", body = Plant), CommonProblems)
)]
pub async fn plant(State(api): State<Arc<Api>>, moment: Moment) -> Json<Plant> {
    Json(Plant::of(&moment, &api.identity))
}

/// Everything as of now
///
/// What a stream begins with, for those who can only ask: plant, DTUs and inverters of one and the
/// same moment, in one answer. Served from memory.
#[utoipa::path(
    get,
    path = "/api/state",
    tag = "plant",
    responses((status = 200, description = "Everything", body = view::stream::State), CommonProblems)
)]
pub async fn state(State(api): State<Arc<Api>>, moment: Moment) -> Json<view::stream::State> {
    Json(view::stream::State::of(&moment, &api.identity))
}

/// Every configured DTU
///
/// Ascending by name, served from memory, also those that were not polled yet.
#[utoipa::path(
    get,
    path = "/api/dtus",
    tag = "plant",
    responses((status = 200, description = "The DTUs", body = [Dtu]), CommonProblems)
)]
pub async fn dtus(moment: Moment) -> Json<Vec<Dtu>> {
    let dtus = moment.plant.dtus.iter();
    Json(dtus.map(|(name, dtu)| Dtu::of(name, dtu, &moment)).collect())
}
