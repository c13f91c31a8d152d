//! Meters, hybrid inverters and the AC side, as clients and Prometheus see them.

use jiff::{SignedDuration, Timestamp};
use plant::live::Timed;
use plant::meter::MeterPhase;
use plant::reading::Phases;
use plant::storage::{Battery, EnergyToday, Flow, StorageInput, StoragePhase};
use plant::{InverterReading, MeterReading, Snapshot, StorageReading};
use serde_json::{Value, json};

use crate::metrics::scrape;
use crate::world::{Mood, SERIAL, World, noon, reading};

pub(crate) const METER: &str = "10c071000001";
pub(crate) const HYBRID: &str = "22069995057734";

pub(crate) fn meter() -> MeterReading {
    MeterReading {
        phase_count: Some(3),
        power_w: Some(-2610.0),
        import_wh: Some(42_949_672_960),
        export_wh: Some(70),
        phases: [
            Some(MeterPhase {
                power_w: Some(-870.0),
                voltage_v: Some(231.7),
                ..MeterPhase::default()
            }),
            None,
            Some(MeterPhase { current_a: Some(3.75), ..MeterPhase::default() }),
        ],
        ..MeterReading::blank(METER.parse().unwrap())
    }
}

pub(crate) fn hybrid(sampled_at: Timestamp) -> StorageReading {
    let phase = |phase, watts| StoragePhase {
        phase,
        voltage_v: Some(230.1),
        current_a: None,
        power_w: Some(watts),
        reactive_power_var: None,
        consumed_wh: Some(9000),
        fed_in_wh: None,
    };
    StorageReading {
        serial_number: HYBRID.to_owned(),
        gateway_serial_number: "73000000000001".to_owned(),
        sampled_at,
        battery: Battery {
            state_of_charge_percent: Some(63.0),
            power_w: Some(-978.0),
            charged_wh: Some(4100),
            cell_voltage_max_v: Some(3.309),
            ..Battery::default()
        },
        inputs: vec![StorageInput {
            input: 1,
            voltage_v: Some(412.3),
            current_a: Some(3.1),
            power_w: Some(1279.0),
            energy_wh: None,
        }],
        grid: Vec::new(),
        load: vec![phase(1, 100.5), phase(2, 199.5)],
        flow: Some(Flow { pv_to_battery_w: Some(978.0), ..Flow::default() }),
        energy_today: EnergyToday { load_from_grid_wh: Some(300), ..EnergyToday::default() },
    }
}

impl World {
    /// A meter and a hybrid inverter at the DTU `roof`.
    pub(crate) fn install_devices(&mut self) {
        let snapshot = Snapshot {
            meters: vec![meter()],
            storage: vec![hybrid(noon())],
            ..Snapshot::blank("roof".into(), None, noon())
        };
        self.plant.apply(&snapshot, noon());
    }
}

fn with_devices() -> World {
    let mut world = World::new();
    world.install_devices();
    world
}

#[tokio::test]
async fn a_meter_is_shown_with_the_phases_it_has() {
    let list = with_devices().get("/api/meters").await.json();
    assert_eq!(
        list,
        json!([{
            "dtu_name": "roof", "serial_number": METER, "timestamp": "2026-06-21T12:00:00Z",
            "phase_count": 3, "power_w": -2610.0, "power_factor": null,
            "import_wh": 42_949_672_960_u64, "export_wh": 70, "fault_code": null,
            "phases": [
                {"phase": "A", "power_w": -870.0, "voltage_v": 231.7, "current_a": null,
                 "power_factor": null, "import_wh": null, "export_wh": null},
                {"phase": "C", "power_w": null, "voltage_v": null, "current_a": 3.75,
                 "power_factor": null, "import_wh": null, "export_wh": null},
            ],
            "stale": false, "age_seconds": 0,
        }])
    );
}

#[tokio::test]
async fn a_hybrid_is_shown_with_its_battery_and_sums() {
    let list = with_devices().get("/api/storage").await.json();
    let shown = &list[0];
    assert_eq!(shown["serial_number"], HYBRID);
    assert_eq!(shown["gateway_serial_number"], "73000000000001");
    assert_eq!(shown["dtu_name"], "roof");
    assert_eq!(shown["timestamp"], "2026-06-21T12:00:00Z");
    assert_eq!(shown["battery"]["state_of_charge_percent"], 63.0);
    assert_eq!(shown["battery"]["cell_voltage_max_v"], 3.309);
    assert_eq!(shown["battery"]["discharged_wh"], Value::Null);
    assert_eq!(shown["pv_power_w"], 1279.0);
    assert_eq!(shown["load_power_w"], 300.0);
    assert_eq!(shown["grid_power_w"], Value::Null, "no phase told it");
    assert_eq!(shown["load"][1]["phase"], 2);
    assert_eq!(shown["inputs"][0]["voltage_v"], 412.3);
    assert_eq!(shown["flow"]["pv_to_battery_w"], 978.0);
    assert_eq!(shown["energy_today"]["load_from_grid_wh"], 300);
    assert_eq!((&shown["stale"], &shown["age_seconds"]), (&json!(false), &json!(0)));
}

#[tokio::test]
async fn old_readings_of_devices_are_stale_and_leave_the_metrics() {
    let mut world = with_devices();
    let series = |samples: &std::collections::BTreeMap<String, f64>| {
        let of_devices = |name: &&String| {
            name.starts_with("hoymiles_meter") || name.starts_with("hoymiles_storage")
        };
        samples.keys().filter(of_devices).count()
    };
    assert!(series(&scrape(&world).await) > 10);
    world.now = noon() + SignedDuration::from_secs(301);
    assert_eq!(series(&scrape(&world).await), 0);
    for path in ["/api/meters", "/api/storage"] {
        let device = &world.get(path).await.json()[0];
        assert_eq!((&device["stale"], &device["age_seconds"]), (&json!(true), &json!(301)));
    }
}

#[tokio::test]
async fn devices_have_metrics() {
    let samples = scrape(&with_devices()).await;
    let meter = |name: &str, phase: &str| {
        samples.get(&format!("{name}{{serial_number=\"{METER}\",phase=\"{phase}\"}}")).copied()
    };
    assert_eq!(meter("hoymiles_meter_power_watts", "A"), Some(-870.0));
    assert_eq!(meter("hoymiles_meter_power_watts", "C"), None);
    assert_eq!(meter("hoymiles_meter_power_watts", "total"), Some(-2610.0));
    assert_eq!(meter("hoymiles_meter_voltage_volts", "A"), Some(231.7));
    assert_eq!(meter("hoymiles_meter_current_amperes", "C"), Some(3.75));
    let import = format!("hoymiles_meter_import_wh_total{{serial_number=\"{METER}\"}}");
    assert_eq!(samples[&import], 42_949_672_960.0);
    let hybrid = |name: &str, ends: &str| {
        samples.get(&format!("{name}{{serial_number=\"{HYBRID}\"{ends}}}")).copied()
    };
    assert_eq!(hybrid("hoymiles_storage_state_of_charge_percent", ""), Some(63.0));
    assert_eq!(hybrid("hoymiles_storage_battery_power_watts", ""), Some(-978.0));
    assert_eq!(hybrid("hoymiles_storage_load_power_watts", ""), Some(300.0));
    assert_eq!(hybrid("hoymiles_storage_grid_power_watts", ""), None);
    assert_eq!(hybrid("hoymiles_storage_charged_today_wh", ""), Some(4100.0));
    let (charging, bought) = (",from=\"pv\",to=\"battery\"", ",from=\"grid\",to=\"load\"");
    assert_eq!(hybrid("hoymiles_storage_flow_watts", charging), Some(978.0));
    assert_eq!(hybrid("hoymiles_storage_flow_watts", bought), None);
    assert_eq!(hybrid("hoymiles_storage_energy_today_wh", bought), Some(300.0));
}

#[tokio::test]
async fn history_of_devices_takes_what_that_of_an_inverter_takes() {
    let mut world = with_devices();
    let minutes = |n: i64| noon() - SignedDuration::from_mins(n);
    *world.store().meters.lock().unwrap() =
        (0..150).map(|n| Timed { at: minutes(n), value: meter() }).collect();
    *world.store().hybrids.lock().unwrap() = (0..150).map(|n| hybrid(minutes(n))).collect();
    for (list, serial) in [("/api/meters", METER), ("/api/storage", HYBRID)] {
        let path = format!("{list}/{serial}/history");
        let whole = world.get(&path).await.json();
        assert_eq!(whole.as_array().unwrap().len(), 100);
        assert_eq!(whole[0]["timestamp"], "2026-06-21T12:00:00Z");
        assert_eq!(whole[0]["serial_number"], serial);
        assert_eq!(whole[0].get("stale"), None, "history shows what was recorded");
        let range = "from=2026-06-21T13:58:00%2B02:00&to=2026-06-21T12:00:00Z&limit=10000";
        let ranged = world.get(&format!("{path}?{range}")).await.json();
        assert_eq!(ranged.as_array().unwrap().len(), 2);
        for (bad, told) in [
            ("limit=0", "from 1 to 10000"),
            ("from=yesterday", "RFC 3339"),
            ("limt=5", "'limit', 'from' and 'to'"),
            ("from=2026-06-21T12:00:00Z&to=2026-06-21T12:00:00Z", "must be before"),
            ("to=2026-06-21T12:00:00Z&to=2026-06-21T12:00:00Z", "more than once"),
        ] {
            let problem = world.get(&format!("{path}?{bad}")).await.problem(400, &path);
            assert!(problem.contains(told), "{problem}");
        }
        // What is gone from the plant keeps its history.
        world.plant.meters.clear();
        world.plant.hybrids.clear();
        assert_eq!(world.get(&path).await.json().as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn a_device_that_does_not_exist_is_not_found() {
    let world = with_devices();
    for (list, written) in [
        ("/api/meters", "10c071000009"),
        ("/api/meters", "none"),
        ("/api/storage", "1"),
        ("/api/storage", "none"),
        ("/api/storage", "%00"),
        ("/api/storage", "123456789012345678901"),
    ] {
        let path = format!("{list}/{written}/history");
        assert!(world.get(&path).await.problem(404, &path).contains(list), "{path}");
    }
    let known = format!("/api/meters/{METER}/history");
    assert_eq!(world.get(&known).await.json(), json!([]), "known, without history");
    world.store().become_(Mood::Down);
    world.get(&known).await.problem(503, &known);
}

#[tokio::test]
async fn nobody_knows_the_devices_before_anything_has_answered() {
    let mut world = World::just_started();
    for path in ["/api/meters", "/api/storage", "/api/storage/1/history"] {
        world.get(path).await.problem(503, path);
    }
    world.plant.past_known = true;
    assert_eq!(world.get("/api/meters").await.json(), json!([]));
    world.plant.past_known = false;
    world.install_devices();
    assert_eq!(world.get("/api/meters").await.json().as_array().unwrap().len(), 1);
}

fn ac() -> InverterReading {
    InverterReading {
        active_power_w: Some(979.4),
        reactive_power_var: Some(-3.5),
        power_factor: Some(0.999),
        grid_current_a: Some(4.26),
        phases: Some(Phases {
            voltage_v: [Some(230.1), Some(231.2), None],
            line_voltage_v: [Some(400.3), None, None],
            current_a: [Some(1.41), Some(1.42), Some(1.43)],
        }),
        ..reading(SERIAL)
    }
}

#[tokio::test]
async fn the_ac_side_is_shown_where_the_protocol_tells_it() {
    let mut world = World::new();
    world.poll(noon(), SERIAL, ac());
    let inverter = world.get("/api/inverters/116100000001").await.json();
    *world.store().history.lock().unwrap() = vec![Timed { at: noon(), value: ac() }];
    let history = world.get("/api/inverters/116100000001/history").await.json();
    for shown in [&inverter, &history[0]] {
        assert_eq!(shown["active_power"], 979.4);
        assert_eq!(shown["reactive_power"], -3.5);
        assert_eq!(shown["power_factor"], 0.999);
        assert_eq!(shown["ac_current"], 4.26);
        assert_eq!(
            shown["phases"],
            json!([
                {"phase": "A", "voltage_v": 230.1, "line_voltage_v": 400.3, "current_a": 1.41},
                {"phase": "B", "voltage_v": 231.2, "line_voltage_v": null, "current_a": 1.42},
                {"phase": "C", "voltage_v": null, "line_voltage_v": null, "current_a": 1.43},
            ])
        );
    }
    let power = r#"hoymiles_inverter_ac_power_watts{serial_number="116100000001"}"#;
    assert_eq!(scrape(&world).await[power], 979.4);
}

#[tokio::test]
async fn an_inverter_that_sleeps_has_no_ac_side() {
    let mut world = World::new();
    world.poll(noon(), SERIAL, InverterReading { link_status: Some(0), ..ac() });
    let inverter = world.get("/api/inverters/116100000001").await.json();
    assert_eq!(inverter["active_power"], 0.0);
    assert_eq!((&inverter["ac_current"], &inverter["phases"]), (&Value::Null, &Value::Null));
}
