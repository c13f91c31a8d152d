//! Answers from the live plant, made once for everybody who asks for the same within a second.
//!
//! Such an answer depends on the plant and on the clock, of which it shows whole seconds. So those
//! of one plant and one second are alike, byte by byte, also when they are compressed. A new plant
//! or a new second drops them all. The plant is held meanwhile: nobody can change it underneath.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use plant::live::LivePlant;
use uuid::Uuid;

use crate::problem::Problem;
use crate::{Api, Moment};

/// Of the same second. A page asks for five routes, and each inverter has two more; whoever asks for
/// still others gets them made.
const MOST_ANSWERS: usize = 64;

/// Answers of one state and one second.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    state: Option<State>,
    tag: Option<HeaderValue>,
    answers: HashMap<Question, Answer>,
}

/// All that an answer depends on besides the question.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) moment: Moment,
    /// Becomes known once, some time after the start.
    pub(crate) instance_id: Option<Uuid>,
}

/// What an answer depends on besides the state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    path: String,
    encodings: Vec<HeaderValue>,
}

/// What is sent, without what is sent to everybody.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

impl State {
    /// Of this second.
    pub(crate) fn now(api: &Api) -> Self {
        Self {
            moment: Moment::of(api).at_its_second(),
            instance_id: api.identity.instance_id.get().copied(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::<LivePlant>::ptr_eq(&self.moment.plant, &other.moment.plant)
            && (self.moment.now, self.instance_id) == (other.moment.now, other.instance_id)
    }
}

impl Question {
    /// None for a request whose answer is not to be kept.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let is_plain = request.method() == Method::GET && request.uri().query().is_none();
        is_plain.then(|| Self {
            path: request.uri().path().to_owned(),
            encodings: request.headers().get_all(ACCEPT_ENCODING).iter().cloned().collect(),
        })
    }
}

impl Answer {
    /// An answer that is on its way, taken off it.
    pub(crate) async fn of(response: Response) -> Result<Self, Problem> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::Internal)?;
        Ok(Self { headers: parts.headers, body })
    }

    pub(crate) fn send(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::OK;
        *response.headers_mut() = self.headers;
        response
    }
}

impl Kept {
    /// The tag of a state, which is made if it is another than before.
    pub(crate) fn tag(&self, state: &State, make: impl FnOnce() -> HeaderValue) -> HeaderValue {
        self.with(state, |shelf| shelf.tag.get_or_insert_with(make).clone())
    }

    /// The answer to a question in this state.
    pub(crate) fn answer(&self, state: &State, question: &Question) -> Option<Answer> {
        self.with(state, |shelf| shelf.answers.get(question).cloned())
    }

    /// Keeps an answer that was made in this state.
    pub(crate) fn keep(&self, state: &State, question: Question, answer: &Answer) {
        self.with(state, |shelf| {
            if shelf.answers.len() < MOST_ANSWERS {
                shelf.answers.insert(question, answer.clone());
            }
        });
    }

    /// Works on the shelf of this state. An older state than that of the shelf, of a request that
    /// took its time, empties it too: what is kept is never wrong, at worst made again.
    fn with<T>(&self, state: &State, work: impl FnOnce(&mut Shelf) -> T) -> T {
        // Held for as long as it takes to find an answer or to make a tag.
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !shelf.state.as_ref().is_some_and(|known| known.is(state)) {
            *shelf = Shelf { state: Some(state.clone()), ..Shelf::default() };
        }
        work(&mut shelf)
    }
}
