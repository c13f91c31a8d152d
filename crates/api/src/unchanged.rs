//! Answers that a page asks for again and again: with `If-None-Match` only what is new is sent.
//!
//! A tag stands for a state of the plant, not for bytes: the age of a reading grows with every
//! second, and a page can count seconds by itself. Hence it is weak.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::condition::Condition;
use crate::{Api, Moment};

/// Kept by nobody but who asked, and used only after asking whether it is still true.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A layer around the routes that are answered from the live plant.
pub(crate) async fn unless_unchanged(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Response {
    let tag = tag(&api);
    // Of two equal paths with other parameters each is tagged alike, so only a bare path counts.
    let is_known = request.uri().query().is_none() && knows(request.headers(), &tag);
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if is_known || response.status() == StatusCode::OK {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, ASK_AGAIN);
        headers.insert(ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits fit a header"));
    }
    response
}

/// Says which state everything is in.
fn tag(api: &Api) -> String {
    let moment = Moment::of(api);
    let mut hasher = DefaultHasher::new();
    (moment.plant.started_at, moment.plant.revision).hash(&mut hasher);
    (Condition::at(&moment), api.identity.instance_id.get()).hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let mut known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.any(|tags| tags.split(',').any(|known| known.trim() == tag))
}
