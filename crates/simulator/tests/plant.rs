//! What a simulated plant promises: it follows the sun, counts what it makes, and repeats itself.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use modbus::map;
use plant::Serial;
use plant::model::{Family, Model};
use proptest::prelude::*;
use simulator::{Panel, Plane, Shade, SimInverter, SimPlant, Site};

const HM: &str = "116100000001";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn serial(text: &str) -> Serial {
    text.parse().unwrap()
}

/// A plant of single panels, one inverter each.
fn plant_of(site: Site, panels: &[Panel]) -> (SimPlant, Vec<Serial>) {
    let serials: Vec<Serial> =
        (0..panels.len()).map(|number| serial(&format!("1121{number:08}"))).collect();
    let inverters = serials.iter().zip(panels);
    let inverters = inverters.map(|(&serial, &panel)| SimInverter::new(serial, [panel]));
    (SimPlant::new(site, inverters.collect()), serials)
}

/// Energy of a span of days, Wh.
fn made(plant: &SimPlant, serial: Serial, from: Date, days: i64) -> f64 {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let midnight = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp();
    let total = |date| plant.port(serial, 1, midnight(date)).unwrap().total_wh;
    total(from + days.days()) - total(from)
}

#[test]
fn a_year_in_berlin_yields_what_a_roof_in_berlin_yields() {
    let (plant, roofs) = plant_of(
        Site::berlin(1),
        &[
            Panel::new(400.0, Plane::SOUTH),
            Panel::new(400.0, Plane::EAST),
            Panel::new(400.0, Plane::WEST),
        ],
    );
    let kwh_per_kwp = |serial| made(&plant, serial, date(2025, 1, 1), 365) / 400.0;
    let [south, east, west] = [0, 1, 2].map(|roof| kwh_per_kwp(roofs[roof]));
    assert!((800.0..1250.0).contains(&south), "{south}");
    assert!((600.0..1000.0).contains(&east), "{east}");
    assert!((west / east - 1.0).abs() < 0.15 && south > east, "{east} {west}");
}

#[test]
fn summer_makes_more_than_winter_and_each_roof_has_its_hour() {
    let (plant, roofs) = plant_of(
        Site::berlin(7),
        &[Panel::new(400.0, Plane::EAST), Panel::new(400.0, Plane::WEST)],
    );
    let june = made(&plant, roofs[0], date(2025, 6, 1), 30);
    let december = made(&plant, roofs[0], date(2025, 12, 1), 30);
    assert!(june > 4.0 * december, "{june} {december}");

    let month = |utc_hour: i64, roof: usize| -> f64 {
        (0..30)
            .map(|day| at("2025-06-01T00:00:00Z") + (24 * day + utc_hour).hours())
            .map(|time| plant.port(roofs[roof], 1, time).unwrap().power_w)
            .sum()
    };
    assert!(month(6, 0) > 2.0 * month(6, 1), "the morning is the east's");
    assert!(month(16, 1) > 2.0 * month(16, 0), "the evening is the west's");
}

#[test]
fn summer_noon_is_brighter_than_winter_noon_on_both_hemispheres() {
    let sydney = Site {
        latitude_deg: -33.87,
        longitude_deg: 151.21,
        time_zone: TimeZone::get("Australia/Sydney").unwrap(),
        ..Site::berlin(3)
    };
    let noons = |plant: &SimPlant, first: &str| -> f64 {
        (0..30).map(|day| plant.sum(at(first) + (24 * day).hours()).power_w).sum()
    };
    let (berlin, _) = plant_of(Site::berlin(3), &[Panel::new(400.0, Plane::SOUTH)]);
    let (sydney, _) = plant_of(sydney, &[Panel::new(400.0, Plane::NORTH)]);
    assert!(noons(&berlin, "2025-06-10T11:00:00Z") > noons(&berlin, "2025-12-10T11:00:00Z") * 1.5);
    assert!(noons(&sydney, "2025-12-10T02:00:00Z") > noons(&sydney, "2025-06-10T02:00:00Z"));
}

#[test]
fn shade_weakness_and_clipping_show_where_they_should() {
    let panel = Panel::new(400.0, Plane::SOUTH);
    let chimney = Shade {
        from_azimuth_deg: 200.0,
        to_azimuth_deg: 280.0,
        below_elevation_deg: 60.0,
        blocked: 0.9,
    };
    let (plant, roofs) = plant_of(
        Site::berlin(5),
        &[panel, panel.shaded(chimney), panel.with_factor(0.8), panel.with_limit(150.0)],
    );
    let power = |roof: usize, time: &str| -> f64 {
        (0..60)
            .map(|day| at(time) + (24 * day).hours())
            .map(|time| plant.port(roofs[roof], 1, time).unwrap().power_w)
            .sum()
    };
    let (morning, afternoon) = ("2025-05-01T08:00:00Z", "2025-05-01T14:00:00Z");
    assert!((power(1, morning) / power(0, morning) - 1.0).abs() < 0.02);
    assert!(power(1, afternoon) < 0.7 * power(0, afternoon));
    assert!((power(2, morning) / power(0, morning) - 0.8).abs() < 0.02);
    let peak = (0..24 * 60)
        .map(|hour| at("2025-05-01T00:00:00Z") + hour.hours())
        .map(|time| plant.port(roofs[3], 1, time).unwrap().power_w)
        .fold(0.0, f64::max);
    assert!((149.0..151.0).contains(&peak), "{peak}: the limit, within the meter");
}

#[test]
fn at_night_the_table_is_zero_and_the_counters_are_not_lost() {
    let plant = SimPlant::demo(1);
    let night = at("2025-06-21T00:30:00Z");
    for record in plant.records(night) {
        assert!(!record.is_empty_slot() && record.port() > 0);
        for field in [
            &map::PV_POWER,
            &map::TODAY_PRODUCTION,
            &map::TOTAL_PRODUCTION,
            &map::OPERATING_STATUS,
            &map::LINK_STATUS,
        ] {
            assert_eq!(record.raw(field), 0, "{}", field.name);
        }
    }
    assert!(plant.sum(night).total_wh > 1e6);
}

#[test]
fn at_noon_the_values_are_those_of_real_inverters() {
    for plant in [SimPlant::demo(1), SimPlant::with_ports(99, 4)] {
        for record in plant.records(at("2025-06-21T11:00:00Z")) {
            let power = record.value(&map::PV_POWER);
            let voltage = record.value(&map::PV_VOLTAGE);
            let three_phases = Model::of(record.serial()).unwrap().family == Family::HMT;
            let grid = if three_phases { 398.0 } else { 230.0 };
            assert!((2.0..500.0).contains(&power), "{power} W");
            assert!((28.0..42.0).contains(&voltage), "{voltage} V");
            // An MI counts tenths of an ampere: half a tenth at 35 V are 2 W.
            assert!((record.pv_current_a() * voltage - power).abs() < 3.0);
            assert!((record.value(&map::GRID_VOLTAGE) - grid).abs() < 13.0);
            assert!((record.value(&map::GRID_FREQUENCY) - 50.0).abs() < 0.1);
            assert!((0.0..80.0).contains(&record.value(&map::TEMPERATURE)));
            assert_eq!(record.raw(&map::OPERATING_STATUS), 3);
            assert_eq!(record.raw(&map::LINK_STATUS), 1);
        }
    }
}

#[test]
fn a_plant_has_exactly_the_ports_asked_for_and_real_prefixes() {
    for n in 1..=99 {
        let plant = SimPlant::with_ports(n, 9);
        assert_eq!(plant.records(at("2025-01-02T11:00:00Z")).len(), n);
        let ports: BTreeSet<_> = plant.ports().collect();
        assert_eq!(ports.len(), n, "no port twice");
        for serial in plant.serials() {
            let ports = plant.ports().filter(|port| port.0 == serial).count();
            let model = Model::of(serial).unwrap();
            assert_eq!(model.ports.map(usize::from), Some(ports), "{serial}");
        }
    }
    let families: BTreeSet<_> = SimPlant::with_ports(24, 9)
        .serials()
        .map(|serial| Model::of(serial).unwrap().family.name())
        .collect();
    assert_eq!(families, BTreeSet::from(["HM", "HMS", "HMT", "MI"]));
}

#[test]
fn the_demo_is_the_plant_of_its_description() {
    let plant = SimPlant::demo(1);
    assert_eq!((plant.ports().count(), plant.serials().count()), (24, 8));
    let noon = plant.snapshot("roof", at("2025-06-21T11:00:00Z"));
    assert_eq!((noon.inverters.len(), noon.ports.len()), (8, 24));
    assert!(noon.ports.is_sorted_by_key(|port| (port.serial, port.port)));
    let records = plant.records(at("2025-06-21T11:00:00Z"));
    let sum: f32 = records.iter().map(|r| r.value(&map::PV_POWER)).sum();
    assert!((noon.pv_power_w() - f64::from(sum)).abs() < 0.01);
}

#[test]
fn a_counter_can_start_above_two_to_the_31() {
    let old = Panel::new(400.0, Plane::SOUTH).with_initial_total(3_000_000_000);
    let plant = SimPlant::new(Site::berlin(1), vec![SimInverter::new(serial(HM), [old; 4])]);
    let snapshot = plant.snapshot("roof", at("2025-06-21T11:00:00Z"));
    assert!(snapshot.ports.iter().all(|port| port.total_wh > Some(3_000_000_000)));
}

#[test]
fn nothing_is_made_before_the_installation() {
    let plant = SimPlant::with_ports(4, 1);
    let before = plant.sum(at("2024-06-21T11:00:00Z"));
    assert_eq!((before.power_w, before.total_wh), (0.0, 0.0));
    assert!(plant.snapshot("roof", at("2024-06-21T11:00:00Z")).pv_power_w() == 0.0);
}

#[test]
fn the_day_counter_restarts_at_local_midnight_also_when_the_clocks_change() {
    let plant = SimPlant::with_ports(4, 1);
    // 25 and 26 October 2025 in Berlin: the second has 25 hours.
    for (midnight, next) in [
        ("2025-10-24T22:00:00Z", "2025-10-25T22:00:00Z"),
        ("2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"),
    ] {
        let (start, end) = (at(midnight), at(next));
        assert_eq!(plant.sum(start).today_wh, 0.0);
        let last = plant.sum(end - SignedDuration::from_secs(1)).today_wh;
        let made = plant.sum(end).total_wh - plant.sum(start).total_wh;
        assert!(last > 0.0 && (last - made).abs() < 1e-6, "{last} {made}");
    }
}

#[test]
fn energy_is_the_sum_of_the_power_shown() {
    let plant = SimPlant::demo(2);
    let start = at("2025-05-03T00:00:00Z");
    let mut wh = 0.0;
    // Midpoints of ten-second steps: what a patient reader would add up.
    for step in 0..8640 {
        wh += plant.sum(start + (10 * step + 5).seconds()).power_w * 10.0 / 3600.0;
    }
    let counted = plant.sum(start + 24.hours()).total_wh - plant.sum(start).total_wh;
    assert!((wh / counted - 1.0).abs() < 1e-4, "{wh} {counted}");
}

#[test]
fn the_order_of_questions_makes_no_difference() {
    let times: Vec<Timestamp> =
        (0..40).map(|n| at("2025-03-01T10:00:00Z") + (n * 31).hours()).collect();
    let forward = SimPlant::with_ports(6, 3);
    let backward = SimPlant::with_ports(6, 3);
    let ahead: Vec<_> = times.iter().map(|&t| forward.records(t)).collect();
    let mut back: Vec<_> = times.iter().rev().map(|&t| backward.records(t)).collect();
    back.reverse();
    assert_eq!(ahead, back);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn energy_never_falls_and_power_is_never_negative(
        seed: u64,
        start in 1_735_700_000_i64..1_772_000_000,
        steps in proptest::collection::vec(0_i64..20_000, 1..60),
    ) {
        let plant = SimPlant::with_ports(7, seed);
        let mut time = Timestamp::from_second(start).unwrap();
        let mut last = plant.sum(time);
        let mut last_day = plant.site().time_zone.to_datetime(time).date();
        for step in steps {
            time += SignedDuration::from_secs(step);
            let now = plant.sum(time);
            let day = plant.site().time_zone.to_datetime(time).date();
            prop_assert!(now.power_w >= 0.0);
            prop_assert!(now.total_wh >= last.total_wh);
            // 7 ports of 420 W in the best light do not make more than this.
            prop_assert!(now.total_wh - last.total_wh <= 3500.0 * step as f64 / 3600.0 + 1e-6);
            if day == last_day {
                prop_assert!(now.today_wh >= last.today_wh);
                let both = (now.today_wh - last.today_wh) - (now.total_wh - last.total_wh);
                prop_assert!(both.abs() < 1e-6);
            }
            (last, last_day) = (now, day);
        }
    }

    #[test]
    fn a_seed_is_a_plant(seed: u64, second in 1_735_700_000_i64..1_772_000_000) {
        let time = Timestamp::from_second(second).unwrap();
        let one = SimPlant::with_ports(5, seed);
        let other = SimPlant::with_ports(5, seed);
        prop_assert_eq!(one.records(time), other.records(time));
        prop_assert_eq!(one.snapshot("roof", time), one.clone().snapshot("roof", time));
    }
}

/// `cargo test -p simulator --release --test plant -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a promise"]
fn how_long_a_year_takes() {
    let plant = SimPlant::demo(1);
    let started = std::time::Instant::now();
    let first = at("2025-01-01T00:00:00Z");
    plant.records(first);
    let reached = started.elapsed();
    let readings: usize =
        (0..365 * 96).map(|n| plant.snapshot("roof", first + (15 * n).minutes()).ports.len()).sum();
    let year = started.elapsed() - reached;
    let started = std::time::Instant::now();
    plant.records(at("2026-01-01T11:00:00Z"));
    let first_poll = started.elapsed();
    let started = std::time::Instant::now();
    plant.records(at("2026-01-01T11:00:01Z"));
    let next_poll = started.elapsed();
    eprintln!(
        "275 days before: {reached:?}; {readings} readings of a year: {year:?}; a poll: {first_poll:?}, then {next_poll:?}"
    );
}

#[test]
fn the_sun_of_a_plant_far_away_shines_by_its_own_clocks() {
    let berlin = SimPlant::demo(1);
    for name in ["America/Los_Angeles", "Asia/Tokyo", "Pacific/Auckland", "Pacific/Kiritimati"] {
        let zone = TimeZone::get(name).unwrap();
        let plant = berlin.where_clocks_show(&zone);
        assert!(plant.ports().eq(berlin.ports()), "{name}");
        let day = date(2026, 6, 21);
        let power = |hour| {
            plant.sum(day.at(hour, 30, 0, 0).to_zoned(zone.clone()).unwrap().timestamp()).power_w
        };
        assert!(power(12) > 1000.0, "{name}");
        assert_eq!((power(0), power(23)), (0.0, 0.0), "{name}");
    }
    let near = berlin.where_clocks_show(&TimeZone::get("Europe/London").unwrap());
    assert_eq!(near.site(), berlin.site());
}
