//! The database goes away and comes back; the bridge stays.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Bridge, Database, Gate, dtu, eventually};

async fn query_count(bridge: &Bridge) -> u64 {
    bridge.get("/health").json()["dtus"]["DTU"]["query_count"].as_u64().unwrap()
}

async fn polled_since(bridge: &Bridge, before: u64, polls: u64) {
    eventually("more polls", async || (query_count(bridge).await >= before + polls).then_some(()))
        .await;
}

async fn outbox_empty(bridge: &Bridge) {
    eventually("an empty outbox", async || {
        let database = &bridge.get("/health").json()["database"];
        (database["outbox_depth"] == 0 && database["status"] == "up").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_at_start_and_again_later_needs_no_restart() {
    let dtu = dtu(8, 1).await;
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), false).await;
    let mut settings = database.settings(Some(gate.port));
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    let bridge = Bridge::start(&settings);

    // Down at start: the plant is polled and shown all the same, and nothing claims it is empty.
    polled_since(&bridge, 0, 3).await;
    let health = bridge.get("/health");
    assert_eq!(health.status, 200, "an outage that the outbox absorbs: {}", health.text);
    assert_eq!(health.json()["status"], "degraded");
    assert_eq!(health.json()["database"]["status"], "down");
    assert!(health.json()["database"]["outbox_depth"].as_u64().unwrap() > 0);
    assert_eq!(bridge.get("/ready").status, 200);
    let inverters = bridge.get("/api/inverters").json();
    let ports: usize =
        inverters.as_array().unwrap().iter().map(|i| i["ports"].as_array().unwrap().len()).sum();
    assert_eq!(ports, 8);
    let serial = inverters[0]["serial_number"].as_str().unwrap().to_owned();
    let history = bridge.get(&format!("/api/inverters/{serial}/history"));
    assert_eq!(history.status, 503, "not an empty list");
    assert_eq!(bridge.get("/stats").status, 503);

    // Up: everything polled meanwhile arrives.
    gate.open().await;
    outbox_empty(&bridge).await;
    let polls = query_count(&bridge).await;
    eventually("every poll of the outage in the database", async || {
        let rows = database.number("SELECT count(DISTINCT timestamp) FROM port_data").await;
        (rows as u64 >= polls).then_some(())
    })
    .await;
    assert_eq!(bridge.get(&format!("/api/inverters/{serial}/history?limit=1")).status, 200);

    // Down once more, with connections open, and up again.
    gate.close().await;
    let before = query_count(&bridge).await;
    polled_since(&bridge, before, 2).await;
    assert_eq!(bridge.get("/health").status, 200);
    assert_eq!(bridge.get("/api/ports").json().as_array().unwrap().len(), 8);
    gate.open().await;
    outbox_empty(&bridge).await;
    let polls = query_count(&bridge).await;
    eventually("every poll of the second outage", async || {
        let rows = database.number("SELECT count(DISTINCT timestamp) FROM port_data").await;
        (rows as u64 >= polls).then_some(())
    })
    .await;
    assert!(bridge.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_poll_nothing_claims_an_empty_plant() {
    let dtu = dtu(8, 1).await;
    dtu.switch_off().await;
    let database = Database::create().await;
    let gate = Gate::before(database.host(), database.port(), false).await;
    let mut settings = database.settings(Some(gate.port));
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    let bridge = Bridge::start(&settings);
    for path in ["/api/inverters", "/api/ports", "/api/production/current"] {
        let answer = bridge.get(path);
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (503, "application/problem+json")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_bridge_forwards_what_its_outbox_holds() {
    let dtu = dtu(8, 1).await;
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), false).await;
    let mut settings = database.settings(Some(gate.port));
    settings.push(("DTU_HOST", "127.0.0.1".to_owned()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    let bridge = Bridge::start(&settings);
    polled_since(&bridge, 0, 3).await;
    let data_dir = bridge.data_dir();
    bridge.kill();

    dtu.switch_off().await;
    gate.open().await;
    let second = Bridge::start_in(data_dir, &["run"], &settings);
    outbox_empty(&second).await;
    let snapshots = database.number("SELECT count(DISTINCT timestamp) FROM port_data").await;
    assert!(snapshots >= 3, "{snapshots} of the first bridge's polls");
    // The DTU is gone; the plant is still known, and was never said to be empty.
    let ports = eventually("the plant of before", async || {
        let answer = second.get("/api/ports");
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    assert_eq!(ports.as_array().unwrap().len(), 8);
}
