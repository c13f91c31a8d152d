//! Readings: each once, as the device told them, and found again.

use plant::{InverterReading, PortReading, Snapshot};
use store::{BucketQuery, HistoryQuery, PageQuery, Spread};

use crate::world::*;
use crate::{all, written};

pub(crate) async fn redelivery_changes_nothing(world: &World) {
    let store = world.store().await;
    let records = [snapshot(poll(NOON, 3)), snapshot(poll(NOON + 60, 3))];
    assert_eq!(store.write(&records[..1]).await.unwrap(), written(3, 6));
    assert_eq!(store.write(&records).await.unwrap(), written(3, 6));
    assert_eq!(store.write(&records).await.unwrap(), written(0, 0));
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.inverter_data_entries, 6);
    assert_eq!(stats.port_data_entries, 12);
    assert_eq!(world.number("SELECT count(*) FROM port_data").await, Some(12));
}

pub(crate) async fn a_batch_may_hold_one_key_twice(world: &World) {
    let store = world.store().await;
    let twice =
        [snapshot(poll(NOON + 60, 2)), snapshot(poll(NOON, 2)), snapshot(poll(NOON + 60, 2))];
    assert_eq!(store.write(&twice).await.unwrap(), written(4, 8));
}

pub(crate) async fn one_row_per_inverter_and_port_and_poll(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 5))]).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM inverter_readings").await, Some(5));
    assert_eq!(world.number("SELECT count(*) FROM port_readings").await, Some(10));
    let times = "SELECT count(DISTINCT timestamp) FROM (
                     SELECT timestamp FROM inverter_readings
                     UNION ALL
                     SELECT timestamp FROM port_readings) AS poll";
    assert_eq!(world.number(times).await, Some(1));
}

pub(crate) async fn what_is_absent_stays_null(world: &World) {
    let store = world.store().await;
    let nothing = Snapshot {
        inverters: vec![InverterReading::blank(serial(1))],
        ports: vec![PortReading {
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: None,
            today_wh: None,
            total_wh: None,
            ..port(serial(1), 1, 0)
        }],
        ..poll(NOON, 0)
    };
    store.write(&[snapshot(nothing.clone())]).await.unwrap();
    let history = store.history(&all(serial(1))).await.unwrap();
    assert_eq!(history[0].value, nothing.inverters[0]);
    let latest = store.latest(at(NOON)).await.unwrap();
    assert_eq!(latest[0].1.ports[&1].value, nothing.ports[0]);
    for column in ["pv_voltage", "pv_current", "pv_power", "today_production", "total_production"] {
        let sql = format!("SELECT count({column}) FROM port_data");
        assert_eq!(world.number(&sql).await, Some(0), "{column}");
    }
}

pub(crate) async fn lifetime_counters_are_full_u32(world: &World) {
    let store = world.store().await;
    let full = Snapshot {
        ports: vec![port(serial(1), 1, u32::MAX), port(serial(1), 2, 1 << 31)],
        ..poll(NOON, 1)
    };
    let before = Snapshot { taken_at: at(NOON - 60), ..full.clone() };
    store.write(&[snapshot(before), snapshot(full)]).await.unwrap();
    assert_eq!(
        world
            .numbers(
                "SELECT DISTINCT total_production FROM port_data ORDER BY total_production DESC"
            )
            .await,
        [Some(i64::from(u32::MAX)), Some(1 << 31)]
    );
    let latest = store.latest(at(NOON)).await.unwrap();
    assert_eq!(latest[0].1.accounts[&1].lifetime_wh, u64::from(u32::MAX));
}

pub(crate) async fn history_is_newest_first_within_bounds(world: &World) {
    let store = world.store().await;
    // Out of order, as a backlog behind a live poll is.
    for minute in [3, 1, 0, 4, 2] {
        store.write(&[snapshot(poll(NOON + 60 * minute, 2))]).await.unwrap();
    }
    let minutes = async |from: Option<i64>, to: Option<i64>, limit| {
        let query = HistoryQuery {
            serial: serial(2),
            from: from.map(|minute| at(NOON + 60 * minute)),
            to: to.map(|minute| at(NOON + 60 * minute)),
            limit,
        };
        let readings = store.history(&query).await.unwrap();
        assert!(readings.iter().all(|r| r.value == inverter(serial(2))));
        readings.iter().map(|reading| (reading.at.as_second() - NOON) / 60).collect::<Vec<_>>()
    };
    assert_eq!(minutes(None, None, 100).await, [4, 3, 2, 1, 0]);
    assert_eq!(minutes(None, None, 2).await, [4, 3]);
    assert_eq!(minutes(Some(1), Some(4), 100).await, [3, 2, 1]);
    assert_eq!(minutes(Some(2), None, 100).await, [4, 3, 2]);
    assert_eq!(minutes(None, Some(2), 1).await, [1]);
    assert_eq!(minutes(None, None, 0).await, [0; 0]);
}

pub(crate) async fn history_is_the_same_however_much_is_asked_for(world: &World) {
    const DAY: i64 = 86_400;
    let store = world.store().await;
    // Sparse, then dense for five days, then one from a wrong clock.
    let sparse = [900, 400, 399, 60].map(|days| NOON - days * DAY);
    let dense = (0..720).map(|step| NOON - 5 * DAY + 600 * step);
    let times: Vec<i64> = sparse.into_iter().chain(dense).chain([NOON + 50_000 * DAY]).collect();
    let polls: Vec<_> = times.iter().map(|&second| snapshot(poll(second, 2))).collect();
    store.write(&polls).await.unwrap();

    let edges = [None, Some(-1000), Some(-400), Some(-5), Some(-2), Some(0), Some(60_000)];
    for (from, to) in edges.into_iter().flat_map(|from| edges.map(|to| (from, to))) {
        let [from, to] = [from, to].map(|days| days.map(|days| NOON + days * DAY));
        for limit in [1, 500, 501, 722, 10_000] {
            let query =
                HistoryQuery { serial: serial(2), from: from.map(at), to: to.map(at), limit };
            let found = store.history(&query).await.unwrap();
            let found: Vec<i64> = found.iter().map(|reading| reading.at.as_second()).collect();
            let expected: Vec<i64> = times
                .iter()
                .rev()
                .copied()
                .filter(|time| from.is_none_or(|from| *time >= from))
                .filter(|time| to.is_none_or(|to| *time < to))
                .take(limit as usize)
                .collect();
            assert_eq!(found, expected, "from {from:?} to {to:?}, limit {limit}");
        }
    }
}

pub(crate) async fn history_of_an_unknown_serial_is_empty(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    assert!(store.history(&all(serial(99))).await.unwrap().is_empty());
}

pub(crate) async fn sub_microsecond_times_are_one_key(world: &World) {
    let store = world.store().await;
    let taken = |text: &str| Snapshot { taken_at: text.parse().unwrap(), ..poll(0, 1) };
    let finer = taken("2026-06-21T12:00:00.123456789Z");
    let same = taken("2026-06-21T12:00:00.123456Z");
    store.write(&[snapshot(finer)]).await.unwrap();
    assert_eq!(store.write(&[snapshot(same.clone())]).await.unwrap(), written(0, 0));
    let history = store.history(&all(serial(1))).await.unwrap();
    assert_eq!(history[0].at, same.taken_at);
}

pub(crate) async fn pages_go_on_where_the_last_one_ended(world: &World) {
    let store = world.store().await;
    let polls: Vec<_> = (0..7).map(|minute| snapshot(poll(NOON + 60 * minute, 2))).collect();
    store.write(&polls).await.unwrap();
    let page = |from| PageQuery { serial: serial(2), from, to: at(NOON + 360), limit: 4 };
    let first = store.port_page(&page(at(NOON)), 2).await.unwrap();
    assert_eq!(first.iter().map(|timed| timed.at.as_second() - NOON).sum::<i64>(), 60 + 120 + 180);
    assert_eq!(first[0].value, port(serial(2), 2, 5_000_100));
    let after = first[3].at + jiff::SignedDuration::from_micros(1);
    let second = store.port_page(&page(after), 2).await.unwrap();
    assert_eq!(
        second.iter().map(|timed| timed.at).collect::<Vec<_>>(),
        [240, 300].map(|s| at(NOON + s))
    );
    let inverters = store.inverter_page(&page(after)).await.unwrap();
    assert_eq!((inverters.len(), inverters[0].at), (2, at(NOON + 240)));
    assert_eq!(inverters[0].value, inverter(serial(2)));
    assert!(store.port_page(&page(at(NOON)), 9).await.unwrap().is_empty());

    let bounds = (Some(at(NOON + 60)), Some(at(NOON + 240)));
    let query = HistoryQuery { serial: serial(2), from: bounds.0, to: bounds.1, limit: 2 };
    let newest = store.port_history(&query, 1).await.unwrap();
    assert_eq!(
        newest.iter().map(|timed| timed.at).collect::<Vec<_>>(),
        [180, 120].map(|s| at(NOON + s))
    );
    let all = store.port_history(&all(serial(2)), 1).await.unwrap();
    assert_eq!(all.len(), 7);
}

pub(crate) async fn buckets_hold_least_mean_and_greatest(world: &World) {
    let store = world.store().await;
    for minute in 0..6 {
        let mut poll = poll(NOON + 60 * minute, 1);
        poll.ports[0].pv_power_w = Some(100.0 * minute as f32);
        poll.ports[0].pv_current_a = None;
        poll.inverters[0].temperature_c = Some(20.0 + minute as f32);
        store.write(&[snapshot(poll)]).await.unwrap();
    }
    let span = |from: i64, to: i64| (at(NOON + 60 * from), at(NOON + 60 * to));
    let spans = vec![span(3, 6), span(-9, 0), span(0, 3)];
    let query = |port| BucketQuery { serial: serial(1), port, spans: spans.clone() };
    let ports = store.buckets(&query(Some(1))).await.unwrap();
    assert_eq!(ports.len(), 2, "nothing was read before noon");
    assert_eq!(
        (ports[0].start, ports[0].end, ports[0].samples),
        (at(NOON + 180), at(NOON + 360), 3)
    );
    let power = |min, avg, max| Some(Spread { min, avg, max });
    assert_eq!(ports[0].pv_power_w, power(300.0, 400.0, 500.0));
    assert_eq!(ports[1].pv_power_w, power(0.0, 100.0, 200.0));
    assert_eq!((ports[1].pv_current_a, ports[1].temperature_c), (None, None));
    let inverters = store.buckets(&query(None)).await.unwrap();
    assert_eq!(inverters[1].temperature_c, power(20.0, 21.0, 22.0));
    assert_eq!((inverters[1].pv_power_w, inverters[1].active_power_w), (None, None));
    let unknown = BucketQuery { serial: serial(7), ..query(None) };
    assert!(store.buckets(&unknown).await.unwrap().is_empty());
}
