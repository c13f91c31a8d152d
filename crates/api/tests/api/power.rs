//! `/api/power`: lines of a chart, with honest gaps.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::energy::Calendar;
use plant::event::{Event, EventKind};
use plant::live::DtuState;
use serde_json::{Value, json};
use store::{EnergyPoint, EnergySeries, MeanSeries, Quantity, Resolution};

use crate::world::*;

const POWER: &str = "/api/power";
/// Six buckets of ten minutes, the last two in the future.
const HOUR: &str = "from=2026-06-21T11:20:00Z&to=2026-06-21T12:20:00Z&points=6";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn means(serial: &str, port: Option<u8>, means: &[(u32, f32)]) -> MeanSeries {
    let serial = serial.parse().unwrap();
    MeanSeries { dtu_name: Some("roof".into()), serial, port, means: means.to_vec() }
}

fn event(kind: EventKind, subject: &str, from: &str, to: Option<&str>) -> Event {
    let text = format!("about {subject}");
    let (started_at, ended_at) = (at(from), to.map(at));
    Event { kind, subject: subject.into(), started_at, ended_at, text }
}

async fn values(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("{POWER}?{query}")).await.json();
    answer["series"].as_array().unwrap().iter().map(|series| series["values"].clone()).collect()
}

#[tokio::test]
async fn ports_are_averaged_first_and_summed_then() {
    let world = World::new();
    *world.store().means.lock().unwrap() = vec![
        means(SERIAL, Some(1), &[(0, 100.04), (1, 200.0), (3, 50.0)]),
        means(SERIAL, Some(2), &[(1, 300.0), (0, 10.0)]),
        means("116100000002", Some(1), &[(1, 1.0)]),
    ];
    let answer = world.get(&format!("{POWER}?{HOUR}")).await.json();
    assert_eq!(
        answer,
        json!({
            "time_zone": "Europe/Berlin",
            "from": "2026-06-21T11:20:00+00:00", "to": "2026-06-21T12:20:00+00:00",
            "bucket_seconds": 600, "by": "plant", "quantity": "power", "unit": "W",
            "series": [{
                "dtu_name": null, "serial_number": null, "port_number": null,
                "values": [110.04, 501.0, null, 50.0, null, null],
            }],
            "gaps": [],
        })
    );
    let two = values(&world, &format!("{HOUR}&by=inverter")).await;
    assert_eq!(two[0], json!([110.04, 500.0, null, 50.0, null, null]));
    assert_eq!(two[1], json!([null, 1.0, null, null, null, null]));
    let three = world.get(&format!("{POWER}?{HOUR}&by=port")).await.json();
    assert_eq!(three["series"].as_array().unwrap().len(), 3);
    assert_eq!(three["series"][1]["port_number"], 2);
    let dtu = world.get(&format!("{POWER}?{HOUR}&by=dtu")).await.json();
    assert_eq!((&dtu["series"][0]["dtu_name"], &dtu["series"][1]), (&json!("roof"), &Value::Null));
}

#[tokio::test]
async fn sleep_is_zero_and_a_gap_is_null_with_its_cause() {
    let world = World::new();
    *world.store().means.lock().unwrap() =
        vec![means(SERIAL, Some(1), &[(0, 99.0), (1, 77.0), (2, 77.0)])];
    *world.store().events.lock().unwrap() = vec![
        event(EventKind::DtuOutage, "roof", "2026-06-21T11:50:00Z", None),
        event(EventKind::DtuOutage, "a former DTU", "2026-06-21T11:50:00Z", None),
        event(EventKind::DatabaseOutage, "database", "2026-06-21T11:00:00Z", None),
        event(EventKind::Sleep, SERIAL, "2026-06-21T11:30:00Z", None),
        event(
            EventKind::BridgeDown,
            "bridge",
            "2026-06-21T11:00:00Z",
            Some("2026-06-21T11:21:00Z"),
        ),
    ];
    // The DTU repeats 77 W of an inverter that sleeps.
    assert_eq!(values(&world, HOUR).await[0], json!([99.0, 0.0, 0.0, null, null, null]));
    let answer = world.get(&format!("{POWER}?{HOUR}")).await.json();
    assert_eq!(
        answer["gaps"],
        json!([
            {"from": "2026-06-21T11:20:00+00:00", "to": "2026-06-21T11:21:00+00:00",
             "cause": "bridge_down", "text": "about bridge", "dtu_name": null},
            {"from": "2026-06-21T11:50:00+00:00", "to": "2026-06-21T12:00:00+00:00",
             "cause": "dtu_outage", "text": "about roof", "dtu_name": "roof"},
        ])
    );
    // Left out by a DTU that answers, an inverter that sleeps delivers nothing.
    world.store().events.lock().unwrap().retain(|event| event.kind == EventKind::Sleep);
    assert_eq!(values(&world, HOUR).await[0], json!([99.0, 0.0, 0.0, 0.0, null, null]));
    let volts = values(&world, &format!("{HOUR}&quantity=voltage&by=port")).await;
    assert_eq!(volts[0], json!([99.0, null, null, null, null, null]));
}

#[tokio::test]
async fn one_that_sleeps_says_nothing_of_the_others() {
    let world = World::new();
    *world.store().means.lock().unwrap() = vec![
        means(SERIAL, Some(1), &[(0, 7.0)]),
        means("116100000002", Some(1), &[(0, 9.0), (2, 5.0)]),
    ];
    let asleep = |serial: &str, from: &str| event(EventKind::Sleep, serial, from, None);
    *world.store().events.lock().unwrap() = vec![
        asleep(SERIAL, "2026-06-21T11:30:00Z"),
        asleep("116100000002", "2026-06-21T11:50:00Z"),
    ];
    // Nothing was read between 11:30 and 11:40, and only one of the two slept.
    assert_eq!(values(&world, HOUR).await[0], json!([16.0, null, 5.0, 0.0, null, null]));
}

#[tokio::test]
async fn readings_are_asked_for_only_where_no_slots_are_kept() {
    let mut world = World::new();
    world.plant.calendar = Calendar::new(TimeZone::get("Asia/Kathmandu").unwrap());
    for (query, quantity) in [
        ("", Quantity::InverterPower),
        ("by=dtu&points=10", Quantity::InverterPower),
        ("by=inverter&day=2026-06-21", Quantity::InverterPower),
        ("points=2000", Quantity::PortPower),
        ("by=port", Quantity::PortPower),
        ("by=inverter&serial=116100000001", Quantity::PortPower),
        ("from=2026-06-21T06:15:00Z&to=2026-06-21T12:00:00Z&points=69", Quantity::InverterPower),
        ("from=2026-06-21T06:12:00Z&to=2026-06-21T12:00:00Z&points=69", Quantity::PortPower),
        ("by=inverter&quantity=voltage", Quantity::GridVoltage),
    ] {
        world.get(&format!("{POWER}?{query}")).await.json();
        let asked = world.store().asked_means.lock().unwrap().pop().unwrap();
        assert_eq!(asked.quantity, quantity, "{query}");
        let is_of_slots = asked.quantity == Quantity::InverterPower;
        assert!(!is_of_slots || asked.is_of_slots(), "{query}");
    }
}

#[tokio::test]
async fn voltages_are_averaged() {
    let world = World::new();
    *world.store().means.lock().unwrap() = vec![
        means(SERIAL, None, &[(0, 230.0)]),
        means("116100000002", None, &[(0, 231.0), (1, 232.0)]),
    ];
    let answer = world.get(&format!("{POWER}?{HOUR}&quantity=voltage")).await.json();
    assert_eq!((&answer["unit"], &answer["quantity"]), (&json!("V"), &json!("voltage")));
    assert_eq!(answer["series"][0]["values"], json!([230.5, 232.0, null, null, null, null]));
    let asked = world.store().asked_means.lock().unwrap().pop().unwrap();
    assert_eq!(asked.quantity, Quantity::GridVoltage);
}

#[tokio::test]
async fn a_chart_never_gets_more_values_than_it_can_draw() {
    let mut world = World::new();
    world.plant.calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
    *world.store().energy.lock().unwrap() = vec![EnergySeries::default()];
    for (query, from, bucket, count) in [
        ("", "2026-06-20T22:00:00Z", 300, 288),
        ("day=2026-06-21&points=2000", "2026-06-20T22:00:00Z", 120, 720),
        ("day=2026-03-29", "2026-03-28T23:00:00Z", 300, 276),
        ("day=2025-10-26", "2025-10-25T22:00:00Z", 300, 300),
        ("points=1", "2026-06-20T22:00:00Z", 86_400, 1),
        ("from=2026-06-14&to=2026-06-21", "2026-06-13T22:00:00Z", 3600, 168),
        ("from=2026-05-22&to=2026-06-21", "2026-05-21T22:00:00Z", 10_800, 240),
        ("from=2025-06-21&to=2026-06-21", "2025-06-20T22:00:00Z", 172_800, 183),
        ("from=2025-06-21&to=2026-06-21&points=2", "2025-06-20T22:00:00Z", 15_811_200, 2),
    ] {
        let answer = world.get(&format!("{POWER}?{query}")).await.json();
        assert_eq!(answer["bucket_seconds"], bucket, "{query}");
        assert_eq!(answer["series"][0]["values"].as_array().unwrap().len(), count, "{query}");
        let shown: Timestamp = answer["from"].as_str().unwrap().parse().unwrap();
        assert_eq!(shown, at(from), "{query}");
    }
    // A bucket holds two polls of every DTU.
    world
        .plant
        .dtus
        .insert("slow".into(), DtuState::starting("10.0.0.9:502".into(), "modbus", 400));
    let answer = world.get(POWER).await.json();
    assert_eq!(answer["bucket_seconds"], 900);
}

#[tokio::test]
async fn longer_ranges_are_made_of_energy_by_hour() {
    let world = World::new();
    let point = |hours: i64, energy_wh, samples| EnergyPoint {
        start: noon() - SignedDuration::from_hours(24 * 10 - hours),
        energy_wh,
        estimated_wh: 0,
        lifetime_wh: None,
        peak: None,
        samples,
    };
    *world.store().energy.lock().unwrap() = vec![EnergySeries {
        points: vec![point(0, 500, 60), point(2, 700, 0), point(239, 60, 60), point(240, 30, 30)],
        ..EnergySeries::default()
    }];
    let world = World { now: noon() + SignedDuration::from_mins(30), ..world };
    let range = "from=2026-06-11T12:00:00Z&to=2026-06-21T14:00:00Z";
    let found = values(&world, range).await[0].take();
    assert_eq!(found[0], 500.0);
    assert_eq!(found[2], Value::Null, "energy of a gap is no power that was seen");
    assert_eq!((&found[239], &found[240]), (&json!(60.0), &json!(60.0)), "half an hour of 30 Wh");
    assert_eq!((&found[241], found.as_array().unwrap().len()), (&Value::Null, 242));
    let asked = world.store().asked_energy.lock().unwrap().pop().unwrap();
    assert_eq!(asked.resolution, Resolution::Hour);
    assert!(world.store().asked_means.lock().unwrap().is_empty(), "readings are left alone");
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    let world = World::new();
    for (query, told) in [
        ("day=2026-06-21T00:00:00Z", "a day as 2026-06-21"),
        ("day=0001-01-01", "between the years"),
        ("day=2026-06-21&from=2026-06-20", "without 'from' and 'to'"),
        ("points=0", "from 1 to 2000"),
        ("points=2001", "from 1 to 2000"),
        ("quantity=current", "power or voltage"),
        ("by=roof", "plant, dtu, inverter or port"),
        ("port=1", "port where 'port' is given"),
        ("from=2020-01-01&to=2026-01-01", "at most 400 days"),
        ("from=2026-01-01&to=2026-06-01&quantity=voltage", "at most 31 days"),
        ("from=2026-06-22&to=2026-06-21", "must be before"),
        ("bucket=5m", "'points', 'serial', 'port' and 'quantity'"),
    ] {
        let detail = world.get(&format!("{POWER}?{query}")).await.problem(400, POWER);
        assert!(detail.contains(told), "{detail}");
    }
    world.get(&format!("{POWER}?by=port&serial=116100000009")).await.problem(404, POWER);
    world.store().become_(Mood::Down);
    world.get(POWER).await.problem(503, POWER);
    World { store: None, ..World::new() }.get(POWER).await.problem(503, POWER);
}
