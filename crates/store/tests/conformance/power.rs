//! Means in buckets.

use plant::{InverterReading, Snapshot};
use store::{MeanQuery, MeanSeries, Quantity};

use crate::world::*;

fn query(quantity: Quantity) -> MeanQuery {
    let (from, to) = (at(NOON), at(NOON + 900));
    MeanQuery { quantity, from, to, bucket_s: 300, serial: None, port: None }
}

fn sorted(mut series: Vec<MeanSeries>) -> Vec<MeanSeries> {
    series.iter_mut().for_each(|series| series.means.sort_by_key(|(bucket, _)| *bucket));
    series
}

pub(crate) async fn means_are_those_of_each_bucket(world: &World) {
    let store = world.store().await;
    for minute in [-1, 0, 2, 5, 14, 15] {
        let second = NOON + 60 * minute;
        let mut poll = poll(second, 2);
        for port in &mut poll.ports {
            // Port 2 tells its power only every second time.
            let watts = 100.0 * minute as f32 + f32::from(port.port);
            port.pv_power_w = Some(watts).filter(|_| port.port == 1 || minute % 2 == 0);
        }
        let inverters = poll.inverters.into_iter();
        let voltage = Some(230.0 + minute as f32);
        let inverters = inverters.map(|i| InverterReading { grid_voltage_v: voltage, ..i });
        store
            .write(&[snapshot(Snapshot { inverters: inverters.collect(), ..poll })])
            .await
            .unwrap();
    }
    let found = sorted(store.means(&query(Quantity::PortPower)).await.unwrap());
    assert_eq!(found.len(), 4);
    let first = &found[0];
    assert_eq!((first.serial, first.port), (serial(1), Some(1)));
    assert_eq!(first.dtu_name.as_deref(), Some("roof"));
    assert_eq!(first.means, [(0, 101.0), (1, 501.0), (2, 1401.0)]);
    assert_eq!(found[1].means, [(0, 102.0), (2, 1402.0)], "what is not told is no zero");
    assert_eq!((found[3].serial, found[3].port), (serial(2), Some(2)));

    let one = MeanQuery { serial: Some(serial(2)), port: Some(1), ..query(Quantity::PortPower) };
    let one = sorted(store.means(&one).await.unwrap());
    assert_eq!((one.len(), one[0].serial, one[0].port), (1, serial(2), Some(1)));

    let grid = sorted(store.means(&query(Quantity::GridVoltage)).await.unwrap());
    assert_eq!((grid.len(), grid[0].port), (2, None));
    assert_eq!(grid[1].means, [(0, 231.0), (1, 235.0), (2, 244.0)]);
    let panel = sorted(store.means(&query(Quantity::PortVoltage)).await.unwrap());
    assert_eq!(panel[0].means, [(0, 33.1), (1, 33.1), (2, 33.1)]);

    let empty = MeanQuery { from: at(0), to: at(900), ..query(Quantity::PortPower) };
    let empty = store.means(&empty).await.unwrap();
    assert!(empty.len() == 4 && empty.iter().all(|series| series.means.is_empty()));
}
