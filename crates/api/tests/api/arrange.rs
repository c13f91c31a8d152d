//! What people say about the plant: what is taken, what is refused, and what it changes.

use api::{Access, ChangeRequest};
use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use plant::arrangement::Change;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::world::{Answer, SERIAL, World, noon, serial};

const TOKEN: &str = "a-token-of-this-test";

/// A world with a token, and who is asked to keep changes.
fn closed() -> (World, mpsc::Receiver<ChangeRequest>) {
    let (changes, asked) = mpsc::channel(1);
    (World { access: Access::with_token(TOKEN), changes, ..World::new() }, asked)
}

async fn put(world: &World, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::put(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json");
    world.ask(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_change_is_answered_when_it_is_kept_and_refused_when_it_is_not() {
    let (world, mut asked) = closed();
    let path = format!("/api/panels/{SERIAL}/2");
    let keeping = tokio::spawn(async move {
        let ChangeRequest { change, kept } = asked.recv().await.unwrap();
        kept.send(()).unwrap();
        drop(asked.recv().await.unwrap().kept);
        change
    });
    let kept = put(&world, &path, r#"{"name": " left "}"#).await;
    assert_eq!(kept.json(), json!({"name": "left"}));
    let refused = put(&world, &path, r#"{"name": null}"#).await;
    assert!(refused.problem(503, &path).contains("nothing was changed"));
    let said = Change::PanelName { serial: serial(), port: 2, name: Some("left".into()) };
    assert_eq!(keeping.await.unwrap(), said);
    // Nobody is there to keep it.
    put(&world, &path, r#"{"name": null}"#).await.problem(503, &path);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field_and_what_is_allowed() {
    let (world, mut asked) = closed();
    let panel = |more: Value| {
        let mut panel = json!({
            "serial_number": SERIAL, "port_number": 1, "x": 0, "y": 0, "rotation": 0
        });
        panel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"panels": [panel], "roofs": [{"name": "a"}]})
    };
    let roofs = |roofs: Value| json!({"panels": [], "roofs": roofs});
    let mut twice = panel(json!({}));
    twice["panels"].as_array_mut().unwrap().push(panel(json!({}))["panels"][0].clone());
    for (layout, told) in [
        (panel(json!({"serial_number": "x"})), "'panels[0].serial_number' must be a serial"),
        (panel(json!({"port_number": 9})), "'panels[0].port_number' must be a whole number"),
        (panel(json!({"x": 1001})), "'panels[0].x' must be a number of panel widths"),
        (panel(json!({"y": -1e300})), "'panels[0].y' must be"),
        (panel(json!({"rotation": 361})), "'panels[0].rotation' must be a number of degrees"),
        (panel(json!({"roof": "b"})), "'panels[0].roof' must be the name of one of 'roofs'"),
        (panel(json!({"colour": "b"})), "unknown field `colour`"),
        (twice, "'panels[1]' must be a panel that is not listed before"),
        (roofs(json!([{"name": "a"}, {"name": "a "}])), "'roofs[1].name' must be a name that no"),
        (roofs(json!([{"name": ""}])), "'roofs[0].name' must be 1 to 64 characters"),
        (roofs(json!([{"name": "a", "tilt": 91}])), "'roofs[0].tilt' must be"),
        (roofs(json!([{"name": "a", "azimuth": -1}])), "'roofs[0].azimuth' must be"),
        (json!({"panels": []}), "missing field `roofs`"),
    ] {
        let answer = put(&world, "/api/layout", layout.to_string()).await;
        let found = answer.problem(400, "/api/layout");
        assert!(found.contains(told), "{told} is not in {found}");
    }
    let path = format!("/api/panels/{SERIAL}/1");
    for bad in ["", "{", "[]", "7", "{}", r#"{"name": 7}"#, r#"{"name": "a\nb"}"#] {
        put(&world, &path, bad).await.problem(400, &path);
    }
    let named = r#"{"name": null}"#;
    put(&world, "/api/panels/116100000009/1", named)
        .await
        .problem(404, "/api/panels/116100000009/1");
    let retirement = "/api/inverters/x/retired";
    put(&world, retirement, r#"{"retired": true}"#).await.problem(404, retirement);
    for port in ["0", "5", "x", "300"] {
        let path = format!("/api/panels/{SERIAL}/{port}");
        assert!(put(&world, &path, named).await.problem(404, &path).contains(port));
    }
    let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(600_000));
    assert!(put(&world, &path, huge).await.problem(413, &path).contains("524288 bytes"));
    let request = Request::put(&path).header("authorization", format!("Bearer {TOKEN}"));
    world.ask(request.body(Body::from("{}")).unwrap()).await.problem(415, &path);
    assert!(asked.try_recv().is_err(), "nobody was asked to keep any of it");
}

#[tokio::test]
async fn changes_need_the_token() {
    let (world, mut asked) = closed();
    for path in ["/api/layout", "/api/panels/116100000001/1", "/api/inverters/116100000001/retired"]
    {
        let request = Request::put(path).header("content-type", "application/json");
        world.ask(request.body(Body::from("{}")).unwrap()).await.problem(401, path);
    }
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn nobody_counts_or_misses_a_retired_inverter() {
    let mut world = World::new();
    world.dtu().not_reported = vec![(serial(), 3)];
    world.plant.arrange(Change::Retired { serial: serial(), retired: true });
    world.now = noon() + SignedDuration::from_hours(24);
    world.dtu().last_success = Some(world.now);

    let inverter = world.get(&format!("/api/inverters/{SERIAL}")).await.json();
    assert_eq!((&inverter["retired"], &inverter["stale"]), (&true.into(), &false.into()));
    assert_eq!((&inverter["pv_power"], &inverter["grid_voltage"]), (&0.0.into(), &Value::Null));
    assert_eq!(inverter["ports"][0]["stale"], false);
    assert_eq!(inverter["ports"][0]["pv_power"], 0.0);
    assert_eq!(inverter["ports"][0]["total_production"], 1_000_001, "what it made stays");
    let plant = world.get("/api/plant").await.json();
    assert_eq!(plant["inverters"], json!({"known": 0, "reporting": 0, "asleep": 0}));
    assert_eq!(plant["panels"]["known"], 0);
    assert_eq!(world.get("/api/dtus").await.json()[0]["not_reported"], json!([]));
    assert_eq!(world.get("/health").await.json()["dtus"]["roof"]["not_reported"], json!([]));
    let metrics = world.get("/metrics").await.text;
    assert!(metrics.contains("hoymiles_inverters_known 0"), "{metrics}");
    assert!(!metrics.contains("hoymiles_data_age_seconds{"), "{metrics}");
}
