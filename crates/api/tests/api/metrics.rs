//! `/metrics`: names as before, values as now, and nothing frozen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use plant::InverterReading;
use plant::live::{BreakerState, DtuPhase, StoreLink};

use crate::world::{SERIAL, World, noon, reading};

/// The samples by name and labels, after a look at the rules of the text format.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut types = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            assert_eq!(types.insert(name, kind), None, "{name} is described once");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        assert!(!line.starts_with('#'), "{line}");
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| name.strip_suffix(suffix))
            .find(|family| types.get(family) == Some(&"histogram"))
            .unwrap_or(name);
        let kind = types.get(family).unwrap_or_else(|| panic!("{name} has no type"));
        assert_eq!(*kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        let old = samples.insert(series.to_owned(), value.parse().unwrap());
        assert_eq!(old, None, "{series} is there once");
    }
    samples
}

pub(crate) async fn scrape(world: &World) -> BTreeMap<String, f64> {
    let answer = world.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    samples(&answer.text)
}

fn families(samples: &BTreeMap<String, f64>) -> Vec<&str> {
    samples.keys().map(|series| series.split('{').next().unwrap()).collect()
}

#[tokio::test]
async fn every_name_of_the_python_bridge_has_a_real_value() {
    let mut world = World::new();
    world.metrics.query_succeeded("roof", 0.3);
    world.metrics.query_failed("roof", 12.0, "timeout");
    let alarm = InverterReading { alarm_code: Some(147), ..reading(SERIAL) };
    world.poll(noon(), SERIAL, alarm);
    let samples = scrape(&world).await;
    let expected = [
        (r#"hoymiles_queries_total{dtu_name="roof",status="success"}"#, 1.0),
        (r#"hoymiles_queries_total{dtu_name="roof",status="error"}"#, 1.0),
        (r#"hoymiles_query_errors_total{dtu_name="roof",error_type="timeout"}"#, 1.0),
        (r#"hoymiles_query_duration_seconds_bucket{le="0.5",dtu_name="roof"}"#, 1.0),
        (r#"hoymiles_query_duration_seconds_bucket{le="10.0",dtu_name="roof"}"#, 1.0),
        (r#"hoymiles_query_duration_seconds_bucket{le="+Inf",dtu_name="roof"}"#, 2.0),
        (r#"hoymiles_query_duration_seconds_count{dtu_name="roof"}"#, 2.0),
        (r#"hoymiles_query_duration_seconds_sum{dtu_name="roof"}"#, 12.3),
        (r#"hoymiles_dtu_available{dtu_name="roof"}"#, 1.0),
        (r#"hoymiles_circuit_breaker_state{dtu_name="roof"}"#, 0.0),
        (r#"hoymiles_inverter_power_watts{serial_number="116100000001",port="4"}"#, 250.5),
        (r#"hoymiles_inverter_temperature_celsius{serial_number="116100000001"}"#, 34.5),
        (r#"hoymiles_inverter_status{serial_number="116100000001"}"#, 3.0),
        (r#"hoymiles_dtu_power_watts{dtu_name="roof"}"#, 1090.7),
        (r#"hoymiles_today_production_wh{dtu_name="roof"}"#, 4010.0),
        (r#"hoymiles_total_production_wh{dtu_name="roof"}"#, 4_000_010.0),
        ("hoymiles_smiles_uptime_seconds", 3600.0),
        (r#"hoymiles_port_voltage_volts{serial_number="116100000001",port="1"}"#, 33.2),
        (r#"hoymiles_port_current_amperes{serial_number="116100000001",port="1"}"#, 7.93),
        (r#"hoymiles_grid_voltage_volts{serial_number="116100000001"}"#, 230.4),
        (r#"hoymiles_grid_frequency_hertz{serial_number="116100000001"}"#, 49.98),
        (r#"hoymiles_data_age_seconds{serial_number="116100000001"}"#, 0.0),
        ("hoymiles_inverters_known", 1.0),
        ("hoymiles_inverters_reporting", 1.0),
        (r#"hoymiles_alarm_active{serial_number="116100000001",code="147"}"#, 1.0),
        ("hoymiles_outbox_depth", 0.0),
        ("hoymiles_outbox_bytes", 0.0),
        ("hoymiles_outbox_oldest_seconds", 0.0),
        ("hoymiles_readings_stored_total", 0.0),
        ("hoymiles_readings_rejected_total", 0.0),
        ("hoymiles_readings_lost_total", 0.0),
        ("hoymiles_db_up", 1.0),
        (r#"hoymiles_build_info{version="3.0.0"}"#, 1.0),
    ];
    for (series, value) in expected {
        assert_eq!(samples.get(series), Some(&value), "{series} in {samples:#?}");
    }
    let text = world.get("/metrics").await.text;
    let described: BTreeSet<&str> = type_lines(&text).collect();
    assert!(described.contains("# TYPE hoymiles_readings_lost_total counter"));
    let old: Vec<&str> = type_lines(include_str!("../captured/metrics.txt"))
        // The creation times of the Python client are no figures of the bridge.
        .filter(|line| !line.contains("_created "))
        .collect();
    assert_eq!(old.len(), 12);
    for line in old {
        assert!(described.contains(line), "{line} is missing");
    }
}

/// Names and kinds, in the order of the text.
fn type_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with("# TYPE "))
}

#[tokio::test]
async fn what_is_stale_disappears_and_nothing_is_frozen() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_secs(301);
    let samples = scrape(&world).await;
    let there = families(&samples);
    for gone in [
        "hoymiles_inverter_power_watts",
        "hoymiles_inverter_temperature_celsius",
        "hoymiles_inverter_status",
        "hoymiles_dtu_power_watts",
        "hoymiles_today_production_wh",
        "hoymiles_total_production_wh",
        "hoymiles_port_voltage_volts",
        "hoymiles_grid_voltage_volts",
    ] {
        assert!(!there.contains(&gone), "{gone}");
    }
    assert_eq!(samples[r#"hoymiles_dtu_available{dtu_name="roof"}"#], 0.0);
    assert_eq!(samples[r#"hoymiles_data_age_seconds{serial_number="116100000001"}"#], 301.0);
    assert_eq!(samples["hoymiles_inverters_known"], 1.0);
    assert_eq!(samples["hoymiles_inverters_reporting"], 0.0);
}

#[tokio::test]
async fn a_standby_raises_no_alarm_and_adds_nothing_to_sums() {
    let mut world = World::new();
    world.dtu().phase = DtuPhase::Standby;
    let samples = scrape(&world).await;
    assert_eq!(samples[r#"hoymiles_dtu_standby{dtu_name="roof"}"#], 1.0);
    let there = families(&samples);
    for absent in ["hoymiles_dtu_available", "hoymiles_dtu_power_watts"] {
        assert!(!there.contains(&absent), "{absent}");
    }
    assert!(there.contains(&"hoymiles_inverter_power_watts"), "the plant is shown");
}

#[tokio::test]
async fn a_port_that_its_dtu_leaves_out_keeps_its_energy_in_the_sum() {
    let mut world = World::new();
    let long_ago = noon() - SignedDuration::from_secs(301);
    world.inverter().ports.get_mut(&4).unwrap().at = long_ago;
    let samples = scrape(&world).await;
    let power = r#"hoymiles_inverter_power_watts{serial_number="116100000001",port="4"}"#;
    assert!(!samples.contains_key(power));
    assert_eq!(samples[r#"hoymiles_dtu_power_watts{dtu_name="roof"}"#], 840.2);
    assert_eq!(samples[r#"hoymiles_total_production_wh{dtu_name="roof"}"#], 4_000_010.0);
}

#[tokio::test]
async fn asleep_is_zero_power_and_no_temperature() {
    let mut world = World::new();
    let night =
        InverterReading { operating_status: Some(0), link_status: Some(0), ..reading(SERIAL) };
    world.poll(noon(), SERIAL, night);
    let samples = scrape(&world).await;
    let power = r#"hoymiles_inverter_power_watts{serial_number="116100000001",port="1"}"#;
    assert_eq!(samples[power], 0.0);
    assert_eq!(samples[r#"hoymiles_dtu_power_watts{dtu_name="roof"}"#], 0.0);
    assert_eq!(samples[r#"hoymiles_inverter_status{serial_number="116100000001"}"#], 0.0);
    let there = families(&samples);
    assert!(!there.contains(&"hoymiles_inverter_temperature_celsius"));
    assert!(!there.contains(&"hoymiles_alarm_active"));
}

#[tokio::test]
async fn states_are_zero_or_one() {
    let mut world = World::new();
    for (breaker, shown) in [(BreakerState::Open, 1.0), (BreakerState::HalfOpen, 1.0)] {
        world.dtu().breaker = breaker;
        let samples = scrape(&world).await;
        assert_eq!(samples[r#"hoymiles_circuit_breaker_state{dtu_name="roof"}"#], shown);
    }
    world.plant.storage.link = StoreLink::Down;
    assert_eq!(scrape(&world).await["hoymiles_db_up"], 0.0);
    world.plant.storage.link = StoreLink::Off;
    assert_eq!(scrape(&world).await.get("hoymiles_db_up"), None);
}

#[tokio::test]
async fn a_name_with_quotes_is_escaped() {
    let mut world = World::new();
    let name = "south \"roof\" \\ 1\n2";
    let dtu = world.plant.dtus["roof"].clone();
    world.plant.dtus.insert(name.into(), dtu);
    world.metrics.query_succeeded(name, 1.0);
    let samples = scrape(&world).await;
    let label = r#"dtu_name="south \"roof\" \\ 1\n2""#;
    assert_eq!(samples[&format!("hoymiles_dtu_available{{{label}}}")], 1.0);
    assert_eq!(samples[&format!("hoymiles_queries_total{{{label},status=\"success\"}}")], 1.0);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_clients_cannot_make_series() {
    let world = World::new();
    for path in ["/api/inverters/116100000001", "/api/inverters/none", "/x", "/y"] {
        world.get(path).await;
    }
    let brew = axum::http::Request::builder().method("BREW").uri("/z");
    world.ask(brew.body(axum::body::Body::empty()).unwrap()).await;
    let samples = scrape(&world).await;
    let count = |method, route, status| {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        samples[&format!("hoymiles_http_request_duration_seconds_count{{{labels}}}")]
    };
    assert_eq!(count("GET", "/api/inverters/{serial}", 200), 1.0);
    assert_eq!(count("GET", "/api/inverters/{serial}", 404), 1.0);
    assert_eq!(count("GET", "unmatched", 404), 2.0);
    assert_eq!(count("other", "unmatched", 404), 1.0);
}
