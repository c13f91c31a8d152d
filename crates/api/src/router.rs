//! The table of contents of port 8080.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method};
use axum::middleware::{from_extractor, from_fn_with_state};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::access::{guard, guard_changes};
use crate::body;
use crate::dashboard;
use crate::finish::{Finishing, finish, problem_of_panic};
use crate::kept::Kept;
use crate::query::NoParameters;
use crate::routes::{
    arrange, docs, energy, events, export, health, history, home, info, inverters, meters, metrics,
    plant, ports, power, stats, storage, stream,
};
use crate::unchanged::unless_unchanged;

/// What fits into one packet is sent no faster for being smaller, bytes.
const LEAST_TO_COMPRESS: u64 = 1024;

/// How many long answers are made at once; others wait for their turn. It bounds the memory that
/// many charts opened at once take, and is as many as a small machine has processors to make them. A
/// place is free again when an answer begins to be sent, so that a slow client holds none.
const LONG_ANSWERS_AT_ONCE: usize = 2;

/// Everything this program answers to.
pub fn router(api: Api) -> Router {
    let cors = cors(&api.cors_origins);
    let finishing = Finishing::of(&api);
    let api = Arc::new(api);

    // What probes and browsers ask for, which cannot send a token.
    let (open, open_paths) = OpenApiRouter::with_openapi(docs::Description::openapi())
        .routes(routes!(home::home))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .split_for_parts();
    // What pages ask for again and again.
    let (live, live_paths) = OpenApiRouter::new()
        .routes(routes!(info::info))
        .routes(routes!(plant::plant))
        .routes(routes!(plant::dtus))
        .routes(routes!(plant::state))
        .routes(routes!(inverters::list))
        .routes(routes!(inverters::one))
        .routes(routes!(ports::of_inverter))
        .routes(routes!(ports::list))
        .routes(routes!(ports::production))
        .routes(routes!(meters::list))
        .routes(routes!(storage::list))
        .routes(routes!(arrange::layout))
        .split_for_parts();
    let (plain, plain_paths) = OpenApiRouter::new()
        .routes(routes!(metrics::metrics))
        .routes(routes!(stats::stats))
        .routes(routes!(stream::stream))
        .split_for_parts();
    let (changing, changing_paths) = OpenApiRouter::new()
        .routes(routes!(arrange::set_layout))
        .routes(routes!(arrange::name_panel))
        .routes(routes!(arrange::retire))
        .split_for_parts();
    // Whose answers may be megabytes, made of many times as much.
    let (long, long_paths) = OpenApiRouter::new()
        .routes(routes!(history::history))
        .routes(routes!(meters::history))
        .routes(routes!(storage::history))
        .routes(routes!(energy::energy))
        .routes(routes!(power::power))
        .routes(routes!(export::export))
        .split_for_parts();
    let (with_parameters, more_paths) = OpenApiRouter::new()
        .routes(routes!(events::events))
        .routes(routes!(events::coverage))
        .split_for_parts();

    let mut paths =
        open_paths.merge_from(live_paths).merge_from(plain_paths).merge_from(long_paths);
    paths = paths.merge_from(more_paths);
    // Compressed within, so that what is kept is kept as it is sent.
    let kept = (Arc::clone(&api), Arc::new(Kept::default()));
    let tagged =
        live.route_layer(compression()).route_layer(from_fn_with_state(kept, unless_unchanged));
    let mut plain = plain.merge(tagged);
    if api.access.allows_changes() {
        let changing = changing
            .layer(DefaultBodyLimit::max(body::MOST_BYTES))
            .route_layer(from_fn_with_state(Arc::clone(&api), guard_changes));
        plain = plain.merge(changing);
        paths = paths.merge_from(changing_paths);
    }
    // Layers, so that no route can forget to refuse what it does not know, or whom.
    let closed = plain
        .merge(docs::pages(paths))
        .route_layer(from_extractor::<NoParameters>())
        .merge(with_parameters)
        .merge(long.route_layer(GlobalConcurrencyLimitLayer::new(LONG_ANSWERS_AT_ONCE)))
        .route_layer(from_fn_with_state(Arc::clone(&api), guard));
    let mut router = open
        .route_layer(from_extractor::<NoParameters>())
        .merge(closed)
        .fallback(dashboard::anything_else)
        .method_not_allowed_fallback(home::wrong_method)
        .layer(CatchPanicLayer::custom(problem_of_panic))
        .layer(from_fn_with_state(finishing, finish))
        .layer(compression());
    if let Some(cors) = cors {
        router = router.layer(cors);
    }
    router.with_state(api)
}

/// Compresses what is worth it, for clients that want it: a chart, not a state. Never the stream,
/// whose messages would wait for more, nor what is compressed already.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth = SizeAbove::new(LEAST_TO_COMPRESS)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/vnd.apache.parquet"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth)
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
    let cors = CorsLayer::new()
        .allow_origin(is_allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("last-event-id")]);
    Some(cors)
}
