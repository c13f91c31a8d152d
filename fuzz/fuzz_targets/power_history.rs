#![no_main]
//! The curve of a day and the energy of days.

use libfuzzer_sys::fuzz_target;
use wifi::message::{EnergyHistory, PowerHistory};

fuzz_target!(|bytes: &[u8]| {
    fuzz::message::<PowerHistory>(bytes);
    fuzz::message::<EnergyHistory>(bytes);
});
