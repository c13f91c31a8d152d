//! Everything that can go wrong with a request, in words for the client.
//!
//! An error travels as [`Problem`] and becomes an RFC 9457 body in one place (`finish`), which knows
//! the path for `instance`. Clients never see internals: what a database said goes to the log.
//!
//! | use | where |
//! |---|---|
//! | [`Problem::UnknownParameter`], [`RepeatedParameter`](Problem::RepeatedParameter), [`BadParameter`](Problem::BadParameter), [`EmptyRange`](Problem::EmptyRange) | in `query`: what was asked is not allowed |
//! | [`Problem::UnknownInverter`], [`UnknownMeter`](Problem::UnknownMeter), [`UnknownStorage`](Problem::UnknownStorage) | a serial in the path that no such device has, or that is no serial |
//! | [`Problem::UnknownPath`], [`MethodNotAllowed`](Problem::MethodNotAllowed), [`BadRequest`](Problem::BadRequest) | in `router` and `finish`: no route takes this request |
//! | [`Problem::UnknownPort`], [`BadBody`](Problem::BadBody), [`BadField`](Problem::BadField), [`NotJson`](Problem::NotJson), [`BodyTooLarge`](Problem::BodyTooLarge), [`NothingKept`](Problem::NothingKept), [`NotKept`](Problem::NotKept) | in routes that change something |
//! | [`Problem::ChangesClosed`], [`TokenWanted`](Problem::TokenWanted), [`TokenWrong`](Problem::TokenWrong), [`TooManyWrongTokens`](Problem::TooManyWrongTokens) | in `access` |
//! | [`Problem::MetricsOff`], [`NothingStored`](Problem::NothingStored) | the user's configuration leaves this out; waiting does not help |
//! | [`Problem::NotReadYet`], [`StoreUnreachable`](Problem::StoreUnreachable), [`TooManyStreams`](Problem::TooManyStreams) | it may work in some seconds: carries `Retry-After` |
//! | [`Problem::NotTaking`] | `/ready` only |
//! | [`Problem::StoreUnfit`], [`Internal`](Problem::Internal) | a person has to look at the log |

mod documented;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use plant::Serial;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::export::ExportError;

pub use self::documented::{
    BodyProblems, CommonProblems, DeviceProblems, InverterProblems, NotKeptProblems, PlantProblems,
    StoreProblems,
};

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a problem's `type` starts with. Nothing is to be found there: it only has to be unique.
const TYPE_PREFIX: &str = "urn:hoymiles-smiles:problem:";

/// So much of what a client sent is shown back.
const SHOWN_CHARACTERS: usize = 40;
/// The same of a reason, which may quote it.
const SHOWN_OF_A_REASON: usize = 200;

/// What was wrong. The texts are whole sentences that say what was found and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A query parameter that this route does not take.
    #[error("The query parameter '{name}' is unknown: {}.", takes(allowed))]
    UnknownParameter {
        /// As the client wrote it.
        name: String,
        /// What this route takes.
        allowed: &'static [&'static str],
    },
    /// A query parameter given twice.
    #[error("The query parameter '{name}' is given more than once, and only one value can count.")]
    RepeatedParameter {
        /// Its name.
        name: &'static str,
    },
    /// A value that this parameter does not take.
    #[error("The query parameter '{name}' must be {allowed}, but '{found}' was found.")]
    BadParameter {
        /// Its name.
        name: &'static str,
        /// As the client wrote it.
        found: String,
        /// What it takes, to follow "must be".
        allowed: &'static str,
    },
    /// A range of time that holds nothing.
    #[error("The query parameter 'from' ({from}) must be before 'to' ({to}).")]
    EmptyRange {
        /// Its start.
        from: String,
        /// Its end.
        to: String,
    },
    /// No inverter has this serial.
    #[error(
        "No inverter with the serial number '{serial}' is known; /api/inverters lists those that are."
    )]
    UnknownInverter {
        /// As the client wrote it.
        serial: String,
    },
    /// No energy meter has this serial.
    #[error(
        "No meter with the serial number '{serial}' is known; /api/meters lists those that are."
    )]
    UnknownMeter {
        /// As the client wrote it.
        serial: String,
    },
    /// No hybrid inverter has this serial number.
    #[error(
        "No hybrid inverter with the serial number '{serial}' is known; /api/storage lists those that are."
    )]
    UnknownStorage {
        /// As the client wrote it.
        serial: String,
    },
    /// No route.
    #[error("There is nothing at this path; /docs lists what there is.")]
    UnknownPath,
    /// A route, but not for this method.
    #[error("{method} is not allowed here; the header 'Allow' says what is.")]
    MethodNotAllowed {
        /// What was asked for.
        method: Method,
    },
    /// A request that cannot be read.
    #[error("This request cannot be understood; /docs shows how to ask.")]
    BadRequest,
    /// `/metrics` is switched off.
    #[error("Metrics are switched off: METRICS_ENABLED is false.")]
    MetricsOff,
    /// There is no store.
    #[error("Nothing is stored because DRY_RUN is on, so there is no history.")]
    NothingStored,
    /// Neither the store nor a DTU has told which inverters there are.
    #[error(
        "It is not known yet which inverters there are: since the bridge started, neither the database nor a DTU has answered. /health tells more."
    )]
    NotReadYet,
    /// The store is needed and does not answer.
    #[error(
        "The database cannot be reached at the moment, and this answer needs it. /health tells more."
    )]
    StoreUnreachable,
    /// The store's schema is not ours.
    #[error("The database does not fit this version of the bridge; the bridge's log tells more.")]
    StoreUnfit,
    /// Readings are being lost.
    #[error("Readings cannot be kept: {reason}")]
    NotTaking {
        /// The newest failure of the store, without secrets.
        reason: String,
    },
    /// No port of this inverter has this number.
    #[error(
        "The inverter {serial} has no port '{port}'; /api/inverters/{serial}/ports lists those it has."
    )]
    UnknownPort {
        /// The inverter.
        serial: Serial,
        /// As the client wrote it.
        port: String,
    },
    /// A body that is no JSON of this shape.
    #[error("The body of the request is not what this route takes: {reason}")]
    BadBody {
        /// What was found, and what is allowed.
        reason: String,
    },
    /// A field of a body with a value that it does not take.
    #[error("The field '{field}' must be {allowed}.")]
    BadField {
        /// Its path.
        field: String,
        /// What it takes, to follow "must be".
        allowed: &'static str,
    },
    /// A body of another kind.
    #[error("This route takes JSON: send it with 'Content-Type: application/json'.")]
    NotJson,
    /// A body without end.
    #[error("The body of the request is too large: at most 524288 bytes are taken.")]
    BodyTooLarge,
    /// Somebody has switched storing off.
    #[error("Nothing is stored because DRY_RUN is on, so nothing can be changed.")]
    NothingKept,
    /// A change that could not be kept.
    #[error("The change could not be kept, so nothing was changed; /health tells more.")]
    NotKept,
    /// Only some may change something, and this client is none of them.
    #[error(
        "Only Home Assistant's own page of this bridge may change something; with API_TOKEN set, who sends it may too."
    )]
    ChangesClosed,
    /// The API is closed, and the request brings no token.
    #[error(
        "This bridge answers only with its token: send the header 'Authorization: Bearer' with the value of API_TOKEN."
    )]
    TokenWanted,
    /// The token is wrong.
    #[error(
        "The token is wrong: send the header 'Authorization: Bearer' with the value of API_TOKEN."
    )]
    TokenWrong,
    /// Many wrong tokens in a short time.
    #[error(
        "Too many requests with a wrong token came from this address. The right one is never refused."
    )]
    TooManyWrongTokens {
        /// After how many seconds one more is looked at.
        seconds: u16,
    },
    /// An answer that does not come.
    #[error("The answer took too long; /health tells how the bridge is.")]
    TookTooLong,
    /// No seat for one more stream.
    #[error(
        "Too many live streams are open, of this address or in all; close one, or ask again later."
    )]
    TooManyStreams,
    /// A defect.
    #[error("Something went wrong inside the bridge; its log tells more.")]
    Internal,
}

/// "this route takes …"
fn takes(allowed: &[&str]) -> String {
    match allowed.split_last() {
        None => "this route takes no parameters".to_owned(),
        Some((only, [])) => format!("this route takes only '{only}'"),
        Some((last, others)) => {
            format!("this route takes '{}' and '{last}'", others.join("', '"))
        }
    }
}

impl Problem {
    /// [`Problem::UnknownInverter`] for a serial as the client wrote it.
    pub fn unknown_inverter(written: &str) -> Self {
        Self::UnknownInverter { serial: shown(written) }
    }

    /// [`Problem::UnknownMeter`] for a serial as the client wrote it.
    pub fn unknown_meter(written: &str) -> Self {
        Self::UnknownMeter { serial: shown(written) }
    }

    /// [`Problem::UnknownStorage`] for a serial number as the client wrote it.
    pub fn unknown_storage(written: &str) -> Self {
        Self::UnknownStorage { serial: shown(written) }
    }

    /// [`Problem::UnknownPort`] for a number as the client wrote it.
    pub fn unknown_port(serial: Serial, written: &str) -> Self {
        Self::UnknownPort { serial, port: shown(written) }
    }

    /// [`Problem::BadBody`] in the words of whoever read it.
    pub fn bad_body(reason: &str) -> Self {
        let mut reason: String = reason.chars().take(SHOWN_OF_A_REASON).collect();
        if !reason.ends_with('.') {
            reason.push('.');
        }
        Self::BadBody { reason }
    }

    /// [`Problem::BadParameter`] for a value as the client wrote it.
    pub fn bad_parameter(name: &'static str, written: &str, allowed: &'static str) -> Self {
        Self::BadParameter { name, found: shown(written), allowed }
    }

    /// [`Problem::UnknownParameter`] for a name as the client wrote it.
    pub fn unknown_parameter(written: &str, allowed: &'static [&'static str]) -> Self {
        Self::UnknownParameter { name: shown(written), allowed }
    }

    /// The problem behind an error answer that axum or a library made.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::UnknownPath,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }

    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        self.class().0
    }

    /// Status, the end of `type`, and `title`.
    fn class(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::UnknownParameter { .. } => {
                (S::BAD_REQUEST, "unknown-parameter", "Unknown query parameter")
            }
            Self::RepeatedParameter { .. } => {
                (S::BAD_REQUEST, "repeated-parameter", "Repeated query parameter")
            }
            Self::BadParameter { .. } | Self::EmptyRange { .. } => {
                (S::BAD_REQUEST, "bad-parameter", "Bad query parameter")
            }
            Self::BadRequest => (S::BAD_REQUEST, "bad-request", "Bad request"),
            Self::UnknownInverter { .. } => (S::NOT_FOUND, "unknown-inverter", "Unknown inverter"),
            Self::UnknownMeter { .. } => (S::NOT_FOUND, "unknown-meter", "Unknown meter"),
            Self::UnknownStorage { .. } => {
                (S::NOT_FOUND, "unknown-storage", "Unknown hybrid inverter")
            }
            Self::UnknownPath => (S::NOT_FOUND, "unknown-path", "Not found"),
            Self::MetricsOff => (S::NOT_FOUND, "metrics-off", "Metrics are switched off"),
            Self::MethodNotAllowed { .. } => {
                (S::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Self::NothingStored => (S::SERVICE_UNAVAILABLE, "nothing-stored", "Nothing is stored"),
            Self::NotReadYet => (S::SERVICE_UNAVAILABLE, "not-read-yet", "Not read yet"),
            Self::StoreUnreachable => {
                (S::SERVICE_UNAVAILABLE, "database-unreachable", "Database unreachable")
            }
            Self::StoreUnfit => (S::SERVICE_UNAVAILABLE, "database-unfit", "Database does not fit"),
            Self::NotTaking { .. } => {
                (S::SERVICE_UNAVAILABLE, "not-ready", "Readings cannot be kept")
            }
            Self::UnknownPort { .. } => (S::NOT_FOUND, "unknown-port", "Unknown port"),
            Self::BadBody { .. } => (S::BAD_REQUEST, "bad-body", "Bad body"),
            Self::BadField { .. } => (S::BAD_REQUEST, "bad-field", "Bad field"),
            Self::NotJson => (S::UNSUPPORTED_MEDIA_TYPE, "not-json", "Not JSON"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large"),
            Self::NothingKept => (S::SERVICE_UNAVAILABLE, "nothing-stored", "Nothing is stored"),
            Self::NotKept => (S::SERVICE_UNAVAILABLE, "not-kept", "Not kept"),
            Self::ChangesClosed => (S::FORBIDDEN, "changes-closed", "Changes are closed"),
            Self::TokenWanted => (S::UNAUTHORIZED, "token-wanted", "Token wanted"),
            Self::TokenWrong => (S::UNAUTHORIZED, "token-wrong", "Wrong token"),
            Self::TooManyWrongTokens { .. } => {
                (S::TOO_MANY_REQUESTS, "too-many-wrong-tokens", "Too many wrong tokens")
            }
            Self::TookTooLong => (S::SERVICE_UNAVAILABLE, "took-too-long", "Took too long"),
            Self::TooManyStreams => {
                (S::SERVICE_UNAVAILABLE, "too-many-streams", "Too many streams")
            }
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }

    /// After how many seconds the same request may work.
    fn retry_after_s(&self) -> Option<u16> {
        match self {
            Self::NotReadYet => Some(5),
            Self::NotKept | Self::TookTooLong => Some(10),
            Self::TooManyStreams => Some(30),
            Self::TooManyWrongTokens { seconds } => Some(*seconds),
            Self::StoreUnreachable | Self::NotTaking { .. } => Some(10),
            _ => None,
        }
    }

    /// The whole answer to a request for `path`.
    pub fn answer(&self, path: &str) -> Response {
        let (status, kind, title) = self.class();
        let body = ProblemBody {
            kind: format!("{TYPE_PREFIX}{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            instance: path.to_owned(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The beginning of what a client wrote.
fn shown(written: &str) -> String {
    written.chars().take(SHOWN_CHARACTERS).collect()
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::NoRoom(_) => {
                tracing::warn!(%error, "a request needs the database");
                Self::StoreUnreachable
            }
            StoreError::Schema(_) => {
                tracing::error!(%error, "a request needs the database");
                Self::StoreUnfit
            }
            StoreError::Refused(_) | StoreError::Other(_) => {
                tracing::error!(%error, "a request failed in the database");
                Self::Internal
            }
        }
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            #[cfg(feature = "parquet")]
            ExportError::Parquet(_) => {
                tracing::error!(%error, "an export failed");
                Self::Internal
            }
        }
    }
}

impl IntoResponse for Problem {
    /// Only the status: `finish` knows the path and writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An error, as RFC 9457 describes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Which kind of problem: a name for programs that stays the same.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "urn:hoymiles-smiles:problem:bad-parameter")]
    pub kind: String,
    /// The kind in words.
    #[schema(example = "Bad query parameter")]
    pub title: String,
    /// HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// What was wrong this time, and what is allowed.
    #[schema(
        example = "The query parameter 'limit' must be a whole number from 1 to 10000, but '0' was found."
    )]
    pub detail: String,
    /// The path that was asked for.
    #[schema(example = "/api/inverters/116100000001/history")]
    pub instance: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_parameter_is_told_what_is_allowed() {
        let told = |allowed| Problem::unknown_parameter("x", allowed).to_string();
        assert_eq!(
            told(&[]),
            "The query parameter 'x' is unknown: this route takes no parameters."
        );
        assert_eq!(
            told(&["limit", "from", "to"]),
            "The query parameter 'x' is unknown: this route takes 'limit', 'from' and 'to'."
        );
        assert!(told(&["a"]).ends_with("takes only 'a'."));
    }

    #[test]
    fn what_a_database_says_stays_inside() {
        for (error, status) in [
            (StoreError::Unavailable("at 10.0.0.7".into()), 503),
            (StoreError::NoRoom("/secret".into()), 503),
            (StoreError::Schema("table x".into()), 503),
            (StoreError::Other("select secret".into()), 500),
            (StoreError::Refused("row".into()), 500),
        ] {
            let inside = error.to_string();
            let problem = Problem::from(error);
            assert_eq!(problem.status().as_u16(), status);
            let told = problem.to_string();
            assert!(!told.contains(inside.split(": ").last().unwrap()));
        }
    }

    #[test]
    fn a_long_value_is_not_echoed_whole() {
        let Problem::UnknownInverter { serial } = Problem::unknown_inverter(&"é".repeat(9000))
        else {
            unreachable!("the constructor's variant")
        };
        assert_eq!(serial.chars().count(), SHOWN_CHARACTERS);
    }
}
