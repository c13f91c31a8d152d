//! The description of the API is complete, and its page needs no Internet.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

const DESCRIBED: &[&str] = &[
    "/",
    "/api/coverage",
    "/api/dtus",
    "/api/energy",
    "/api/events",
    "/api/export",
    "/api/info",
    "/api/inverters",
    "/api/inverters/{serial}",
    "/api/inverters/{serial}/history",
    "/api/inverters/{serial}/ports",
    "/api/layout",
    "/api/meters",
    "/api/meters/{serial}/history",
    "/api/plant",
    "/api/ports",
    "/api/power",
    "/api/production/current",
    "/api/state",
    "/api/storage",
    "/api/storage/{serial}/history",
    "/api/stream",
    "/health",
    "/metrics",
    "/ready",
    "/stats",
];

#[tokio::test]
async fn every_route_is_described_and_every_description_is_a_route() {
    let mut world = World::new();
    world.install_devices();
    world.end_streams().await;
    let api = world.get("/api/openapi.json").await.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&str> = api["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths.iter().copied().collect::<BTreeSet<_>>(), DESCRIBED.iter().copied().collect());
    for path in paths {
        let serial = match path {
            path if path.starts_with("/api/meters") => crate::devices::METER,
            path if path.starts_with("/api/storage") => crate::devices::HYBRID,
            _ => "116100000001",
        };
        let route = path.replace("{serial}", serial);
        assert_eq!(world.get(&route).await.status, 200, "{path}");
        let operation = &api["paths"][path]["get"];
        assert!(operation["summary"].is_string(), "{path} has a summary");
        let failures = operation["responses"].as_object().unwrap();
        for status in ["400", "500"] {
            let kinds = failures[status]["content"].as_object().unwrap();
            assert!(kinds.contains_key("application/problem+json"), "{path} {status}");
        }
    }
}

#[tokio::test]
async fn every_field_says_what_it_is() {
    let api = World::new().get("/api/openapi.json").await.json();
    let schemas = api["components"]["schemas"].as_object().unwrap();
    for name in [
        "Inverter",
        "Port",
        "Meter",
        "Storage",
        "Production",
        "HistoryEntry",
        "Health",
        "Stats",
        "Problem",
    ] {
        assert!(schemas.contains_key(name), "{name}: {:?}", schemas.keys());
    }
    for (name, schema) in schemas {
        assert!(schema["description"].is_string(), "{name}");
        let Some(fields) = schema["properties"].as_object() else {
            continue;
        };
        for (field, shape) in fields {
            // Of an object that may be null the description is beside its reference.
            let alternatives = shape["oneOf"].as_array().into_iter().flatten();
            let mut described = alternatives.chain([shape]).map(|shape| &shape["description"]);
            assert!(described.any(Value::is_string), "{name}.{field}");
        }
    }
}

#[tokio::test]
async fn every_reference_has_a_target() {
    fn visit(part: &Value, api: &Value) {
        match part {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(api.pointer(pointer).is_some(), "{reference}");
                }
                fields.values().for_each(|field| visit(field, api));
            }
            Value::Array(list) => list.iter().for_each(|element| visit(element, api)),
            _ => {}
        }
    }
    let api = World::new().get("/api/openapi.json").await.json();
    visit(&api, &api);
}

#[tokio::test]
async fn history_describes_its_parameters() {
    let api = World::new().get("/api/openapi.json").await.json();
    let operation = &api["paths"]["/api/inverters/{serial}/history"]["get"];
    let parameters = operation["parameters"].as_array().unwrap();
    let names: Vec<&str> =
        parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["serial", "limit", "from", "to", "cursor", "port", "bucket", "format"]);
    let limit = &parameters[1];
    assert_eq!(limit["required"], false);
    assert_eq!(limit["schema"]["maximum"], 10_000);
}

#[tokio::test]
async fn the_page_works_offline() {
    let world = World::new();
    let redirect = world.get("/docs").await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (303, "/docs/"));
    let page = world.get("/docs/").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let setup = world.get("/docs/swagger-initializer.js").await;
    assert!(setup.text.contains("/api/openapi.json"), "{}", setup.text);
    assert!(!setup.text.contains("https://"), "{}", setup.text);
    for asset in ["swagger-ui-bundle.js", "swagger-ui.css"] {
        assert_eq!(world.get(&format!("/docs/{asset}")).await.status, 200, "{asset}");
    }
}

/// `make openapi` writes the file anew.
#[tokio::test]
async fn the_committed_description_is_that_of_the_code() {
    const TOKEN: &str = "a-token-of-this-test";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    // With a token all routes are there.
    let world = World { access: api::Access::with_token(TOKEN), ..World::new() };
    let request = axum::http::Request::get("/api/openapi.json")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(axum::body::Body::empty())
        .unwrap();
    let described = world.ask(request).await.json();
    let described = serde_json::to_string_pretty(&described).unwrap() + "\n";
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(path, &described).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == described, "docs/openapi.json is not what the code says: `make openapi`");
}
