#![no_main]
//! What a DTU tells about itself and its network.

use libfuzzer_sys::fuzz_target;
use wifi::message::{Configuration, Information, Network};

fuzz_target!(|bytes: &[u8]| {
    fuzz::message::<Information>(bytes);
    fuzz::message::<Configuration>(bytes);
    fuzz::message::<Network>(bytes);
});
