//! What every protocol driver does, and how it says what is wrong.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use plant::event::Event;
use plant::{PlantPower, Serial, Snapshot};

/// Reads one DTU. Calls never overlap.
#[async_trait]
pub trait Driver: Send {
    /// `modbus` or `wifi`.
    fn protocol(&self) -> &'static str;

    /// `host:port`, as messages name it.
    fn address(&self) -> String;

    /// Asks which DTU this is and nothing else. `None` when it does not tell.
    async fn identify(&mut self, at: Timestamp) -> Result<Option<Serial>, DriverError>;

    /// Reads everything once. `at` becomes the sample time unless the protocol tells its own.
    ///
    /// Dropping the future ends the poll and its connection.
    async fn poll(&mut self, at: Timestamp) -> Result<Poll, DriverError>;

    /// What was learned of this DTU and is worth keeping over a restart.
    fn memory(&self) -> serde_json::Value;

    /// How long the DTU is to be left in peace from `at` on, beyond its schedule.
    fn rest(&self, _at: Timestamp) -> Duration {
        Duration::ZERO
    }

    /// How soon after a poll another one can show something new.
    fn least_period(&self) -> Duration {
        Duration::ZERO
    }

    /// Since when the DTU is asleep, if that is why the poll at `at` has failed: one that is inside
    /// an inverter goes off with the sun.
    fn asleep_since(&mut self, _at: Timestamp, _error: &DriverError) -> Option<Timestamp> {
        None
    }
}

/// The result of a poll that succeeded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Poll {
    /// What the DTU showed, before anyone doubts it. None when it showed what it had shown before.
    pub snapshot: Option<Snapshot>,
    /// The DTU's own serial, once known.
    pub dtu_serial: Option<Serial>,
    /// What kind of DTU it is, in words, where it can be told.
    pub model: Option<String>,
    /// Its firmware, where the protocol tells it.
    pub firmware: Option<String>,
    /// News of its own list of alarms.
    pub events: Vec<Event>,
    /// What it remembers of a time in which nobody read it.
    pub backfill: Option<PlantPower>,
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
    /// The host is there and the port of Modbus TCP is closed.
    ModbusOff,
    /// The host is there and the port of the Wi-Fi protocol is closed.
    WifiOff,
    /// Nothing takes or refuses the connection at the address of a DTU that may be off at night.
    Off,
    /// The DTU hangs up on a request of the Wi-Fi protocol: another client has connected.
    TakenOver,
    /// It says that it encrypts and gives nothing to make a key from.
    NoKey,
    /// It encrypts with another key than the one it gave.
    WrongKey,
    /// It tells who it is and never what it measures.
    InformationOnly,
    /// A model whose readings are sent over Bluetooth only.
    BluetoothOnly,
    /// A reading of several pages of which one did not come.
    MissingPage {
        /// From 1.
        page: u32,
        /// Pages it should have.
        of: u32,
    },
    /// It repeats an old reading, and its inverters are awake.
    Frozen {
        /// Its time.
        since: Timestamp,
    },
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
            Cause::ModbusOff | Cause::WifiOff => "connection_refused",
            Cause::Off => "unreachable",
            Cause::TakenOver => "connection_closed",
            Cause::NoKey | Cause::WrongKey => "encryption",
            Cause::InformationOnly => "no_data",
            Cause::BluetoothOnly => "bluetooth_only",
            Cause::MissingPage { .. } => "incomplete",
            Cause::Frozen { .. } => "stale",
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
            Cause::WifiOff => write!(
                f,
                "{address} refuses the connection: it does not speak the Wi-Fi protocol. A DTU-Pro \
                 is read with the protocol modbus on port 502; HMS-…-2WB and -4WB (HiFlow Pro) can \
                 be reached over Bluetooth only, by no program on the network"
            ),
            Cause::Off => write!(
                f,
                "nothing answers at {address}: a DTU inside an inverter is off at night; by day, is \
                 the inverter running and on the Wi-Fi network, and has the router given it \
                 another address?"
            ),
            Cause::TakenOver => write!(
                f,
                "the DTU at {address} hangs up: another client took the connection, and it serves \
                 only one. Close the S-Miles app's toolkit and end every other program that reads it"
            ),
            Cause::NoKey => write!(
                f,
                "the DTU at {address} encrypts but gives no key: restart it, and if this stays, \
                 report its firmware version"
            ),
            Cause::WrongKey => write!(
                f,
                "the DTU at {address} encrypts with another key than the one it gave: it may be \
                 restarting; if this stays, restart the DTU"
            ),
            Cause::InformationOnly => write!(
                f,
                "the DTU at {address} tells who it is but gives no data over the Wi-Fi protocol, as \
                 newer DTU-Pro-S do: set its protocol to modbus, port 502, and switch Modbus TCP on \
                 in the S-Miles installer app"
            ),
            Cause::BluetoothOnly => write!(
                f,
                "the DTU at {address} is of a model that shows its readings over Bluetooth only \
                 (HMS-…-2WB or -4WB): it cannot be read over the network"
            ),
            Cause::MissingPage { page, of } => write!(
                f,
                "the DTU at {address} gave a reading without its page {page} of {of}, which is \
                 worth nothing: it is busy; if this stays, poll it less often"
            ),
            Cause::Frozen { since } => write!(
                f,
                "the DTU at {address} keeps showing its reading of {since:.0}: restart it, and if \
                 this stays, poll it less often"
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
