//! The ten routes of the migration guide, from a DTU on a socket through PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Bridge, Database, dtu, dtu_with, eventually};
use serde_json::Value;
use simulator::{DtuOptions, Panel, Plane, SimInverter, SimPlant, Site};
use sqlx::Row;

/// Waits until so many polls of every DTU are in the database.
async fn polls_stored(database: &Database, polls: i64) {
    eventually("polls in the database", async || {
        let stored: i64 = sqlx::query_scalar(
            "SELECT coalesce(min(n), 0) FROM (
                SELECT count(*) AS n FROM inverter_data GROUP BY inverter_id) AS per_inverter",
        )
        .fetch_one(&database.pool)
        .await
        .unwrap_or(0);
        (stored >= polls).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dtus_into_postgres_and_out_of_every_route() {
    let (house, barn) = (dtu(20, 1).await, dtu(6, 2).await);
    let database = Database::create().await;
    let mut settings = database.settings(None);
    settings.push(("DTU_CONFIGS", Bridge::dtu_configs(&[("house", &house), ("barn", &barn)])));
    let bridge = Bridge::start(&settings);
    polls_stored(&database, 3).await;

    // One row per inverter and poll, one per port and poll, all of a poll at one instant.
    let inverters = house.plant().serials().count() + barn.plant().serials().count();
    let stamps = sqlx::query(
        "SELECT p.timestamp, i.dtu_name, count(*) AS ports, count(DISTINCT p.inverter_id) AS inverters
           FROM port_data p JOIN inverters i USING (inverter_id) GROUP BY 1, 2",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert!(stamps.len() >= 6, "{} snapshots", stamps.len());
    for row in &stamps {
        let expected = match row.get::<&str, _>("dtu_name") {
            "house" => (20_i64, house.plant().serials().count() as i64),
            "barn" => (6, barn.plant().serials().count() as i64),
            other => panic!("DTU {other}"),
        };
        assert_eq!((row.get("ports"), row.get("inverters")), expected);
    }
    let doubles = database
        .number("SELECT count(*) FROM (SELECT 1 FROM inverter_data GROUP BY inverter_id, timestamp HAVING count(*) > 1) d")
        .await;
    assert_eq!(doubles, 0);

    // /health, /ready, /metrics, /stats
    let health = bridge.get("/health");
    assert_eq!(health.status, 200, "{}", health.text);
    let health = health.json();
    assert_eq!(health["healthy"], true);
    for name in ["house", "barn"] {
        assert_eq!(health["dtus"][name]["status"], "online");
        assert!(health["dtus"][name]["query_count"].as_u64().unwrap() >= 3);
    }
    let ready = bridge.get("/ready");
    assert_eq!((ready.status, ready.text.as_str()), (200, "OK"));
    let metrics = bridge.get("/metrics").text;
    for line in [
        "hoymiles_queries_total{dtu_name=\"house\",status=\"success\"}",
        "hoymiles_dtu_available{dtu_name=\"barn\"} 1",
        "hoymiles_db_up 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let stats = bridge.get("/stats").json();
    assert_eq!(stats["database_type"], "POSTGRES");
    assert_eq!(stats["inverters_count"], inverters as u64);
    assert!(stats["port_data_entries"].as_u64().unwrap() >= 3 * 26);
    assert!(stats["metrics_entries"].as_u64().unwrap() >= 6, "system_metrics is really written");
    assert!(stats["config_cache_entries"].as_u64().unwrap() >= 3, "identity and two DTU memories");

    // /api/inverters and one of them
    let list = bridge.get("/api/inverters").json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), inverters);
    let mut ports = 0;
    for inverter in list {
        let serial: plant::Serial = inverter["serial_number"].as_str().unwrap().parse().unwrap();
        let of_house = house.plant().serials().any(|known| known == serial);
        assert_eq!(inverter["dtu_name"], if of_house { "house" } else { "barn" });
        ports += inverter["ports"].as_array().unwrap().len();
        let one = bridge.get(&format!("/api/inverters/{serial}")).json();
        assert_eq!(one["serial_number"], inverter["serial_number"]);
    }
    assert_eq!(ports, 26);

    // history: exactly as many as asked for, newest first
    let serial = house.plant().serials().next().unwrap();
    let history = |query: &str| bridge.get(&format!("/api/inverters/{serial}/history{query}"));
    let two = history("?limit=2").json();
    let [newer, older] = two.as_array().unwrap().as_slice() else { panic!("{two}") };
    assert!(newer["timestamp"].as_str() > older["timestamp"].as_str());
    assert!(history("?limit=100").json().as_array().unwrap().len() >= 3);
    assert!(history("").json().as_array().unwrap().len() >= 3);
    for bad in ["0", "-1", "abc", "10001", ""] {
        let answer = history(&format!("?limit={bad}"));
        assert_eq!(answer.status, 400, "limit={bad}");
        assert_eq!(answer.content_type, "application/problem+json");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("1 to 10000"), "{detail}");
    }
    assert_eq!(history("?limitt=5").status, 400, "an unknown parameter is an error");

    // ports and production
    let of_one = bridge.get(&format!("/api/inverters/{serial}/ports")).json();
    let numbers: Vec<u64> =
        of_one.as_array().unwrap().iter().map(|p| p["port_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let all = bridge.get("/api/ports").json();
    assert_eq!(all.as_array().unwrap().len(), 26);
    let production = bridge.get("/api/production/current").json();
    let production = production.as_array().unwrap();
    assert_eq!(production.len(), 26);
    assert!(production.iter().all(|port| port["total_production"].as_u64().unwrap() > 0));

    // What nobody knows is said.
    let unknown = bridge.get("/api/inverters/999999999999");
    assert_eq!((unknown.status, unknown.content_type.as_str()), (404, "application/problem+json"));
    assert!(bridge.terminate().success());
}

/// One inverter whose lifetime counters are beyond what a 32-bit signed number holds.
fn old_plant() -> SimPlant {
    let panel = Panel::new(400.0, Plane::SOUTH).with_initial_total(3_000_000_000);
    let serial = "116100000001".parse().unwrap();
    SimPlant::new(Site::berlin(1), vec![SimInverter::new(serial, vec![panel; 2])])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_counter_above_two_to_the_31st_is_stored_and_served() {
    let dtu = dtu_with(old_plant(), DtuOptions::default()).await;
    let database = Database::create().await;
    let mut settings = database.settings(None);
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    let bridge = Bridge::start(&settings);
    polls_stored(&database, 2).await;
    let stored = database.number("SELECT min(total_production) FROM port_data").await;
    assert!(stored >= 3_000_000_000, "{stored}");
    let served: Value = bridge.get("/api/production/current").json();
    assert!(served[0]["total_production"].as_i64().unwrap() >= 3_000_000_000);
    let list = bridge.get("/api/inverters").json();
    assert_eq!(list[0]["dtu_name"], "DTU", "the name that a single DTU has always had");
}
