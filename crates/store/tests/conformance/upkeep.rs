//! Configuration, metrics, counts, and the schema itself.

use serde_json::json;
use store::{Metric, Record, Written};

use crate::world::*;
use crate::written;

pub(crate) async fn configuration_is_kept_and_replaced(world: &World) {
    let store = world.store().await;
    assert_eq!(store.config("layout").await.unwrap(), None);
    let layout = json!({"rows": [1, 2.5, null], "name": "Dach \"Süd\""});
    store.set_config("layout", &layout).await.unwrap();
    store.set_config("dialect", &json!(null)).await.unwrap();
    assert_eq!(store.config("layout").await.unwrap(), Some(layout));
    store.set_config("layout", &json!([])).await.unwrap();
    for (key, value) in [("panel/b_1", json!("b")), ("panel/a%", json!("a")), ("panelx", json!(1))]
    {
        store.write(&[Record::Config { key: key.to_owned(), value }]).await.unwrap();
    }
    let panels = store.configs("panel/").await.unwrap();
    let expected = [("panel/a%", json!("a")), ("panel/b_1", json!("b"))];
    assert_eq!(panels, expected.map(|(key, value)| (key.to_owned(), value)));
    assert_eq!(store.configs("panel/%").await.unwrap(), []);
    let reopened = world.reopen();
    assert_eq!(reopened.config("layout").await.unwrap(), Some(json!([])));
    assert_eq!(reopened.config("dialect").await.unwrap(), Some(json!(null)));
    assert_eq!(reopened.stats().await.unwrap().config_cache_entries, 5);
}

pub(crate) async fn metrics_are_idempotent_and_told_apart_by_dtu(world: &World) {
    let store = world.store().await;
    let metric = |second, dtu: Option<&str>, value| Metric {
        at: at(second),
        name: "query_duration_seconds".to_owned(),
        value,
        dtu_name: dtu.map(str::to_owned),
    };
    let records = [Record::Metrics(vec![
        metric(NOON, Some("roof \"2\""), 0.25),
        metric(NOON, None, 0.5),
        metric(NOON + 1, None, 1e-9),
        metric(NOON, None, 0.5),
    ])];
    for _ in 0..2 {
        assert_eq!(store.write(&records).await.unwrap(), written(0, 0));
        assert_eq!(store.stats().await.unwrap().metrics_entries, 3);
    }
    assert_eq!(world.number("SELECT count(*) FROM system_metrics").await, Some(3));
    let dtu = "SELECT tags ->> 'dtu_name' FROM system_metrics WHERE metric_value = 0.25";
    assert_eq!(world.texts(dtu).await, [Some("roof \"2\"".to_owned())]);
    let untagged = "SELECT CAST(tags AS text) FROM system_metrics WHERE metric_value = 0.5";
    assert_eq!(world.texts(untagged).await, [Some("{}".to_owned())]);
}

pub(crate) async fn stats_are_exact(world: &World) {
    let store = world.store().await;
    let empty = store.stats().await.unwrap();
    assert_eq!((empty.inverters_count, empty.port_data_entries), (0, 0));
    assert_eq!((empty.oldest_reading, empty.newest_reading), (None, None));
    assert!(empty.database_size_bytes > 0);
    store.write(&[snapshot(poll(NOON, 3)), snapshot(poll(NOON + 60, 2))]).await.unwrap();
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.inverters_count, 3);
    assert_eq!(stats.inverter_data_entries, 5);
    assert_eq!(stats.port_data_entries, 10);
    assert_eq!(stats.production_cache_entries, 6);
    assert_eq!((stats.config_cache_entries, stats.metrics_entries), (0, 0));
    assert_eq!(stats.oldest_reading, Some(at(NOON)));
    assert_eq!(stats.newest_reading, Some(at(NOON + 60)));
}

pub(crate) async fn preparing_twice_is_harmless(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    store.prepare().await.unwrap();
    world.reopen().prepare().await.unwrap();
    assert_eq!(store.stats().await.unwrap().inverter_data_entries, 1);
}

pub(crate) async fn two_bridges_prepare_one_empty_database(world: &World) {
    let (one, two) = (world.reopen(), world.reopen());
    let (first, second) = tokio::join!(one.prepare(), two.prepare());
    first.unwrap();
    second.unwrap();
    two.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    assert_eq!(one.stats().await.unwrap().inverters_count, 1);
}

pub(crate) async fn two_bridges_write_the_same_readings(world: &World) {
    let (one, two) = (world.store().await, world.reopen());
    let polls: Vec<Record> = (0..20).map(|n| snapshot(poll(NOON + n, 4))).collect();
    let forwards = async {
        for poll in &polls {
            one.write(std::slice::from_ref(poll)).await.unwrap();
        }
    };
    let backwards = async {
        for pair in polls.rchunks(2) {
            two.write(pair).await.unwrap();
        }
    };
    tokio::join!(forwards, backwards);
    let stats = one.stats().await.unwrap();
    assert_eq!((stats.inverters_count, stats.inverter_data_entries), (4, 80));
    assert_eq!(stats.port_data_entries, 160);
    assert_eq!(world.number("SELECT count(*) FROM port_data").await, Some(160));
}

pub(crate) async fn a_restart_counts_on(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 2))]).await.unwrap();
    store.close().await;
    let store = world.store().await;
    let both = [snapshot(poll(NOON, 2)), snapshot(poll(NOON + 60, 3))];
    assert_eq!(store.write(&both).await.unwrap(), written(3, 6));
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.inverters_count, stats.inverter_data_entries), (3, 5));
}

pub(crate) async fn an_empty_write_adds_nothing(world: &World) {
    let store = world.store().await;
    assert_eq!(store.write(&[]).await.unwrap(), Written::default());
    let empty = [Record::Metrics(vec![]), snapshot(poll(NOON, 0))];
    assert_eq!(store.write(&empty).await.unwrap(), Written::default());
}

pub(crate) async fn a_database_of_a_newer_version_is_refused(world: &World) {
    world.store().await.close().await;
    world
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (900, 'what is to come', TRUE, '', -1)",
        )
        .await;
    let error = world.reopen().prepare().await.unwrap_err();
    assert!(matches!(error, store::StoreError::Schema(_)), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}
