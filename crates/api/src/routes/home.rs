//! The front page, and the answers where there is no page.

use axum::http::Method;
use axum::response::Html;

use crate::problem::{CommonProblems, Problem};

/// The front page, for people
///
/// Says what this is and where to go.
#[utoipa::path(
    get,
    path = "/",
    tag = "bridge",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), CommonProblems)
)]
pub async fn home() -> Html<&'static str> {
    Html(include_str!("home.html"))
}

/// No route has this path.
pub async fn nothing_here() -> Problem {
    Problem::UnknownPath
}

/// A route has this path, but it does not take this method.
pub async fn wrong_method(method: Method) -> Problem {
    Problem::MethodNotAllowed { method }
}
