//! What every answer gets on its way out: a problem its body, each its headers and its time.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::Metrics;
use crate::problem::Problem;

/// The outermost layer.
pub(crate) async fn finish(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let uri = request.uri().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();

    let mut response = describe_problem(next.run(request).await, uri.path());
    let headers = response.headers_mut();
    // Every answer is about now, unless its route says otherwise. A cache in between would show the
    // past as the present.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

    metrics.request_answered(
        &method,
        route.as_ref().map(MatchedPath::as_str),
        response.status(),
        started.elapsed(),
    );
    response
}

/// Writes the body of a problem. An error answer that axum or a library made becomes a problem too;
/// one in JSON is meant as it is: `/health` says 503 in a shape of its own.
fn describe_problem(mut response: Response, path: &str) -> Response {
    let status = response.status();
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if !is_json && (status.is_client_error() || status.is_server_error()) => {
            Problem::of_status(status)
        }
        None => return response,
    };
    let mut described = problem.answer(path);
    if let Some(allowed) = response.headers_mut().remove(ALLOW) {
        described.headers_mut().insert(ALLOW, allowed);
    }
    described
}

/// A defect of ours must not take the connection, let alone the program, with it.
pub(crate) fn problem_of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic = said, "a request handler panicked");
    Problem::Internal.into_response()
}
