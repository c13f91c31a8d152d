//! A plant at a place where it is noon now, so that the test sees the sun at every hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use e2e::{Bridge, HomeAssistant};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::energy::Calendar;
use serde_json::Value;
use simulator::panel::Plane;
use simulator::plant::Site;
use simulator::{DtuOptions, Panel, Running, SimInverter, SimPlant, SimulatedDtu};
use store::{Record, SqliteStore, Store};
use tempfile::TempDir;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How far the past goes back that the bridge has when it starts.
const PAST: SignedDuration = SignedDuration::from_hours(60);
const STEP: SignedDuration = SignedDuration::from_mins(10);

/// Two DTUs and where the bridge keeps its readings.
pub(crate) struct World {
    pub(crate) house: Running,
    pub(crate) garage: Running,
    pub(crate) time_zone: String,
    /// When the past began.
    pub(crate) began: Timestamp,
    /// The start of the hour in which the test began, s: what was before is complete.
    pub(crate) first_hour: i64,
    data_dir: Arc<TempDir>,
    settings: Vec<(&'static str, String)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let now = Timestamp::now();
        let site = noon_at(now);
        let zone = site.time_zone.clone();
        // The newcomer is listed first: a bridge notices at once that a place in the list has
        // another owner, but looks behind its end once an hour only.
        let house = SimPlant::new(
            site.clone(),
            vec![inverter("114180000002", 2), inverter("116180000001", 4)],
        );
        let garage = SimPlant::new(site, vec![inverter("114180000003", 2)]);
        let newcomer = serial("114180000002");

        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let began = now - PAST;
        let dtus = [("House", &house), ("Garage", &garage)];
        make_past(&data_dir, &zone, &dtus, began..now, newcomer).await;

        // The same values at every poll: what is compared does not move meanwhile.
        let house = listen(house, "10f880000001", now).await;
        house.set_ports_hidden([(newcomer, 1), (newcomer, 2)]);
        let garage = listen(garage, "10f880000002", now).await;
        let time_zone = zone.iana_name().unwrap().to_owned();
        let settings = vec![
            ("DTU_CONFIGS", Bridge::dtu_configs(&[("House", &house), ("Garage", &garage)])),
            ("TIMEZONE", time_zone.clone()),
            ("COMM_TIMEOUT", "2".to_owned()),
            ("COMM_RETRIES", "0".to_owned()),
            ("CIRCUIT_BREAKER_THRESHOLD", "1000".to_owned()),
        ];
        let first_hour = now.as_second() / 3600 * 3600;
        Self { house, garage, time_zone, began, first_hour, data_dir, settings }
    }

    /// Starts the bridge on this port; 0 takes a free one.
    pub(crate) fn bridge(&self, port: &str) -> Bridge {
        let mut settings: Vec<(&str, &str)> =
            self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settings.push(("HEALTH_PORT", port));
        Bridge::start_in(Arc::clone(&self.data_dir), &["run"], &settings)
    }

    /// Keeps an answer for the tests of the integration alone, when somebody wants them anew:
    /// `scripts/capture-home-assistant.sh`.
    pub(crate) fn capture(&self, bridge: &Bridge, name: &str, state: &Value) {
        write(name, state);
        for (name, path) in [("info", "/api/info"), ("stats", "/stats")] {
            write(name, &bridge.get(path).json());
        }
        let events = bridge.get("/api/events").json();
        if let Some(outage) =
            events.as_array().unwrap().iter().find(|event| event["kind"] == "dtu_outage")
        {
            write("event", outage);
        }
    }

    /// The same for the energy of the past hours.
    pub(crate) fn capture_energy(&self, bridge: &Bridge) {
        let from = self.began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        for by in ["plant", "dtu", "inverter", "port"] {
            let path = format!("/api/energy?resolution=hour&by={by}&from={from}");
            write(&format!("energy_{by}"), &bridge.get(&path).json());
        }
    }

    /// Leaves everything running for as long as a person wants to look, who says so by
    /// `LOOK_SECONDS`.
    pub(crate) async fn look(&self, home: &mut HomeAssistant) {
        if let Some(seconds) = std::env::var("LOOK_SECONDS").ok().and_then(|s| s.parse().ok()) {
            eprintln!("LOOK {}", home.whereabouts());
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
}

fn write(name: &str, value: &Value) {
    if let Some(directory) = std::env::var_os("CAPTURE") {
        let path = std::path::Path::new(&directory).join(format!("{name}.json"));
        std::fs::write(path, format!("{value:#}\n")).unwrap();
    }
}

/// On the equator, on the meridian where the sun is highest in this hour.
fn noon_at(now: Timestamp) -> Site {
    let hour = i64::from(now.to_zoned(TimeZone::UTC).hour());
    let ahead = 12 - hour;
    // The names of these zones count westward.
    let name = match ahead {
        0 => "Etc/GMT".to_owned(),
        1.. => format!("Etc/GMT-{ahead}"),
        _ => format!("Etc/GMT+{}", -ahead),
    };
    let installed: Date = (now - HOUR * 24 * 5).to_zoned(TimeZone::UTC).date();
    Site {
        latitude_deg: 0.0,
        longitude_deg: 15.0 * ahead as f64,
        time_zone: TimeZone::get(&name).unwrap(),
        seed: 7,
        installed,
    }
}

fn serial(text: &str) -> Serial {
    text.parse().unwrap()
}

fn inverter(text: &str, ports: usize) -> SimInverter {
    let flat = Plane { tilt_deg: 0.0, azimuth_deg: 180.0 };
    // Each a little different, so that no value is taken for another one.
    let panels: Vec<Panel> = (0..ports)
        .map(|port| {
            Panel::new(400.0 - 7.0 * port as f64, flat)
                .with_initial_total(100_000 + 1000 * u32::try_from(port).unwrap())
        })
        .collect();
    SimInverter::new(serial(text), panels)
}

async fn listen(plant: SimPlant, dtu: &str, at: Timestamp) -> Running {
    let options = DtuOptions { serial: serial(dtu), ..DtuOptions::default() };
    let frozen = AtomicI64::new(at.as_second());
    let clock = move || Timestamp::from_second(frozen.load(Ordering::Relaxed)).unwrap();
    SimulatedDtu::new(plant, options, clock).listen("127.0.0.1:0").await.unwrap()
}

async fn make_past(
    data_dir: &TempDir,
    zone: &TimeZone,
    dtus: &[(&str, &SimPlant)],
    range: std::ops::Range<Timestamp>,
    without: Serial,
) {
    let store = SqliteStore::open_lazy(data_dir.path().join("hoymiles-smiles.sqlite"))
        .in_calendar(Calendar::new(zone.clone()));
    store.prepare().await.unwrap();
    let mut at = range.start;
    let mut batch = Vec::new();
    while at < range.end {
        for (name, plant) in dtus {
            let mut snapshot = plant.snapshot(name, at);
            snapshot.inverters.retain(|reading| reading.serial != without);
            snapshot.ports.retain(|reading| reading.serial != without);
            batch.push(Record::Snapshot(snapshot));
        }
        at += STEP;
    }
    store.write(&batch).await.unwrap();
    store.close().await;
}
