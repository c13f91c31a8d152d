//! The latest state, which the bridge starts from after a restart.

use jiff::{SignedDuration, Timestamp};
use plant::{PortReading, Snapshot};

use crate::world::*;
use crate::{all, written};

pub(crate) async fn latest_is_known_after_a_restart(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 2)), snapshot(poll(NOON + 60, 2))]).await.unwrap();
    store.close().await;

    let latest = world.store().await.latest(at(NOON + 61)).await.unwrap();
    let serials: Vec<_> = latest.iter().map(|(serial, _)| *serial).collect();
    assert_eq!(serials, [serial(1), serial(2)]);
    let (_, second) = &latest[1];
    assert_eq!(second.dtu_name, "roof");
    assert_eq!((second.first_seen, second.last_seen), (at(NOON), at(NOON + 60)));
    let reading = second.reading.as_ref().unwrap();
    assert_eq!((reading.at, &reading.value), (at(NOON + 60), &inverter(serial(2))));
    assert_eq!(second.ports[&2].at, at(NOON + 60));
    // The device's counters are in port_data; what is known of the energy is the account.
    let shown = PortReading { today_wh: None, total_wh: None, ..port(serial(2), 2, 5_000_100) };
    assert_eq!(second.ports[&2].value, shown);
    assert_eq!(second.accounts[&2].lifetime_wh, 5_000_100);
    assert_eq!(
        world.texts("SELECT inverter_type FROM inverters").await,
        [Some("HM".to_owned()), Some("HM".to_owned())]
    );
}

pub(crate) async fn an_older_snapshot_is_stored_but_replaces_nothing(world: &World) {
    let store = world.store().await;
    let mut old = poll(NOON, 1);
    old.dtu_name = "before".to_owned();
    old.ports = vec![port(serial(1), 1, 1)];
    store.write(&[snapshot(poll(NOON + 59, 1)), snapshot(poll(NOON + 60, 1))]).await.unwrap();
    assert_eq!(store.write(&[snapshot(old)]).await.unwrap(), written(1, 1));
    let (_, latest) = store.latest(at(NOON + 61)).await.unwrap().remove(0);
    assert_eq!(latest.dtu_name, "roof");
    assert_eq!((latest.first_seen, latest.last_seen), (at(NOON), at(NOON + 60)));
    assert_eq!(latest.ports[&1].at, at(NOON + 60));
    assert_eq!(latest.accounts[&1].lifetime_wh, 5_000_000);
    assert_eq!(store.history(&all(serial(1))).await.unwrap().len(), 3);
}

pub(crate) async fn a_reading_from_the_future_is_stored_but_is_not_the_latest(world: &World) {
    let store = world.store().await;
    let now = Timestamp::now();
    let future = now + SignedDuration::from_hours(24);
    let taken = |at: Timestamp| Snapshot { taken_at: at, ..poll(0, 1) };
    let present = plant::reading::sample_time(now - SignedDuration::from_mins(1));
    store.write(&[snapshot(taken(future))]).await.unwrap();
    let (_, latest) = store.latest(now).await.unwrap().remove(0);
    assert!(latest.reading.is_none() && latest.ports.is_empty());

    store.write(&[snapshot(taken(present)), snapshot(taken(future))]).await.unwrap();
    let (_, latest) = store.latest(now).await.unwrap().remove(0);
    assert_eq!(latest.reading.unwrap().at, present);
    assert_eq!(latest.ports[&1].at, present);
    assert!(latest.last_seen <= now + SignedDuration::from_mins(1));
    let times: Vec<_> = store.history(&all(serial(1))).await.unwrap();
    assert_eq!(times.len(), 2, "both are kept");
    // A minute ahead is an ordinary clock, not a wrong one.
    let soon = plant::reading::sample_time(now + SignedDuration::from_mins(2));
    store.write(&[snapshot(taken(soon))]).await.unwrap();
    let (_, latest) = store.latest(now).await.unwrap().remove(0);
    assert_eq!(latest.ports[&1].at, soon);
}

pub(crate) async fn a_clock_that_was_wrong_does_not_stay_the_newest(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    // What a bridge with a clock of the year 2096 left behind.
    let far = match world {
        World::Postgres(_) => "'2096-01-01T00:00:00Z'",
        World::Sqlite(_) => "3976214400000000",
    };
    world
        .execute(&format!(
            "UPDATE production_cache SET timestamp = {far};
             UPDATE inverters SET last_seen = {far}, dtu_name = 'wrong'"
        ))
        .await;
    store.write(&[snapshot(poll(NOON + 60, 1))]).await.unwrap();
    let (_, latest) = store.latest(at(NOON + 61)).await.unwrap().remove(0);
    assert_eq!(latest.dtu_name, "roof");
    assert_eq!(latest.last_seen, at(NOON + 60));
    assert_eq!(latest.ports[&1].at, at(NOON + 60));
    assert_eq!(store.stats().await.unwrap().newest_reading, Some(at(NOON + 60)));
}

pub(crate) async fn two_dtus_keep_their_names(world: &World) {
    let store = world.store().await;
    let garage = Snapshot {
        dtu_name: "garage".to_owned(),
        dtu_serial: None,
        inverters: vec![inverter(serial(9))],
        ports: vec![port(serial(9), 1, 1)],
        ..poll(NOON, 0)
    };
    for minute in 0..3 {
        let taken_at = at(NOON + 60 * minute);
        let roof = Snapshot { taken_at, ..poll(0, 1) };
        let garage = Snapshot { taken_at, ..garage.clone() };
        store.write(&[snapshot(roof), snapshot(garage)]).await.unwrap();
    }
    let latest = store.latest(at(NOON + 200)).await.unwrap();
    let names: Vec<_> = latest.iter().map(|(_, live)| live.dtu_name.as_str()).collect();
    assert_eq!(names, ["roof", "garage"]);
    assert_eq!(
        world.texts("SELECT dtu_serial FROM inverters ORDER BY serial_number").await,
        [Some("10f800000001".to_owned()), None]
    );
}

pub(crate) async fn an_inverter_that_moves_takes_the_name_of_its_new_dtu(world: &World) {
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    // The same DTU, which did not tell its serial this time.
    let untold = Snapshot { dtu_serial: None, ..poll(NOON + 60, 1) };
    store.write(&[snapshot(untold)]).await.unwrap();
    let dtu_serial = "SELECT dtu_serial FROM inverters";
    assert_eq!(world.texts(dtu_serial).await, [Some("10f800000001".to_owned())]);

    let moved = Snapshot { dtu_name: "garage".to_owned(), dtu_serial: None, ..poll(NOON + 120, 1) };
    store.write(&[snapshot(moved)]).await.unwrap();
    assert_eq!(store.latest(at(NOON + 121)).await.unwrap()[0].1.dtu_name, "garage");
    assert_eq!(world.texts(dtu_serial).await, [None]);
}
