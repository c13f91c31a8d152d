//! What a page asks for again and again, and what a browser is told about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::{Api, Clock};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use plant::arrangement::Change;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::world::{Answer, World, noon, serial};

const TAGGED: &[&str] =
    &["/api/info", "/api/plant", "/api/dtus", "/api/inverters", "/api/ports", "/api/layout"];

async fn ask_again(world: &World, path: &str, tag: &str) -> Answer {
    let request = Request::get(path).header("if-none-match", tag);
    world.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let mut world = World::new();
    for path in TAGGED {
        let first = world.get(path).await;
        assert_eq!(
            (first.status.as_u16(), first.header("cache-control")),
            (200, "private, no-cache")
        );
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        for known in [tag.clone(), format!("\"other\", {tag}")] {
            let again = ask_again(&world, path, &known).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
            assert_eq!(again.header("etag"), tag);
        }
        assert_eq!(ask_again(&world, path, "W/\"0\"").await.status, 200, "{path}");
    }
    let tag = world.get("/api/inverters").await.header("etag").to_owned();
    world.now += SignedDuration::from_secs(299);
    assert_eq!(ask_again(&world, "/api/inverters", &tag).await.status, 304, "only older");
    world.now += SignedDuration::from_secs(2);
    let stale = ask_again(&world, "/api/inverters", &tag).await;
    assert_eq!(stale.json()[0]["stale"], true, "time has made a difference");
}

#[tokio::test]
async fn an_answer_ages_with_the_clock_and_changes_with_the_plant() {
    let mut world = World::new();
    let after_ms = Arc::new(AtomicI64::new(0));
    let (publish, live) = watch::channel(Arc::new(world.plant.clone()));
    let clock = {
        let after_ms = Arc::clone(&after_ms);
        let now = move || noon() + SignedDuration::from_millis(after_ms.load(Ordering::Relaxed));
        Clock::from_fn(now)
    };
    let router = api::router(Api { live, clock, ..world.api() });
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        Answer::of(router.clone(), request.body(Body::empty()).unwrap())
    };
    for (now_ms, age) in [(0, 0), (900, 0), (1000, 1), (1999, 1), (2000, 2)] {
        after_ms.store(now_ms, Ordering::Relaxed);
        for path in ["/api/inverters", "/api/inverters/116100000001"] {
            let shown = ask("GET", path).await.json();
            let inverter = if shown.is_array() { &shown[0] } else { &shown };
            assert_eq!(inverter["age_seconds"], age, "{path} after {now_ms} ms");
        }
    }
    let before = ask("GET", "/api/ports").await;
    assert_eq!(before.json()[0]["name"], Value::Null);
    let named = Change::PanelName { serial: serial(), port: 1, name: Some("left".into()) };
    world.plant.arrange(named);
    world.plant.revision += 1;
    publish.send_replace(Arc::new(world.plant.clone()));
    let after = ask("GET", "/api/ports").await;
    assert_eq!(after.json()[0]["name"], "left", "in the same second");
    assert_ne!(after.header("etag"), before.header("etag"));
    let head = ask("HEAD", "/api/ports").await;
    assert_eq!((head.text.as_str(), head.header("etag")), ("", after.header("etag")));
    assert_eq!(ask("GET", "/api/ports").await.text, after.text);
    assert_eq!(ask("GET", "/api/ports?limit=1").await.status, 400);
    assert_eq!(ask("GET", "/api/inverters/x").await.status, 404);
}

#[tokio::test]
async fn each_gets_the_encoding_it_can_read() {
    let router = World::new().router();
    for _ in 0..2 {
        for (accepted, sent) in [("gzip, br", "gzip"), ("identity", ""), ("br", "")] {
            let request = Request::get("/api/inverters").header("accept-encoding", accepted);
            let request = request.body(Body::empty()).unwrap();
            let answer = Answer::of(router.clone(), request).await;
            assert_eq!(answer.header("content-encoding"), sent, "{accepted}");
            assert_eq!(answer.header("vary"), "accept-encoding");
            assert_eq!(answer.text.starts_with('['), sent.is_empty());
        }
    }
}

#[tokio::test]
async fn whatever_is_published_is_new() {
    let mut world = World::new();
    let tag = world.get("/api/ports").await.header("etag").to_owned();
    let named = Change::PanelName { serial: serial(), port: 1, name: Some("left".into()) };
    world.plant.arrange(named);
    world.plant.revision += 1;
    assert_eq!(ask_again(&world, "/api/ports", &tag).await.json()[0]["name"], "left");
    assert_eq!(world.get("/api/inverters/x").await.header("etag"), "", "a problem has no tag");
    assert_eq!(world.get("/health").await.header("etag"), "");
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_data_are_no_pages() {
    let mut world = World::new();
    for path in ["/", "/docs/"] {
        let page = world.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains("<style") && !page.text.contains("<script>"), "{path}");
    }
    for path in ["/api/inverters", "/health", "/nowhere"] {
        let answer = world.get(path).await;
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    world.cors_origins = vec!["http://ha.local:8123/".into()];
    let policy = world.get("/").await.header("content-security-policy").to_owned();
    assert!(policy.ends_with("frame-ancestors 'self' http://ha.local:8123"), "{policy}");
}

#[tokio::test]
async fn who_wants_it_gets_it_compressed_but_for_the_stream() {
    let world = World::new();
    let ask = async |path: &str| {
        let request = Request::get(path).header("accept-encoding", "gzip");
        world.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let plain = world.get("/api/openapi.json").await.text.len();
    let packed = ask("/api/openapi.json").await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "accept-encoding");
    let packed = packed.into_body().collect().await.unwrap().to_bytes();
    assert!(packed.len() < plain / 4, "{} of {plain}", packed.len());
    let streamed = ask("/api/export?from=2026-06-21&format=csv").await;
    assert_eq!(streamed.headers()["content-encoding"], "gzip");
    assert!(!streamed.into_body().collect().await.unwrap().to_bytes().is_empty());
    for path in ["/ready", "/api/stream"] {
        assert!(!ask(path).await.headers().contains_key("content-encoding"), "{path}");
    }
}
