#![no_main]
//! Gateways of hybrid inverters and what is behind them.

use libfuzzer_sys::fuzz_target;
use wifi::message::{Gateway, Hybrid, Registered};

fuzz_target!(|bytes: &[u8]| {
    fuzz::message::<Gateway>(bytes);
    fuzz::message::<Registered>(bytes);
    fuzz::message::<Hybrid>(bytes);
});
