//! The program as a process: how it starts, refuses, ends and restarts.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::Arc;

use e2e::{Bridge, Database, command, dtu, eventually};
use simulator::Fault;

fn shows_ports(bridge: &Bridge) -> Option<()> {
    let answer = bridge.get("/api/ports");
    (answer.status == 200 && !answer.json().as_array().unwrap().is_empty()).then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_while_a_dtu_hangs() {
    let dtu = dtu(8, 1).await;
    dtu.inject(Fault::Silence);
    let port = dtu.address.port().to_string();
    let bridge = Bridge::start(&[
        ("DTU_HOST", "127.0.0.1"),
        ("DTU_PORT", &port),
        ("COMM_TIMEOUT", "60"),
        ("COMM_RETRIES", "10"),
    ]);
    eventually("a request that hangs", async || (!dtu.requests().is_empty()).then_some(())).await;
    assert!(bridge.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_remembers_over_a_restart() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let settings = [("DTU_HOST", "127.0.0.1"), ("DTU_PORT", port.as_str())];
    let first = Bridge::start(&settings);
    eventually("a plant", async || shows_ports(&first)).await;
    let id = eventually("an identity", async || {
        first.get("/api/info").json()["instance_id"].as_str().map(str::to_owned)
    })
    .await;
    let data_dir = first.data_dir();
    assert!(first.terminate().success());

    dtu.switch_off().await;
    let second = Bridge::start_in(data_dir, &["run"], &settings);
    let ports = eventually("the plant of before", async || {
        let answer = second.get("/api/ports");
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    assert_eq!(ports.as_array().unwrap().len(), 8);
    assert_eq!(second.get("/api/info").json()["instance_id"], id.as_str());
    assert_eq!(second.get("/stats").json()["database_type"], "SQLITE");
}

/// A statement goes before the message, and what sqlx asks the log after it must not swallow that.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_of_the_database_is_told_of() {
    let database = Database::create().await;
    let settings = database.settings(None);
    let is_ready = async |bridge: &Bridge| {
        eventually("a database that is ready", async || {
            bridge.log().contains("the database is ready").then_some(())
        })
        .await;
    };
    let first = Bridge::start(&settings);
    is_ready(&first).await;
    assert!(!first.log().contains("upgrading the database"), "{}", first.log());
    assert!(first.terminate().success());

    sqlx::raw_sql("DROP TABLE inverter_power; DELETE FROM _sqlx_migrations WHERE version >= 9")
        .execute(&database.pool)
        .await
        .unwrap();
    let second = Bridge::start(&settings);
    is_ready(&second).await;
    let log = second.log();
    assert!(log.contains("upgrading the database") && log.contains("inverter power"), "{log}");
}

#[test]
fn without_a_dtu_it_serves_says_so_and_ends_when_it_is_told() {
    let bridge = Bridge::start::<&str>(&[]);
    let health = bridge.get("/health");
    assert_eq!(health.status, 503, "nothing is read");
    let reasons = health.json()["reasons"].to_string();
    assert!(reasons.contains("No DTU is configured") && reasons.contains("DTU_HOST"), "{reasons}");
    assert_eq!(bridge.get("/").content_type, "text/html; charset=utf-8");
    // What the set-up of Home Assistant asks for.
    assert_eq!(bridge.get("/api/info").status, 200);
    assert_eq!(bridge.get("/api/state").json()["dtus"], serde_json::json!([]));

    let state = bridge.stream("").message().expect("the stream lasts, and begins with the state");
    assert_eq!(state.event, "state");
    assert_eq!(bridge.log().matches("no DTU is configured").count(), 1, "{}", bridge.log());
    assert!(bridge.terminate().success());
}

#[test]
fn check_tells_of_a_missing_dtu_and_of_no_mistake() {
    let check = command(&["check"]).env("HOME", "/nowhere").output().unwrap();
    let shown = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(0), "{shown}");
    assert!(shown.contains("note: no DTU is configured: set DTU_HOST"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_run_shows_and_stores_nothing() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let bridge =
        Bridge::start(&[("DTU_HOST", "127.0.0.1"), ("DTU_PORT", &port), ("DRY_RUN", "true")]);
    eventually("a plant", async || shows_ports(&bridge)).await;
    assert_eq!(std::fs::read_dir(bridge.data_dir().path()).unwrap().count(), 0);
}

#[test]
fn check_shows_sources_and_every_mistake() {
    let good = command(&["check", "--query-period", "90"])
        .env("DTU_HOST", "192.168.1.50")
        .env("DB_PASSWORD", "hush")
        .env("HOME", "/nowhere")
        .output()
        .unwrap();
    let shown = String::from_utf8(good.stdout).unwrap();
    assert_eq!(good.status.code(), Some(0), "{shown}");
    assert!(shown.contains("192.168.1.50  [environment]"), "{shown}");
    assert!(shown.contains("90  [command line]"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");

    let bad = command(&["run"])
        .env("QUERY_PERIOD", "0")
        .env("TIMEZONE", "Mars")
        .env("HOME", "/nowhere")
        .output()
        .unwrap();
    let said = String::from_utf8(bad.stderr).unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert_eq!(said.lines().count(), 2, "a line each: {said}");
}

#[test]
fn removed_settings_are_said_once_and_stop_nothing() {
    let check = command(&["check"])
        .env("DTU_HOST", "192.168.1.50")
        .env("MQTT_BROKER", "mosquitto")
        .env("DATABASE_PATH", "/data/hoymiles-smiles.db")
        .env("HOME", "/nowhere")
        .output()
        .unwrap();
    let shown = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(0), "{shown}");
    assert!(shown.contains("MQTT_BROKER") && shown.contains("DATABASE_PATH"), "{shown}");
}

#[test]
fn a_data_directory_that_cannot_be_is_a_sentence() {
    let run = command(&["run"])
        .env("DATA_DIR", "/proc/nowhere")
        .env("HEALTH_PORT", "0")
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(said.contains("DATA_DIR") && said.contains("/proc/nowhere"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn healthcheck_agrees_with_health() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let bridge = Bridge::start(&[("DTU_HOST", "127.0.0.1"), ("DTU_PORT", &port)]);
    eventually("health", async || (bridge.get("/health").status == 200).then_some(())).await;
    let own_port = bridge.address().rsplit(':').next().unwrap().to_owned();
    let ask = || command(&["healthcheck", "--health-port", &own_port]).env("HOME", "/").status();
    assert!(ask().unwrap().success());
    assert!(bridge.terminate().success());
    assert!(!ask().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_shows_a_plant_with_a_year_of_history() {
    let data_dir = Arc::new(tempfile::tempdir().unwrap());
    let demo = Bridge::start_in(Arc::clone(&data_dir), &["demo"], &[("TIMEZONE", "UTC")]);
    let inverters = eventually("the demo's plant", async || {
        let answer = demo.get("/api/inverters");
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    let ports: usize =
        inverters.as_array().unwrap().iter().map(|i| i["ports"].as_array().unwrap().len()).sum();
    assert!(ports >= 20, "{ports}");
    assert_eq!(demo.get("/api/info").json()["demo"], true);
    // The Wi-Fi DTU, in its history and live.
    let meters = demo.get("/api/meters").json();
    assert_eq!(meters.as_array().unwrap().len(), 1, "{meters}");
    let garage = eventually("the demo's Wi-Fi DTU", async || {
        let health = demo.get("/health").json();
        let garage = health["dtus"]["Garage (demo)"].clone();
        (garage["query_count"].as_u64() >= Some(1)).then_some(garage)
    })
    .await;
    assert_eq!((&garage["protocol"], &garage["error_count"]), (&"wifi".into(), &0.into()));
    let oldest = demo.get("/stats").json()["oldest_reading"].as_str().unwrap().to_owned();
    let age = jiff::Timestamp::now().duration_since(oldest.parse().unwrap());
    assert!(age >= jiff::SignedDuration::from_hours(24 * 364), "{oldest}");
    assert!(data_dir.path().join("demo").is_dir(), "a store of its own");
    assert!(demo.terminate().success());
}
