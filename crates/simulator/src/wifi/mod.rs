//! A Wi-Fi DTU on a socket: how it is made, and the hand on a running one.
//!
//! It shows the same plant as [`SimulatedDtu`](crate::SimulatedDtu), through the protobuf protocol of
//! `protocol/wifi.md`: plain or encrypted, in pages, with its own time stamp on each reading.

mod answers;
mod device;
mod fault;
mod readings;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::plant::Serial;
use ::wifi::Command;
use ::wifi::message::Readings;
use jiff::Timestamp;
use tokio::net::{TcpListener, ToSocketAddrs};

use self::device::{Alarm, WifiDevice};
pub use self::fault::WifiFault;
use crate::plant::SimPlant;
use crate::wire::Socket;

/// What its configuration holds as the password of the owner's Wi-Fi: nothing that reads the DTU may
/// ever show it.
pub const WIFI_PASSWORD: &str = "owners-wifi-password";
/// The same of the DTU's own access point.
pub const ACCESS_POINT_PASSWORD: &str = "access-point-password";

/// How a Wi-Fi DTU is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WifiOptions {
    /// The DTU's own. `4111…` is a DTU-WLite-S, `4143…` one inside of an inverter.
    pub serial: Serial,
    /// Its firmware as the wire spells it, `n/4096 . n/256%16 . n%256`: 4354 is 01.01.02.
    pub firmware: i32,
    /// The seed of its key; it speaks plainly without one.
    pub seed: Option<[u8; 16]>,
    /// PV inputs on one page, at least 1.
    pub ports_per_page: usize,
    /// Waited before each answer.
    pub latency: Duration,
    /// Whether a second client hangs the first one up, as real DTUs do.
    pub single_client: bool,
    /// How long a reading and its time stamp stand still.
    pub refresh: Duration,
    /// Whether the DTU goes dark with the last inverter, as one inside of an inverter does. A stick
    /// stays on and shows inverters out of reach.
    pub sleeps: bool,
    /// Whether an energy meter at the grid connection is wired to it.
    pub meter: bool,
}

impl Default for WifiOptions {
    /// A quick DTU-WLite-S that speaks plainly and never misbehaves.
    fn default() -> Self {
        Self {
            serial: Serial::from_bytes([0x41, 0x11, 0x60, 0x12, 0x34, 0x56]),
            firmware: 4354,
            seed: None,
            ports_per_page: 32,
            latency: Duration::ZERO,
            single_client: true,
            refresh: Duration::from_secs(1),
            sleeps: false,
            meter: false,
        }
    }
}

/// What such a DTU shows of a plant at an instant, all pages as one. For a history that is generated
/// rather than polled.
pub fn readings(plant: &SimPlant, options: &WifiOptions, at: Timestamp) -> Readings {
    let view =
        readings::View { stamped: Some(at), sampled_at: at, linked: true, meter: options.meter };
    readings::pages(plant, options.serial, view, usize::MAX).swap_remove(0)
}

/// A Wi-Fi DTU that is not plugged in yet.
pub struct SimulatedWifiDtu {
    device: WifiDevice,
}

impl SimulatedWifiDtu {
    /// A DTU of a plant, whose time is what `clock` says.
    pub fn new(
        plant: SimPlant,
        options: WifiOptions,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self { device: WifiDevice::new(plant, options, Box::new(clock)) }
    }

    /// Starts to serve; port 0 takes a free one. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn listen(self, address: impl ToSocketAddrs) -> io::Result<RunningWifi> {
        let listener = TcpListener::bind(address).await?;
        let device = Arc::new(self.device);
        // The way from the day of installation to now is walked here and not in the first answer.
        device.plant.records(device.sampled_at());
        let socket = Socket::open(listener, Arc::clone(&device))?;
        Ok(RunningWifi { address: socket.address, socket, device })
    }
}

impl fmt::Debug for SimulatedWifiDtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.device.fmt(f)
    }
}

/// A Wi-Fi DTU that serves. It is unplugged when this is dropped.
#[derive(Debug)]
pub struct RunningWifi {
    /// Where it listens.
    pub address: SocketAddr,
    socket: Socket,
    device: Arc<WifiDevice>,
}

impl RunningWifi {
    /// The plant behind it.
    pub fn plant(&self) -> &SimPlant {
        &self.device.plant
    }

    /// What it was made with.
    pub fn options(&self) -> &WifiOptions {
        &self.device.options
    }

    /// Misbehaves from now on, until [`Self::clear`].
    pub fn inject(&self, fault: WifiFault) {
        self.device.state().standing = Some(fault);
    }

    /// Misbehaves for the next `requests` requests that the fault can meet.
    pub fn inject_for(&self, fault: WifiFault, requests: usize) {
        self.script(std::iter::repeat_n(Some(fault), requests));
    }

    /// What happens to each of the next requests, after those that are scripted already: `None` is
    /// an honest answer. A fault of the readings waits for a request of them.
    pub fn script(&self, faults: impl IntoIterator<Item = Option<WifiFault>>) {
        self.device.state().script.extend(faults);
    }

    /// Behaves from now on: no standing fault, no script.
    pub fn clear(&self) {
        let mut state = self.device.state();
        state.script.clear();
        state.standing = None;
        state.stale_since = None;
    }

    /// Restarts with another key, as a DTU-WLite-S does; connections are cut. A DTU that spoke
    /// plainly encrypts from now on, as after an update of its firmware.
    pub fn restart_with_key(&self, seed: [u8; 16]) {
        let mut state = self.device.state();
        state.seed = Some(seed);
        state.clients.hang_up_all();
    }

    /// An inverter reports an alarm at an instant.
    pub fn raise_alarm(&self, serial: Serial, code: u16, at: Timestamp) {
        let mut state = self.device.state();
        state.alarms.push(Alarm { serial, code, started: at, ended: None });
    }

    /// All its alarms with this code are over.
    pub fn end_alarm(&self, serial: Serial, code: u16, at: Timestamp) {
        let mut state = self.device.state();
        for alarm in &mut state.alarms {
            if (alarm.serial, alarm.code) == (serial, code) {
                alarm.ended.get_or_insert(at);
            }
        }
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

    /// What was asked since the start, in order: whole requests only, readable or not.
    pub fn requests(&self) -> Vec<Command> {
        self.device.state().requests.clone()
    }

    /// The same, and forgets them.
    pub fn take_requests(&self) -> Vec<Command> {
        std::mem::take(&mut self.device.state().requests)
    }

    /// Connections accepted so far.
    pub fn connections_accepted(&self) -> usize {
        self.device.state().clients.accepted()
    }

    /// Connections open now.
    pub fn open_connections(&self) -> usize {
        self.device.state().clients.open()
    }
}
