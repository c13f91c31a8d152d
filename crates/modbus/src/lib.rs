//! Modbus TCP as Hoymiles DTUs speak it.
//!
//! ```text
//! bytes ──frame──► answer ──map──► port record ──► quantities
//! ```
//! [`frame`], [`rtu`] and [`map`] are pure functions over bytes; [`client`] and [`server`] put
//! sockets around them. The codec is our own because a DTU sometimes sends a wrong byte count and
//! the libraries refuse such an answer, with no way round it (`protocol/modbus.md` 1.3).

pub mod client;
pub mod frame;
pub mod map;
pub mod rtu;
pub mod server;

pub use client::{Client, ClientError};
pub use frame::{Answer, FrameError, Function, Request};
pub use map::PortRecord;
