//! The description of this API, and a page that lets people try it without the Internet.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use utoipa::openapi::OpenApi as Paths;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::view::stream;

const PATH: &str = "/api/openapi.json";

/// What the description says beside the routes, which add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hoymiles S-Miles",
        description = "Readings of Hoymiles microinverters on the local network. \
            Times are RFC 3339 in UTC; a quantity that is not known is null; \
            errors are RFC 9457 problem descriptions; unknown query parameters are errors.",
        version = env!("CARGO_PKG_VERSION"),
        license(name = "MIT", identifier = "MIT")
    ),
    modifiers(&Token),
    components(schemas(stream::State, stream::Snapshot, stream::Status)),
    tags(
        (name = "plant", description = "What the inverters show now and showed before"),
        (name = "bridge", description = "How the bridge itself is"),
    )
)]
pub struct Description;

/// How a client says who it is, where it has to.
struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut Paths) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The value of API_TOKEN; nothing is asked for where none is set."))
            .build();
        if let Some(components) = &mut api.components {
            components.add_security_scheme("token", SecurityScheme::Http(bearer));
        }
    }
}

/// `/api/openapi.json` and `/docs`.
pub fn pages<S: Clone + Send + Sync + 'static>(mut description: Paths) -> Router<S> {
    for path in description.paths.paths.values_mut() {
        // They would be the names of our functions, of which several are called `list`; OpenAPI
        // wants them unique or not at all.
        for operation in [&mut path.get, &mut path.put].into_iter().flatten() {
            operation.operation_id = None;
        }
    }
    // A text, because it is held: as a tree it takes sixteen times as much.
    let text = description.to_json().expect("a description is JSON").into_bytes();
    let text = Bytes::from(text.into_boxed_slice());
    let json = async move || ([(CONTENT_TYPE, "application/json")], text.clone());
    // The validator is a web service: its badge would call out from a page that works offline.
    let config = Config::new([PATH]).validator_url("none").try_it_out_enabled(true);
    Router::from(SwaggerUi::new("/docs").config(config)).route(PATH, get(json))
}
