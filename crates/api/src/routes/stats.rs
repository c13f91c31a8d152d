//! `/stats`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use store::StoreStats;

use super::from_store;
use crate::problem::{CommonProblems, Problem, StoreProblems};
use crate::view::Stats;
use crate::{Api, Moment};

/// What the database holds
///
/// Counts are exact and take the same time whatever the number of rows.
#[utoipa::path(
    get,
    path = "/stats",
    tag = "bridge",
    responses(
        (status = 200, description = "Counts, size and what waits in the outbox", body = Stats),
        StoreProblems,
        CommonProblems
    )
)]
pub async fn stats(State(api): State<Arc<Api>>, moment: Moment) -> Result<Json<Stats>, Problem> {
    let storage = &moment.plant.storage;
    let stats = match &api.store {
        Some(store) => Stats::of(store.kind(), &from_store(store.stats()).await?, storage),
        // With DRY_RUN zeros are the truth.
        None => Stats::of("none", &StoreStats::default(), storage),
    };
    Ok(Json(stats))
}
