//! The protobuf protocol of Hoymiles Wi-Fi DTUs, TCP port 10081, plain and encrypted.
//!
//! ```text
//! bytes ──frame──► payload ──crypt──► plaintext ──tolerant──► message
//! ```
//! [`frame`], [`crypt`], [`tolerant`] and [`message`] are pure functions over bytes; [`client`] and
//! [`server`] put streams around them. The messages are defined in `proto/`, with names of this
//! project's own and the scale, unit and evidence of each field.

pub mod client;
pub mod crypt;
pub mod frame;
pub mod message;
pub mod server;
pub mod tolerant;
#[cfg(test)]
mod vectors;

pub use client::{Client, ClientError};
pub use crypt::{Key, Seed};
pub use frame::{Command, Frame, FrameError, Header, Route};
pub use tolerant::{DecodeError, decode};

/// The port that a DTU listens on.
pub const PORT: u16 = 10081;
