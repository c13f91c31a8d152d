//! The table of contents of port 8080.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_extractor, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::finish::{finish, problem_of_panic};
use crate::query::NoParameters;
use crate::routes::{
    docs, energy, events, export, health, history, home, info, inverters, metrics, plant, ports,
    power, stats, stream,
};

/// Everything this program answers to.
pub fn router(api: Api) -> Router {
    let cors = cors(&api.cors_origins);
    let counted = Arc::clone(&api.metrics);

    let (plain, plain_paths) = OpenApiRouter::with_openapi(docs::Description::openapi())
        .routes(routes!(home::home))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .routes(routes!(stats::stats))
        .routes(routes!(info::info))
        .routes(routes!(plant::plant))
        .routes(routes!(plant::dtus))
        .routes(routes!(inverters::list))
        .routes(routes!(inverters::one))
        .routes(routes!(ports::of_inverter))
        .routes(routes!(ports::list))
        .routes(routes!(ports::production))
        .routes(routes!(stream::stream))
        .split_for_parts();
    let (with_parameters, more_paths) = OpenApiRouter::new()
        .routes(routes!(history::history))
        .routes(routes!(energy::energy))
        .routes(routes!(power::power))
        .routes(routes!(export::export))
        .routes(routes!(events::events))
        .routes(routes!(events::coverage))
        .split_for_parts();

    let mut router = plain
        .merge(docs::pages(plain_paths.merge_from(more_paths)))
        // A layer, so that no route can forget to refuse what it does not know.
        .route_layer(from_extractor::<NoParameters>())
        .merge(with_parameters)
        .fallback(home::nothing_here)
        .method_not_allowed_fallback(home::wrong_method)
        .layer(CatchPanicLayer::custom(problem_of_panic))
        .layer(from_fn_with_state(counted, finish));
    if let Some(cors) = cors {
        router = router.layer(cors);
    }
    router.with_state(Arc::new(api))
}

/// Lets pages of these origins read; nobody else's without any.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    // An origin has no trailing slash, but people copy addresses that have one.
    let allowed: Vec<String> =
        origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect();
    let is_allowed = AllowOrigin::predicate(move |origin, _| {
        allowed.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
    });
    Some(CorsLayer::new().allow_origin(is_allowed).allow_methods([Method::GET, Method::HEAD]))
}
