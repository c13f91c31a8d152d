//! With a token, who does not know it sees nothing but whether the bridge is well.

use api::Access;
use axum::body::Body;
use axum::http::Request;

use crate::world::{Answer, World};

const TOKEN: &str = "a-token-of-this-test";

fn closed() -> World {
    World { access: Access::with_token(TOKEN), ..World::new() }
}

async fn with(world: &World, token: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    world.ask(request.body(Body::empty()).unwrap()).await
}

/// Every path that the description knows, and the description itself.
async fn paths(world: &World) -> Vec<String> {
    let described = with(world, TOKEN, "/api/openapi.json").await.json();
    let paths = described["paths"].as_object().unwrap().iter();
    let readable = paths.filter(|(_, operations)| operations.get("get").is_some());
    let more = ["/api/openapi.json", "/docs", "/docs/"].map(str::to_owned);
    readable.map(|(path, _)| path.replace("{serial}", "116100000001")).chain(more).collect()
}

#[tokio::test]
async fn a_token_closes_everything_but_what_cannot_send_one() {
    let world = closed();
    world.end_streams().await;
    let mut open = Vec::new();
    for path in paths(&world).await {
        assert_ne!(with(&world, TOKEN, &path).await.status, 401, "{path}");
        let answer = world.get(&path).await;
        if answer.status == 200 {
            open.push(path);
            continue;
        }
        let told = answer.problem(401, &path);
        assert!(told.contains("Authorization: Bearer"), "{told}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    open.sort();
    assert_eq!(open, ["/", "/health", "/ready"]);
}

#[tokio::test]
async fn who_asks_is_looked_at_before_what_is_asked() {
    let world = closed();
    let answer = world.get("/api/inverters/116100000001/history?limit=nonsense").await;
    answer.problem(401, "/api/inverters/116100000001/history");
    let answer = world.get("/api/inverters?x=1").await;
    answer.problem(401, "/api/inverters");
}

#[tokio::test]
async fn guessing_is_limited_and_the_token_still_opens() {
    let world = closed();
    for _ in 0..10 {
        with(&world, "a-guess", "/api/inverters").await.problem(401, "/api/inverters");
    }
    let refused = with(&world, "a-guess", "/api/inverters").await;
    refused.problem(429, "/api/inverters");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    with(&world, TOKEN, "/api/inverters").await.json();
    // Without a token there is nothing to guess.
    world.get("/api/inverters").await.problem(401, "/api/inverters");
}

#[tokio::test]
async fn a_client_learns_from_info_whether_it_needs_a_token() {
    let world = World::new();
    assert_eq!(world.get("/api/info").await.json()["authentication"], "none");
    let world = closed();
    assert_eq!(with(&world, TOKEN, "/api/info").await.json()["authentication"], "token");
}
