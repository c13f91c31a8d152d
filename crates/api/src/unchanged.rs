//! Answers that a page asks for again and again: with `If-None-Match` only what is new is sent, and
//! what many ask for is made once ([`kept`](crate::kept)).
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

use crate::Api;
use crate::condition::Condition;
use crate::kept::{self, Answer, Kept, Question};

/// Kept by nobody but who asked, and used only after asking whether it is still true.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A layer around the routes that are answered from the live plant.
pub(crate) async fn unless_unchanged(
    State((api, kept)): State<(Arc<Api>, Arc<Kept>)>,
    request: Request,
    next: Next,
) -> Response {
    let state = kept::State::now(&api);
    let tag = kept.tag(&state, || tag(&state));
    // Of two equal paths with other parameters each is tagged alike, so only a bare path counts.
    let is_known = request.uri().query().is_none() && knows(request.headers(), &tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        kept_or_made(&kept, state, request, next).await
    };
    if is_known || response.status() == StatusCode::OK {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, ASK_AGAIN);
        headers.insert(ETAG, tag);
    }
    response
}

async fn kept_or_made(
    kept: &Kept,
    state: kept::State,
    mut request: Request,
    next: Next,
) -> Response {
    let question = Question::of(&request);
    if let Some(answer) = question.as_ref().and_then(|question| kept.answer(&state, question)) {
        return answer.send();
    }
    // What is made shows the very state under which it is kept.
    request.extensions_mut().insert(state.moment.clone());
    let made = next.run(request).await;
    let Some(question) = question.filter(|_| made.status() == StatusCode::OK) else { return made };
    match Answer::of(made).await {
        Ok(answer) => {
            kept.keep(&state, question, &answer);
            answer.send()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Says which state everything is in.
fn tag(kept::State { moment, instance_id }: &kept::State) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    (moment.plant.started_at, moment.plant.revision).hash(&mut hasher);
    (Condition::at(moment), instance_id.as_ref()).hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    HeaderValue::try_from(tag).expect("hexadecimal digits fit a header")
}

fn knows(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.any(|tags| tags.split(',').any(|known| known.trim().as_bytes() == tag.as_bytes()))
}
