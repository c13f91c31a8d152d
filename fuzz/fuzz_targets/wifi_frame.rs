#![no_main]
//! Frames of Wi-Fi DTUs: sealed or not, damaged or not, opened with the right key or a wrong one.

use libfuzzer_sys::fuzz_target;
use wifi::frame::{HEADER_LEN, TAG_LEN, checksum};
use wifi::{Frame, Key, Seed};

fuzz_target!(|bytes: &[u8]| {
    for sealing in [false, true] {
        look(bytes, sealing);
        // No fuzzer guesses a checksum, and a DTU that talks nonsense may compute it well.
        look(&with_checksum(bytes, sealing), sealing);
    }
});

fn look(bytes: &[u8], sealing: bool) {
    let Ok((frame, taken)) = Frame::decode_from(bytes, sealing) else { return };
    assert!(taken <= bytes.len());
    assert_eq!(Frame::decode_from(&frame.encode(), sealing).map(|(frame, _)| frame), Ok(frame.clone()));
    let key = Key::new(Seed::from([7; 16]));
    let plain = Frame { tag: None, ..frame.clone() };
    if frame.tag.is_some() {
        // Nobody has sealed it with this key.
        assert!(key.open(frame).is_err());
    }
    if plain.command.is_sealed() {
        assert_eq!(key.open(key.seal(plain.clone())).ok(), Some(plain));
    }
}

/// The same with the checksum that its length asks for.
fn with_checksum(bytes: &[u8], sealing: bool) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.len() < HEADER_LEN {
        return bytes;
    }
    let extended = matches!(bytes[2], 0xda | 0xdb | 0xc2 | 0xc3);
    let from = if extended { 24 } else { HEADER_LEN };
    let until = usize::from(u16::from_be_bytes([bytes[8], bytes[9]]));
    let room = bytes.len().saturating_sub(if sealing { TAG_LEN } else { 0 });
    if from <= until && until <= room.max(from) && until <= bytes.len() {
        let right = checksum(&bytes[from..until]);
        bytes[6..8].copy_from_slice(&right.to_be_bytes());
    }
    bytes
}
