//! An answer with six port records, from the bytes of its frame to quantities in their units.
//!
//! The codec of tokio-modbus is private and stops at registers, so the reference is a decoder that
//! was written by hand for this one frame: it trusts every byte, has every offset in its code, and
//! makes the same numbers.

use std::hint::black_box;
use std::time::Instant;

use modbus::frame::{PREFIX_LEN, Prefix};
use modbus::map::{self, RECORD_LEN, RECORD_REGISTERS};
use modbus::{Function, PortRecord, Request};
use simulator::SimPlant;

use crate::report::{Report, median, thousands};

const RECORDS: u16 = 6;
const FRAMES: usize = 20_000;
const REPEATS: usize = 21;

/// What a poll takes from a record.
#[derive(Debug, PartialEq)]
struct Quantities {
    serial: [u8; 6],
    port: u8,
    /// Voltage, current, grid voltage, frequency, power, temperature.
    physical: [f32; 6],
    /// Today, lifetime, status, alarm code, alarms, link.
    counts: [i64; 6],
}

pub(crate) fn measure(report: &mut Report) {
    let request = Request {
        transaction: 7,
        unit: 1,
        function: Function::ReadHolding,
        address: map::PORTS_ADDRESS,
        count: RECORDS * RECORD_REGISTERS,
    };
    let records = SimPlant::with_ports(RECORDS.into(), 1).records(e2e::noon());
    let data: Vec<u8> = records.iter().flat_map(|record| *record.bytes()).collect();
    let frame = request.encode_answer(&data);
    assert_eq!(ours(&request, &frame), by_hand(&frame));

    let (mut rates, mut hand_rates) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        rates.push(rate(|| ours(black_box(&request), black_box(&frame))));
        hand_rates.push(rate(|| by_hand(black_box(&frame))));
    }
    let (value, reference) = (median(rates), median(hand_rates));
    report.add(
        format!("decode of an answer with {RECORDS} records"),
        format!("{} records/s", thousands(value)),
        format!("{} records/s", thousands(reference)),
        "a decoder by hand, without checks",
        value / reference,
    );
}

fn rate(decode: impl Fn() -> Vec<Quantities>) -> f64 {
    let start = Instant::now();
    for _ in 0..FRAMES {
        black_box(decode());
    }
    FRAMES as f64 * f64::from(RECORDS) / start.elapsed().as_secs_f64()
}

fn ours(request: &Request, frame: &[u8]) -> Vec<Quantities> {
    let (prefix, body) = frame.split_first_chunk::<PREFIX_LEN>().unwrap();
    let answer = request.answer(Prefix::decode(*prefix).unwrap(), body).unwrap();
    PortRecord::split(&answer.data)
        .map(|record| Quantities {
            serial: record.serial().to_bytes(),
            port: record.port(),
            physical: [
                record.value(&map::PV_VOLTAGE),
                record.pv_current_a(),
                record.value(&map::GRID_VOLTAGE),
                record.value(&map::GRID_FREQUENCY),
                record.value(&map::PV_POWER),
                record.value(&map::TEMPERATURE),
            ],
            counts: [
                record.raw(&map::TODAY_PRODUCTION),
                record.raw(&map::TOTAL_PRODUCTION),
                record.raw(&map::OPERATING_STATUS),
                record.raw(&map::ALARM_CODE),
                record.raw(&map::ALARM_COUNT),
                record.raw(&map::LINK_STATUS),
            ],
        })
        .collect()
}

fn by_hand(frame: &[u8]) -> Vec<Quantities> {
    let scaled = |raw: f64, divisor: f64| (raw / divisor) as f32;
    frame[9..]
        .as_chunks::<RECORD_LEN>()
        .0
        .iter()
        .map(|r| {
            let word = |at: usize| u16::from_be_bytes([r[at], r[at + 1]]);
            // None of these six ports is of the MI series, which counts tenths.
            Quantities {
                serial: [r[1], r[2], r[3], r[4], r[5], r[6]],
                port: r[7],
                physical: [
                    scaled(word(8).into(), 10.0),
                    scaled(word(10).into(), 100.0),
                    scaled(word(12).into(), 10.0),
                    scaled(word(14).into(), 100.0),
                    scaled(word(16).into(), 10.0),
                    scaled(word(24).cast_signed().into(), 10.0),
                ],
                counts: [
                    word(18).into(),
                    u32::from_be_bytes([r[20], r[21], r[22], r[23]]).into(),
                    word(26).into(),
                    word(28).into(),
                    word(30).into(),
                    r[32].into(),
                ],
            }
        })
        .collect()
}
