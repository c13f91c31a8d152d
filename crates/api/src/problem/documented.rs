//! The sets of problems that the description of the API lists for its routes.

use utoipa::IntoResponses;

use super::ProblemBody;

/// Problems that every route can answer with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variants only describe the API")]
pub enum CommonProblems {
    /// A query parameter is unknown or its value is not allowed.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// The bridge has a token (`API_TOKEN`), and the request does not bring it.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemBody),
    /// Too many requests with a wrong token. `Retry-After` says when the next is looked at.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemBody),
    /// A defect of the bridge.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
}

/// Problems of the routes that show the plant.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variants only describe the API")]
pub enum PlantProblems {
    /// It is not known yet which inverters there are. `Retry-After` says when to ask again.
    #[response(status = 503, content_type = "application/problem+json")]
    NotReadYet(ProblemBody),
}

/// Problems of the routes that read the database.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variants only describe the API")]
pub enum StoreProblems {
    /// The database cannot be reached. `Retry-After` says when to ask again.
    #[response(status = 503, content_type = "application/problem+json")]
    StoreUnreachable(ProblemBody),
}

/// The problem of the routes that name an inverter.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variant only describes the API")]
pub enum InverterProblems {
    /// No inverter with this serial number is known.
    #[response(status = 404, content_type = "application/problem+json")]
    UnknownInverter(ProblemBody),
}

/// The problem of the routes that name a meter or a hybrid inverter.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variant only describes the API")]
pub enum DeviceProblems {
    /// No device with this serial number is known.
    #[response(status = 404, content_type = "application/problem+json")]
    UnknownDevice(ProblemBody),
}

/// Problems with the body of a request.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variants only describe the API")]
pub enum BodyProblems {
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not said to be JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
}

/// Problems of the routes that change something.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the variants only describe the API")]
pub enum NotKeptProblems {
    /// Only some may change something, and this client is none of them.
    #[response(status = 403, content_type = "application/problem+json")]
    ChangesClosed(ProblemBody),
    /// The change could not be kept, so nothing was changed.
    #[response(status = 503, content_type = "application/problem+json")]
    NotKept(ProblemBody),
}
