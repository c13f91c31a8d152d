//! The plant at one instant: what every latest-value answer is made from.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use plant::live::{DtuState, Latest, LiveInverter, LivePlant};
use plant::{MeterReading, Serial, StorageReading};

use crate::Api;
use crate::problem::Problem;

/// The live plant, and the instant at which the request looks at it.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The newest state of everything.
    pub plant: Arc<LivePlant>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Moment {
    /// Now.
    pub fn of(api: &Api) -> Self {
        Self { plant: Arc::clone(&api.live.borrow()), now: api.clock.now() }
    }

    /// The beginning of its second. An age is a second more or less then, as ages are shown.
    pub(crate) fn at_its_second(self) -> Self {
        let second = Timestamp::from_second(self.now.as_second());
        Self { now: second.unwrap_or(self.now), ..self }
    }

    /// The known inverters, ascending by serial.
    ///
    /// # Errors
    /// [`Problem::NotReadYet`] while it is not known which inverters there are.
    pub fn inverters(&self) -> Result<impl Iterator<Item = (Serial, &LiveInverter)>, Problem> {
        if self.nothing_read_yet() {
            return Err(Problem::NotReadYet);
        }
        Ok(self.plant.inverters.iter().map(|(&serial, inverter)| (serial, inverter)))
    }

    /// The inverter that a path names.
    ///
    /// # Errors
    /// [`Problem::UnknownInverter`], or [`Problem::NotReadYet`] while nobody can say.
    pub fn inverter(&self, named: &str) -> Result<(Serial, &LiveInverter), Problem> {
        named
            .parse()
            .ok()
            .and_then(|serial| Some((serial, self.plant.inverters.get(&serial)?)))
            .ok_or_else(|| self.unknown_inverter(named))
    }

    /// Why an inverter is not found: it does not exist, or nothing was read yet.
    pub fn unknown_inverter(&self, named: &str) -> Problem {
        if self.nothing_read_yet() { Problem::NotReadYet } else { Problem::unknown_inverter(named) }
    }

    /// The known energy meters, ascending by serial.
    ///
    /// # Errors
    /// [`Problem::NotReadYet`] while it is not known which there are.
    pub fn meters(&self) -> Result<impl Iterator<Item = &Latest<MeterReading>>, Problem> {
        if self.plant.meters.is_empty() && self.nothing_answered_yet() {
            return Err(Problem::NotReadYet);
        }
        Ok(self.plant.meters.values())
    }

    /// The known hybrid inverters, ascending by serial number.
    ///
    /// # Errors
    /// [`Problem::NotReadYet`] while it is not known which there are.
    pub fn hybrids(&self) -> Result<impl Iterator<Item = &Latest<StorageReading>>, Problem> {
        if self.plant.hybrids.is_empty() && self.nothing_answered_yet() {
            return Err(Problem::NotReadYet);
        }
        Ok(self.plant.hybrids.values())
    }

    /// Why a meter is not found: it does not exist, or nothing was read yet.
    pub fn unknown_meter(&self, named: &str) -> Problem {
        if self.meters().is_err() { Problem::NotReadYet } else { Problem::unknown_meter(named) }
    }

    /// Why a hybrid inverter is not found: it does not exist, or nothing was read yet.
    pub fn unknown_storage(&self, named: &str) -> Problem {
        if self.hybrids().is_err() { Problem::NotReadYet } else { Problem::unknown_storage(named) }
    }

    /// Neither the store nor a DTU has told anything since the start.
    fn nothing_answered_yet(&self) -> bool {
        !self.plant.past_known && self.plant.dtus.values().all(|dtu| dtu.last_success.is_none())
    }

    /// An empty plant is the truth only if the store or a DTU says so. Newcomers that a DTU shows
    /// but that are not confirmed say the opposite.
    fn nothing_read_yet(&self) -> bool {
        let shows_no_inverter =
            |dtu: &DtuState| dtu.last_success.is_some() && dtu.unconfirmed.is_empty();
        self.plant.inverters.is_empty()
            && !self.plant.past_known
            && !self.plant.dtus.values().any(shows_no_inverter)
    }

    /// Seconds since an instant; an instant ahead of our clock is now.
    pub fn seconds_since(&self, at: Timestamp) -> u64 {
        u64::try_from(self.now.duration_since(at).as_secs()).unwrap_or(0)
    }

    /// Whether an inverter delivers nothing, whatever was last read of it: it sleeps, or it is out of
    /// service and nothing comes any more.
    pub(crate) fn delivers_nothing(&self, serial: Serial, inverter: &LiveInverter) -> bool {
        let gone = || self.plant.is_retired(serial) && self.is_stale(inverter, inverter.last_seen);
        inverter.is_asleep() || gone()
    }

    /// Whether a reading of this inverter is too old to be what it does now.
    pub fn is_stale(&self, inverter: &LiveInverter, read_at: Timestamp) -> bool {
        self.plant.is_stale(inverter, read_at, self.now)
    }

    /// Whether a reading of this DTU is too old to be what its device does now.
    pub fn is_stale_of(&self, dtu_name: &str, read_at: Timestamp) -> bool {
        self.plant.is_stale_of(dtu_name, read_at, self.now)
    }
}

impl FromRequestParts<Arc<Api>> for Moment {
    type Rejection = Infallible;

    /// The one that a layer has looked at, or now.
    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| Self::of(api)))
    }
}
