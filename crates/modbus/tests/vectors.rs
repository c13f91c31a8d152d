//! The test vectors of the protocol notes.
//!
//! `vectors-modbus.json` is the project's own collection; each vector names the public thread or
//! repository that it was taken or rebuilt from, and whether its bytes are real.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use modbus::frame::{FrameError, PREFIX_LEN, Prefix};
use modbus::map::{self, Field};
use modbus::{Answer, Function, PortRecord, Request, rtu};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    request: Option<Map<String, Value>>,
    response_hex: String,
    expected: Map<String, Value>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors-modbus.json")).unwrap()
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn read(unit: u8, address: u16, count: u16) -> Request {
    Request { transaction: 1, unit, function: Function::ReadHolding, address, count }
}

/// The frame that would carry this PDU.
fn framed(pdu: &[u8]) -> Vec<u8> {
    let length = u8::try_from(pdu.len() + 1).unwrap();
    [&[0, 1, 0, 0, 0, length, 1], pdu].concat()
}

fn receive(request: &Request, frame: &[u8]) -> Result<Answer, FrameError> {
    let (prefix, body) = frame.split_first_chunk::<PREFIX_LEN>().unwrap();
    request.answer(Prefix::decode(*prefix)?, body)
}

/// Compares a record with what the vector expects, field by field, and returns how many agreed.
fn check(name: &str, record: &PortRecord, expected: &Map<String, Value>) -> usize {
    let mut compared = 0;
    for (key, value) in expected {
        let number = |field: &Field| record.value(field).to_string();
        let found = match key.as_str() {
            "serial_number" => record.serial().to_string(),
            "pv_current" => record.pv_current_a().to_string(),
            key => {
                let Some(field) =
                    map::FIELDS.iter().find(|field| key.trim_end_matches("_wh") == field.name)
                else {
                    continue;
                };
                number(field)
            }
        };
        let wanted = match value {
            Value::String(text) => match text.parse::<f32>() {
                Ok(number) if key != "serial_number" => number.to_string(),
                _ => text.clone(),
            },
            other => other.to_string(),
        };
        assert_eq!(found, wanted, "{name}: {key}");
        compared += 1;
    }
    compared
}

#[test]
fn records_behind_a_byte_count() {
    for name in ["mi_port_record_bytecount_plus_data", "unknown_series_prefix12"] {
        let vector = vector(name);
        let answer = receive(
            &read(1, 0x1000, 20),
            &framed(&[&[3], bytes(&vector.response_hex).as_slice()].concat()),
        )
        .unwrap();
        assert!(!answer.repaired);
        let record = PortRecord::split(&answer.data).next().unwrap();
        assert_eq!(check(name, &record, &vector.expected), vector.expected.len());
        assert!(!record.is_empty_slot());
    }
}

#[test]
fn the_captured_empty_slot_ends_the_list() {
    let vector = vector("empty_slot_80_bytes");
    let answer = receive(
        &read(1, 0x1028, 40),
        &framed(&[&[3], bytes(&vector.response_hex).as_slice()].concat()),
    )
    .unwrap();
    let records: Vec<_> = PortRecord::split(&answer.data).collect();
    assert_eq!(records[0], PortRecord::empty_slot());
    assert!(records.len() == 2 && records.iter().all(PortRecord::is_empty_slot));
}

#[test]
fn dtu_serials_with_a_right_and_a_wrong_byte_count() {
    for name in ["dtu_serial_test", "dtu_serial_wrong_byte_count_ff"] {
        let vector = vector(name);
        let pdu = match vector.kind.as_str() {
            "pdu" => bytes(&vector.response_hex),
            _ => [&[3], bytes(&vector.response_hex).as_slice()].concat(),
        };
        let answer = receive(&read(1, 0x2000, 3), &framed(&pdu)).unwrap();
        let serial = plant::Serial::from_bytes(answer.data.try_into().unwrap());
        assert_eq!(serial.to_string(), vector.expected["dtu_serial"]);
        assert_eq!(answer.repaired, vector.kind == "pdu");
    }
}

#[test]
fn a_function_code_alone_is_an_error() {
    let pdu = bytes(&vector("pdu_function_code_only").response_hex);
    assert_eq!(receive(&read(1, 0x1000, 20), &framed(&pdu)), Err(FrameError::NoData));
}

#[test]
fn whole_frames_with_a_right_and_a_wrong_byte_count() {
    for name in ["mbap_mi_bytecount_correct", "mbap_mi_bytecount_far_too_large"] {
        let vector = vector(name);
        let request = read(1, 0x1000, 20);
        let sent = vector.request.unwrap()["hex"].as_str().map(bytes).unwrap();
        assert_eq!(request.encode().to_vec(), sent);
        let answer = receive(&request, &bytes(&vector.response_hex)).unwrap();
        let declared = vector.expected["declared_byte_count"].as_u64();
        assert_eq!(answer.repaired, declared != vector.expected["true_byte_count"].as_u64());
        let record = PortRecord::split(&answer.data).next().unwrap();
        assert_eq!(check(name, &record, &vector.expected), vector.expected.len() - 2);
    }
}

#[test]
fn refusals_are_told_apart() {
    let receive =
        |name| receive(&read(1, 0x1000, 20), &bytes(&vector(name).response_hex)).unwrap_err();
    assert_eq!(receive("tcp_exception_01"), FrameError::Exception { code: 1 });
    assert_eq!(receive("tcp_zero_length_data"), FrameError::NoData);
}

#[test]
fn a_record_rebuilt_from_a_real_dump() {
    let vector = vector("mi_dzidziaka_slot3");
    let record = PortRecord::split(&bytes(&vector.response_hex)).next().unwrap();
    assert_eq!(check(&vector.name, &record, &vector.expected), vector.expected.len());
}

#[test]
fn five_records_in_one_answer_on_a_serial_line() {
    let vector = vector("rtu_span_5_ports");
    let request = read(0x69, 0x1000, 100);
    let sent = vector.request.unwrap()["rtu_hex"].as_str().map(bytes).unwrap();
    assert_eq!(rtu::encode_request(&request).to_vec(), sent);

    let frame = bytes(&vector.response_hex);
    let answer = rtu::decode_answer(&request, &frame).unwrap();
    let records: Vec<_> = PortRecord::split(&answer.data).collect();
    let found: Vec<Value> = records
        .iter()
        .map(|r| {
            let power = format!("{:.1}", r.value(&map::PV_POWER));
            serde_json::json!([r.serial().to_string(), r.port(), power])
        })
        .collect();
    assert_eq!(Value::from(found), vector.expected["ports"]);
    let last = records.last().unwrap();
    assert_eq!(last.value(&map::TEMPERATURE), -5.5);
    assert_eq!(last.raw(&map::ALARM_CODE), 209);

    let mut damaged = frame;
    damaged[17] ^= 1;
    assert_eq!(rtu::decode_answer(&request, &damaged), Err(FrameError::Checksum));
}

#[test]
fn the_second_chunk_on_a_serial_line() {
    let vector = vector("rtu_request_second_chunk");
    let request = read(105, 4296, 100);
    assert_eq!(rtu::encode_request(&request).to_vec(), bytes(&vector.response_hex));
}

#[test]
fn word_addressing_lays_records_end_to_end() {
    let vector = vector("addressing_word_mode_two_ports");
    let records: Vec<_> = PortRecord::split(&bytes(&vector.response_hex)).collect();
    let identities: Vec<_> = records.iter().map(|r| (r.serial().to_string(), r.port())).collect();
    assert_eq!(identities, [("114172035403".into(), 1), ("114172035403".into(), 2)]);
}
