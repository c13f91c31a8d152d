//! What people say about their plant is kept as durably as a reading, and shown at once.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Bridge, Database, Gate, dtu, eventually};
use serde_json::{Value, json};

const TOKEN: &str = "a-token-of-this-test";

async fn inverters(bridge: &Bridge, wanted: usize) -> Vec<Value> {
    eventually("the plant", async || {
        let answer = bridge.get_with(TOKEN, "/api/inverters");
        let list = (answer.status == 200).then(|| answer.json().as_array().unwrap().clone())?;
        (list.len() == wanted).then_some(list)
    })
    .await
}

fn serial(inverter: &Value) -> &str {
    inverter["serial_number"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_layout_and_retirement_are_shown_at_once_and_survive_a_restart() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let settings = [("DTU_HOST", "127.0.0.1"), ("DTU_PORT", port.as_str()), ("API_TOKEN", TOKEN)];
    let bridge = Bridge::start(&settings);
    let plant = inverters(&bridge, 2).await;
    let (kept, gone) = (serial(&plant[0]), serial(&plant[1]));
    assert_eq!(bridge.get("/api/inverters").status, 401);
    assert_eq!(bridge.get("/health").status, 200);
    assert_eq!(bridge.get_with(TOKEN, "/api/layout").json(), json!({"panels": [], "roofs": []}));

    let mut stream = bridge.stream(&format!("Authorization: Bearer {TOKEN}\r\n"));
    stream.next_of("state");
    let layout = json!({
        "panels": [{
            "serial_number": kept, "port_number": 1, "x": 0.5, "y": -2.0, "rotation": 90.0,
            "roof": "south"
        }],
        "roofs": [{"name": "south", "azimuth": 180.0, "tilt": 35.0}],
    });
    assert_eq!(bridge.put(TOKEN, "/api/layout", &layout).json(), layout);
    stream.next_of("state");
    let named = json!({"name": "Gaube"});
    let panel = format!("/api/panels/{kept}/1");
    assert_eq!(bridge.put(TOKEN, &panel, &named).json(), named);
    let named = stream.next_of("state").data;
    assert_eq!(named["inverters"][0]["ports"][0]["name"], "Gaube");
    let retirement = format!("/api/inverters/{gone}/retired");
    assert_eq!(bridge.put(TOKEN, &retirement, &json!({"retired": true})).status, 200);

    let shown = |bridge: &Bridge| {
        let inverters = bridge.get_with(TOKEN, "/api/inverters").json();
        assert_eq!(inverters[0]["ports"][0]["name"], "Gaube");
        assert_eq!(inverters[0]["ports"][1]["name"], Value::Null);
        assert_eq!(
            (&inverters[0]["retired"], &inverters[1]["retired"]),
            (&false.into(), &true.into())
        );
        assert_eq!(inverters[1]["status"], "retired");
        assert_eq!(bridge.get_with(TOKEN, "/api/layout").json(), layout);
        let plant = bridge.get_with(TOKEN, "/api/plant").json();
        assert_eq!(
            (&plant["inverters"]["known"], &plant["panels"]["known"]),
            (&1.into(), &4.into())
        );
        assert!(bridge.get_with(TOKEN, "/metrics").text.contains("hoymiles_inverters_known 1"));
    };
    shown(&bridge);
    assert!(!bridge.log().contains(TOKEN), "{}", bridge.log());

    let data_dir = bridge.data_dir();
    bridge.kill();
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    inverters(&bridge, 2).await;
    shown(&bridge);
    let back = bridge.put(TOKEN, &retirement, &json!({"retired": false}));
    assert_eq!(back.status, 200);
    assert_eq!(bridge.get_with(TOKEN, "/api/plant").json()["inverters"]["known"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_during_a_database_outage_is_not_lost() {
    let dtu = dtu(4, 1).await;
    let port = dtu.address.port().to_string();
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), true).await;
    let mut settings = database.settings(Some(gate.port));
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", port));
    settings.push(("API_TOKEN", TOKEN.to_owned()));
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let bridge = Bridge::start(&settings);
    let plant = inverters(&bridge, 1).await;
    let panel = format!("/api/panels/{}/3", serial(&plant[0]));
    assert_eq!(bridge.put(TOKEN, &panel, &json!({"name": "before"})).status, 200);
    eventually("an empty outbox", async || {
        (bridge.get("/health").json()["database"]["outbox_depth"] == 0).then_some(())
    })
    .await;

    gate.close().await;
    assert_eq!(bridge.put(TOKEN, &panel, &json!({"name": "during"})).status, 200);
    let data_dir = bridge.data_dir();
    bridge.kill();
    gate.open().await;
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    eventually("the name", async || {
        let answer = bridge.get_with(TOKEN, "/api/ports");
        let ports = (answer.status == 200).then(|| answer.json())?;
        (ports[2]["name"] == "during").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_can_be_changed() {
    let bridge = Bridge::start(&[("DTU_HOST", "127.0.0.1"), ("DTU_PORT", "1")]);
    let empty = json!({"panels": [], "roofs": []});
    assert_eq!(bridge.put("", "/api/layout", &empty).status, 405);
    assert_eq!(bridge.put("", "/api/panels/116100000001/1", &json!({"name": "x"})).status, 404);
    let retired = json!({"retired": true});
    assert_eq!(bridge.put("", "/api/inverters/116100000001/retired", &retired).status, 404);
    assert_eq!(bridge.get("/api/layout").json(), empty);
}
