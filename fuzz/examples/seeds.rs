//! Writes what the targets begin with, made from the test vectors: `cargo run --example seeds`, in
//! `fuzz/`.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

const MODBUS: &str = include_str!("../../crates/modbus/tests/vectors-modbus.json");
const WIFI: &str = include_str!("../../crates/wifi/tests/vectors-wifi.json");

fn main() -> Result<(), Box<dyn Error>> {
    for vector in list(MODBUS)? {
        let bytes = hex(&vector["response_hex"]);
        // As it is, and what is no whole frame in one.
        write("modbus", &vector, &bytes)?;
        let pdu = if bytes.first() == Some(&3) { bytes } else { [&[3], &bytes[..]].concat() };
        let length = u8::try_from(pdu.len() + 1)?;
        let framed = [&[0, 1, 0, 0, 0, length, 1], &pdu[..]].concat();
        write("modbus", &Value::from(format!("framed-{}", name(&vector))), &framed)?;
    }
    for vector in list(WIFI)? {
        let bytes = hex(&vector["hex"]);
        write("wifi_frame", &vector, &bytes)?;
        let command = vector["expected"]["cmd"].as_str().unwrap_or_default();
        let (target, header) = match command {
            "a211" | "a203" => ("readings", 10),
            "a201" | "a209" | "a214" => ("information", 10),
            "a204" | "a205" => ("alarms", 10),
            "a215" | "a216" => ("power_history", 10),
            "da01" | "c202" | "c203" => ("hybrid", 24),
            _ => continue,
        };
        if vector["expected"]["encrypted"] != true {
            write(target, &vector, bytes.get(header..).unwrap_or_default())?;
        }
    }
    Ok(())
}

fn list(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    serde_json::from_str(text)
}

fn name(vector: &Value) -> &str {
    vector["name"].as_str().or(vector.as_str()).unwrap_or_default()
}

fn write(target: &str, vector: &Value, bytes: &[u8]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name(vector)), bytes)
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap_or_default();
    let digits = (0..text.len()).step_by(2).filter_map(|at| text.get(at..at + 2));
    digits.filter_map(|digits| u8::from_str_radix(digits, 16).ok()).collect()
}
