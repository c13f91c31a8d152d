//! `/api/plant` and `/api/dtus`: the live state at one glance, without a database.

use jiff::SignedDuration;
use plant::InverterReading;
use plant::glance::{FinishedDays, Glance, Peak, WakeUps};
use plant::live::DtuPhase;
use serde_json::{Value, json};

use crate::world::*;

async fn plant(world: &World) -> Value {
    world.get("/api/plant").await.json()
}

fn asleep() -> InverterReading {
    InverterReading { operating_status: Some(0), link_status: Some(0), ..reading(SERIAL) }
}

#[tokio::test]
async fn the_plant_at_one_glance() {
    let mut world = World::new();
    world.store().become_(Mood::Down);
    let day = |text: &str| text.parse().unwrap();
    let calendar = world.plant.calendar.clone();
    let mut wake_ups = WakeUps::default();
    let dawn = noon() - SignedDuration::from_hours(8);
    wake_ups.note_sleep(dawn - SignedDuration::from_hours(6), dawn, &calendar);
    world.plant.glance.remember(
        Glance {
            finished: Some(FinishedDays::of(
                day("2026-06-21"),
                [(day("2026-06-20"), 10_000), (day("2026-01-01"), 500)],
            )),
            peak: Some(Peak { day: day("2026-06-21"), at: dawn, power_w: 1200.5 }),
            wake_ups,
        },
        &calendar,
    );
    assert_eq!(
        plant(&world).await,
        json!({
            "time": "2026-06-21T12:00:00Z", "day": "2026-06-21", "time_zone": "Europe/Berlin",
            "state": "producing", "power_w": 1090.7,
            "energy_today_wh": 4010, "energy_month_wh": 14_010, "energy_year_wh": 14_510,
            "energy_lifetime_wh": 4_000_010,
            "peak_today_w": 1200.5, "peak_today_at": "2026-06-21T04:00:00Z",
            "inverters": {"known": 1, "reporting": 1, "asleep": 0},
            "panels": {"known": 4, "reporting": 4},
            "asleep_since": null, "first_light_about": "2026-06-22T04:00:00Z",
            "last_reading_at": "2026-06-21T12:00:00Z", "age_seconds": 0,
            "verdict": {"status": "ok", "reasons": []},
        })
    );
}

#[tokio::test]
async fn what_is_not_known_is_null() {
    let world = World::just_started();
    let plant = plant(&world).await;
    assert_eq!(plant["state"], "starting");
    for key in [
        "power_w",
        "energy_today_wh",
        "energy_month_wh",
        "energy_year_wh",
        "energy_lifetime_wh",
        "peak_today_w",
        "last_reading_at",
        "age_seconds",
        "first_light_about",
    ] {
        assert_eq!(plant[key], Value::Null, "{key}");
    }
}

#[tokio::test]
async fn a_plant_falls_asleep_goes_silent_and_is_idle() {
    let mut world = World::new();
    world.now = noon() + SignedDuration::from_mins(10);
    world.poll(world.now, SERIAL, asleep());
    let sleeping = plant(&world).await;
    assert_eq!((&sleeping["state"], &sleeping["power_w"]), (&json!("asleep"), &json!(0.0)));
    assert_eq!(sleeping["asleep_since"], "2026-06-21T12:09:00Z", "of the first reading asleep");
    assert_eq!(sleeping["inverters"], json!({"known": 1, "reporting": 1, "asleep": 1}));
    assert_eq!(sleeping["energy_today_wh"], 4010, "a sleeper keeps its energy");

    world.poll(world.now, SERIAL, reading(SERIAL));
    for port in world.inverter().ports.values_mut() {
        port.value.pv_power_w = Some(0.0);
    }
    let idle = plant(&world).await;
    assert_eq!((&idle["state"], &idle["asleep_since"]), (&json!("idle"), &Value::Null));

    world.now = noon() + SignedDuration::from_hours(2);
    world.dtu().phase = DtuPhase::Failing;
    let silent = plant(&world).await;
    assert_eq!((&silent["state"], &silent["power_w"]), (&json!("offline"), &Value::Null));
    assert_eq!(silent["age_seconds"], 110 * 60);
    assert_eq!(silent["verdict"]["status"], "failed");
}

#[tokio::test]
async fn midnight_carries_the_day_into_the_month() {
    let mut world = World::new();
    let today = "2026-06-21".parse().unwrap();
    world.plant.glance.finished = Some(FinishedDays::of(today, [(today.yesterday().unwrap(), 5)]));
    // Nobody has polled since: the DTU is off at night.
    world.now = noon() + SignedDuration::from_hours(13);
    let next = plant(&world).await;
    assert_eq!((&next["day"], &next["energy_today_wh"]), (&json!("2026-06-22"), &json!(0)));
    assert_eq!(next["energy_month_wh"], 4015);
    assert_eq!(next["peak_today_w"], Value::Null);
    world.poll(world.now, SERIAL, reading(SERIAL));
    assert_eq!(plant(&world).await["energy_month_wh"], 4015, "and once only");
    world.now = "2026-07-01T00:00:00Z".parse().unwrap();
    assert_eq!(plant(&world).await["energy_month_wh"], 0);
    assert_eq!(plant(&world).await["energy_year_wh"], 4015);
}

#[tokio::test]
async fn dtus_tell_how_they_fare() {
    let mut world = World::new();
    world.store().become_(Mood::Down);
    world.dtu().error_count = 20;
    world.dtu().poll_seconds = Some(1.2345);
    let dtus = world.get("/api/dtus").await.json();
    assert_eq!(
        dtus,
        json!([{
            "name": "roof", "protocol": "modbus", "address": "192.168.1.31:502",
            "serial_number": null, "model": null, "firmware": null,
            "phase": "online", "status_text": "The DTU answers.",
            "last_success": "2026-06-21T12:00:00Z", "last_failure": null,
            "poll_interval_seconds": 60, "response_seconds": 1.234, "requests_per_poll": null,
            "query_count": 60, "error_count": 20, "error_rate": 0.25, "breaker": "closed",
            "dialect": null, "repaired_answers": 0,
            "power_w": 1090.7, "energy_today_wh": 4010, "energy_lifetime_wh": 4_000_010,
            "inverters": {"known": 1, "reporting": 1, "asleep": 0},
            "stale": false, "age_seconds": 0, "unconfirmed": [], "not_reported": [],
        }])
    );
}

#[tokio::test]
async fn a_dtu_says_in_a_sentence_what_is_wrong() {
    let mut world = World::new();
    world.dtu().phase = DtuPhase::Failing;
    world.dtu().last_failure = Some(failure("It refuses the connection."));
    let dtu = world.get("/api/dtus").await.json()[0].take();
    assert_eq!(dtu["phase"], "failing");
    let text = dtu["status_text"].as_str().unwrap();
    assert!(text.contains("'roof'") && text.ends_with("It refuses the connection."), "{text}");
    assert_eq!(
        dtu["last_failure"],
        json!({"at": "2026-06-21T12:00:00Z", "kind": "connect",
               "text": "It refuses the connection."})
    );
    world.dtu().phase = DtuPhase::Standby;
    world.dtu().left_to = Some("nas:8080".into());
    let dtu = world.get("/api/dtus").await.json()[0].take();
    assert!(dtu["status_text"].as_str().unwrap().starts_with("The bridge nas:8080 polls"));
    for (reading, told) in [(asleep(), "asleep"), (reading(SERIAL), "answers.")] {
        world.dtu().phase = DtuPhase::Online;
        world.poll(noon(), SERIAL, reading);
        let dtu = world.get("/api/dtus").await.json()[0].take();
        assert!(dtu["status_text"].as_str().unwrap().contains(told), "{dtu}");
    }
}
