//! What every protocol driver does, and how it says what is wrong.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use plant::{Serial, Snapshot};

/// Reads one DTU. Calls never overlap.
#[async_trait]
pub trait Driver: Send {
    /// `modbus` or `wifi`.
    fn protocol(&self) -> &'static str;

    /// `host:port`, as messages name it.
    fn address(&self) -> String;

    /// Asks which DTU this is and nothing else. `None` when it does not tell.
    async fn identify(&mut self) -> Result<Option<Serial>, DriverError>;

    /// Reads everything once. `at` becomes the sample time unless the protocol tells its own.
    ///
    /// Dropping the future ends the poll and its connection.
    async fn poll(&mut self, at: Timestamp) -> Result<Poll, DriverError>;

    /// What was learned of this DTU and is worth keeping over a restart.
    fn memory(&self) -> serde_json::Value;
}

/// The result of a poll that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// What the DTU showed, before anyone doubts it.
    pub snapshot: Snapshot,
    /// The DTU's own serial, once known.
    pub dtu_serial: Option<Serial>,
    /// Requests it took.
    pub requests: u32,
    /// Answers among them whose byte count was wrong.
    pub repaired: u64,
    /// How this DTU is spoken to, in words.
    pub dialect: String,
}

/// Why a poll failed, as a person needs to hear it: the cause, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverError {
    /// `host:port`.
    pub address: String,
    /// What is wrong.
    pub cause: Cause,
}

/// The causes that can be told apart from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The host name has no address.
    UnknownHost,
    /// Nothing there takes or refuses the connection.
    Unreachable,
    /// The host is there and the port is closed.
    ModbusOff,
    /// Connected, but a request stays without a whole answer.
    Silent {
        /// How long it was waited for, s.
        seconds: u64,
    },
    /// The DTU hangs up on a request.
    HungUp,
    /// It answers, and has nothing to show.
    NoInverters,
    /// What answers makes no sense as a DTU.
    Nonsense(String),
    /// The network broke in some other way.
    Network(String),
}

impl DriverError {
    /// The label that metrics and `/health` carry.
    pub const fn kind(&self) -> &'static str {
        match self.cause {
            Cause::UnknownHost => "unknown_host",
            Cause::Unreachable => "unreachable",
            Cause::ModbusOff => "connection_refused",
            Cause::Silent { .. } => "timeout",
            Cause::HungUp => "connection_closed",
            Cause::NoInverters => "no_inverters",
            Cause::Nonsense(_) => "protocol",
            Cause::Network(_) => "network",
        }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match &self.cause {
            Cause::UnknownHost => write!(
                f,
                "the name in '{address}' is not known on this network: check the DTU's host name, \
                 or use its IP address"
            ),
            Cause::Unreachable => write!(
                f,
                "nothing answers at {address}: is the DTU powered and on the network, and has the \
                 router given it another address?"
            ),
            Cause::ModbusOff => write!(
                f,
                "{address} refuses the connection: Modbus TCP is switched off in the DTU. In the \
                 S-Miles installer app set its RS485 mode to Remote Control / Modbus (Export \
                 Management switches Modbus off), or check the port number"
            ),
            Cause::Silent { seconds } => write!(
                f,
                "the DTU at {address} takes the connection but gives no answer within {seconds} s: \
                 it is busy or hung, or another program is reading it; if this stays, restart the DTU"
            ),
            Cause::HungUp => write!(
                f,
                "the DTU at {address} hangs up: it serves one client only, so end every other \
                 program that reads it"
            ),
            Cause::NoInverters => write!(
                f,
                "the DTU at {address} answers but no inverters are mapped yet: add them to the \
                 plant in the S-Miles app and wait until the DTU has found them"
            ),
            Cause::Nonsense(what) => {
                write!(f, "what answers at {address} does not speak as a Hoymiles DTU does: {what}")
            }
            Cause::Network(what) => write!(f, "the connection to {address} failed: {what}"),
        }
    }
}

impl std::error::Error for DriverError {}
