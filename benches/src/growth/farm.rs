//! The plant whose readings fill the databases: 400 ports on five DTUs, read once a minute.
//!
//! Each poll is one transaction of the bridge, so the readings of one port lie as far apart in a
//! table that is filled in order of time as they would if many homes shared it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::Snapshot;
use plant::energy::Calendar;
use simulator::{Panel, Plane, SimInverter, SimPlant, Site};

pub(super) const DTUS: usize = 5;
/// On each DTU.
const INVERTERS: usize = 20;
/// On each inverter.
const PORTS: usize = 4;
/// Of the whole plant.
pub(super) const ALL_PORTS: usize = DTUS * INVERTERS * PORTS;
/// From one poll of a DTU to the next.
pub(super) const PERIOD: SignedDuration = SignedDuration::from_mins(1);
/// What a port had counted when the simulation begins: more than it makes in 25 years.
const COUNTED_BEFORE_WH: u32 = 20_000_000;

/// The whole plant.
pub(super) struct Farm {
    dtus: Vec<(String, SimPlant)>,
}

impl Farm {
    pub(super) fn new() -> Self {
        let dtus = (1..=DTUS).map(|number| (format!("roof {number}"), roof(number)));
        Self { dtus: dtus.collect() }
    }

    /// The DTUs by their names.
    pub(super) fn dtus(&self) -> &[(String, SimPlant)] {
        &self.dtus
    }

    /// All polls from one instant up to but not including another, in the order of their time.
    pub(super) fn polls(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Snapshot> {
        let minutes = std::iter::successors(Some(from), |at| Some(*at + PERIOD));
        minutes.take_while(move |at| *at < to).flat_map(|at| {
            // DTUs are not asked in the same instant.
            let starts = self.dtus.iter().zip(0..);
            starts.map(move |((name, dtu), second)| {
                dtu.snapshot(name, at + SignedDuration::from_secs(second))
            })
        })
    }
}

/// The panels of one DTU.
fn roof(number: usize) -> SimPlant {
    let seed = number as u64;
    let panel = |plane| Panel::new(420.0, plane).with_initial_total(COUNTED_BEFORE_WH);
    let inverter = |n| {
        let serial = format!("1161{number:02}{n:06}").parse().unwrap();
        let planes = [Plane::EAST, Plane::SOUTH, Plane::SOUTH, Plane::WEST];
        SimInverter::new(serial, planes.map(panel))
    };
    SimPlant::new(Site::berlin(seed), (1..=INVERTERS).map(inverter).collect())
}

/// The calendar of the plant, the same as that of the bridges that are started here.
pub(super) fn calendar() -> Calendar {
    Calendar::new(TimeZone::get("Europe/Berlin").unwrap())
}
