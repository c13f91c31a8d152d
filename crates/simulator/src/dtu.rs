//! A DTU on a socket: how it is made, and the hand on a running one.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::plant::Serial;
use jiff::Timestamp;
use modbus::Request;
use tokio::net::{TcpListener, ToSocketAddrs};

use crate::device::Device;
use crate::fault::Fault;
use crate::plant::SimPlant;
use crate::wire::Socket;

/// What an address counts: `protocol/modbus.md` 2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// Bytes: record n is at 0x1000 + 40n.
    #[default]
    Byte,
    /// Registers: record n is at 0x1000 + 20n.
    Word,
}

impl Dialect {
    pub(crate) const fn bytes_per_address(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Word => 2,
        }
    }
}

/// How a DTU is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DtuOptions {
    /// What it shows at 0x2000. `10f8…` is a DTU-Pro.
    pub serial: Serial,
    /// See [`Dialect`].
    pub dialect: Dialect,
    /// Waited before each answer. Real DTUs take 50 to 500 ms.
    pub latency: Duration,
    /// Whether a second client is hung up on while one is connected.
    pub single_client: bool,
    /// Refuses a read of more registers than this with exception 1, as firmware that serves one
    /// record at a time would.
    pub refuse_spanning: Option<u16>,
    /// How long the values stand still: real DTUs ask their inverters every 30 to 70 s. Zero is
    /// always current.
    pub refresh: Duration,
}

impl Default for DtuOptions {
    /// A quick DTU-Pro with byte addresses that never misbehaves.
    fn default() -> Self {
        Self {
            serial: Serial::from_bytes([0x10, 0xf8, 0x60, 0x12, 0x34, 0x56]),
            dialect: Dialect::Byte,
            latency: Duration::ZERO,
            single_client: false,
            refuse_spanning: None,
            refresh: Duration::ZERO,
        }
    }
}

/// A DTU that is not plugged in yet.
pub struct SimulatedDtu {
    device: Device,
}

impl SimulatedDtu {
    /// A DTU of a plant, whose time is what `clock` says.
    pub fn new(
        plant: SimPlant,
        options: DtuOptions,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self { device: Device::new(plant, options, Box::new(clock)) }
    }

    /// Starts to serve; port 0 takes a free one. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(self, address: impl ToSocketAddrs) -> io::Result<Running> {
        let listener = TcpListener::bind(address).await?;
        let device = Arc::new(self.device);
        // The way from the day of installation to now is walked here and not in the first answer.
        device.plant.records(device.now());
        let socket = Socket::open(listener, Arc::clone(&device))?;
        Ok(Running { address: socket.address, socket, device })
    }
}

impl fmt::Debug for SimulatedDtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.device.fmt(f)
    }
}

/// A DTU that serves. It is unplugged when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    socket: Socket,
    device: Arc<Device>,
}

impl Running {
    /// The plant behind it.
    pub fn plant(&self) -> &SimPlant {
        &self.device.plant
    }

    /// What it was made with.
    pub fn options(&self) -> &DtuOptions {
        &self.device.options
    }

    /// Misbehaves from now on, until [`Self::clear`]. A [`Fault::CounterReset`] happens at once
    /// and once.
    pub fn inject(&self, fault: Fault) {
        let now = self.device.now();
        let mut state = self.device.state();
        match fault {
            Fault::CounterReset(serial) => {
                state.past.resets.insert(serial, now);
            }
            fault => {
                if fault == Fault::StaleCounters {
                    state.past.stale_since = Some(now);
                }
                state.standing = Some(fault);
            }
        }
    }

    /// Misbehaves for the next `requests` requests that the fault can meet, after those that are
    /// scripted already.
    pub fn inject_for(&self, fault: Fault, requests: usize) {
        self.script(std::iter::repeat_n(Some(fault), requests));
    }

    /// What happens to each of the next requests, after those that are scripted already: `None` is
    /// an honest answer. A table fault waits for a request of the table. The standing fault comes
    /// back when the script is over.
    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.device.state().script.extend(faults);
    }

    /// Behaves from now on: no standing fault, no script. Counters that were reset stay so.
    pub fn clear(&self) {
        let mut state = self.device.state();
        state.script.clear();
        state.standing = None;
        state.past.stale_since = None;
    }

    /// Undoes every [`Fault::CounterReset`].
    pub fn restore_counters(&self) {
        self.device.state().past.resets.clear();
    }

    /// Leaves these ports out of the table, and no others: an inverter that is not wired yet, or
    /// was taken down.
    pub fn set_ports_hidden(&self, ports: impl IntoIterator<Item = (Serial, u8)>) {
        self.device.state().past.hidden = ports.into_iter().collect();
    }

    /// Waits this long before each answer from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.device.state().latency = latency;
    }

    /// Cuts the power: connections end, new ones are refused. Returns when that is so.
    ///
    /// # Panics
    /// When the port was lost to another program.
    pub async fn switch_off(&self) {
        self.socket.turn(false).await;
    }

    /// Gives power back. Returns when connections are taken again.
    ///
    /// # Panics
    /// When the port was lost to another program.
    pub async fn switch_on(&self) {
        self.socket.turn(true).await;
    }

    /// The requests since the start or [`Self::take_requests`].
    pub fn requests(&self) -> Vec<Request> {
        self.device.state().requests.clone()
    }

    /// The same, and forgets them.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.device.state().requests)
    }

    /// The most requests that were being answered at one time, on all connections together. A
    /// reader that is kind to a DTU never makes it more than 1. One that gives up and asks again
    /// before a long [`DtuOptions::latency`] is over makes it 2: the DTU is still at work.
    pub fn max_concurrent_requests(&self) -> usize {
        self.device.state().max_in_flight
    }

    /// Connections accepted so far.
    pub fn connections_accepted(&self) -> usize {
        self.device.state().accepted
    }

    /// Connections open now.
    pub fn open_connections(&self) -> usize {
        self.device.state().open
    }
}
