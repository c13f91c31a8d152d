//! Clients of the Python v2 bridge find every key they knew, without `id` and `raw_data`.

use serde_json::Value;

use crate::world::{SERIAL, World, noon, reading};
use plant::live::Timed;

/// Every key of `old`, at every depth and in every element, is in `new`.
fn assert_superset(old: &Value, new: &Value, place: &str) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                if ["id", "raw_data"].contains(&key.as_str()) {
                    assert!(!new.contains_key(key), "{place}.{key} is dropped");
                } else {
                    let here = format!("{place}.{key}");
                    let found = new.get(key).unwrap_or_else(|| panic!("{here} is missing"));
                    assert_superset(value, found, &here);
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for element in new {
                assert_superset(&old[0], element, place);
            }
        }
        (Value::Number(_), new) => assert!(new.is_number(), "{place} was a number: {new}"),
        (Value::Bool(_), new) => assert!(new.is_boolean(), "{place} was true or false: {new}"),
        (Value::String(_), new) => assert!(new.is_string(), "{place} was a text: {new}"),
        (Value::Null, _) => {}
        (_, new) => panic!("{place} changed its shape: {new}"),
    }
}

#[tokio::test]
async fn every_key_is_still_there_with_its_type() {
    let mut world = World::new();
    let dtu = world.plant.dtus.remove("roof").unwrap();
    world.plant.dtus.insert("DTU".into(), dtu);
    *world.store().history.lock().unwrap() = vec![Timed { at: noon(), value: reading(SERIAL) }];
    let captured = [
        ("/health", include_str!("../captured/health.json")),
        ("/stats", include_str!("../captured/stats.json")),
        ("/api/inverters", include_str!("../captured/inverters.json")),
        ("/api/inverters/116100000001", include_str!("../captured/inverters_116100000001.json")),
        (
            "/api/inverters/116100000001/history",
            include_str!("../captured/inverters_116100000001_history.json"),
        ),
        (
            "/api/inverters/116100000001/ports",
            include_str!("../captured/inverters_116100000001_ports.json"),
        ),
        ("/api/ports", include_str!("../captured/ports.json")),
        ("/api/production/current", include_str!("../captured/production_current.json")),
    ];
    for (path, old) in captured {
        let old = serde_json::from_str(old).unwrap();
        let new = world.get(path).await.json();
        assert_superset(&old, &new, path);
        if let Value::Array(list) = new {
            assert!(!list.is_empty(), "{path} shows something to compare");
        }
    }
}

#[tokio::test]
async fn totals_are_summed_as_before() {
    let world = World::new();
    let old: Value = serde_json::from_str(include_str!("../captured/stats.json")).unwrap();
    let count = |key: &str| old[key].as_u64().unwrap();
    *world.store().stats.lock().unwrap() = store::StoreStats {
        database_size_bytes: count("database_size_bytes"),
        inverter_data_entries: count("inverter_data_entries"),
        port_data_entries: count("port_data_entries"),
        production_cache_entries: count("production_cache_entries"),
        config_cache_entries: count("config_cache_entries"),
        metrics_entries: count("metrics_entries"),
        inverters_count: count("inverters_count"),
        oldest_reading: None,
        newest_reading: Some(noon()),
        ..store::StoreStats::default()
    };
    let new = world.get("/stats").await.json();
    for (key, value) in old.as_object().unwrap() {
        assert_eq!(&new[key], value, "{key}");
    }
    assert_eq!(new["newest_reading"], "2026-06-21T12:00:00Z");
}
