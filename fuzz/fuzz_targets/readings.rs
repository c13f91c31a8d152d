#![no_main]
//! The answers with readings, of newer and older firmware.

use libfuzzer_sys::fuzz_target;
use wifi::message::{OlderReadings, Readings};

fuzz_target!(|bytes: &[u8]| {
    fuzz::message::<Readings>(bytes);
    fuzz::message::<OlderReadings>(bytes);
});
