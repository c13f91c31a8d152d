//! `/health` and `/ready`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::verdict::not_accepting;
use crate::view::Health;
use crate::{Api, Moment};

/// Whether readings are taken and kept
///
/// Healthy and degraded answer 200. A database outage that the outbox absorbs is degraded, and so is
/// one silent DTU of several. 503 means that readings are being lost, or that nothing is polled.
#[utoipa::path(
    get,
    path = "/health",
    tag = "bridge",
    responses(
        (status = 200, description = "Readings are taken and kept", body = Health),
        (status = 503, description = "Readings are being lost, or none are taken", body = Health),
        CommonProblems
    )
)]
pub async fn health(State(api): State<Arc<Api>>, moment: Moment) -> (StatusCode, Json<Health>) {
    let health = Health::of(&moment, &api.identity);
    let status = if health.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

/// Whether the bridge can take readings
///
/// For probes: the text OK while the database or the outbox takes readings.
#[utoipa::path(
    get,
    path = "/ready",
    tag = "bridge",
    responses(
        (status = 200, description = "Readings can be kept", body = String, content_type = "text/plain", example = "OK"),
        (status = 503, description = "Readings cannot be kept", body = ProblemBody, content_type = "application/problem+json"),
        CommonProblems
    )
)]
pub async fn ready(moment: Moment) -> Result<&'static str, Problem> {
    let storage = &moment.plant.storage;
    if storage.accepting {
        Ok("OK")
    } else {
        Err(Problem::NotTaking { reason: not_accepting(storage) })
    }
}
