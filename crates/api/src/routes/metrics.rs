//! `/metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::metrics::{MEDIA_TYPE, render};
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::{Api, Moment};

/// Figures for Prometheus
///
/// Every value is of the moment of the scrape. A series whose source is stale is left out.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "bridge",
    responses(
        (status = 200, description = "Prometheus text format", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
        (status = 404, description = "Metrics are switched off", body = ProblemBody, content_type = "application/problem+json"),
        CommonProblems
    )
)]
pub async fn metrics(
    State(api): State<Arc<Api>>,
    moment: Moment,
) -> Result<impl IntoResponse, Problem> {
    if !api.metrics_enabled {
        return Err(Problem::MetricsOff);
    }
    let text = render(&api.metrics, moment, api.identity.version);
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], text))
}
