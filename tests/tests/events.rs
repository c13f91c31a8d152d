//! What happens to a plant can be read afterwards, with its start and its end.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::time::Instant;

use e2e::{Bridge, eventually, noon};
use jiff::SignedDuration;
use serde_json::Value;
use simulator::{DtuOptions, Fault, Running, SimPlant, SimulatedDtu};

/// A DTU whose afternoon passes twenty times as fast, so that its counters count in a test's time.
async fn quick_dtu() -> Running {
    let started = Instant::now();
    let clock = move || {
        let passed = SignedDuration::try_from(started.elapsed()).unwrap();
        noon() + passed * 20
    };
    let plant = SimPlant::with_ports(4, 1);
    SimulatedDtu::new(plant, DtuOptions::default(), clock).listen("127.0.0.1:0").await.unwrap()
}

fn of_kind(bridge: &Bridge, kind: &str) -> Vec<Value> {
    let events = bridge.get("/api/events").json();
    events.as_array().unwrap().iter().filter(|event| event["kind"] == kind).cloned().collect()
}

async fn queries(bridge: &Bridge, counter: &str) -> u64 {
    bridge.get("/health").json()["dtus"]["DTU"][counter].as_u64().unwrap()
}

async fn polled(bridge: &Bridge, counter: &str, more: u64) {
    let before = queries(bridge, counter).await;
    eventually("more polls", async || {
        (queries(bridge, counter).await >= before + more).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_and_a_counter_reset_are_remembered() {
    let dtu = quick_dtu().await;
    let port = dtu.address.port().to_string();
    let settings = [
        ("DTU_HOST", "127.0.0.1"),
        ("DTU_PORT", port.as_str()),
        ("COMM_RETRIES", "0"),
        ("TIMEZONE", "UTC"),
    ];
    let bridge = Bridge::start(&settings);
    polled(&bridge, "query_count", 2).await;
    assert_eq!(of_kind(&bridge, "dtu_outage"), [] as [Value; 0]);

    dtu.switch_off().await;
    polled(&bridge, "error_count", 2).await;
    let begun = of_kind(&bridge, "dtu_outage");
    assert_eq!((begun.len(), &begun[0]["dtu"]), (1, &Value::from("DTU")));
    assert_eq!(begun[0]["ended_at"], Value::Null);

    // A bridge that is killed and started again goes on with the same outage.
    let data_dir = bridge.data_dir();
    bridge.kill();
    let bridge = Bridge::start_in(data_dir, &["run"], &settings);
    eventually("a failed poll", async || (queries(&bridge, "error_count").await > 0).then_some(()))
        .await;
    dtu.switch_on().await;
    let over = eventually("the end of the outage", async || {
        of_kind(&bridge, "dtu_outage").into_iter().find(|event| !event["ended_at"].is_null())
    })
    .await;
    assert_eq!(over["started_at"], begun[0]["started_at"]);
    assert_eq!(of_kind(&bridge, "dtu_outage").len(), 1);

    let days = bridge.get("/api/coverage").json();
    let gaps = days.as_array().unwrap().iter().flat_map(|day| day["gaps"].as_array().unwrap());
    let gap = gaps.into_iter().find(|gap| gap["cause"] == "dtu_outage").unwrap();
    assert_eq!(gap["text"], over["text"]);

    let serial = dtu.plant().serials().next().unwrap();
    dtu.inject(Fault::CounterReset(serial));
    let correction = eventually("a corrected counter", async || {
        of_kind(&bridge, "counter_correction").into_iter().next()
    })
    .await;
    assert_eq!(correction["inverter"], serial.to_string());
    assert_eq!(correction["started_at"], correction["ended_at"]);
}
