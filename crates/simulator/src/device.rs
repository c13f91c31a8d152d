//! What stands behind the socket of a DTU.
//!
//! ```text
//! request ─► latency ─► fault? ─► table at the clock's instant ─► answer ─► fault? ─► bytes
//! ```
//! The device is a cache like a real one: the clock is rounded down to the refresh period, so
//! readers within one period see the same values. Which fault meets a request is decided when it
//! is answered: the next one of the script, else the standing one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use modbus::Request;
use modbus::server::{ILLEGAL_FUNCTION, Reply, Service, converse};
use tokio::net::TcpStream;

use crate::dtu::DtuOptions;
use crate::fault::{ByteCount, Fault};
use crate::plant::SimPlant;
use crate::table::{self, Past};
use crate::wire::{Endpoint, at_start_of};

pub(crate) type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// What stands behind the socket.
pub(crate) struct Device {
    pub(crate) plant: SimPlant,
    pub(crate) options: DtuOptions,
    clock: Clock,
    /// Held for a few assignments, never across an await: handlers and the test's hand share it.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) latency: Duration,
    pub(crate) script: VecDeque<Option<Fault>>,
    pub(crate) standing: Option<Fault>,
    pub(crate) past: Past,
    pub(crate) requests: Vec<Request>,
    in_flight: usize,
    pub(crate) max_in_flight: usize,
    pub(crate) accepted: usize,
    pub(crate) open: usize,
}

impl State {
    /// The fault that meets a request now.
    fn next_fault(&mut self, request: &Request, now: Timestamp) -> Option<Fault> {
        let waits = |fault: &Fault| fault.is_of_table() && !table::is_of_table(request);
        let fault = match self.script.front() {
            Some(Some(fault)) if waits(fault) => None,
            Some(_) => self.script.pop_front().flatten(),
            None => self.standing.clone().filter(|fault| !waits(fault)),
        };
        match &fault {
            Some(Fault::CounterReset(serial)) => {
                self.past.resets.insert(*serial, now);
            }
            Some(Fault::StaleCounters) => {
                self.past.stale_since.get_or_insert(now);
            }
            // Only the table tells whether counters move again.
            _ if table::is_of_table(request) => self.past.stale_since = None,
            _ => {}
        }
        fault
    }
}

impl Device {
    pub(crate) fn new(plant: SimPlant, options: DtuOptions, clock: Clock) -> Self {
        let state = State { latency: options.latency, ..State::default() };
        Self { plant, options, clock, state: Mutex::new(state) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock, at the start of its refresh period.
    pub(crate) fn now(&self) -> Timestamp {
        at_start_of((self.clock)(), self.options.refresh)
    }
}

impl Endpoint for Device {
    type Guest = Guest;

    fn admit(self: &Arc<Self>) -> Option<Guest> {
        let mut state = self.state();
        if self.options.single_client && state.open > 0 {
            return None;
        }
        state.accepted += 1;
        state.open += 1;
        Some(Guest(Arc::clone(self)))
    }

    async fn attend(self: Arc<Self>, stream: TcpStream, guest: Guest) {
        if let Err(error) = converse(stream, &*self).await {
            tracing::debug!(%error, "a client is gone");
        }
        drop(guest);
    }
}

impl Service for Device {
    async fn reply(&self, request: Request) -> Reply {
        let latency = {
            let mut state = self.state();
            state.requests.push(request);
            state.latency
        };
        let _in_flight = InFlight::enter(self);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let now = self.now();
        let (fault, past) = {
            let mut state = self.state();
            let fault = state.next_fault(&request, now);
            (fault, state.past.clone())
        };
        let refused = self.options.refuse_spanning.is_some_and(|most| request.count > most);
        let data = if refused {
            None
        } else {
            table::read(&request, self.options.dialect, self.options.serial, || {
                table::records(&self.plant, now, &past, fault.as_ref())
            })
        };
        spoil(&request, data, fault.as_ref())
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("options", &self.options)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A connected client; it leaves when this is dropped, however its connection ends.
pub(crate) struct Guest(Arc<Device>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}

/// A request that is being answered, also when its answer is cancelled.
struct InFlight<'a>(&'a Device);

impl<'a> InFlight<'a> {
    fn enter(device: &'a Device) -> Self {
        let mut state = device.state();
        state.in_flight += 1;
        state.max_in_flight = state.max_in_flight.max(state.in_flight);
        Self(device)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

/// The reply to a request for which the registers hold `data`, as the fault leaves it.
fn spoil(request: &Request, data: Option<Vec<u8>>, fault: Option<&Fault>) -> Reply {
    let honest = |data: &Option<Vec<u8>>| match data {
        Some(data) => request.encode_answer(data),
        None => request.encode_exception(ILLEGAL_FUNCTION),
    };
    match fault {
        Some(Fault::WrongByteCount(wrong)) => {
            let mut frame = honest(&data);
            // An exception has its code where an answer has its byte count.
            if let (Some(data), Some(declared)) = (&data, frame.get_mut(8)) {
                *declared = match wrong {
                    ByteCount::AllOnes => 0xff,
                    ByteCount::Zero => 0,
                    ByteCount::Twice => (2 * data.len()) as u8,
                };
            }
            Reply::Send(frame)
        }
        Some(Fault::EmptyData) => Reply::Send(request.encode_answer(&[])),
        Some(Fault::Exception(code)) => Reply::Send(request.encode_exception(*code)),
        Some(Fault::Silence) => Reply::Silence,
        Some(Fault::CloseAtOnce) => Reply::Last(Vec::new()),
        Some(Fault::CloseMidAnswer) => {
            let mut frame = honest(&data);
            frame.truncate(frame.len() / 2);
            Reply::Last(frame)
        }
        Some(Fault::Trickle(pause)) => Reply::Trickle(honest(&data), *pause),
        Some(Fault::WrongTransaction) => {
            let before = Request { transaction: request.transaction.wrapping_sub(1), ..*request };
            Reply::Send(before.encode_answer(data.as_deref().unwrap_or_default()))
        }
        Some(Fault::GarbageBytes) => Reply::Send(GARBAGE.to_vec()),
        Some(Fault::ShortAnswer(registers)) => {
            let short = data.map(|mut data| {
                data.truncate(2 * usize::from(*registers));
                data
            });
            Reply::Send(honest(&short))
        }
        _ => Reply::Send(honest(&data)),
    }
}

/// The start of an answer to a browser: what another program on the port would say.
const GARBAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
