//! `/api/export`: everything of a range, page by page, and no end where the database fails.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use plant::PortReading;
use plant::live::Timed;
use tower::ServiceExt;

use crate::world::*;

pub(crate) const EXPORT: &str = "/api/export";

fn port(minute: i64, port: u8) -> Timed<PortReading> {
    Timed {
        at: noon() - SignedDuration::from_hours(200) + SignedDuration::from_mins(minute),
        value: PortReading {
            serial: serial(),
            port,
            pv_voltage_v: Some(33.7),
            pv_current_a: None,
            pv_power_w: Some(250.5),
            today_wh: Some(1032),
            total_wh: Some(u32::MAX),
        },
    }
}

pub(crate) fn filled(minutes: i64) -> World {
    let mut world = World::new();
    world.inverter().first_seen = port(0, 1).at;
    let readings = (0..minutes).flat_map(|minute| [port(minute, 1), port(minute, 4)]);
    *world.store().ports.lock().unwrap() = readings.collect();
    world
}

#[tokio::test]
async fn every_reading_is_told_once_whatever_the_pages() {
    let world = filled(5001);
    let answer = world.get(EXPORT).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").contains("hoymiles-ports.csv"));
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * 5001);
    assert!(lines[0].starts_with("timestamp,serial_number,port_number,pv_voltage,"));
    assert_eq!(lines[1], "2026-06-13T04:00:00Z,116100000001,1,33.7,,250.5,1032,4294967295");
    assert!(lines[5001].starts_with("2026-06-16T15:20:00Z,116100000001,1,"), "{}", lines[5001]);
    assert!(lines[5002].starts_with("2026-06-13T04:00:00Z,116100000001,4,"));
    let unique: std::collections::BTreeSet<_> = lines.iter().collect();
    assert_eq!(unique.len(), lines.len());
}

#[tokio::test]
async fn a_range_and_an_inverter_are_told_alone() {
    let world = filled(100);
    let range = "from=2026-06-13T04:10:00Z&to=2026-06-13T04:12:00Z";
    let answer = world.get(&format!("{EXPORT}?{range}&serial={SERIAL}&table=ports")).await;
    assert_eq!(answer.text.lines().count(), 1 + 2 * 2);
    *world.store().history.lock().unwrap() = vec![Timed { at: noon(), value: reading(SERIAL) }];
    let answer = world.get(&format!("{EXPORT}?table=inverters&format=csv&to=2026-06-23")).await;
    assert_eq!(
        answer.text,
        "timestamp,serial_number,grid_voltage,grid_frequency,active_power,reactive_power,\
         power_factor,temperature,operating_status,alarm_code,alarm_count,link_status\n\
         2026-06-21T12:00:00Z,116100000001,230.4,49.98,,,,34.5,3,0,0,1\n"
    );
    let empty = world.get(&format!("{EXPORT}?to=2020-01-01")).await;
    assert_eq!((empty.status.as_u16(), empty.text.lines().count()), (200, 1));
}

#[tokio::test]
async fn a_database_that_fails_in_the_middle_cuts_the_answer_off() {
    let world = filled(5001);
    *world.store().pages_left.lock().unwrap() = Some(1);
    let request = Request::get(EXPORT).body(Body::empty()).unwrap();
    let response = world.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "the answer had begun");
    assert!(response.into_body().collect().await.is_err(), "an end would look like the whole");
    *world.store().pages_left.lock().unwrap() = Some(0);
    world.get(EXPORT).await.problem(503, EXPORT);
}

#[tokio::test]
async fn a_page_is_read_when_the_one_before_is_taken() {
    let world = filled(5001);
    *world.store().pages_left.lock().unwrap() = Some(100);
    let left = || world.store().pages_left.lock().unwrap().unwrap();
    let request = Request::get(EXPORT).body(Body::empty()).unwrap();
    let mut body = world.router().oneshot(request).await.unwrap().into_body();
    assert_eq!(left(), 99);
    body.frame().await.unwrap().unwrap();
    assert_eq!(left(), 99, "nobody has asked for more");
    body.frame().await.unwrap().unwrap();
    assert_eq!(left(), 98);
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused() {
    let world = World::new();
    for (query, told) in [
        ("table=events", "ports or inverters"),
        ("format=xlsx", "csv"),
        ("from=2026-06-22&to=2026-06-21", "must be before"),
        ("limit=5", "'from', 'to', 'table', 'serial' and 'format'"),
    ] {
        let detail = world.get(&format!("{EXPORT}?{query}")).await.problem(400, EXPORT);
        assert!(detail.contains(told), "{detail}");
    }
    world.get(&format!("{EXPORT}?serial=116100000009")).await.problem(404, EXPORT);
    World::just_started().get(EXPORT).await.problem(503, EXPORT);
    World { store: None, ..World::new() }.get(EXPORT).await.problem(503, EXPORT);
}
