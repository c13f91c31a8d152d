//! The days on which the clocks change, in every route that takes a range.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::PortReading;
use plant::energy::Calendar;
use plant::live::Timed;
use serde_json::Value;

use crate::devices::{HYBRID, METER, hybrid, meter};
use crate::world::*;

/// A day of 23 hours and one of 25, and the days after them.
const SWITCHES: [(&str, &str, i64); 2] =
    [("2026-03-29", "2026-03-30", 23), ("2025-10-26", "2025-10-27", 25)];
/// The hour that comes twice, from its first half to its second: 02:30 is both.
const TWICE: &str = "from=2025-10-26T02:30:00%2B02:00&to=2025-10-26T02:30:00%2B01:00";

fn half_hours(around: &str) -> impl Iterator<Item = Timestamp> {
    let day: Timestamp = format!("{around}T00:00:00Z").parse().unwrap();
    (-48..96).map(move |half| day + SignedDuration::from_mins(30 * half))
}

/// A plant in Berlin with readings of everything twice an hour around both changes.
fn berlin() -> World {
    let mut world = World::new();
    world.install_devices();
    world.plant.calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
    world.inverter().first_seen = "2025-01-01T00:00:00Z".parse().unwrap();
    let times: Vec<Timestamp> =
        SWITCHES.into_iter().rev().flat_map(|(day, ..)| half_hours(day)).collect();
    let store = world.store();
    let port = |&at| Timed {
        at,
        value: PortReading {
            serial: serial(),
            port: 1,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: Some(1.0),
            today_wh: None,
            total_wh: None,
        },
    };
    *store.ports.lock().unwrap() = times.iter().map(port).collect();
    *store.history.lock().unwrap() =
        times.iter().map(|&at| Timed { at, value: reading(SERIAL) }).collect();
    *store.meters.lock().unwrap() =
        times.iter().rev().map(|&at| Timed { at, value: meter() }).collect();
    *store.hybrids.lock().unwrap() = times.iter().rev().map(|&at| hybrid(at)).collect();
    world
}

fn hours((from, to): (Timestamp, Timestamp)) -> i64 {
    to.duration_since(from).as_hours()
}

#[tokio::test]
async fn a_day_has_23_or_25_hours_in_every_route_that_takes_days() {
    let world = berlin();
    let store = world.store();
    for (day, next, length) in SWITCHES {
        let range = format!("from={day}&to={next}");
        world.get(&format!("/api/energy?{range}&resolution=hour")).await.json();
        let asked = store.asked_energy.lock().unwrap().pop().unwrap();
        assert_eq!(hours((asked.from, asked.to)), length, "energy of {day}");
        for range in [&range, &format!("day={day}")] {
            world.get(&format!("/api/power?{range}")).await.json();
            let asked = store.asked_means.lock().unwrap().pop().unwrap();
            assert_eq!(hours((asked.from, asked.to)), length, "power of {day}");
        }
        let days = world.get(&format!("/api/coverage?{range}")).await.json();
        assert_eq!(days[0]["expected"], 60 * length, "coverage of {day}");
        let lines = world.get(&format!("/api/export?{range}")).await.text.lines().count();
        assert_eq!(i64::try_from(lines).unwrap(), 1 + 2 * length, "export of {day}");
        let berlin = &world.plant.calendar;
        let [from, to] = [day, next].map(|day| berlin.start(day.parse().unwrap()));
        for (bucket, count) in [("1d", 1), ("1h", length), ("15m", 4 * length)] {
            let range = format!("from={from}&to={to}&limit=1000&bucket={bucket}");
            world.get(&format!("/api/inverters/{SERIAL}/history?{range}")).await.json();
            let asked = store.asked_buckets.lock().unwrap().pop().unwrap();
            assert_eq!(i64::try_from(asked.spans.len()).unwrap(), count, "{bucket} of {day}");
            let (first, last) = (asked.spans.last().unwrap(), asked.spans[0]);
            assert_eq!((first.0, last.1), (from, to), "{bucket} of {day}");
        }
    }
}

#[tokio::test]
async fn the_offset_tells_the_hour_that_comes_twice() {
    let world = berlin();
    let store = world.store();
    let hour =
        ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"].map(|at| at.parse::<Timestamp>().unwrap());
    for path in [
        format!("/api/inverters/{SERIAL}/history"),
        format!("/api/meters/{METER}/history"),
        format!("/api/storage/{HYBRID}/history"),
    ] {
        let found = world.get(&format!("{path}?{TWICE}")).await.json();
        let times: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["timestamp"].as_str().unwrap())
            .collect();
        assert_eq!(times, ["2025-10-26T01:00:00Z", "2025-10-26T00:30:00Z"], "{path}");
    }
    let port = world.get(&format!("/api/inverters/{SERIAL}/history?{TWICE}&port=1")).await.json();
    assert_eq!(port.as_array().map(Vec::len), Some(2));
    let lines = world.get(&format!("/api/export?{TWICE}")).await.text.lines().count();
    assert_eq!(lines, 1 + 2);
    world.get(&format!("/api/events?{TWICE}")).await.json();
    let asked = store.asked_events.lock().unwrap().pop().unwrap();
    assert_eq!([asked.from, asked.to], hour.map(Some));
    world.get(&format!("/api/power?{TWICE}")).await.json();
    let asked = store.asked_means.lock().unwrap().pop().unwrap();
    assert_eq!([asked.from, asked.to], hour);
    // Hours are whole: the second half of the first one and the first half of the second.
    let energy = world.get(&format!("/api/energy?{TWICE}&resolution=hour")).await.json();
    let shown = |name: &str| energy[name].as_str().map(str::to_owned);
    assert_eq!(shown("from").as_deref(), Some("2025-10-26T02:00:00+02:00"));
    assert_eq!(shown("to").as_deref(), Some("2025-10-26T03:00:00+01:00"));
    assert_ne!(energy["series"], Value::Null);
}
