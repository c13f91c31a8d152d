//! The front page, and the answers where there is no page.

use axum::http::{HeaderMap, Method};
use axum::response::{Html, IntoResponse, Response};

use crate::dashboard;
use crate::problem::{CommonProblems, Problem};

/// The dashboard, for people
///
/// Its other screens are `/panels`, `/history`, `/compare`, `/events`, `/system` and `/kiosk`. A
/// program that was built without it says here how to build it.
#[utoipa::path(
    get,
    path = "/",
    tag = "bridge",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), CommonProblems)
)]
pub async fn home(headers: HeaderMap) -> Response {
    dashboard::page(&headers).unwrap_or_else(|| Html(include_str!("home.html")).into_response())
}

/// A route has this path, but it does not take this method.
pub async fn wrong_method(method: Method) -> Problem {
    Problem::MethodNotAllowed { method }
}
