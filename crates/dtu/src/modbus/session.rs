//! One connection of one poll: requests one after the other, counted, with words for failures.

use std::io;
use std::time::Duration;

use ::modbus::frame::FrameError;
use ::modbus::map::{DTU_SERIAL_ADDRESS, DTU_SERIAL_REGISTERS, PORTS_ADDRESS, RECORD_REGISTERS};
use ::modbus::{Client, ClientError, Function, PortRecord};
use plant::Serial;

use super::Endpoint;
use crate::driver::{Cause, DriverError};

/// What came of a request for records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// As many as asked for.
    Records(Vec<PortRecord>),
    /// The DTU understood and shows less, or nothing: an exception, no data, a short answer.
    Refused,
}

pub(super) struct Session<'a> {
    endpoint: &'a Endpoint,
    client: Client,
    gap: Duration,
    requests: u32,
    last_span: u16,
}

impl<'a> Session<'a> {
    pub(super) async fn open(endpoint: &'a Endpoint, gap: Duration) -> Result<Self, DriverError> {
        let client =
            Client::connect(&endpoint.host, endpoint.port, endpoint.unit, endpoint.timeout)
                .await
                .map_err(|error| in_words(endpoint, error))?;
        Ok(Self { endpoint, client, gap, requests: 0, last_span: 0 })
    }

    /// Reads `count` records of 20 registers from an address.
    pub(super) async fn records(
        &mut self,
        address: u16,
        count: u16,
    ) -> Result<Answer, DriverError> {
        let Some(data) = self.read(address, count * RECORD_REGISTERS).await? else {
            return Ok(Answer::Refused);
        };
        let records: Vec<_> = PortRecord::split(&data).collect();
        Ok(if records.len() == usize::from(count) {
            Answer::Records(records)
        } else {
            Answer::Refused
        })
    }

    /// One record, `None` where the DTU shows none.
    pub(super) async fn record(&mut self, address: u16) -> Result<Option<PortRecord>, DriverError> {
        Ok(match self.records(address, 1).await? {
            Answer::Records(records) => records.first().copied(),
            Answer::Refused => None,
        })
    }

    /// The first record; a DTU without one has no inverters to show.
    pub(super) async fn first_record(&mut self) -> Result<PortRecord, DriverError> {
        match self.record(PORTS_ADDRESS).await? {
            Some(record) if !record.is_empty_slot() => Ok(record),
            _ => Err(self.error(Cause::NoInverters)),
        }
    }

    /// The DTU's own serial, `None` when it does not tell.
    pub(super) async fn dtu_serial(&mut self) -> Result<Option<Serial>, DriverError> {
        let data = self.read(DTU_SERIAL_ADDRESS, DTU_SERIAL_REGISTERS).await?;
        let serial = data.and_then(|data| data.try_into().ok()).map(Serial::from_bytes);
        Ok(serial.filter(|serial| !serial.is_empty()))
    }

    async fn read(&mut self, address: u16, count: u16) -> Result<Option<Vec<u8>>, DriverError> {
        if self.requests > 0 && !self.gap.is_zero() {
            tokio::time::sleep(self.gap).await;
        }
        self.requests += 1;
        self.last_span = count / RECORD_REGISTERS;
        match self.client.read(Function::ReadHolding, address, count).await {
            Ok(answer) => Ok(Some(answer.data)),
            Err(ClientError::Frame(error)) if error.is_an_answer() => Ok(None),
            Err(error) => Err(in_words(self.endpoint, error)),
        }
    }

    pub(super) fn error(&self, cause: Cause) -> DriverError {
        DriverError { address: format!("{}:{}", self.endpoint.host, self.endpoint.port), cause }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.client.is_open()
    }

    pub(super) const fn requests(&self) -> u32 {
        self.requests
    }

    pub(super) const fn repaired(&self) -> u64 {
        self.client.repaired()
    }

    /// Records that the latest request asked for.
    pub(super) const fn last_span(&self) -> u16 {
        self.last_span
    }
}

fn in_words(endpoint: &Endpoint, error: ClientError) -> DriverError {
    let cause = match error {
        ClientError::ConnectTimeout(_) => Cause::Unreachable,
        ClientError::Connect(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Cause::ModbusOff,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut => Cause::Unreachable,
            // What the resolver returns has no kind of its own, and no number of the system's.
            _ if error.raw_os_error().is_none() => Cause::UnknownHost,
            _ => Cause::Network(error.to_string()),
        },
        ClientError::Timeout(patience) => Cause::Silent { seconds: patience.as_secs().max(1) },
        ClientError::Closed => Cause::HungUp,
        ClientError::Io(error) => Cause::Network(error.to_string()),
        ClientError::Frame(FrameError::NoData) => Cause::NoInverters,
        ClientError::Frame(error) => Cause::Nonsense(error.to_string()),
    };
    DriverError { address: format!("{}:{}", endpoint.host, endpoint.port), cause }
}
