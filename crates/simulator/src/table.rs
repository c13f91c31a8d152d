//! What a DTU's registers hold: the port table, faults included, and the DTU's serial.
//!
//! ```text
//! offset in the table = (address − 0x1000) × 1 byte   in the byte dialect
//!                       (address − 0x1000) × 2 bytes  in the word dialect
//! ```
//! In both a request for `count` registers answers with the `2 × count` bytes from there. Reads
//! that leave a region are refused as a whole.

use std::collections::{BTreeMap, BTreeSet};

use ::plant::Serial;
use jiff::Timestamp;
use modbus::Request;
use modbus::frame::Function;
use modbus::map::{self, DTU_SERIAL_ADDRESS, MAX_RECORDS, PORTS_ADDRESS, PortRecord, RECORD_LEN};

use crate::dtu::Dialect;
use crate::fault::Fault;
use crate::noise::Noise;
use crate::plant::SimPlant;
use crate::sky::midnight;

/// The table goes on for three slots after the last port that a DTU can hold, so that a reader who
/// takes six records at a time still finds the end of a full list.
const TABLE_LEN: usize = (MAX_RECORDS as usize + 3) * RECORD_LEN;
/// The serial's six bytes and as many zeros: readers exist that ask for six registers.
const SERIAL_LEN: usize = 12;

/// What has happened to a DTU so far that its table still shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    /// Ports that are left out of the table.
    pub(crate) hidden: BTreeSet<(Serial, u8)>,
    /// When each inverter's counters restarted from 0.
    pub(crate) resets: BTreeMap<Serial, Timestamp>,
    /// Since when the counters stand still.
    pub(crate) stale_since: Option<Timestamp>,
}

/// Whether a request is for the port table.
pub(crate) fn is_of_table(request: &Request) -> bool {
    (PORTS_ADDRESS..DTU_SERIAL_ADDRESS).contains(&request.address)
}

/// The bytes that answer a request, `None` where there are no such registers.
pub(crate) fn read(
    request: &Request,
    dialect: Dialect,
    dtu_serial: Serial,
    records: impl FnOnce() -> Vec<PortRecord>,
) -> Option<Vec<u8>> {
    if request.function != Function::ReadHolding {
        return None;
    }
    let (base, len) = if is_of_table(request) {
        (PORTS_ADDRESS, TABLE_LEN)
    } else {
        (DTU_SERIAL_ADDRESS, SERIAL_LEN)
    };
    let from = usize::from(request.address.checked_sub(base)?) * dialect.bytes_per_address();
    let to = from + 2 * usize::from(request.count);
    if to > len {
        return None;
    }
    let mut memory = vec![0; len];
    if base == PORTS_ADDRESS {
        let records = records();
        let end = PortRecord::empty_slot();
        let slots = records.iter().take(usize::from(MAX_RECORDS)).chain([&end]);
        for (slot, record) in memory.chunks_exact_mut(RECORD_LEN).zip(slots) {
            slot.copy_from_slice(record.bytes());
        }
    } else {
        memory[..6].copy_from_slice(&dtu_serial.to_bytes());
    }
    Some(memory[from..to].to_vec())
}

/// The records of the table, with what has happened and what goes wrong now.
pub(crate) fn records(
    plant: &SimPlant,
    at: Timestamp,
    past: &Past,
    fault: Option<&Fault>,
) -> Vec<PortRecord> {
    let mut records = plant.records(at);
    records.retain(|record| !past.hidden.contains(&(record.serial(), record.port())));
    for record in records.iter_mut().filter(|record| is_linked(record)) {
        count_anew(record, plant, at, past);
    }
    if let Some(fault) = fault {
        spoil(&mut records, plant, at, fault);
    }
    records
}

/// An inverter that is not linked shows no counters that could be wrong.
fn is_linked(record: &PortRecord) -> bool {
    record.raw(&map::LINK_STATUS) != 0
}

/// Shows the counters as resets and stale values have made them.
fn count_anew(record: &mut PortRecord, plant: &SimPlant, at: Timestamp, past: &Past) {
    let (serial, port) = (record.serial(), record.port());
    let reset = past.resets.get(&serial);
    if reset.is_none() && past.stale_since.is_none() {
        return;
    }
    let counted_at = past.stale_since.unwrap_or(at);
    let Some(counted) = plant.port(serial, port, counted_at) else {
        return;
    };
    let (mut today_wh, mut total_wh) = (counted.today_wh, counted.total_wh);
    if let Some((&reset_at, before)) = reset.and_then(|reset_at| {
        let before = plant.port(serial, port, *reset_at)?;
        Some((reset_at, before))
    }) {
        total_wh -= before.total_wh;
        let zone = &plant.site().time_zone;
        if zone.to_datetime(reset_at).date() == zone.to_datetime(counted_at).date() {
            today_wh -= before.today_wh;
        }
    }
    record.set(&map::TODAY_PRODUCTION, today_wh as i64);
    record.set(&map::TOTAL_PRODUCTION, total_wh as i64);
}

fn spoil(records: &mut Vec<PortRecord>, plant: &SimPlant, at: Timestamp, fault: &Fault) {
    match *fault {
        Fault::GarbageRecords { count, seed } => *records = bogus(count, seed),
        Fault::EmptySlot(index) => {
            if let Some(record) = records.get_mut(index) {
                *record = PortRecord::empty_slot();
            }
        }
        Fault::MissingInverter(serial) => records.retain(|record| record.serial() != serial),
        Fault::ZeroInverters(count) => {
            let zeroed: Vec<Serial> = plant.serials().take(count).collect();
            for record in records.iter_mut() {
                if zeroed.contains(&record.serial()) {
                    *record = blank(record);
                }
            }
        }
        Fault::Night => {
            for record in records.iter_mut() {
                *record = blank(record);
            }
        }
        Fault::LinkLost => {
            for record in records.iter_mut() {
                record.set(&map::OPERATING_STATUS, 0);
                record.set(&map::LINK_STATUS, 0);
            }
        }
        Fault::TodayNotReset => {
            let zone = &plant.site().time_zone;
            let today = midnight(zone.to_datetime(at).date(), zone);
            let before = today - jiff::SignedDuration::from_secs(1);
            for record in records.iter_mut().filter(|record| is_linked(record)) {
                let yesterday = plant.port(record.serial(), record.port(), before);
                let yesterday_wh = yesterday.map_or(0.0, |port| port.today_wh) as i64;
                let today_wh = record.raw(&map::TODAY_PRODUCTION);
                record.set(&map::TODAY_PRODUCTION, yesterday_wh + today_wh);
            }
        }
        // Everything else spoils the answer, or is remembered in `Past`.
        _ => {}
    }
}

/// The slot of a port about which nothing is known but its name.
fn blank(record: &PortRecord) -> PortRecord {
    let mut blank = PortRecord::empty_slot();
    blank.set_serial(record.serial());
    blank.set(&map::PORT, i64::from(record.port()));
    blank
}

/// Records of inverters that do not exist. They look real, since those are the ones that do harm:
/// a shipped prefix, plausible values, one port each.
fn bogus(count: u8, seed: u64) -> Vec<PortRecord> {
    let noise = Noise::new(seed, 30);
    (0..u64::from(count))
        .map(|number| {
            let digits = noise.bits(number) % 1_000_000;
            let serial: Serial = format!("1161{digits:06}{:02}", number % 100)
                .parse()
                .expect("four, six and two digits are a serial");
            let mut record = PortRecord::empty_slot();
            record.set_serial(serial);
            record.set(&map::PORT, 1);
            record.set_value(&map::PV_VOLTAGE, 30.0 + 10.0 * noise.unit(number + 1000));
            record.set_value(&map::PV_POWER, 400.0 * noise.unit(number + 2000));
            record.set(&map::TODAY_PRODUCTION, (3000.0 * noise.unit(number + 3000)) as i64);
            record.set(&map::TOTAL_PRODUCTION, (5e6 * noise.unit(number + 4000)) as i64);
            record.set(&map::OPERATING_STATUS, 3);
            record.set(&map::LINK_STATUS, 1);
            record
        })
        .collect()
}
