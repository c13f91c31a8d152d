//! The test vectors of the protocol notes, each decoded to what it is expected to hold.
//!
//! `tests/vectors-wifi.json` is the project's own collection; each vector names the public source that
//! it was taken or rebuilt from. They name fields as that source does: `tests/field-names.json` says
//! how ours are called. They are not integration tests because they look at private things: nonces.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::crypt::{Key, Seed};
use crate::frame::{Command, Frame, FrameError, checksum};
use crate::message::*;
use crate::tolerant::{Shape, decode};

/// Passwords: no message of ours has them.
const NOT_DECLARED: [&str; 4] = ["wifi_password", "apn_password", "dtu_ap_pass", "lock_password"];

struct Vector {
    name: String,
    bytes: Vec<u8>,
    expected: Map<String, Value>,
}

impl Vector {
    fn text(&self, key: &str) -> Option<&str> {
        self.expected.get(key)?.as_str()
    }

    fn hex(&self, key: &str) -> Option<Vec<u8>> {
        self.text(key).map(bytes)
    }

    fn command(&self) -> Option<Command> {
        let number = u16::from_str_radix(self.text("cmd")?, 16).unwrap();
        Some(Command(number))
    }

    fn key(&self) -> Option<Key> {
        let seed = Seed::from_slice(&self.hex("enc_rand")?).unwrap();
        // The information of an encrypting DTU has a seed and is not encrypted.
        self.command().is_none_or(Command::is_sealed).then(|| Key::new(seed))
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn vectors() -> Vec<Vector> {
    let list: Vec<Value> =
        serde_json::from_str(include_str!("../tests/vectors-wifi.json")).unwrap();
    list.into_iter()
        .map(|vector| Vector {
            name: vector["name"].as_str().unwrap().to_owned(),
            bytes: bytes(vector["hex"].as_str().unwrap()),
            expected: vector["expected"].as_object().unwrap().clone(),
        })
        .collect()
}

/// The payload of a message, in clear, as it was framed; and what it says after decoding.
fn read(message: &str, payload: &[u8]) -> (Value, Vec<u8>) {
    fn both<M: prost::Message + Default + Shape + Serialize>(payload: &[u8]) -> (Value, Vec<u8>) {
        let message: M = decode(payload).unwrap();
        (serde_json::to_value(&message).unwrap(), message.encode_to_vec())
    }
    match message {
        "RealDataNewReqDTO" => both::<Readings>(payload),
        "RealDataNewResDTO" => both::<ReadingsRequest>(payload),
        "RealDataReqDTO" => both::<OlderReadings>(payload),
        "APPInfoDataReqDTO" => both::<Information>(payload),
        "APPInfoDataResDTO" => both::<InformationRequest>(payload),
        "GetConfigReqDTO" => both::<Configuration>(payload),
        "GetConfigResDTO" => both::<ConfigurationRequest>(payload),
        "NetworkInfoReqDTO" => both::<Network>(payload),
        "HBReqDTO" => both::<Heartbeat>(payload),
        "HBResDTO" => both::<HeartbeatRequest>(payload),
        "CommandResDTO" => both::<CommandRequest>(payload),
        "CommandReqDTO" => both::<CommandAnswer>(payload),
        "WarnResDTO" => both::<AlarmsRequest>(payload),
        "WarnReqDTO" => both::<Alarms>(payload),
        "AppGetHistPowerReqDTO" => both::<PowerHistory>(payload),
        "GWInfoReqDTO" => both::<Gateway>(payload),
        "GWInfoResDTO" => both::<GatewayRequest>(payload),
        "ESRegReqDTO" => both::<Registered>(payload),
        "ESDataReqDTO" => both::<Hybrid>(payload),
        other => panic!("no message for {other}"),
    }
}

/// The expected fields with our names for them.
fn ours(names: &Value, message: &str, fields: &Map<String, Value>) -> Value {
    let renamed = fields.iter().filter(|(name, _)| !NOT_DECLARED.contains(&name.as_str()));
    let renamed = renamed.map(|(name, value)| match &names[message][name] {
        Value::String(ours) => (ours.clone(), octets(value)),
        Value::Array(pair) => {
            let inner = pair[1].as_str().unwrap();
            let value = match value {
                Value::Array(items) => {
                    items.iter().map(|item| ours_of(names, inner, item)).collect()
                }
                item => ours_of(names, inner, item),
            };
            (pair[0].as_str().unwrap().to_owned(), value)
        }
        _ => panic!("{message}.{name} has no name of ours"),
    });
    Value::Object(renamed.collect())
}

fn ours_of(names: &Value, message: &str, fields: &Value) -> Value {
    ours(names, message, fields.as_object().unwrap())
}

/// Text and bytes as our messages show them: octet by octet.
fn octets(value: &Value) -> Value {
    let list = |bytes: &[u8]| bytes.iter().copied().map(Value::from).collect();
    match value {
        Value::String(text) => list(text.as_bytes()),
        Value::Object(object) => list(&bytes(object["bytes_hex"].as_str().unwrap())),
        Value::Array(items) => items.iter().map(octets).collect(),
        number => number.clone(),
    }
}

/// Without fields that were not sent.
fn sent(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, sent(value)));
            Value::Object(
                fields
                    .filter(|(_, value)| {
                        *value != Value::Null && *value != Value::from(Vec::<u8>::new())
                    })
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(sent).collect(),
        other => other,
    }
}

#[test]
fn every_frame_decodes_to_its_expected_values() {
    let names: Value = serde_json::from_str(include_str!("../tests/field-names.json")).unwrap();
    let mut decoded = 0;
    for vector in vectors() {
        let (Some(command), name) = (vector.command(), &vector.name) else { continue };
        if vector.text("kind").is_some() {
            continue;
        }
        let key = vector.key();
        let (frame, used) = Frame::decode_from(&vector.bytes, key.is_some()).unwrap();
        assert_eq!((frame.command, used), (command, vector.bytes.len()), "{name}");
        assert_eq!(u64::from(frame.sequence), vector.expected["seq"].as_u64().unwrap(), "{name}");
        assert_eq!(frame.encode(), vector.bytes, "{name}: it is sent as it was received");
        if let Some(route) = vector.expected.get("ext") {
            let found = frame.route.unwrap();
            assert_eq!(Some(found.gateway), route["serial"].as_u64(), "{name}");
            assert_eq!(Some(u64::from(found.number)), route["number"].as_u64(), "{name}");
        }
        let plain = key.as_ref().map_or(Ok(frame.clone()), |key| key.open(frame.clone())).unwrap();
        assert_eq!(Some(&plain.payload), vector.hex("payload_hex").as_ref(), "{name}");
        if let Some(key) = key {
            assert_eq!(key.seal(plain.clone()), frame, "{name}: it is sealed as it was received");
        }
        let Some(message) = vector.text("message") else { continue };
        let (found, again) = read(message, &plain.payload);
        let expected = ours(&names, message, vector.expected["fields"].as_object().unwrap());
        assert_eq!(sent(found), expected, "{name}");
        // What we encode says the same; unknown fields and passwords are gone from it.
        assert_eq!(sent(read(message, &again).0), expected, "{name}");
        decoded += 1;
    }
    // And one frame without a payload.
    assert_eq!(decoded, 34);
}

#[test]
fn malformed_frames_are_refused() {
    let mut refused = 0;
    for vector in vectors() {
        let (Some(wanted), name) = (vector.text("error"), &vector.name) else { continue };
        let key = vector.key();
        let outcome = Frame::decode_from(&vector.bytes, key.is_some());
        match wanted {
            "incomplete" => {
                assert!(matches!(outcome, Err(FrameError::Incomplete { .. })), "{name}")
            }
            "bad magic" => assert!(matches!(outcome, Err(FrameError::Magic(_))), "{name}"),
            "invalid length" => assert!(matches!(outcome, Err(FrameError::Length(_))), "{name}"),
            "crc mismatch" => {
                assert!(matches!(outcome, Err(FrameError::Checksum { .. })), "{name}")
            }
            "gcm authentication failure" => {
                assert!(key.unwrap().open(outcome.unwrap().0).is_err(), "{name}");
            }
            "protobuf decode error" => {
                let (frame, _) = outcome.unwrap();
                assert!(decode::<Readings>(&frame.payload).is_err(), "{name}");
            }
            other => panic!("{name}: what is '{other}'?"),
        }
        refused += 1;
    }
    assert_eq!(refused, 7);
}

#[test]
fn checksums_keys_and_ciphertexts_are_as_published() {
    let mut seen = 0;
    for vector in vectors() {
        let (Some(kind), name) = (vector.text("kind"), &vector.name) else { continue };
        match kind {
            "crc16" => {
                let expected = vector.hex("wire_bytes").unwrap();
                assert_eq!(checksum(&vector.bytes).to_be_bytes(), *expected, "{name}");
            }
            "kdf" => {
                let key = Key::new(Seed::from_slice(&vector.bytes).unwrap());
                assert_eq!(Some(Key::key_of(&vector.bytes).to_vec()), vector.hex("sha256x3"));
                let (nonce, about) = key.nonce_of(Command::READINGS, 1);
                assert_eq!(Some(nonce.to_vec()), vector.hex("nonce_a311_seq1"), "{name}");
                assert_eq!(Some(about.to_vec()), vector.hex("aad_a311_seq1"), "{name}");
                let (nonce, _) = key.nonce_of(Command::COMMAND, 1);
                assert_eq!(Some(nonce.to_vec()), vector.hex("nonce_a305_seq1"), "{name}");
            }
            "gcm" => {
                let key = vector.key().unwrap();
                let sequence = u16::try_from(vector.expected["seq"].as_u64().unwrap()).unwrap();
                let plain = vector.text("plaintext_ascii").unwrap().as_bytes().to_vec();
                let frame = Frame::plain(vector.command().unwrap(), sequence, plain);
                let sealed = key.seal(frame.clone());
                let sent = [&sealed.payload[..], &sealed.tag.unwrap()].concat();
                assert_eq!(sent, vector.bytes, "{name}");
                let late = Frame { sequence: sequence + 1, ..sealed };
                assert!(key.open(late).is_err(), "{name}");
            }
            other => panic!("{name}: what is '{other}'?"),
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn the_configuration_does_not_keep_or_show_a_password() {
    let vector = vectors().into_iter().find(|vector| vector.name == "getconfig").unwrap();
    let (frame, _) = Frame::decode_from(&vector.bytes, false).unwrap();
    let configuration: Configuration = decode(&frame.payload).unwrap();
    let kept = prost::Message::encode_to_vec(&configuration);
    let shown = format!("{frame:?} {configuration:?}");
    let fields = vector.expected["fields"].as_object().unwrap();
    let secrets: Vec<&str> =
        NOT_DECLARED.iter().filter_map(|name| fields.get(*name)?.as_str()).collect();
    assert!(secrets.len() >= 2, "the vector has passwords: {secrets:?}");
    for secret in secrets {
        let sent = frame.payload.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(sent, "{secret} was sent");
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(!shown.contains("CMNET"), "nor the rest of the owner's network");
}
