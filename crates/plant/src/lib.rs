//! The domain: serials, models, readings, snapshots, the inventory and the live plant.
//!
//! Nothing here does I/O, waits, or knows SQL. Time is always an argument, and every physical
//! quantity carries its unit in its name.
//!
//! | module | holds |
//! |---|---|
//! | [`serial`], [`model`] | who an inverter or DTU is, and what its number tells about it |
//! | [`unit`] | the units that readings are in |
//! | [`reading`] | what one poll of one DTU showed |
//! | [`meter`], [`storage`] | the same of an energy meter, and of a hybrid inverter with its battery |
//! | [`curve`] | the power curve that a DTU remembers by itself |
//! | [`status`], [`alarm`] | words for the codes a device reports |
//! | [`inventory`] | which inverters are really there, whatever one answer claims |
//! | [`energy`] | energy that never resets, spikes or goes back |
//! | [`event`] | what happened, from when to when, in words |
//! | [`glance`] | sums, peak and first light of the plant as a whole |
//! | [`arrangement`] | what people say about the plant: layout, names, retired inverters |
//! | [`live`] | the newest state of everything, which the API serves |

pub mod alarm;
pub mod arrangement;
pub mod curve;
pub mod energy;
pub mod event;
pub mod glance;
pub mod inventory;
pub mod live;
pub mod meter;
pub mod model;
pub mod reading;
pub mod serial;
pub mod status;
pub mod storage;
pub mod unit;

pub use curve::PlantPower;
pub use meter::MeterReading;
pub use reading::{InverterReading, PortReading, Snapshot};
pub use serial::Serial;
pub use storage::StorageReading;
