//! The body of a request that changes something: JSON of a known shape, and not too much of it.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest body, in bytes: a layout of 2000 panels.
pub(crate) const MOST_BYTES: usize = 512 * 1024;

/// What a request brings.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::NotJson),
            Err(JsonRejection::BytesRejection(rejection)) if rejection.status() == 413 => {
                Err(Problem::BodyTooLarge)
            }
            Err(rejection) => {
                let text = rejection.body_text();
                // What follows is serde's: it names the field and what was expected, and quotes
                // nothing but the request.
                let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
                Err(Problem::bad_body(reason))
            }
        }
    }
}
