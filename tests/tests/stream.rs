//! What changes is told as it changes, and the stream ends with the bridge.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{Bridge, dtu};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_plant_is_followed_live_over_an_outage_and_to_the_end() {
    let dtu = dtu(8, 1).await;
    let port = dtu.address.port().to_string();
    let settings = [("DTU_HOST", "127.0.0.1"), ("DTU_PORT", port.as_str()), ("COMM_RETRIES", "0")];
    let bridge = Bridge::start(&settings);
    let mut stream = bridge.stream("");
    assert_eq!(stream.message().unwrap().event, "state");
    let snapshot = loop {
        let snapshot = stream.next_of("snapshot");
        if snapshot.data["inverters"].as_array().is_some_and(|list| !list.is_empty()) {
            break snapshot;
        }
    };
    assert_eq!(snapshot.data["dtu_name"], "DTU");
    assert_eq!(snapshot.data["inverters"][0]["ports"][0]["port_number"], 1);

    dtu.switch_off().await;
    let began = stream.next_of("event");
    assert_eq!(
        (&began.data["kind"], &began.data["ended_at"]),
        (&"dtu_outage".into(), &Value::Null)
    );
    dtu.switch_on().await;
    let ended = stream.next_of("event");
    assert_eq!(ended.data["started_at"], began.data["started_at"]);
    assert!(ended.data["ended_at"].is_string());

    let mut resumed = bridge.stream(&format!("Last-Event-ID: {}\r\n", snapshot.id));
    assert_eq!(resumed.next_of("event").id, began.id, "it goes on where the other one was");

    let data_dir = bridge.data_dir();
    assert!(bridge.terminate().success());
    while stream.message().is_some() {}
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    let mut of_before = bridge.stream(&format!("Last-Event-ID: {}\r\n", ended.id));
    assert_eq!(of_before.message().unwrap().event, "state", "another run has other ids");
}
