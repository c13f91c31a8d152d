//! `/api/events` and `/api/coverage`.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use plant::energy::Calendar;
use plant::event::{Event, EventKind};
use serde_json::json;
use store::{EnergyPoint, EnergySeries, Member, PlantDay};

use crate::world::{Mood, World, noon};

const EVENTS: &str = "/api/events";
const COVERAGE: &str = "/api/coverage";

fn event(kind: EventKind, subject: &str, from: &str, to: Option<&str>) -> Event {
    Event {
        kind,
        subject: subject.into(),
        started_at: from.parse().unwrap(),
        ended_at: to.map(|to| to.parse().unwrap()),
        text: format!("about {subject}"),
    }
}

fn day(day: &str, polls: u32) -> PlantDay {
    PlantDay { dtu_name: "roof".into(), day: day.parse().unwrap(), energy_wh: 1, peak: None, polls }
}

#[tokio::test]
async fn events_say_what_they_are_about() {
    let world = World::new();
    *world.store().events.lock().unwrap() = vec![
        event(EventKind::DtuOutage, "roof", "2026-06-21T11:00:00Z", None),
        event(
            EventKind::CounterCorrection,
            "116100000001/2",
            "2026-06-21T10:00:00Z",
            Some("2026-06-21T10:00:00Z"),
        ),
    ];
    let answer = world.get(EVENTS).await.json();
    assert_eq!(
        answer[0],
        json!({
            "kind": "dtu_outage", "subject": "roof", "inverter": null, "dtu": "roof",
            "started_at": "2026-06-21T11:00:00Z", "ended_at": null, "text": "about roof",
        })
    );
    assert_eq!((&answer[1]["inverter"], &answer[1]["dtu"]), (&json!("116100000001"), &json!(null)));
    let limited = world.get("/api/events?limit=1&from=2026-06-21T00:00:00%2B02:00").await.json();
    assert_eq!(limited.as_array().unwrap().len(), 1);
    let asked = world.store().asked_events.lock().unwrap().clone();
    assert_eq!((asked[0].limit, asked[0].from, asked[1].limit), (100, None, 1));
    assert_eq!(asked[1].from, Some("2026-06-20T22:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let world = World::new();
    for (path, query, told) in [
        (EVENTS, "limit=0", "from 1 to 1000,"),
        (EVENTS, "limit=1001", "from 1 to 1000,"),
        (EVENTS, "from=yesterday", "RFC 3339"),
        (EVENTS, "kind=alarm", "'limit', 'from' and 'to'"),
        (COVERAGE, "limit=1", "'from' and 'to'"),
        (COVERAGE, "from=2026-06-21T00:00:00Z", "a day as 2026-06-21"),
        (COVERAGE, "from=2026-06-21&to=2026-06-21", "must be before"),
        (COVERAGE, "from=2020-01-01&to=2026-01-01", "at most 366 days"),
    ] {
        let detail = world.get(&format!("{path}?{query}")).await.problem(400, path);
        assert!(detail.contains(told), "{detail}");
    }
    world.store().become_(Mood::Down);
    for path in [EVENTS, COVERAGE] {
        world.get(path).await.problem(503, path);
    }
    let dry = World { store: None, ..World::new() };
    for path in [EVENTS, COVERAGE] {
        dry.get(path).await.problem(503, path);
    }
}

#[tokio::test]
async fn coverage_names_each_gap_with_its_cause() {
    let mut world = World::new();
    world.inverter().first_seen = noon() - SignedDuration::from_hours(48);
    let store = world.store();
    *store.days.lock().unwrap() = vec![day("2026-06-19", 720), day("2026-06-21", 713)];
    *store.events.lock().unwrap() = vec![
        event(EventKind::DtuOutage, "roof", "2026-06-21T11:55:00Z", None),
        event(EventKind::DtuOutage, "garage", "2026-06-21T11:00:00Z", None),
        event(EventKind::DatabaseOutage, "database", "2026-06-21T10:00:00Z", None),
        event(EventKind::Sleep, "116100000001", "2026-06-21T03:00:00Z", None),
        event(
            EventKind::BridgeDown,
            "bridge",
            "2026-06-19T23:00:00Z",
            Some("2026-06-21T00:02:00Z"),
        ),
    ];
    let days = world.get(COVERAGE).await.json();
    assert_eq!(days.as_array().unwrap().len(), 3, "none before the first reading: {days}");
    assert_eq!(
        days[2],
        json!({
            "dtu_name": "roof", "day": "2026-06-21", "polls": 713, "expected": 720,
            "share": 0.99, "complete": true,
            "gaps": [
                {"from": "2026-06-21T00:00:00Z", "to": "2026-06-21T00:02:00Z",
                 "cause": "bridge_down", "text": "about bridge"},
                {"from": "2026-06-21T11:55:00Z", "to": "2026-06-21T12:00:00Z",
                 "cause": "dtu_outage", "text": "about roof"},
            ],
        })
    );
    assert_eq!((&days[1]["polls"], &days[1]["expected"]), (&json!(0), &json!(1440)));
    assert_eq!((&days[1]["share"], &days[1]["complete"]), (&json!(0.0), &json!(false)));
    assert_eq!(days[1]["gaps"][0]["to"], "2026-06-21T00:00:00Z");
    let one = world.get("/api/coverage?from=2026-06-20&to=2026-06-21").await.json();
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_past_day_counts_by_the_interval_it_was_polled_with() {
    let mut world = World::new();
    world.inverter().first_seen = noon() - SignedDuration::from_hours(72);
    let intervals = json!([
        {"since": "2026-06-01T00:00:00Z", "seconds": 900},
        {"since": "2026-06-20T12:00:00Z", "seconds": 60},
    ]);
    *world.store().configs.lock().unwrap() = vec![("poll_interval/roof".into(), intervals)];
    *world.store().days.lock().unwrap() = vec![day("2026-06-19", 96), day("2026-06-20", 384)];
    let days = world.get(COVERAGE).await.json();
    let shown = |day: usize| (days[day]["expected"].clone(), days[day]["share"].clone());
    assert_eq!(shown(1), (json!(96), json!(1.0)));
    assert_eq!(shown(2), (json!(48 + 720), json!(0.5)), "the day of the change");
    assert_eq!(shown(3).0, 720);

    let point = |start: &str, samples| EnergyPoint {
        start: start.parse().unwrap(),
        energy_wh: 1,
        estimated_wh: 0,
        lifetime_wh: None,
        peak: None,
        samples,
    };
    *world.store().energy.lock().unwrap() = vec![EnergySeries {
        members: vec![Member { dtu_name: Some("roof".into()), first_seen: None }],
        points: vec![point("2026-06-19T00:00:00Z", 96), point("2026-06-20T00:00:00Z", 384)],
        ..EnergySeries::default()
    }];
    let series = world.get("/api/energy").await.json();
    let points = &series["series"][0]["points"];
    assert_eq!((&points[0]["coverage"], &points[1]["coverage"]), (&json!(1.0), &json!(0.5)));
}

#[tokio::test]
async fn days_of_23_and_25_hours_have_their_own_polls() {
    let mut world = World::new();
    world.plant.calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
    world.inverter().first_seen = "2025-01-01T00:00:00Z".parse().unwrap();
    for (day, polls) in [("2025-10-26", 25 * 60), ("2026-03-29", 23 * 60), ("2026-03-30", 1440)] {
        let next: jiff::civil::Date = day.parse().unwrap();
        let next = next.tomorrow().unwrap();
        let days = world.get(&format!("/api/coverage?from={day}&to={next}")).await.json();
        assert_eq!(days[0]["expected"], polls, "{day}");
    }
}
