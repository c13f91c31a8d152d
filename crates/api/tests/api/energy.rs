//! `/api/energy`: what is asked of the store, and what is made of its answer.

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::energy::Calendar;
use serde_json::json;
use store::{EnergyPoint, EnergySeries, Grouping, Member, Resolution};
use tower::ServiceExt;

use crate::world::*;

const ENERGY: &str = "/api/energy";

fn berlin() -> World {
    let mut world = World::new();
    world.plant.calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
    world
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_day_has_energy_lifetime_peak_and_coverage() {
    let world = berlin();
    *world.store().energy.lock().unwrap() = vec![EnergySeries {
        members: vec![Member {
            dtu_name: Some("roof".into()),
            first_seen: Some(at("2026-06-01T00:00:00Z")),
        }],
        points: vec![EnergyPoint {
            start: at("2026-06-20T22:00:00Z"),
            energy_wh: 18_204,
            estimated_wh: 4,
            lifetime_wh: Some(20_060_040),
            peak: Some((5120.4, at("2026-06-21T11:42:00Z"))),
            // 14 hours of the day are over.
            samples: 14 * 60 - 84,
        }],
        ..EnergySeries::default()
    }];
    assert_eq!(
        world.get(ENERGY).await.json(),
        json!({
            "time_zone": "Europe/Berlin", "resolution": "day", "by": "plant",
            "from": "2026-06-01T00:00:00+02:00", "to": "2026-06-22T00:00:00+02:00",
            "series": [{
                "dtu_name": null, "serial_number": null, "port_number": null,
                "points": [{
                    "start": "2026-06-21T00:00:00+02:00", "end": "2026-06-22T00:00:00+02:00",
                    "energy_wh": 18_204, "estimated_wh": 4, "lifetime_wh": 20_060_040,
                    "peak_w": 5120.4, "peak_at": "2026-06-21T13:42:00+02:00", "coverage": 0.9,
                }],
            }],
        })
    );
}

#[tokio::test]
async fn periods_are_whole_and_days_are_local() {
    let world = berlin();
    for (query, from, to) in [
        ("", "2026-05-31T22:00:00Z", "2026-06-21T22:00:00Z"),
        ("resolution=hour", "2026-06-20T22:00:00Z", "2026-06-21T13:00:00Z"),
        ("resolution=month", "2025-12-31T23:00:00Z", "2026-06-30T22:00:00Z"),
        ("resolution=year", "1995-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("from=2026-06-01&to=2026-07-01", "2026-05-31T22:00:00Z", "2026-06-30T22:00:00Z"),
        (
            "resolution=hour&from=2026-06-21T10:20:00Z&to=2026-06-21T11:01:00Z",
            "2026-06-21T10:00:00Z",
            "2026-06-21T12:00:00Z",
        ),
        (
            "resolution=month&from=2026-02-28&to=2026-03-30",
            "2026-01-31T23:00:00Z",
            "2026-03-31T22:00:00Z",
        ),
        // Both switches.
        ("from=2026-03-29&to=2026-03-30", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("from=2025-10-26&to=2025-10-27", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"),
    ] {
        assert_eq!(world.get(&format!("{ENERGY}?{query}")).await.status, 200, "{query}");
        let asked = world.store().asked_energy.lock().unwrap().pop().unwrap();
        assert_eq!((asked.from, asked.to), (at(from), at(to)), "{query}");
    }
}

#[tokio::test]
async fn the_end_of_a_period_knows_the_clock_changes() {
    let world = berlin();
    for (resolution, start, end) in [
        ("day", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("day", "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00"),
        ("hour", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("hour", "2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"),
        ("month", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
    ] {
        *world.store().energy.lock().unwrap() = vec![EnergySeries {
            points: vec![EnergyPoint {
                start: at(start),
                energy_wh: 1,
                estimated_wh: 0,
                lifetime_wh: None,
                peak: None,
                samples: 1,
            }],
            ..EnergySeries::default()
        }];
        let answer = world.get(&format!("{ENERGY}?resolution={resolution}")).await.json();
        let point = &answer["series"][0]["points"][0];
        assert_eq!((&point["start"], &point["end"]), (&json!(start), &json!(end)));
    }
}

#[tokio::test]
async fn what_is_asked_reaches_the_store() {
    let world = World::new();
    let query = format!("{ENERGY}?resolution=hour&by=port&serial={SERIAL}&port=2");
    assert_eq!(world.get(&query).await.status, 200);
    let asked = world.store().asked_energy.lock().unwrap().pop().unwrap();
    assert_eq!((asked.resolution, asked.by), (Resolution::Hour, Grouping::Port));
    assert_eq!((asked.serial, asked.port), (Some(serial()), Some(2)));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let world = World::new();
    for (query, told) in [
        ("resolution=week", "hour, day, month or year"),
        ("by=panel", "plant, dtu, inverter or port"),
        ("serial=116100000001", "inverter or port where 'serial' is given"),
        ("by=inverter&port=1", "port where 'port' is given"),
        ("by=port&port=0", "from 1 to 255"),
        ("by=port&serial=x", "12 hexadecimal digits"),
        ("from=yesterday", "a day as 2026-06-21, or an instant"),
        ("from=0001-01-01", "between the years 1970 and 9000"),
        ("from=2026-06-21&to=2026-06-21", "must be before"),
        ("from=1980-01-01&to=2026-01-01", "at most 10000 periods"),
        ("by=port&from=1995-01-01&to=2022-01-01&resolution=day", ""),
        ("from=2026-06-20&from=2026-06-21", "more than once"),
        ("day=2026-06-21", "'from', 'to', 'resolution', 'by', 'serial' and 'port'"),
    ] {
        let answer = world.get(&format!("{ENERGY}?{query}")).await;
        if told.is_empty() {
            // Four ports, 9,862 days.
            assert_eq!(answer.status, 200, "{query}");
        } else {
            let detail = answer.problem(400, ENERGY);
            assert!(detail.contains(told), "{detail}");
        }
    }
    let mut large = World::new();
    for number in 2..=20 {
        let serial = format!("1161000000{number:02}");
        large.poll(noon(), &serial, reading(&serial));
    }
    let detail = large.get(&format!("{ENERGY}?by=port&from=2020-01-01")).await.problem(400, ENERGY);
    assert!(detail.contains("50000 points"), "{detail}");
    world.get(&format!("{ENERGY}?by=port&serial=116100000009")).await.problem(404, ENERGY);
    world.store().become_(Mood::Down);
    world.get(ENERGY).await.problem(503, ENERGY);
    World { store: None, ..World::new() }.get(ENERGY).await.problem(503, ENERGY);
}

/// A router is cloned for each connection, which share the places.
#[tokio::test]
async fn long_answers_wait_for_their_turn_and_hold_up_nothing_else() {
    let world = berlin();
    let router = world.router();
    let ask = |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        tokio::spawn(router.clone().oneshot(request))
    };
    world.store().become_(Mood::Hanging);
    let mut asked: Vec<_> = (0..5).map(|_| ask(ENERGY)).collect();
    let settle = async || {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    settle().await;
    let under_way = || world.store().asked_energy.lock().unwrap().len();
    assert_eq!(under_way(), 2);
    assert_eq!(ask("/api/plant").await.unwrap().unwrap().status(), 200);

    world.store().become_(Mood::Well);
    for client in asked.drain(..2) {
        client.abort();
    }
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(under_way(), 5);
}
