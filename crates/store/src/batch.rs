//! What a call to [`Store::write`](crate::Store::write) is about to store, before any SQL.
//!
//! Both engines write the same [`Batch`], so every rule that is not about SQL is here, once:
//!
//! * Rows are sorted by their key and each key occurs once; of two rows with one key the first
//!   wins, as it would in the table. Sorted rows touch each page of an index once, and two writers
//!   with the same keys take their locks in the same order.
//! * Times have microseconds, see [`sample_time`].
//! * A snapshot stamped more than [`FUTURE_TOLERANCE`] ahead is stored but is not the latest, and
//!   counts as seen now: a clock that was wrong must not stay the newest for years.

mod devices;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use plant::event::{Event, EventKind};
use plant::live::FUTURE_TOLERANCE;
use plant::model::Model;
use plant::reading::sample_time;
use plant::{InverterReading, PortReading, Serial, Snapshot};

use crate::{Metric, Record};

pub(crate) use devices::{DeviceSighting, MeterRow, PowerRow, StorageRow, counter};

/// Sorted rows of each table, borrowed from the records.
pub(crate) struct Batch<'a> {
    /// When the batch was made.
    pub(crate) now: Timestamp,
    /// A sample time after this is not believed.
    pub(crate) horizon: Timestamp,
    /// Ascending by time.
    pub(crate) snapshots: Vec<&'a Snapshot>,
    /// One per inverter, ascending by serial.
    pub(crate) sightings: Vec<Sighting<'a>>,
    /// Ascending by serial and time.
    pub(crate) inverters: Vec<InverterRow<'a>>,
    /// Ascending by serial, port and time.
    pub(crate) ports: Vec<PortRow<'a>>,
    /// The newest credible row of each port, ascending by serial and port.
    pub(crate) latest_ports: Vec<PortRow<'a>>,
    /// One per energy meter, ascending by serial number.
    pub(crate) meter_sightings: Vec<DeviceSighting<'a>>,
    /// Ascending by serial and time.
    pub(crate) meters: Vec<MeterRow<'a>>,
    /// One per hybrid inverter, ascending by serial number.
    pub(crate) hybrid_sightings: Vec<DeviceSighting<'a>>,
    /// Ascending by serial number and time.
    pub(crate) storage: Vec<StorageRow<'a>>,
    /// Ascending by DTU and time.
    pub(crate) power: Vec<PowerRow<'a>>,
    /// Ascending by name, time and tags.
    pub(crate) metrics: Vec<MetricRow<'a>>,
    /// One per key, ascending by it: an event that began and ended within the batch is one row.
    pub(crate) events: Vec<Event>,
    /// Run-time configuration by its key; of two values for one key the later one.
    pub(crate) config: BTreeMap<&'a str, &'a serde_json::Value>,
}

/// What the batch tells of one inverter for the registry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting<'a> {
    pub(crate) serial: Serial,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// Of the newest snapshot.
    pub(crate) dtu_name: &'a str,
    pub(crate) dtu_serial: Option<Serial>,
}

impl Sighting<'_> {
    /// The model family, where the serial tells it.
    pub(crate) fn inverter_type(&self) -> Option<&'static str> {
        Model::of(self.serial).map(|model| model.family.name())
    }
}

/// One row of `inverter_data`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InverterRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) reading: &'a InverterReading,
}

/// One row of `port_data`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PortRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) reading: &'a PortReading,
}

impl PortRow<'_> {
    /// The device's day counter as the column takes it. More than 2 GWh in a day is noise on the
    /// line, which is not worth a refused row.
    pub(crate) fn today_wh(&self) -> Option<i32> {
        self.reading.today_wh.and_then(|wh| i32::try_from(wh).ok())
    }
}

/// One row of `system_metrics`.
#[derive(Debug, Clone)]
pub(crate) struct MetricRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) name: &'a str,
    pub(crate) value: f64,
    /// A JSON object, always in the same spelling: it is part of the key.
    pub(crate) tags: String,
}

impl<'a> Batch<'a> {
    /// The rows of these records. The clock is read here and nowhere else in this crate.
    pub(crate) fn of(records: &'a [Record]) -> Self {
        Self::at(records, Timestamp::now())
    }

    fn at(records: &'a [Record], now: Timestamp) -> Self {
        let mut snapshots: Vec<&Snapshot> = Vec::new();
        let mut metrics: Vec<MetricRow> = Vec::new();
        let mut config = BTreeMap::new();
        let mut events = BTreeMap::new();
        let mut curves = Vec::new();
        for record in records {
            match record {
                Record::Snapshot(snapshot) => snapshots.push(snapshot),
                Record::Metrics(figures) => metrics.extend(figures.iter().map(metric_row)),
                Record::Event(event) => enter(&mut events, event),
                Record::PlantPower(curve) => curves.push(curve),
                Record::Config { key, value } => {
                    config.insert(key.as_str(), value);
                }
            }
        }
        snapshots.sort_by_key(|snapshot| snapshot.taken_at);
        metrics.sort_by(|a, b| (a.name, a.at, &a.tags).cmp(&(b.name, b.at, &b.tags)));
        metrics.dedup_by(|b, a| (a.name, a.at, &a.tags) == (b.name, b.at, &b.tags));

        let horizon =
            now.checked_add(FUTURE_TOLERANCE).expect("the clock is not at the end of the calendar");
        let ports = port_rows(&snapshots);
        Self {
            now: sample_time(now),
            horizon: sample_time(horizon),
            sightings: sightings(&snapshots, now, horizon),
            inverters: inverter_rows(&snapshots),
            meter_sightings: devices::meter_sightings(&snapshots, now, horizon),
            meters: devices::meter_rows(&snapshots),
            hybrid_sightings: devices::hybrid_sightings(&snapshots, now, horizon),
            storage: devices::storage_rows(&snapshots),
            power: devices::power_rows(&curves),
            snapshots,
            latest_ports: latest(&ports, horizon),
            ports,
            metrics,
            events: events.into_values().collect(),
            config,
        }
    }
}

impl Batch<'_> {
    /// The DTUs whose snapshots these are, each once.
    pub(crate) fn dtu_names(&self) -> Vec<String> {
        let names: BTreeSet<&str> =
            self.snapshots.iter().map(|snapshot| snapshot.dtu_name.as_str()).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// Of two tellings of one event the later counts, but an event that has ended stays so.
fn enter<'a>(events: &mut BTreeMap<(EventKind, &'a str, Timestamp), Event>, event: &'a Event) {
    let at = sample_time(event.started_at);
    let told = events.entry((event.kind, &event.subject, at)).or_insert_with(|| Event {
        started_at: at,
        ended_at: None,
        ..event.clone()
    });
    told.ended_at = event.ended_at.map(sample_time).or(told.ended_at);
    told.text.clone_from(&event.text);
}

fn metric_row(metric: &Metric) -> MetricRow<'_> {
    let tags = match &metric.dtu_name {
        Some(name) => serde_json::json!({ "dtu_name": name }),
        None => serde_json::json!({}),
    };
    MetricRow {
        at: sample_time(metric.at),
        name: &metric.name,
        value: metric.value,
        tags: tags.to_string(),
    }
}

/// `snapshots` ascend by time.
fn sightings<'a>(
    snapshots: &[&'a Snapshot],
    now: Timestamp,
    horizon: Timestamp,
) -> Vec<Sighting<'a>> {
    let mut seen: BTreeMap<Serial, Sighting> = BTreeMap::new();
    for snapshot in snapshots {
        let at = if snapshot.taken_at > horizon {
            sample_time(now)
        } else {
            sample_time(snapshot.taken_at)
        };
        let inverters = snapshot.inverters.iter().map(|reading| reading.serial);
        let ports = snapshot.ports.iter().map(|reading| reading.serial);
        for serial in inverters.chain(ports) {
            let sighting = seen.entry(serial).or_insert_with(|| Sighting {
                serial,
                first_seen: at,
                last_seen: at,
                dtu_name: &snapshot.dtu_name,
                dtu_serial: snapshot.dtu_serial,
            });
            sighting.first_seen = sighting.first_seen.min(at);
            if at >= sighting.last_seen {
                // A DTU that did not tell its serial this time still has the one it told before.
                if sighting.dtu_name != snapshot.dtu_name || snapshot.dtu_serial.is_some() {
                    sighting.dtu_serial = snapshot.dtu_serial;
                }
                sighting.last_seen = at;
                sighting.dtu_name = &snapshot.dtu_name;
            }
        }
    }
    seen.into_values().collect()
}

fn inverter_rows<'a>(snapshots: &[&'a Snapshot]) -> Vec<InverterRow<'a>> {
    let mut rows: Vec<InverterRow> = snapshots
        .iter()
        .flat_map(|snapshot| {
            let at = sample_time(snapshot.taken_at);
            snapshot.inverters.iter().map(move |reading| InverterRow { at, reading })
        })
        .collect();
    rows.sort_by_key(|row| (row.reading.serial, row.at));
    rows.dedup_by_key(|row| (row.reading.serial, row.at));
    rows
}

fn port_rows<'a>(snapshots: &[&'a Snapshot]) -> Vec<PortRow<'a>> {
    let key = |row: &PortRow| (row.reading.serial, row.reading.port, row.at);
    let mut rows: Vec<PortRow> = snapshots
        .iter()
        .flat_map(|snapshot| {
            let at = sample_time(snapshot.taken_at);
            snapshot.ports.iter().map(move |reading| PortRow { at, reading })
        })
        .collect();
    rows.sort_by_key(key);
    rows.dedup_by_key(|row| key(row));
    rows
}

/// `rows` ascend by serial, port and time.
fn latest<'a>(rows: &[PortRow<'a>], horizon: Timestamp) -> Vec<PortRow<'a>> {
    let mut latest: Vec<PortRow> =
        rows.iter().rev().filter(|row| row.at <= horizon).copied().collect();
    latest.dedup_by_key(|row| (row.reading.serial, row.reading.port));
    latest.reverse();
    latest
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn snapshot(second: i64, dtu: &str, serials: &[&str]) -> Record {
        let serials = serials.iter().map(|text| text.parse::<Serial>().unwrap());
        Record::Snapshot(Snapshot {
            inverters: serials.clone().map(InverterReading::blank).collect(),
            ports: serials
                .map(|serial| PortReading {
                    serial,
                    port: 1,
                    pv_voltage_v: Some(second as f32),
                    pv_current_a: None,
                    pv_power_w: None,
                    today_wh: None,
                    total_wh: None,
                })
                .collect(),
            ..Snapshot::blank(dtu.into(), None, at(second))
        })
    }

    #[test]
    fn rows_are_sorted_by_key_and_each_key_occurs_once() {
        let (one, two) = ("116100000001", "116100000002");
        let records = [
            snapshot(20, "roof", &[two, one]),
            snapshot(10, "roof", &[one]),
            snapshot(20, "roof", &[two, one]),
        ];
        let batch = Batch::at(&records, at(NOW));
        let keys: Vec<_> = batch
            .ports
            .iter()
            .map(|row| (row.reading.serial.to_string(), row.at.as_second()))
            .collect();
        let expected = [(one, 10), (one, 20), (two, 20)];
        assert_eq!(keys, expected.map(|(serial, at)| (serial.to_owned(), at)));
        assert_eq!(batch.inverters.len(), 3);
        let latest: Vec<_> = batch.latest_ports.iter().map(|r| r.at.as_second()).collect();
        assert_eq!(latest, [20, 20]);
    }

    #[test]
    fn a_snapshot_from_the_future_is_seen_now_and_is_not_the_latest() {
        let records = [
            snapshot(NOW + 301, "garage", &["116100000001"]),
            snapshot(NOW - 60, "roof", &["116100000001"]),
        ];
        let batch = Batch::at(&records, at(NOW));
        assert_eq!(batch.ports.len(), 2);
        assert_eq!(batch.latest_ports.len(), 1);
        assert_eq!(batch.latest_ports[0].at, at(NOW - 60));
        assert_eq!(batch.sightings[0].last_seen, at(NOW));
        assert_eq!(batch.sightings[0].first_seen, at(NOW - 60));
    }

    #[test]
    fn an_inverter_belongs_to_the_dtu_of_its_newest_snapshot() {
        let records =
            [snapshot(20, "garage", &["116100000001"]), snapshot(10, "roof", &["116100000001"])];
        let batch = Batch::at(&records, at(NOW));
        assert_eq!(batch.sightings.len(), 1);
        assert_eq!(batch.sightings[0].dtu_name, "garage");
        assert_eq!(batch.sightings[0].inverter_type(), Some("HM"));
    }
}
