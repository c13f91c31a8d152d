//! The history beyond its newest readings: pages, ports, buckets, CSV.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::PortReading;
use plant::energy::Calendar;
use plant::live::Timed;
use serde_json::{Value, json};
use store::{Bucket, EnergyPoint, EnergySeries, Grouping, Spread};

use crate::world::*;

const HISTORY: &str = "/api/inverters/116100000001/history";

fn minutes_ago(minutes: i64) -> Timestamp {
    noon() - SignedDuration::from_mins(minutes)
}

fn filled() -> World {
    let world = World::new();
    *world.store().history.lock().unwrap() =
        (0..7).map(|m| Timed { at: minutes_ago(m), value: reading(SERIAL) }).collect();
    *world.store().ports.lock().unwrap() = (0..7)
        .rev()
        .map(|minute| Timed {
            at: minutes_ago(minute),
            value: PortReading {
                serial: serial(),
                port: 2,
                pv_voltage_v: Some(33.7),
                pv_current_a: None,
                pv_power_w: Some(250.5),
                today_wh: Some(1032),
                total_wh: Some(1_003_002),
            },
        })
        .collect();
    world
}

/// Follows the Link headers to the end.
async fn pages(world: &World, first: &str) -> Vec<Value> {
    let (mut pages, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(path) = next {
        let answer = world.get(&path).await;
        pages.push(answer.json());
        let link = answer.header("link");
        next = link.strip_prefix('<').map(|link| {
            let (path, relation) = link.split_once('>').unwrap();
            assert_eq!(relation, "; rel=\"next\"");
            path.to_owned()
        });
    }
    pages
}

#[tokio::test]
async fn links_lead_through_all_readings() {
    let world = filled();
    let from = "2026-06-21T11:55:00%2B00:00";
    for port in ["", "&port=2"] {
        let pages = pages(&world, &format!("{HISTORY}?limit=3&from={from}{port}")).await;
        let times: Vec<Vec<&str>> = pages
            .iter()
            .map(|page| page.as_array().unwrap().iter())
            .map(|page| page.map(|entry| &entry["timestamp"].as_str().unwrap()[14..16]).collect())
            .collect();
        let expected = [vec!["00", "59", "58"], vec!["57", "56", "55"], vec![]];
        assert_eq!(times, expected, "{port}");
    }
    assert_eq!(world.get(HISTORY).await.header("link"), "", "all is told");
}

#[tokio::test]
async fn a_port_has_its_own_readings() {
    let world = filled();
    let answer = world.get(&format!("{HISTORY}?port=2&limit=1")).await.json();
    assert_eq!(
        answer,
        json!([{
            "serial_number": SERIAL, "port_number": 2, "timestamp": "2026-06-21T12:00:00Z",
            "pv_voltage": 33.7, "pv_current": null, "pv_power": 250.5,
            "today_production": 1032, "total_production": 1_003_002,
        }])
    );
    assert_eq!(world.get(&format!("{HISTORY}?port=3")).await.json(), json!([]));
}

#[tokio::test]
async fn csv_has_the_same_readings() {
    let world = filled();
    let port = world.get(&format!("{HISTORY}?port=2&limit=1&format=csv")).await;
    assert_eq!(port.header("content-type"), "text/csv; charset=utf-8");
    assert!(port.header("link").contains("format=csv&cursor="), "{}", port.header("link"));
    assert_eq!(
        port.text,
        "timestamp,serial_number,port_number,pv_voltage,pv_current,pv_power,today_production,\
         total_production\n2026-06-21T12:00:00Z,116100000001,2,33.7,,250.5,1032,1003002\n"
    );
    let inverter = world.get(&format!("{HISTORY}?format=csv")).await;
    assert_eq!(inverter.text.lines().count(), 8);
    *world.store().buckets.lock().unwrap() = vec![bucket(minutes_ago(5), minutes_ago(0))];
    let buckets = world.get(&format!("{HISTORY}?bucket=5m&port=2&format=csv")).await;
    let lines: Vec<Vec<&str>> =
        buckets.text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0].len(), lines[1].len());
    let of = |name| lines[1][lines[0].iter().position(|column| *column == name).unwrap()];
    assert_eq!((of("pv_power_avg"), of("grid_voltage_max"), of("energy_wh")), ("250.33", "", ""));
}

fn bucket(start: Timestamp, end: Timestamp) -> Bucket {
    Bucket {
        start,
        end,
        samples: 3,
        grid_voltage_v: None,
        grid_frequency_hz: None,
        temperature_c: None,
        active_power_w: None,
        pv_voltage_v: None,
        pv_current_a: None,
        pv_power_w: Some(Spread { min: 250.0, avg: 250.333_33, max: 251.0 }),
    }
}

#[tokio::test]
async fn buckets_are_whole_and_begin_with_their_hour() {
    let mut world = World::new();
    world.plant.calendar = Calendar::new(TimeZone::get("Asia/Kathmandu").unwrap());
    world.inverter().first_seen = "2026-06-01T00:00:00Z".parse().unwrap();
    // Noon is 17:45 there.
    for (query, newest, count) in [
        ("bucket=1m&limit=7", ("2026-06-21T11:59:00Z", "2026-06-21T12:00:00Z"), 7),
        ("bucket=15m", ("2026-06-21T11:45:00Z", "2026-06-21T12:00:00Z"), 100),
        ("bucket=1h", ("2026-06-21T11:15:00Z", "2026-06-21T12:15:00Z"), 100),
        ("bucket=1d", ("2026-06-20T18:15:00Z", "2026-06-21T18:15:00Z"), 21),
        (
            "bucket=5m&from=2026-06-21T11:52:00Z&to=2026-06-21T11:56:00Z",
            ("2026-06-21T11:55:00Z", "2026-06-21T12:00:00Z"),
            2,
        ),
    ] {
        assert_eq!(world.get(&format!("{HISTORY}?{query}")).await.status, 200, "{query}");
        let asked = world.store().asked_buckets.lock().unwrap().pop().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(asked.spans[0], (at(newest.0), at(newest.1)), "{query}");
        assert_eq!(asked.spans.len(), count, "{query}");
        assert!(asked.spans.windows(2).all(|pair| pair[0].0 == pair[1].1), "{query}");
    }
}

#[tokio::test]
async fn hours_have_their_accounted_energy() {
    let mut world = World::new();
    world.inverter().first_seen = minutes_ago(600);
    let start = minutes_ago(60);
    *world.store().buckets.lock().unwrap() = vec![bucket(start, noon())];
    *world.store().energy.lock().unwrap() = vec![EnergySeries {
        points: vec![EnergyPoint {
            start,
            energy_wh: 248,
            estimated_wh: 0,
            lifetime_wh: None,
            peak: None,
            samples: 60,
        }],
        ..EnergySeries::default()
    }];
    let answer = world.get(&format!("{HISTORY}?bucket=1h&port=2&limit=4")).await;
    assert_eq!(
        answer.json(),
        json!([{
            "serial_number": SERIAL, "port_number": 2, "start": "2026-06-21T11:00:00Z",
            "end": "2026-06-21T12:00:00Z", "samples": 3, "grid_voltage": null,
            "grid_frequency": null, "temperature": null, "active_power": null,
            "pv_voltage": null, "pv_current": null,
            "pv_power": {"min": 250.0, "avg": 250.33, "max": 251.0}, "energy_wh": 248,
        }])
    );
    assert!(answer.header("link").contains("cursor="), "six hours more");
    let asked = world.store().asked_energy.lock().unwrap().pop().unwrap();
    assert_eq!((asked.by, asked.port), (Grouping::Port, Some(2)));
    assert_eq!((asked.from, asked.to), (minutes_ago(240), noon()));
    let minutes = world.get(&format!("{HISTORY}?bucket=1m&port=2")).await.json();
    assert_eq!(minutes[0]["energy_wh"], Value::Null);
}

#[tokio::test]
async fn what_the_history_does_not_take() {
    let world = World::new();
    for (query, told) in [
        ("bucket=2m", "raw, 1m, 5m, 15m, 1h or 1d"),
        ("bucket=1d&limit=1001", "from 1 to 1000,"),
        ("cursor=xyz", "as the Link header"),
        ("cursor=-1", "as the Link header"),
        ("port=256", "from 1 to 255"),
        ("format=xml", "json or csv"),
        ("from=-009000-01-01T00:00:00Z", "between the years"),
        ("to=9999-12-30T22:00:00Z", "between the years"),
    ] {
        let detail = world.get(&format!("{HISTORY}?{query}")).await.problem(400, HISTORY);
        assert!(detail.contains(told), "{detail}");
    }
}
