//! Plants that follow the sun and misbehave on demand, behind real sockets.
//!
//! ```text
//! place, time ──sun──► sky ──yield──► plant: port records ──fault──► dtu: bytes on a socket
//!    seed ────noise────┘                  └─► snapshots, for a generated history
//! ```
//! Everything up to [`plant`] is a pure function of a seed and an instant: the same seed shows the
//! same plant on every machine, a history and a live device that share a seed agree where they
//! meet, and a restart continues every counter. There is no clock in here; [`dtu::SimulatedDtu`]
//! is given one.
//!
//! | module | holds |
//! |---|---|
//! | [`sun`] | where the sun stands |
//! | [`panel`] | what is on the roof: modules, planes, shade |
//! | [`plant`] | the plant and what its DTU's table shows at an instant |
//! | [`fault`] | how real DTUs misbehave |
//! | [`dtu`] | a DTU with Modbus on a socket |
//! | [`wifi`](mod@wifi) | a Wi-Fi DTU on a socket |

mod device;
pub mod dtu;
pub mod fault;
mod models;
mod noise;
pub mod panel;
pub mod plant;
mod sky;
pub mod sun;
mod table;
pub mod wifi;
mod wire;
mod yields;

pub use dtu::{Dialect, DtuOptions, Running, SimulatedDtu};
pub use fault::{ByteCount, Fault};
pub use panel::{Panel, Plane, Shade};
pub use plant::{PortState, SimInverter, SimPlant, Site};
pub use wifi::{RunningWifi, SimulatedWifiDtu, WifiFault, WifiOptions};
