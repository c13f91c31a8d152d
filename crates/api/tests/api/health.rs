//! `/health`: alive and polling is healthy; 503 only when readings are lost or none are taken.

use jiff::SignedDuration;
use plant::live::{BreakerState, DtuPhase, StoreLink};
use serde_json::{Value, json};

use crate::world::{World, failure, noon, serial};

#[tokio::test]
async fn all_is_well() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_secs(12);
    let dtu = world.dtu();
    dtu.serial = Some("10f800000001".parse().unwrap());
    dtu.poll_seconds = Some(1.240_000_01);
    dtu.not_reported = vec![(serial(), 4)];
    assert_eq!(
        world.get("/health").await.json(),
        json!({
            "healthy": true, "status": "healthy", "reasons": [],
            "uptime_seconds": 3612, "start_time": "2026-06-21T11:00:00Z", "version": "3.0.0",
            "dtus": {"roof": {
                "status": "online", "standby": null, "last_successful_query": "2026-06-21T12:00:00Z",
                "seconds_since_last_success": 12, "query_count": 60, "error_count": 0,
                "last_error": null, "last_error_time": null, "breaker": "closed",
                "address": "192.168.1.31:502", "protocol": "modbus", "serial": "10f800000001",
                "dialect": null, "poll_interval_seconds": 60, "poll_seconds": 1.24,
                "requests_per_poll": null, "repaired_answers": 0,
                "not_reported": [{"serial_number": "116100000001", "port_number": 4}],
                "unconfirmed": [],
            }},
            "database": {
                "type": "postgres", "status": "up", "outbox_depth": 0,
                "outbox_oldest_seconds": null, "outbox_bytes": 0, "last_error": null,
                "last_error_time": null, "readings_stored": 0, "readings_rejected": 0,
                "readings_lost": 0,
            },
        })
    );
}

#[tokio::test]
async fn a_dtu_that_was_not_polled_yet_is_listed() {
    let world = World::just_started();
    let health = world.get("/health").await.json();
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["dtus"]["roof"]["status"], "starting");
    assert_eq!(health["dtus"]["roof"]["last_successful_query"], Value::Null);
}

#[tokio::test]
async fn a_database_outage_that_the_outbox_absorbs_is_degraded() {
    let mut world = World::new();
    let storage = &mut world.plant.storage;
    storage.link = StoreLink::Down;
    storage.outbox_depth = 3;
    storage.outbox_oldest = Some(noon() - SignedDuration::from_mins(3));
    storage.last_failure = Some(failure("The server refuses connections."));
    let health = world.get("/health").await.json();
    assert_eq!((&health["healthy"], &health["status"]), (&json!(true), &json!("degraded")));
    assert_eq!(health["database"]["status"], "down");
    assert_eq!(health["database"]["outbox_oldest_seconds"], 180);
    assert_eq!(health["database"]["last_error"], "The server refuses connections.");
    assert!(health["reasons"][0].as_str().unwrap().contains("3 snapshots wait"));
}

#[tokio::test]
async fn losing_readings_is_unhealthy() {
    let mut world = World::new();
    world.plant.storage.accepting = false;
    world.plant.storage.readings_lost = 25;
    let answer = world.get("/health").await;
    assert_eq!(answer.status, 503);
    let health = answer.any_json();
    assert_eq!((&health["healthy"], &health["status"]), (&json!(false), &json!("unhealthy")));
    assert_eq!(health["database"]["readings_lost"], 25);
}

#[tokio::test]
async fn a_bridge_whose_only_dtu_is_silent_is_unhealthy_and_names_it() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_secs(301);
    let dtu = world.dtu();
    dtu.phase = DtuPhase::Failing;
    dtu.breaker = BreakerState::Open;
    dtu.error_count = 5;
    dtu.last_failure = Some(failure("It does not answer."));
    let answer = world.get("/health").await;
    assert_eq!(answer.status, 503);
    let health = answer.any_json();
    let dtu = &health["dtus"]["roof"];
    assert_eq!((&dtu["status"], &dtu["breaker"]), (&json!("error"), &json!("open")));
    assert_eq!(dtu["last_error"], "It does not answer.");
    assert_eq!(
        health["reasons"],
        json!([
            "DTU 'roof' at 192.168.1.31:502 last answered at 2026-06-21T12:00:00Z: It does not answer."
        ])
    );
    assert_eq!(world.get("/ready").await.status, 200, "it could take readings");
}

#[tokio::test]
async fn a_standby_is_healthy_and_says_who_polls() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_hours(10);
    let dtu = world.dtu();
    dtu.phase = DtuPhase::Standby;
    dtu.left_to = Some("nas:8080".to_owned());
    let answer = world.get("/health").await;
    assert_eq!(answer.status, 200);
    let health = answer.any_json();
    assert_eq!((&health["status"], &health["reasons"]), (&json!("healthy"), &json!([])));
    let dtu = &health["dtus"]["roof"];
    assert_eq!(dtu["status"], "standby");
    assert!(dtu["standby"].as_str().unwrap().starts_with("The bridge nas:8080 polls this DTU"));
}

#[tokio::test]
async fn nothing_configured_is_unhealthy() {
    let mut world = World::new();
    world.plant.dtus.clear();
    assert_eq!(world.get("/health").await.status, 503);
}
