#![no_main]
//! The alarm list, and the answer to the command that collects it.

use libfuzzer_sys::fuzz_target;
use wifi::message::{Alarms, CommandAnswer};

fuzz_target!(|bytes: &[u8]| {
    fuzz::message::<Alarms>(bytes);
    fuzz::message::<CommandAnswer>(bytes);
});
