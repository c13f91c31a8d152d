//! What stands behind the socket of a Wi-Fi DTU.
//!
//! ```text
//! request ─► latency ─► fault? ─► message at the last sample ─► sealed? ─► fault? ─► bytes
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::plant::Serial;
use ::wifi::frame::HEADER_LEN;
use ::wifi::message::ReadingsRequest;
use ::wifi::server::{Reply, Request, Service, converse};
use ::wifi::{Command, Key, Seed};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::readings::View;
use super::{WifiFault, WifiOptions, answers, readings};
use crate::device::Clock;
use crate::plant::SimPlant;
use crate::wire::{Endpoint, at_start_of};

/// What stands behind the socket.
pub(super) struct WifiDevice {
    pub(super) plant: SimPlant,
    pub(super) options: WifiOptions,
    clock: Clock,
    /// Held for a few assignments, never across an await: handlers and the test's hand share it.
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) latency: Duration,
    pub(super) seed: Option<[u8; 16]>,
    pub(super) script: VecDeque<Option<WifiFault>>,
    pub(super) standing: Option<WifiFault>,
    pub(super) stale_since: Option<Timestamp>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) requests: Vec<Command>,
    pub(super) clients: Clients,
}

/// One entry of the alarm list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alarm {
    pub(super) serial: Serial,
    pub(super) code: u16,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
}

impl State {
    /// The fault that meets a request now.
    fn next_fault(&mut self, command: Command, sampled_at: Timestamp) -> Option<WifiFault> {
        let is_of_readings = command == Command::READINGS;
        let waits = |fault: &WifiFault| fault.is_of_readings() && !is_of_readings;
        let fault = match self.script.front() {
            Some(Some(fault)) if waits(fault) => None,
            Some(_) => self.script.pop_front().flatten(),
            None => self.standing.clone().filter(|fault| !waits(fault)),
        };
        if fault == Some(WifiFault::Stale) {
            self.stale_since.get_or_insert(sampled_at);
        } else if is_of_readings {
            self.stale_since = None;
        }
        fault
    }
}

impl WifiDevice {
    pub(super) fn new(plant: SimPlant, options: WifiOptions, clock: Clock) -> Self {
        let state = State {
            latency: options.latency,
            seed: options.seed,
            script: VecDeque::new(),
            standing: None,
            stale_since: None,
            alarms: Vec::new(),
            requests: Vec::new(),
            clients: Clients::default(),
        };
        Self { plant, options, clock, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the values were sampled that are shown now.
    pub(super) fn sampled_at(&self) -> Timestamp {
        at_start_of((self.clock)(), self.options.refresh)
    }

    /// Whether the light is enough for it, if it lives on it.
    fn is_awake(&self) -> bool {
        !self.options.sleeps || self.plant.sum(self.sampled_at()).power_w > 0.0
    }

    /// The honest answer as bytes; `None` for what such a DTU does not know.
    fn answer(
        &self,
        request: &Request,
        key: Option<&Key>,
        view: View,
        fault: Option<&WifiFault>,
    ) -> Option<Vec<u8>> {
        let now = (self.clock)();
        let (seed, alarms) = {
            let state = self.state();
            (state.seed, state.alarms.clone())
        };
        let (plant, options) = (&self.plant, &self.options);
        Some(match request.command {
            Command::INFORMATION => {
                let mut told = answers::information(plant, options, seed, now);
                if let (Some(dtu), Some(WifiFault::NoKey)) = (&mut told.dtu, fault) {
                    dtu.key_seed = None;
                }
                request.answer(&told, key)
            }
            Command::READINGS => {
                let asked: ReadingsRequest = request.message().unwrap_or_default();
                let pages = readings::pages(plant, options.serial, view, options.ports_per_page);
                let page = usize::try_from(asked.page()).ok().and_then(|page| pages.get(page))?;
                request.answer(page, key)
            }
            Command::COMMAND => request.answer(&answers::command(request, options, now), key),
            Command::ALARMS => {
                request.answer(&answers::alarms(request, options, &alarms, now), key)
            }
            Command::CONFIGURATION => answers::configuration(request, options, key),
            Command::NETWORK => request.answer(&answers::network(options, now), key),
            Command::POWER_HISTORY => {
                request.answer(&answers::power_history(plant, request, now), key)
            }
            Command::ENERGY_HISTORY => request.answer(&answers::energy_history(plant, now), key),
            _ => return None,
        })
    }
}

impl Service for WifiDevice {
    fn key(&self) -> Option<Key> {
        self.state().seed.map(|seed| Key::new(Seed::from(seed)))
    }

    async fn reply(&self, request: Request) -> Reply {
        let latency = {
            let mut state = self.state();
            state.requests.push(request.command);
            state.latency
        };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let sampled_at = self.sampled_at();
        let (fault, sampled_at) = {
            let mut state = self.state();
            let fault = state.next_fault(request.command, sampled_at);
            (fault, state.stale_since.unwrap_or(sampled_at))
        };
        if request.payload.is_err() {
            // What was sealed with a key of the past is answered with nothing that makes sense.
            return Reply::Last(vec![0; HEADER_LEN]);
        }
        let view = View {
            stamped: (fault != Some(WifiFault::NoTime)).then_some(sampled_at),
            sampled_at,
            linked: fault != Some(WifiFault::LinkLost),
            meter: self.options.meter,
        };
        let honest = |key: Option<&Key>| self.answer(&request, key, view, fault.as_ref());
        spoil(&request, honest, self.key(), fault.as_ref())
    }
}

/// The reply to a request, as the fault leaves it.
fn spoil(
    request: &Request,
    honest: impl Fn(Option<&Key>) -> Option<Vec<u8>>,
    key: Option<Key>,
    fault: Option<&WifiFault>,
) -> Reply {
    let unknown_key = Key::new(Seed::from([0x5a; 16]));
    let key = match fault {
        Some(WifiFault::WrongKey) => key.is_some().then_some(unknown_key),
        _ => key,
    };
    let Some(mut bytes) = honest(key.as_ref()) else { return Reply::Silence };
    match fault {
        Some(WifiFault::BadChecksum) => bytes[CHECKSUM_AT] ^= 0xff,
        Some(WifiFault::WrongSequence) => {
            let before = request.sequence.wrapping_sub(1).to_be_bytes();
            bytes[SEQUENCE_AT..SEQUENCE_AT + 2].copy_from_slice(&before);
        }
        Some(WifiFault::WrongCommand) => {
            let other = Command::HEARTBEAT.answer().0.to_be_bytes();
            bytes[COMMAND_AT..COMMAND_AT + 2].copy_from_slice(&other);
        }
        Some(WifiFault::Silence | WifiFault::NoReadings) => return Reply::Silence,
        Some(WifiFault::MissingPage(page)) => {
            let asked: ReadingsRequest = request.message().unwrap_or_default();
            if usize::try_from(asked.page()) == Ok(*page) {
                return Reply::Silence;
            }
        }
        Some(WifiFault::CloseAtOnce) => return Reply::Last(Vec::new()),
        Some(WifiFault::CloseMidAnswer) => {
            bytes.truncate(bytes.len() / 2);
            return Reply::Last(bytes);
        }
        Some(WifiFault::Pieces(size, pause)) => return Reply::Pieces(bytes, *size, *pause),
        Some(WifiFault::GarbageBytes) => return Reply::Send(GARBAGE.to_vec()),
        Some(WifiFault::ZeroBytes) => return Reply::Send(vec![0; 64]),
        // These change what is shown, or the key.
        Some(
            WifiFault::Stale
            | WifiFault::NoTime
            | WifiFault::LinkLost
            | WifiFault::WrongKey
            | WifiFault::NoKey,
        )
        | None => {}
    }
    Reply::Send(bytes)
}

/// Where fields of the header are, `protocol/wifi.md` 1.2.
const COMMAND_AT: usize = 2;
const SEQUENCE_AT: usize = 4;
const CHECKSUM_AT: usize = 6;

/// The start of an answer to a browser: what another program on the port would say.
const GARBAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

impl Endpoint for WifiDevice {
    type Guest = Guest;

    fn admit(self: &Arc<Self>) -> Option<Guest> {
        if !self.is_awake() {
            return None;
        }
        let mut state = self.state();
        if self.options.single_client {
            state.clients.hang_up_all();
        }
        let (number, hung_up) = state.clients.enter();
        Some(Guest { device: Arc::clone(self), number, hung_up })
    }

    async fn attend(self: Arc<Self>, stream: TcpStream, mut guest: Guest) {
        tokio::select! {
            ended = converse(stream, &*self) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a client is gone");
                }
            }
            _ = &mut guest.hung_up => {}
        }
    }
}

impl fmt::Debug for WifiDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WifiDevice")
            .field("options", &self.options)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Who is connected. Dropping a client's sender hangs it up.
#[derive(Debug, Default)]
pub(super) struct Clients {
    accepted: usize,
    open: BTreeMap<usize, oneshot::Sender<()>>,
}

impl Clients {
    fn enter(&mut self) -> (usize, oneshot::Receiver<()>) {
        let (hand, hung_up) = oneshot::channel();
        self.accepted += 1;
        self.open.insert(self.accepted, hand);
        (self.accepted, hung_up)
    }

    pub(super) fn hang_up_all(&mut self) {
        self.open.clear();
    }

    pub(super) fn accepted(&self) -> usize {
        self.accepted
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }
}

/// A connected client; it leaves when this is dropped, however its connection ends.
pub(super) struct Guest {
    device: Arc<WifiDevice>,
    number: usize,
    hung_up: oneshot::Receiver<()>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.device.state().clients.open.remove(&self.number);
    }
}
