//! The rows of meters, hybrid inverters and remembered power.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use plant::reading::sample_time;
use plant::{MeterReading, PlantPower, Snapshot, StorageReading};

/// What the batch tells of one device for `meters` or `hybrids`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeviceSighting<'a> {
    pub(crate) serial_number: Cow<'a, str>,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// Of the newest reading.
    pub(crate) dtu_name: &'a str,
    pub(crate) dtu_serial: Option<Cow<'a, str>>,
}

/// One row of `meter_data`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeterRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) reading: &'a MeterReading,
}

/// One row of `storage_data`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StorageRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) reading: &'a StorageReading,
}

/// One row of `plant_power`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PowerRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) dtu_name: &'a str,
    pub(crate) power_w: f32,
}

/// A counter as the column takes it. More than nine million TWh is noise on the line, which is not
/// worth a refused row.
pub(crate) fn counter(wh: Option<u64>) -> Option<i64> {
    wh.and_then(|wh| i64::try_from(wh).ok())
}

/// `snapshots` ascend by time.
pub(super) fn meter_sightings<'a>(
    snapshots: &[&'a Snapshot],
    now: Timestamp,
    horizon: Timestamp,
) -> Vec<DeviceSighting<'a>> {
    let mut seen = Sightings { now, horizon, devices: BTreeMap::new() };
    for &snapshot in snapshots {
        let dtu_serial = snapshot.dtu_serial.map(|serial| Cow::from(serial.to_string()));
        for reading in &snapshot.meters {
            let serial = reading.serial.to_string().into();
            seen.enter(serial, snapshot.taken_at, snapshot, dtu_serial.clone());
        }
    }
    seen.devices.into_values().collect()
}

/// The gateway of a hybrid inverter is its DTU.
pub(super) fn hybrid_sightings<'a>(
    snapshots: &[&'a Snapshot],
    now: Timestamp,
    horizon: Timestamp,
) -> Vec<DeviceSighting<'a>> {
    let mut seen = Sightings { now, horizon, devices: BTreeMap::new() };
    for &snapshot in snapshots {
        for reading in &snapshot.storage {
            let serial = Cow::from(&reading.serial_number);
            let gateway = Cow::from(&reading.gateway_serial_number);
            seen.enter(serial, reading.sampled_at, snapshot, Some(gateway));
        }
    }
    seen.devices.into_values().collect()
}

struct Sightings<'a> {
    now: Timestamp,
    horizon: Timestamp,
    devices: BTreeMap<Cow<'a, str>, DeviceSighting<'a>>,
}

impl<'a> Sightings<'a> {
    fn enter(
        &mut self,
        serial_number: Cow<'a, str>,
        at: Timestamp,
        snapshot: &'a Snapshot,
        dtu_serial: Option<Cow<'a, str>>,
    ) {
        let at = sample_time(if at > self.horizon { self.now } else { at });
        let dtu_name = snapshot.dtu_name.as_str();
        let device = self.devices.entry(serial_number.clone()).or_insert_with(|| DeviceSighting {
            serial_number,
            first_seen: at,
            last_seen: at,
            dtu_name,
            dtu_serial: dtu_serial.clone(),
        });
        device.first_seen = device.first_seen.min(at);
        if at >= device.last_seen {
            // A DTU that did not tell its serial this time still has the one it told before.
            if device.dtu_name != dtu_name || dtu_serial.is_some() {
                device.dtu_serial = dtu_serial;
            }
            device.last_seen = at;
            device.dtu_name = dtu_name;
        }
    }
}

pub(super) fn meter_rows<'a>(snapshots: &[&'a Snapshot]) -> Vec<MeterRow<'a>> {
    let mut rows: Vec<MeterRow> = snapshots
        .iter()
        .flat_map(|snapshot| {
            let at = sample_time(snapshot.taken_at);
            snapshot.meters.iter().map(move |reading| MeterRow { at, reading })
        })
        .collect();
    rows.sort_by_key(|row| (row.reading.serial, row.at));
    rows.dedup_by_key(|row| (row.reading.serial, row.at));
    rows
}

pub(super) fn storage_rows<'a>(snapshots: &[&'a Snapshot]) -> Vec<StorageRow<'a>> {
    let mut rows: Vec<StorageRow> = snapshots
        .iter()
        .flat_map(|snapshot| &snapshot.storage)
        .map(|reading| StorageRow { at: sample_time(reading.sampled_at), reading })
        .collect();
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    rows.dedup_by(|b, a| key(a) == key(b));
    return rows;

    fn key<'a>(row: &StorageRow<'a>) -> (&'a str, Timestamp) {
        (&row.reading.serial_number, row.at)
    }
}

pub(super) fn power_rows<'a>(curves: &[&'a PlantPower]) -> Vec<PowerRow<'a>> {
    let mut rows: Vec<PowerRow> = curves
        .iter()
        .flat_map(|curve| {
            curve.points.iter().map(|point| PowerRow {
                at: sample_time(point.at),
                dtu_name: &curve.dtu_name,
                power_w: point.power_w,
            })
        })
        .collect();
    rows.sort_by_key(|row| (row.dtu_name, row.at));
    rows.dedup_by_key(|row| (row.dtu_name, row.at));
    rows
}
