//! The driver for DTU-Pro and DTU-Pro-S over Modbus TCP.
//!
//! A poll opens a connection, reads the port records and closes it: DTUs serve one client, and a
//! connection that stays open keeps the installer's app out. Polls come in two kinds:
//!
//! * **Reading** the slots known, `⌈slots / records per request⌉` requests.
//! * **Scanning** past the known end: at the first poll, every hour, and after a slot has changed
//!   its owner. A scan also learns how this DTU is addressed ([`dialect`]) and how many records
//!   fit into one request.
//!
//! Asking for several records at once is the difference between 17 and 99 requests for 99 ports,
//! but not every firmware serves it. So the size goes down a ladder, 6 → 5 → 3 → 1, when single
//! reads succeed where the larger one did not, and what was learned is remembered.

mod dialect;
mod records;
mod session;
mod snapshot;

use std::time::Duration;

use ::modbus::PortRecord;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::model::DtuModel;
use plant::reading::sample_time;
use serde::{Deserialize, Serialize};

pub use self::dialect::{Dialect, DialectSetting};
use self::records::Ladder;
use self::session::Session;
use crate::driver::{Driver, DriverError, Poll};

/// How often it is looked for ports past the known end.
const SCAN_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The pause between two requests to a DTU that has left one unanswered
/// (`protocol/modbus.md` 1.5); one that answers gets none.
const GAP_WHEN_STRUGGLING: Duration = Duration::from_millis(250);

/// Where a DTU is and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The name in the configuration.
    pub name: String,
    /// Host name or IP address.
    pub host: String,
    /// TCP port, 502 unless changed in the DTU.
    pub port: u16,
    /// Modbus unit, 1 on every DTU seen.
    pub unit: u8,
    /// How long to wait for a connection and for each answer.
    pub timeout: Duration,
    /// How records are addressed, or that it shall be found out.
    pub dialect: DialectSetting,
}

/// Who sits in a slot of the DTU's table.
type Identity = (Serial, u8);

fn identity(record: &PortRecord) -> Identity {
    (record.serial(), record.port())
}

/// What a driver keeps over a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    dtu_serial: Option<Serial>,
    dialect: Option<Dialect>,
    ladder: Ladder,
    slots: Vec<Identity>,
}

/// Reads one DTU over Modbus TCP.
#[derive(Debug)]
pub struct ModbusDriver {
    endpoint: Endpoint,
    memory: Memory,
    last_scan: Option<Timestamp>,
    /// A slot has changed its owner: look at the whole list again.
    scan_wanted: bool,
    /// A request stayed unanswered since the last scan.
    struggling: bool,
    /// Requests for several records in a row that stayed unanswered.
    unanswered_spans: u32,
}

impl ModbusDriver {
    /// A driver that knows what an earlier one has learned, if it was the same DTU's.
    pub fn new(endpoint: Endpoint, memory: Option<serde_json::Value>) -> Self {
        // What cannot be read any more is learned anew.
        let memory = memory.and_then(|value| serde_json::from_value(value).ok());
        Self {
            endpoint,
            memory: memory.unwrap_or_default(),
            last_scan: None,
            scan_wanted: false,
            struggling: false,
            unanswered_spans: 0,
        }
    }

    fn must_scan(&self, at: Timestamp) -> bool {
        self.scan_wanted
            || self.memory.slots.is_empty()
            || self.last_scan.is_none_or(|last| at.duration_since(last) >= SCAN_EVERY)
    }

    async fn read_all(
        &mut self,
        session: &mut Session<'_>,
        at: Timestamp,
    ) -> Result<Vec<PortRecord>, DriverError> {
        if self.unanswered_spans > 0 {
            // A single read first: whether it is answered tells a hung DTU from a size it refuses.
            session.first_record().await?;
        }
        if !self.must_scan(at) {
            return self.read_known(session).await;
        }
        self.learn_dtu(session).await?;
        let records = self.scan(session).await?;
        self.last_scan = Some(at);
        self.scan_wanted = false;
        self.struggling = false;
        Ok(records)
    }

    /// Notes whose DTU this is. Another DTU at the same address is learned from the start.
    async fn learn_dtu(&mut self, session: &mut Session<'_>) -> Result<(), DriverError> {
        let Some(serial) = session.dtu_serial().await? else {
            return Ok(());
        };
        if self.memory.dtu_serial.is_some_and(|known| known != serial) {
            tracing::warn!(dtu = self.endpoint.name, %serial, "another DTU answers at this address");
            self.memory = Memory::default();
        }
        self.memory.dtu_serial = Some(serial);
        Ok(())
    }
}

#[async_trait]
impl Driver for ModbusDriver {
    fn protocol(&self) -> &'static str {
        "modbus"
    }

    fn address(&self) -> String {
        format!("{}:{}", self.endpoint.host, self.endpoint.port)
    }

    async fn identify(&mut self, _at: Timestamp) -> Result<Option<Serial>, DriverError> {
        let endpoint = self.endpoint.clone();
        Session::open(&endpoint, Duration::ZERO).await?.dtu_serial().await
    }

    async fn poll(&mut self, at: Timestamp) -> Result<Poll, DriverError> {
        let endpoint = self.endpoint.clone();
        let gap = if self.struggling { GAP_WHEN_STRUGGLING } else { Duration::ZERO };
        let mut session = Session::open(&endpoint, gap).await?;
        let outcome = self.read_all(&mut session, at).await;
        if !session.is_open() {
            self.struggling = true;
            self.ladder_after_silence(session.last_span(), session.requests() > 1);
        }
        let records = outcome?;
        Ok(Poll {
            snapshot: Some(snapshot::from_records(
                &self.endpoint.name,
                self.memory.dtu_serial,
                sample_time(at),
                &records,
            )),
            dtu_serial: self.memory.dtu_serial,
            model: self.memory.dtu_serial.and_then(DtuModel::of).map(|model| model.name.to_owned()),
            requests: session.requests(),
            repaired: session.repaired(),
            dialect: self.dialect_in_words(),
            ..Poll::default()
        })
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::to_value(&self.memory).expect("a memory is plain data")
    }
}
