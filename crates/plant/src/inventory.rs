//! Which inverters a DTU really has, whatever one answer claims.
//!
//! A DTU now and then answers garbage, forgets an inverter for a poll, or lists a hundred serials
//! that do not exist. So the inventory only grows by confirmation and never shrinks by silence:
//!
//! * A newcomer's readings are held back until later polls confirm its serial, then released:
//!   nothing is stored of a phantom, nothing is lost of a real inverter.
//! * A newcomer that is missing from the next poll is forgotten with what was held of it.
//! * A known port that one poll leaves out is "not reported"; it stays in the inventory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::is_plausible_inverter;
use crate::{Serial, Snapshot};

/// Polls that must agree before an inverter with a serial of a shipped series is adopted.
const SIGHTINGS: usize = 2;
/// The same for a serial outside every series known: a model to come is let in, but only after it
/// has been there for so long that no glitch explains it.
const SIGHTINGS_OF_UNKNOWN_SERIES: usize = 10;
/// The largest Hoymiles inverter has eight inputs; a larger number is a broken record.
pub const MAX_PORT: u8 = 8;

/// The inverters and ports of one DTU, and the newcomers that are not confirmed yet.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    known: BTreeMap<Serial, BTreeSet<u8>>,
    newcomers: BTreeMap<Serial, Vec<Snapshot>>,
}

/// What the inventory made of one snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// What may be stored and shown, oldest first: the snapshot without unconfirmed inverters,
    /// preceded by what was held back of those that it confirmed.
    pub accepted: Vec<Snapshot>,
    /// Inverters that this snapshot made known.
    pub adopted: Vec<Serial>,
    /// Newcomers that still want confirmation.
    pub unconfirmed: Vec<Serial>,
    /// Known ports that this snapshot does not mention.
    pub not_reported: Vec<(Serial, u8)>,
}

impl Inventory {
    /// An inventory that remembers these ports, from an earlier run.
    pub fn remembering(ports: impl IntoIterator<Item = (Serial, u8)>) -> Self {
        let mut inventory = Self::default();
        for (serial, port) in ports {
            inventory.known.entry(serial).or_default().insert(port);
        }
        inventory
    }

    /// The known inverters with their ports.
    pub fn known(&self) -> &BTreeMap<Serial, BTreeSet<u8>> {
        &self.known
    }

    /// Takes note of a snapshot and says what of it is to be believed.
    pub fn observe(&mut self, snapshot: Snapshot) -> Observation {
        let seen: BTreeSet<Serial> = snapshot.inverters.iter().map(|i| i.serial).collect();
        self.newcomers.retain(|serial, _| seen.contains(serial));

        let mut released = Vec::new();
        let mut observation = Observation::default();
        for &serial in seen.iter().filter(|serial| !self.known.contains_key(serial)) {
            let held = self.newcomers.entry(serial).or_default();
            if held.len() + 1 >= sightings_wanted(serial) {
                released.append(held);
                self.newcomers.remove(&serial);
                observation.adopted.push(serial);
            } else {
                held.push(only(&snapshot, |candidate| candidate == serial));
                observation.unconfirmed.push(serial);
            }
        }

        // Meters and batteries are configured in the DTU and never the product of a broken record:
        // the frames that carry them have a checksum.
        let accepted = Snapshot {
            meters: snapshot.meters.clone(),
            storage: snapshot.storage.clone(),
            ..only(&snapshot, |serial| !observation.unconfirmed.contains(&serial))
        };
        let reported: BTreeSet<_> =
            accepted.ports.iter().map(|port| (port.serial, port.port)).collect();
        observation.not_reported = self
            .known
            .iter()
            .flat_map(|(&serial, ports)| ports.iter().map(move |&port| (serial, port)))
            .filter(|port| !reported.contains(port))
            .collect();
        for held in &released {
            self.learn(held);
        }
        self.learn(&accepted);

        observation.accepted = merge_by_time(released);
        if !accepted.is_empty() {
            observation.accepted.push(accepted);
        }
        observation
    }

    fn learn(&mut self, snapshot: &Snapshot) {
        for inverter in &snapshot.inverters {
            self.known.entry(inverter.serial).or_default();
        }
        for port in &snapshot.ports {
            self.known.entry(port.serial).or_default().insert(port.port);
        }
    }
}

/// How many polls have to name a serial before it counts as an inverter.
pub fn sightings_wanted(serial: Serial) -> usize {
    if is_plausible_inverter(serial) { SIGHTINGS } else { SIGHTINGS_OF_UNKNOWN_SERIES }
}

/// Of the snapshot only the inverters that `keep` names, and nothing else.
fn only(snapshot: &Snapshot, keep: impl Fn(Serial) -> bool) -> Snapshot {
    Snapshot {
        inverters: snapshot.inverters.iter().filter(|i| keep(i.serial)).cloned().collect(),
        ports: snapshot.ports.iter().filter(|p| keep(p.serial)).cloned().collect(),
        ..Snapshot::blank(snapshot.dtu_name.clone(), snapshot.dtu_serial, snapshot.taken_at)
    }
}

/// Inverters that were held apart but seen in one poll are one snapshot again.
fn merge_by_time(parts: Vec<Snapshot>) -> Vec<Snapshot> {
    let mut whole: BTreeMap<Timestamp, Snapshot> = BTreeMap::new();
    for part in parts {
        match whole.get_mut(&part.taken_at) {
            Some(snapshot) => {
                snapshot.inverters.extend(part.inverters);
                snapshot.ports.extend(part.ports);
            }
            None => {
                whole.insert(part.taken_at, part);
            }
        }
    }
    whole.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InverterReading, PortReading};

    fn poll(second: i64, serials: &[&str]) -> Snapshot {
        let serials: Vec<Serial> = serials.iter().map(|text| text.parse().unwrap()).collect();
        Snapshot {
            inverters: serials.iter().map(|&serial| InverterReading::blank(serial)).collect(),
            ports: serials
                .iter()
                .map(|&serial| PortReading {
                    serial,
                    port: 1,
                    pv_voltage_v: None,
                    pv_current_a: None,
                    pv_power_w: None,
                    today_wh: None,
                    total_wh: None,
                })
                .collect(),
            ..Snapshot::blank("roof".into(), None, Timestamp::from_second(second).unwrap())
        }
    }

    #[test]
    fn the_second_poll_adopts_and_releases_the_first() {
        let mut inventory = Inventory::default();
        let first = poll(1, &["116100000001", "116100000002"]);
        let second = poll(2, &["116100000001", "116100000002"]);
        let seen = inventory.observe(first.clone());
        assert_eq!((seen.accepted.len(), seen.unconfirmed.len()), (0, 2));
        let confirmed = inventory.observe(second.clone());
        assert_eq!(confirmed.accepted, [first, second]);
        assert_eq!(confirmed.adopted.len(), 2);
        assert_eq!(inventory.known().len(), 2);
    }

    #[test]
    fn a_hundred_bogus_serials_of_one_answer_are_never_registered() {
        let mut inventory = Inventory::remembering([("116100000001".parse().unwrap(), 1)]);
        let bogus: Vec<String> = (0..100).map(|n| format!("1161999999{n:02}")).collect();
        let bogus: Vec<&str> = bogus.iter().map(String::as_str).collect();
        let garbage = inventory.observe(poll(1, &bogus));
        assert!(garbage.accepted.is_empty());
        let honest = inventory.observe(poll(2, &["116100000001"]));
        assert_eq!(honest.accepted, [poll(2, &["116100000001"])]);
        let again = inventory.observe(poll(3, &bogus));
        assert!(again.accepted.is_empty(), "a sighting long ago confirms nothing");
        assert_eq!(inventory.known().len(), 1);
    }

    #[test]
    fn a_series_nobody_knows_must_stay_for_ten_polls() {
        let mut inventory = Inventory::default();
        for second in 1..10 {
            assert!(inventory.observe(poll(second, &["aa1100000001"])).accepted.is_empty());
        }
        let adopted = inventory.observe(poll(10, &["aa1100000001"]));
        assert_eq!(adopted.accepted.len(), 10, "nothing of it was lost meanwhile");
    }

    #[test]
    fn a_meter_is_not_held_back_with_a_newcomer() {
        let meter = crate::MeterReading::blank("10c071000001".parse().unwrap());
        let snapshot = Snapshot { meters: vec![meter], ..poll(1, &["116100000001"]) };
        let seen = Inventory::default().observe(snapshot.clone());
        assert_eq!(seen.accepted.len(), 1);
        assert_eq!(seen.accepted[0].meters, snapshot.meters);
        assert!(seen.accepted[0].inverters.is_empty());
    }

    #[test]
    fn a_port_missing_from_one_poll_is_not_gone() {
        let (one, two) = ("116100000001", "116100000002");
        let mut inventory = Inventory::default();
        inventory.observe(poll(1, &[one, two]));
        inventory.observe(poll(2, &[one, two]));
        let partial = inventory.observe(poll(3, &[one]));
        assert_eq!(partial.not_reported, [(two.parse().unwrap(), 1)]);
        assert_eq!(inventory.known().len(), 2);
        assert_eq!(inventory.observe(poll(4, &[one, two])).accepted.len(), 1);
    }
}
