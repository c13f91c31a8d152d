//! What every answer gets on its way out: a problem its body, each its headers and its time.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use crate::problem::Problem;
use crate::{Api, Metrics};

/// Longer than any answer takes that the database gives in its own time. An answer that is streamed
/// has begun by then and may go on.
const PATIENCE: Duration = Duration::from_secs(30);
/// Data are not to be taken for a page, whatever they hold.
const NOT_A_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What the layer knows.
#[derive(Clone)]
pub(crate) struct Finishing {
    metrics: Arc<Metrics>,
    page_policy: HeaderValue,
}

impl Finishing {
    /// A page loads nothing but from here, and only who may read may show it in a frame: this
    /// origin, which under Home Assistant's ingress is Home Assistant's, and `CORS_ORIGINS`.
    pub(crate) fn of(api: &Api) -> Self {
        let framed_by = framed_by(&api.cors_origins);
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}"
        );
        let page_policy = HeaderValue::try_from(policy).expect("every part is printable ASCII");
        Self { metrics: Arc::clone(&api.metrics), page_policy }
    }
}

/// Who may show a page of ours within its own.
fn framed_by(origins: &[String]) -> String {
    let is_harmless = |origin: &&str| {
        !origin.is_empty()
            && origin
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":/.-_*[]".contains(&byte))
    };
    let origins = origins.iter().map(|origin| origin.trim_end_matches('/')).filter(is_harmless);
    std::iter::once("'self'").chain(origins).collect::<Vec<_>>().join(" ")
}

/// The layer around everything.
pub(crate) async fn finish(
    State(finishing): State<Finishing>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let uri = request.uri().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();

    let answered = timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        tracing::warn!(path = uri.path(), "a request was not answered in time");
        Problem::TookTooLong.into_response()
    });
    let mut response = describe_problem(answered, uri.path());
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let policy = if is_page { finishing.page_policy } else { NOT_A_PAGE };
    let headers = response.headers_mut();
    // Every answer is about now, unless its route says otherwise. A cache in between would show the
    // past as the present.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);

    finishing.metrics.request_answered(
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
