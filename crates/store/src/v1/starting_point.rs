//! What the rows of version 1 mean here.
//!
//! The cache of version 1 holds, for each port, the highest counters that it believed. They are
//! written as readings of their time, so that the books go on from them, and so that a later
//! recomputation finds them again. An account opens with two readings that agree; each starting
//! point is therefore written twice, a second apart.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plant::inventory::MAX_PORT;
use plant::reading::sample_time;
use plant::{InverterReading, PortReading, Serial, Snapshot};

use super::{Figure, LocalTime, Production};
use crate::{Metric, Record};

/// The ports of one poll of version 1 were written one after the other.
const ONE_POLL: SignedDuration = SignedDuration::from_secs(10);
/// Between the two readings that open an account.
const APART: SignedDuration = SignedDuration::from_secs(1);

/// A row that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which row, in words.
    pub row: String,
    /// Why.
    pub reason: String,
}

/// What becomes of `production_cache`.
#[derive(Debug, Default)]
pub struct StartingPoints {
    /// To be written.
    pub records: Vec<Record>,
    /// Ports among them.
    pub ports: BTreeSet<(Serial, u8)>,
    /// Their lifetime together, Wh.
    pub lifetime_wh: u64,
    /// From the first to the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// What was not taken.
    pub left: Vec<Left>,
    /// What was taken, with a word on it.
    pub remarks: Vec<String>,
}

/// A row that can be used.
struct Usable {
    at: Timestamp,
    reading: PortReading,
}

/// The starting points in these rows. `dtu_of` gives the name of an inverter's DTU.
pub fn starting_points(
    rows: &[Production],
    zone: &TimeZone,
    now: Timestamp,
    dtu_of: impl Fn(Serial) -> String,
) -> StartingPoints {
    let mut points = StartingPoints::default();
    let mut usable: Vec<Usable> = Vec::new();
    for row in rows {
        match points.read(row, zone, now) {
            Ok(row) => usable.push(row),
            Err(reason) => points.left.push(Left {
                row: format!("port {} of inverter '{}'", row.port, row.serial),
                reason,
            }),
        }
    }
    usable.sort_by_key(|row| row.at);
    points.span = usable.first().zip(usable.last()).map(|(first, last)| (first.at, last.at));
    let mut polls: Vec<Vec<Usable>> = Vec::new();
    for row in usable {
        points.ports.insert((row.reading.serial, row.reading.port));
        points.lifetime_wh += u64::from(row.reading.total_wh.unwrap_or_default());
        match polls.last_mut() {
            Some(poll) if row.at.duration_since(poll[0].at) <= ONE_POLL => poll.push(row),
            _ => polls.push(vec![row]),
        }
    }
    points.records = polls.iter().flat_map(|poll| records(poll, &dtu_of)).collect();
    points
}

impl StartingPoints {
    fn read(
        &mut self,
        row: &Production,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Usable, String> {
        let serial: Serial = row
            .serial
            .trim()
            .parse()
            .map_err(|error: <Serial as std::str::FromStr>::Err| error.to_string())?;
        let port = u8::try_from(row.port)
            .ok()
            .filter(|port| (1..=MAX_PORT).contains(port))
            .ok_or_else(|| format!("a port number from 1 to {MAX_PORT} is expected"))?;
        let counter = |name: &str, wh: i64| {
            u32::try_from(wh).map_err(|_| format!("{name} is {wh} Wh, which no device can show"))
        };
        let total_wh = counter("total_production", row.total_wh)?;
        let today_wh = counter("today_production", row.today_wh)?;
        if total_wh == 0 {
            return Err("its lifetime is 0 Wh, so there is nothing to go on from".to_owned());
        }
        let time = LocalTime::read(&row.last_updated, zone)
            .ok_or_else(|| format!("its time '{}' cannot be read", row.last_updated))?;
        let at = sample_time(time.instant());
        if at > now {
            return Err(format!("its time {} is in the future", row.last_updated));
        }
        match time {
            LocalTime::Once(_) => {}
            LocalTime::Twice(_) => self.remarks.push(format!(
                "{} came twice, when the clocks were put back: the first is taken for port {port} \
                 of {serial}",
                row.last_updated
            )),
            LocalTime::Never(_) => self.remarks.push(format!(
                "{} never was, because the clocks were put forward: {at} is taken for port {port} \
                 of {serial}",
                row.last_updated
            )),
        }
        let reading = PortReading {
            serial,
            port,
            pv_voltage_v: None,
            pv_current_a: None,
            pv_power_w: None,
            today_wh: Some(today_wh),
            total_wh: Some(total_wh),
        };
        Ok(Usable { at, reading })
    }
}

/// One poll as two records for each DTU.
fn records(poll: &[Usable], dtu_of: &impl Fn(Serial) -> String) -> Vec<Record> {
    let Some(at) = poll.iter().map(|row| row.at).max() else { return Vec::new() };
    let names: BTreeSet<String> = poll.iter().map(|row| dtu_of(row.reading.serial)).collect();
    let mut records = Vec::new();
    for name in names {
        let mut ports: Vec<PortReading> = poll
            .iter()
            .map(|row| row.reading.clone())
            .filter(|reading| dtu_of(reading.serial) == name)
            .collect();
        ports.sort_by_key(|reading| (reading.serial, reading.port));
        let serials: BTreeSet<Serial> = ports.iter().map(|reading| reading.serial).collect();
        let inverters: Vec<_> = serials.into_iter().map(InverterReading::blank).collect();
        for at in [at - APART, at] {
            records.push(Record::Snapshot(Snapshot {
                inverters: inverters.clone(),
                ports: ports.clone(),
                ..Snapshot::blank(name.clone(), None, at)
            }));
        }
    }
    records
}

/// The figures in these rows, and those that cannot be taken.
pub fn figures(rows: &[Figure], zone: &TimeZone) -> (Vec<Metric>, Vec<Left>) {
    let mut metrics = Vec::new();
    let mut left = Vec::new();
    for row in rows {
        match figure(row, zone) {
            Ok(metric) => metrics.push(metric),
            Err(reason) => {
                left.push(Left { row: format!("figure {} ('{}')", row.row, row.name), reason });
            }
        }
    }
    (metrics, left)
}

fn figure(row: &Figure, zone: &TimeZone) -> Result<Metric, String> {
    let time = LocalTime::read(&row.timestamp, zone)
        .ok_or_else(|| format!("its time '{}' cannot be read", row.timestamp))?;
    let value = row.value.filter(|value| value.is_finite()).ok_or("it has no number".to_owned())?;
    let dtu_name = match &row.tags {
        None => None,
        Some(tags) => {
            let tags: serde_json::Map<String, serde_json::Value> = serde_json::from_str(tags)
                .map_err(|_| format!("its tags '{tags}' are no JSON object"))?;
            let known = |name: &str| name == "dtu_name" || name == "dtu";
            if let Some(name) = tags.keys().find(|name| !known(name)) {
                return Err(format!("there is no place for its tag '{name}'"));
            }
            tags.into_iter().find_map(|(_, name)| name.as_str().map(str::to_owned))
        }
    };
    Ok(Metric { at: time.instant(), name: row.name.clone(), value, dtu_name })
}

/// The configuration under a name that nothing of this version reads, and what is no JSON.
pub fn settings(rows: &[(String, String)]) -> (Vec<Record>, Vec<Left>) {
    let mut records = Vec::new();
    let mut left = Vec::new();
    for (key, text) in rows {
        match serde_json::from_str(text) {
            Ok(value) => records.push(Record::Config { key: format!("v1/{key}"), value }),
            Err(_) => left.push(Left {
                row: format!("configuration '{key}'"),
                reason: "its value is no JSON".to_owned(),
            }),
        }
    }
    (records, left)
}
