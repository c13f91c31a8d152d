//! With a token, who does not know it sees nothing but whether the bridge is well.

use std::net::IpAddr;

use api::{Access, Client};
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

/// Where Home Assistant's ingress comes from, and somebody else in the house.
const INGRESS: &str = "172.30.32.2";
const OTHER: &str = "192.168.1.7";

async fn from(world: &World, address: &str, request: Request<Body>) -> Answer {
    let mut request = request;
    request.extensions_mut().insert(Client::from(address.parse::<IpAddr>().unwrap()));
    world.ask(request).await
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// An empty layout, with a header that anybody can send.
fn arrange() -> Request<Body> {
    Request::put("/api/layout")
        .header("content-type", "application/json")
        .header("x-forwarded-for", INGRESS)
        .body(Body::from(r#"{"panels": [], "roofs": []}"#))
        .unwrap()
}

#[tokio::test]
async fn who_comes_through_ingress_is_not_asked_for_the_token_again() {
    let access = Access::with_token(TOKEN).with_doorkeeper(INGRESS.parse().unwrap());
    let world = World { access, ..World::new() };
    for address in [INGRESS, "::ffff:172.30.32.2"] {
        let info = from(&world, address, get("/api/info")).await.json();
        assert_eq!(info["authentication"], "none");
        assert!(info["capabilities"].as_array().unwrap().contains(&"write".into()), "{info}");
    }
    from(&world, OTHER, get("/api/info")).await.problem(401, "/api/info");
    from(&world, OTHER, arrange()).await.problem(401, "/api/layout");
}

#[tokio::test]
async fn without_a_token_only_ingress_changes_anything() {
    let world = World::new();
    from(&world, INGRESS, arrange()).await.problem(405, "/api/layout");

    let (changes, mut asked) = tokio::sync::mpsc::channel(1);
    let access = Access::open().with_doorkeeper(INGRESS.parse().unwrap());
    let world = World { access, changes, ..World::new() };
    let info = from(&world, OTHER, get("/api/info")).await.json();
    assert!(!info["capabilities"].as_array().unwrap().contains(&"write".into()), "{info}");
    from(&world, OTHER, arrange()).await.problem(403, "/api/layout");
    assert!(asked.try_recv().is_err(), "nothing was asked of the bridge");

    let keeper = tokio::spawn(async move {
        asked.recv().await.unwrap().kept.send(()).unwrap();
    });
    assert_eq!(from(&world, INGRESS, arrange()).await.status, 200);
    keeper.await.unwrap();
}
