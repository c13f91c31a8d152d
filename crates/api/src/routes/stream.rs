//! `/api/stream`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::stream::{StreamExt, unfold};

use crate::Api;
use crate::client::Client;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::stream::Listener;

/// What Server-Sent Events are.
const MEDIA_TYPE: &str = "text/event-stream";

/// What changes, as it changes
///
/// Server-Sent Events. Each has an id; a client that comes back with `Last-Event-ID` gets what it
/// missed while that is still held, else the whole state anew. A comment comes every 15 s when
/// nothing else does. A client that reads too slowly gets the whole state instead of what it missed.
///
/// | event | data | when |
/// |---|---|---|
/// | `state` | `StreamState` | first, unless resumed |
/// | `snapshot` | `StreamSnapshot` | a DTU was polled |
/// | `status` | `StreamStatus` | something changed although no reading came |
/// | `event` | `Event` | something began or ended, as in `/api/events` |
#[utoipa::path(
    get,
    path = "/api/stream",
    tag = "plant",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client has seen", example = "5f0c6a3e9b1d2c47-17"),
    ),
    responses(
        (
            status = 200,
            description = "Events without end",
            body = String,
            content_type = "text/event-stream",
            example = "event: state\nid: 5f0c6a3e9b1d2c47-17\ndata: {…}\n\n"
        ),
        (status = 503, description = "Too many streams are open", body = ProblemBody, content_type = "application/problem+json"),
        CommonProblems
    )
)]
pub async fn stream(
    State(api): State<Arc<Api>>,
    client: Client,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let listener = Listener::join(api, client.address(), last)?;
    let frames = unfold(listener, |mut listener| async move {
        let frame = listener.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(frame), listener))
    });
    // The second header is for nginx, which else collects an answer before it passes it on.
    let headers = [(CONTENT_TYPE.as_str(), MEDIA_TYPE), ("x-accel-buffering", "no")];
    // An ended one may be asked once more.
    Ok((headers, Body::from_stream(frames.fuse())))
}
