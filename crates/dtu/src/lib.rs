//! How a gateway is read.
//!
//! ```text
//! Driver::poll ──► Snapshot ──► Inventory ──► Report ──► (channel to the recorder)
//!       ▲ one request at a time          ▲ retries, breaker, fixed-rate schedule
//!       └──────────── one Poller task per DTU ─────────────┘
//! ```
//!
//! Each DTU has a task and a connection of its own, so one that hangs delays no other. A
//! [`Driver`] knows one protocol; the [`Poller`] knows when to ask, how often to try again and
//! when to leave a DTU in peace. A [`Gate`] tells it whether another bridge does all that already.
//! None of them knows where readings go.

pub mod breaker;
pub mod discovery;
pub mod doctor;
pub mod driver;
pub mod gate;
pub mod modbus;
pub mod poller;
pub mod wifi;

pub use driver::{Driver, DriverError, Poll};
pub use gate::{Gate, Permission};
pub use modbus::{DialectSetting, Endpoint, ModbusDriver};
pub use poller::{Poller, PollerOptions, Report};
pub use wifi::{WifiDriver, WifiEndpoint};
