//! `/api/info`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::problem::CommonProblems;
use crate::view::Info;
use crate::{Api, Client, Moment};

/// Who this bridge is and what it can do
///
/// Home Assistant recognises the bridge by its `instance_id`, wherever it moves.
#[utoipa::path(
    get,
    path = "/api/info",
    tag = "bridge",
    responses((status = 200, description = "The bridge", body = Info), CommonProblems)
)]
pub async fn info(State(api): State<Arc<Api>>, moment: Moment, client: Client) -> Json<Info> {
    Json(Info::of(&api, &moment, client))
}
