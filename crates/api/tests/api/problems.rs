//! Every way to be refused, and in which words.

use axum::body::Body;
use axum::http::Request;
use plant::live::StoreLink;

use crate::world::{Mood, World, failure, noon};

const ROUTES: &[&str] = &[
    "/",
    "/health",
    "/ready",
    "/metrics",
    "/stats",
    "/api/info",
    "/api/inverters",
    "/api/inverters/116100000001",
    "/api/inverters/116100000001/ports",
    "/api/meters",
    "/api/ports",
    "/api/production/current",
    "/api/storage",
    "/api/openapi.json",
    "/docs",
    "/docs/",
];

const HISTORY: &str = "/api/inverters/116100000001/history";

#[tokio::test]
async fn an_unknown_parameter_is_refused_on_every_route() {
    let world = World::new();
    for path in ROUTES {
        let answer = world.get(&format!("{path}?limt=5")).await;
        assert_eq!(
            answer.problem(400, path),
            "The query parameter 'limt' is unknown: this route takes no parameters."
        );
        assert_ne!(world.get(&format!("{path}?")).await.status, 400, "{path}");
    }
    let answer = world.get(&format!("{HISTORY}?limt=5")).await;
    assert_eq!(
        answer.problem(400, HISTORY),
        "The query parameter 'limt' is unknown: this route takes 'limit', 'from', 'to', 'cursor', 'port', \
         'bucket' and 'format'."
    );
}

#[tokio::test]
async fn a_bad_value_is_refused_with_what_is_allowed() {
    let world = World::new();
    for bad in ["0", "-1", "abc", "10001", ""] {
        let answer = world.get(&format!("{HISTORY}?limit={bad}")).await;
        let told = answer.problem(400, HISTORY);
        assert!(told.contains("from 1 to 10000") && told.contains(&format!("'{bad}'")), "{told}");
    }
    let answer = world.get(&format!("{HISTORY}?from=yesterday")).await;
    assert!(answer.problem(400, HISTORY).contains("RFC 3339"));
    assert!(world.store().asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_inverter_that_does_not_exist_is_not_found() {
    let world = World::new();
    for serial in ["116100000009", "none", "é"] {
        for rest in ["", "/ports", "/history"] {
            let written = serial.replace('é', "%C3%A9");
            let path = format!("/api/inverters/{written}{rest}");
            let told = world.get(&path).await.problem(404, &path);
            assert!(told.contains(&format!("'{serial}'")), "{told}");
        }
    }
    let path = "/api/inverters/%ff";
    world.get(path).await.problem(400, path);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let world = World::new();
    for path in [
        "/nope",
        "/api",
        "/api/sensors",
        "/health/",
        "/api/inverters/",
        "/api/inverters/116100000001/",
        "/api/inverters/116100000001/foo",
        "/docs/nothing.js",
    ] {
        assert!(world.get(path).await.problem(404, path).contains("/docs"), "{path}");
    }
    world.get("/nope?x=1").await.problem(404, "/nope");
}

#[tokio::test]
async fn a_wrong_method_is_told_which_are_right() {
    let world = World::new();
    for path in ["/health", "/api/inverters", HISTORY, "/docs/"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
            let request = Request::builder().method(method).uri(path);
            let answer = world.ask(request.body(Body::empty()).unwrap()).await;
            let told = answer.problem(405, path);
            assert!(told.starts_with(method), "{told}");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{path}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_down_is_no_empty_plant() {
    let world = World::new();
    world.store().become_(Mood::Down);
    for path in [HISTORY, "/stats"] {
        let answer = world.get(path).await;
        let told = answer.problem(503, path);
        assert!(!told.contains("10.0.0.7"), "clients never see internals: {told}");
        assert_eq!(answer.header("retry-after"), "10");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_is_given_up() {
    let world = World::new();
    world.store().become_(Mood::Hanging);
    for path in [HISTORY, "/stats"] {
        world.get(path).await.problem(503, path);
    }
}

#[tokio::test]
async fn a_defect_is_told_without_its_insides() {
    let world = World::new();
    for mood in [Mood::Broken, Mood::Panicking] {
        world.store().become_(mood);
        let told = world.get("/stats").await.problem(500, "/stats");
        assert!(!told.contains("secret") && !told.contains("a defect"), "{told}");
    }
    assert_eq!(world.get("/ready").await.text, "OK", "and life goes on");
}

#[tokio::test]
async fn before_anything_was_read_no_answer_claims_to_know_the_plant() {
    let paths = [
        "/api/inverters",
        "/api/ports",
        "/api/production/current",
        "/api/inverters/116100000001",
        "/api/inverters/116100000001/ports",
        HISTORY,
    ];
    for link in [StoreLink::Connecting, StoreLink::Down] {
        let mut world = World::just_started();
        world.plant.storage.link = link;
        for path in paths {
            let answer = world.get(path).await;
            assert!(answer.problem(503, path).contains("not known yet"), "{path}");
            assert_eq!(answer.header("retry-after"), "5");
        }
        // A newcomer that waits for its second sighting shows that the plant is not empty.
        world.dtu().last_success = Some(noon());
        world.dtu().unconfirmed = vec!["116100000001".parse().unwrap()];
        world.get(paths[0]).await.problem(503, paths[0]);
        world.dtu().unconfirmed.clear();
        world.get(paths[0]).await.json();
    }
}

#[tokio::test]
async fn not_ready_tells_why() {
    let mut world = World::new();
    assert_eq!(world.get("/ready").await.text, "OK");
    world.plant.storage.accepting = false;
    world.plant.storage.last_failure = Some(failure("The disk is full."));
    let answer = world.get("/ready").await;
    assert!(answer.problem(503, "/ready").ends_with("The disk is full."));
}

#[tokio::test]
async fn metrics_that_are_switched_off_say_so() {
    let mut world = World::new();
    world.metrics_enabled = false;
    let answer = world.get("/metrics").await;
    assert!(answer.problem(404, "/metrics").contains("METRICS_ENABLED"));
}
