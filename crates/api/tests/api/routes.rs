//! What each route answers when all is well.

use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use plant::InverterReading;
use plant::live::{StoreLink, Timed};
use serde_json::{Value, json};

use crate::world::{Mood, SERIAL, World, noon, reading};

#[tokio::test]
async fn an_inverter_is_shown_with_words_and_ports() {
    let world = World::new();
    let list = world.get("/api/inverters").await.json();
    let one = world.get("/api/inverters/116100000001").await.json();
    assert_eq!(list, json!([one]));

    let mut expected = json!({
        "serial_number": SERIAL, "dtu_name": "roof",
        "first_seen": "2026-06-21T11:59:00Z", "last_seen": "2026-06-21T12:00:00Z",
        "inverter_type": "HM", "metadata": null, "timestamp": "2026-06-21T12:00:00Z",
        "grid_voltage": 230.4, "grid_frequency": 49.98, "temperature": 34.5,
        "operating_status": 3, "alarm_code": 0, "alarm_count": 0, "link_status": 1,
        "status": "producing", "status_text": "working", "alarm_text": "no alarm",
        "active_power": null, "reactive_power": null, "power_factor": null,
        "ac_current": null, "phases": null,
        "pv_power": 1090.7, "retired": false, "stale": false, "age_seconds": 0,
    });
    let mut shown = one.clone();
    let ports = shown.as_object_mut().unwrap().remove("ports").unwrap();
    assert_eq!(shown, expected.take());
    assert_eq!(
        ports[3],
        json!({
            "serial_number": SERIAL, "port_number": 4, "name": null, "timestamp": "2026-06-21T12:00:00Z",
            "pv_voltage": 33.7, "pv_current": 7.43, "pv_power": 250.5,
            "today_production": 1004, "total_production": 1_000_004, "stale": false,
        })
    );
    assert_eq!(column(&ports, "port_number"), [1, 2, 3, 4].map(Value::from));
}

fn column(list: &Value, key: &str) -> Vec<Value> {
    let list = list.as_array().unwrap();
    list.iter().map(|entry| entry[key].clone()).collect()
}

#[tokio::test]
async fn inverters_are_ascending_and_a_serial_may_be_written_in_capitals() {
    let mut world = World::new();
    for serial in ["1520a025566b", "114100000009"] {
        world.poll(noon(), serial, reading(serial));
    }
    let list = world.get("/api/inverters").await.json();
    assert_eq!(column(&list, "serial_number"), ["114100000009", SERIAL, "1520a025566b"]);
    let one = world.get("/api/inverters/1520A025566B").await.json();
    assert_eq!(one["serial_number"], "1520a025566b");
}

#[tokio::test]
async fn numbers_have_no_binary_noise() {
    let text = World::new().get("/api/inverters").await.text;
    assert!(text.contains(r#""pv_voltage":33.7,"pv_current":7.43,"pv_power":250.5"#), "{text}");
    assert!(text.contains(r#""grid_frequency":49.98,"#), "{text}");
}

#[tokio::test]
async fn a_lifetime_counter_uses_all_its_32_bits() {
    let mut world = World::new();
    for (port, total) in [(1, 2_147_483_648), (2, u32::MAX)] {
        world.inverter().accounts.get_mut(&port).unwrap().lifetime_wh = u64::from(total);
    }
    for path in ["/api/ports", "/api/production/current"] {
        let ports = world.get(path).await.json();
        assert_eq!(ports[0]["total_production"], 2_147_483_648_u64, "{path}");
        assert_eq!(ports[1]["total_production"], 4_294_967_295_u64, "{path}");
    }
}

#[tokio::test]
async fn a_sleeping_inverter_delivers_nothing_and_keeps_its_energy() {
    let mut world = World::new();
    let repeated = InverterReading {
        link_status: Some(0),
        active_power_w: Some(12.5),
        power_factor: Some(0.99),
        ..reading(SERIAL)
    };
    world.poll(noon(), SERIAL, repeated);
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!(inverter["status"], "asleep");
    assert_eq!(inverter["pv_power"], 0.0);
    assert_eq!(inverter["active_power"], 0.0);
    assert_eq!(inverter["link_status"], 0);
    for key in ["grid_voltage", "grid_frequency", "temperature", "power_factor"] {
        assert_eq!(inverter[key], Value::Null, "{key}");
    }
    let port = &inverter["ports"][0];
    assert_eq!(port["pv_power"], 0.0);
    assert_eq!(port["pv_voltage"], Value::Null);
    assert_eq!(port["pv_current"], Value::Null);
    assert_eq!(port["today_production"], 1001);
    assert_eq!(port["total_production"], 1_000_001);
}

#[tokio::test]
async fn an_alarm_has_words() {
    let mut world = World::new();
    let alarm = InverterReading { alarm_code: Some(147), ..reading(SERIAL) };
    world.poll(noon(), SERIAL, alarm);
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!(inverter["status"], "alarm");
    assert_eq!(inverter["alarm_text"], "grid outage");
}

#[tokio::test]
async fn age_is_told_and_old_readings_are_stale() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_secs(300);
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!((&inverter["age_seconds"], &inverter["stale"]), (&json!(300), &json!(false)));

    world.now = noon() + SignedDuration::from_secs(301);
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!((&inverter["age_seconds"], &inverter["stale"]), (&json!(301), &json!(true)));
    assert_eq!(inverter["ports"][0]["stale"], true);

    world.now = noon() - SignedDuration::from_secs(5);
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!(inverter["age_seconds"], 0, "a clock that was set back");
}

#[tokio::test]
async fn an_inverter_known_only_by_its_ports_has_nulls() {
    let mut world = World::new();
    world.inverter().reading = None;
    let inverter = world.get("/api/inverters/116100000001").await.json();
    for key in ["timestamp", "status", "status_text", "alarm_text", "grid_voltage"] {
        assert_eq!(inverter[key], Value::Null, "{key}");
    }
    assert_eq!(inverter["pv_power"], 1090.7);
}

#[tokio::test]
async fn ports_are_the_same_everywhere() {
    let world = World::new();
    let all = world.get("/api/ports").await.json();
    assert_eq!(all, world.get("/api/inverters/116100000001/ports").await.json());
    assert_eq!(all, world.get("/api/inverters").await.json()[0]["ports"]);
    let production = world.get("/api/production/current").await.json();
    assert_eq!(
        production[0],
        json!({
            "serial_number": SERIAL, "port_number": 1, "today_production": 1001,
            "total_production": 1_000_001, "last_updated": "2026-06-21T12:00:00Z",
        })
    );
}

#[tokio::test]
async fn latest_values_never_wait_for_the_database() {
    let world = World::new();
    world.store().become_(Mood::Hanging);
    for path in [
        "/health",
        "/ready",
        "/metrics",
        "/api/inverters",
        "/api/inverters/116100000001",
        "/api/inverters/116100000001/ports",
        "/api/ports",
        "/api/production/current",
        "/api/meters",
        "/api/storage",
        "/api/info",
    ] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_empty_plant_is_empty_when_the_database_says_so() {
    let mut world = World::just_started();
    world.plant.storage.link = StoreLink::Up;
    world.plant.past_known = true;
    for path in
        ["/api/inverters", "/api/ports", "/api/production/current", "/api/meters", "/api/storage"]
    {
        assert_eq!(world.get(path).await.json(), json!([]), "{path}");
    }
}

#[tokio::test]
async fn history_is_newest_first_within_its_bounds() {
    let world = World::new();
    *world.store().history.lock().unwrap() = (0..150)
        .map(|minute| Timed {
            at: noon() - SignedDuration::from_mins(minute),
            value: InverterReading { active_power_w: Some(100.1), ..reading(SERIAL) },
        })
        .collect();
    let path = "/api/inverters/116100000001/history";
    let whole = world.get(path).await.json();
    assert_eq!(whole.as_array().unwrap().len(), 100);
    assert_eq!(
        whole[0],
        json!({
            "serial_number": SERIAL, "timestamp": "2026-06-21T12:00:00Z",
            "grid_voltage": 230.4, "grid_frequency": 49.98, "temperature": 34.5,
            "operating_status": 3, "alarm_code": 0, "alarm_count": 0, "link_status": 1,
            "active_power": 100.1, "reactive_power": null, "power_factor": null,
            "ac_current": null, "phases": null,
        })
    );
    let limited = world.get(&format!("{path}?limit=2")).await.json();
    assert_eq!(column(&limited, "timestamp"), ["2026-06-21T12:00:00Z", "2026-06-21T11:59:00Z"]);
    let range = "from=2026-06-21T13:58:00%2B02:00&to=2026-06-21T12:00:00Z&limit=10000";
    let ranged = world.get(&format!("{path}?{range}")).await.json();
    assert_eq!(column(&ranged, "timestamp"), ["2026-06-21T11:59:00Z", "2026-06-21T11:58:00Z"]);
}

#[tokio::test]
async fn a_known_inverter_without_history_has_none_and_a_former_one_keeps_its_own() {
    let mut world = World::new();
    let path = "/api/inverters/116100000001/history";
    assert_eq!(world.get(path).await.json(), json!([]));
    *world.store().history.lock().unwrap() = vec![Timed { at: noon(), value: reading(SERIAL) }];
    world.plant.inverters.clear();
    assert_eq!(world.get(path).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_says_so() {
    let mut world = World::new();
    world.store = None;
    world.plant.storage.link = StoreLink::Off;
    let stats = world.get("/stats").await.json();
    assert_eq!((&stats["database_type"], &stats["total_records"]), (&json!("NONE"), &json!(0)));
    let path = "/api/inverters/116100000001/history";
    let answer = world.get(path).await;
    assert!(answer.problem(503, path).contains("DRY_RUN"));
    assert_eq!(answer.header("retry-after"), "", "waiting does not help");
    let info = world.get("/api/info").await.json();
    assert_eq!(info["capabilities"], json!(["metrics", "state", "stream"]));
}

#[tokio::test]
async fn the_bridge_introduces_itself() {
    let world = World::new();
    assert_eq!(world.get("/api/info").await.json()["instance_id"], Value::Null);
    let id = uuid::Uuid::from_u128(7);
    world.instance_id.set(id).unwrap();
    assert_eq!(
        world.get("/api/info").await.json(),
        json!({
            "instance_id": id.to_string(), "name": "Hoymiles S-Miles", "version": "3.0.0",
            "api_version": 1, "start_time": "2026-06-21T11:00:00Z", "time_zone": "Europe/Berlin",
            "demo": false, "poll_interval_seconds": {"roof": 60},
            "dtus": [{"name": "roof", "protocol": "modbus", "poll_interval_seconds": 60}],
            "capabilities":
                ["history", "energy", "power", "export", "metrics", "state", "stream"],
            "authentication": "none",
        })
    );
}

/// The dashboard, or the page that says how to build it: which of them is a matter of the build.
#[tokio::test]
async fn the_front_page_is_a_page() {
    let world = World::new();
    let page = world.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.contains("<title>Hoymiles S-Miles</title>"), "{}", page.text);
}

#[tokio::test]
async fn head_works_where_get_does() {
    let world = World::new();
    for path in ["/", "/health", "/ready", "/metrics", "/stats", "/api/inverters"] {
        let answer = world.ask(Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn only_origins_that_are_named_may_read_from_a_browser() {
    let mut world = World::new();
    let ask = |origin: &str| {
        Request::get("/api/inverters").header("origin", origin).body(Body::empty()).unwrap()
    };
    let allowed = "access-control-allow-origin";
    assert_eq!(world.ask(ask("https://ha.example")).await.header(allowed), "");
    world.cors_origins = vec!["https://ha.example/".into(), "not an origin\n".into()];
    assert_eq!(world.ask(ask("https://ha.example")).await.header(allowed), "https://ha.example");
    assert_eq!(world.ask(ask("https://evil.example")).await.header(allowed), "");
}
