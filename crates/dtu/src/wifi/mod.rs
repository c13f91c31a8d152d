//! The driver for DTUs that speak the Wi-Fi protocol: DTU-WLite(-S), DTU-Lite-S, those inside
//! HMS-…W, HMS-…DW and HMT, and the gateway of hybrid inverters.
//!
//! A poll opens a connection, reads all pages of the newest reading and closes it: DTUs serve one
//! client, and while someone is connected some do not upload to the cloud. What else it may ask for:
//!
//! * **Information** (never encrypted): at the first poll, every six hours, and after any failure,
//!   because a DTU makes a new key when it restarts. A poll that fails with what was known before is
//!   tried once more with what the DTU says now.
//! * **Alarms**, when an inverter's count of them has changed ([`alarms`]).
//! * **The power curve**, after a time in which nobody read the DTU ([`backfill`]).
//!
//! The DTU's own time of a reading is its sample time. A DTU takes in new values every half minute or
//! so; when it shows the same time again, there is nothing to store.

pub mod about;
mod alarms;
mod backfill;
mod dusk;
mod hybrid;
mod pace;
mod session;
pub mod snapshot;

use std::time::Duration;

use ::wifi::message::{Information, Readings, dtu_version, text};
use ::wifi::{Key, Seed};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use plant::curve::Gap;
use plant::event::Event;
use plant::live::FUTURE_TOLERANCE;
use plant::model::{DtuKind, DtuModel};
use plant::reading::sample_time;
use plant::{PlantPower, Serial, Snapshot};
use serde::{Deserialize, Serialize};

use self::alarms::AlarmList;
use self::dusk::Dusk;
use self::pace::Pace;
use self::session::Session;
use crate::driver::{Cause, Driver, DriverError, Poll};

/// Values of a DTU are renewed about every 30 s, and asking sooner starts the half minute anew
/// (`protocol/wifi.md` 5.1).
pub const LEAST_PERIOD: Duration = Duration::from_secs(35);
/// How often the information is read without need: firmware is updated without notice.
const INFORMATION_EVERY: SignedDuration = SignedDuration::from_hours(6);
/// The app waits as long between two pages; a DTU that answers in time gets no pause.
const GAP_WHEN_SLOW: Duration = Duration::from_secs(1);
/// Polls of information without data after which it is said that there will be none.
const ATTEMPTS_WITHOUT_DATA: u32 = 3;
/// Times before this are those of a DTU that does not know the time: 2020-01-01.
const FIRST_CREDIBLE_S: i64 = 1_577_836_800;
/// For how many periods, and how long at least, a DTU may repeat itself.
const REPEATS: u32 = 5;
const LEAST_REPEATING: SignedDuration = SignedDuration::from_mins(15);
/// So many periods, and so long at least, without a reading are a gap that the DTU's memory may fill.
const GAP_PERIODS: u32 = 3;
const LEAST_GAP: SignedDuration = SignedDuration::from_mins(10);

/// Where a DTU is and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WifiEndpoint {
    /// The name in the configuration.
    pub name: String,
    /// Host name or IP address.
    pub host: String,
    /// TCP port, 10081 on every DTU.
    pub port: u16,
    /// How long to wait for a connection and for each answer.
    pub timeout: Duration,
    /// From the start of one poll to the start of the next.
    pub period: Duration,
    /// How long to keep away around the upload to the cloud every five minutes; zero for not.
    pub upload_pause: Duration,
}

impl WifiEndpoint {
    /// A DTU that is looked at once.
    pub fn once(host: &str, port: u16, timeout: Duration) -> Self {
        Self {
            name: host.to_owned(),
            host: host.to_owned(),
            port,
            timeout,
            period: Duration::ZERO,
            upload_pause: Duration::ZERO,
        }
    }
}

/// How the DTU shows its readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Layout {
    Standard,
    Hybrid,
}

/// What a driver keeps over a restart. No key: that would be a secret in the database, and a wrong one
/// after the DTU's next restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    dtu_serial: Option<Serial>,
    layout: Option<Layout>,
    dusk: Dusk,
}

/// What the DTU has said about itself.
#[derive(Debug, Clone)]
struct Known {
    read_at: Timestamp,
    key: Option<Key>,
    firmware: Option<String>,
}

/// What of a reading is new.
#[derive(Debug, Default)]
struct News {
    snapshot: Option<Snapshot>,
    events: Vec<Event>,
    backfill: Option<PlantPower>,
    firmware: Option<String>,
    requests: u32,
}

/// Reads one DTU over the Wi-Fi protocol.
#[derive(Debug)]
pub struct WifiDriver {
    endpoint: WifiEndpoint,
    memory: Memory,
    known: Option<Known>,
    sequence: u16,
    pace: Pace,
    alarms: AlarmList,
    /// The DTU's time of the newest reading, and whether it showed an inverter awake.
    newest: Option<(i32, bool)>,
    /// Of the newest snapshot, here or stored by an earlier run.
    last_reading: Option<Timestamp>,
    /// Whether its data was ever read in this run; else how often only its information was.
    without_data: Option<u32>,
}

impl WifiDriver {
    /// A driver that knows what an earlier one has learned. `last_reading` is the newest one stored.
    pub fn new(
        endpoint: WifiEndpoint,
        memory: Option<serde_json::Value>,
        last_reading: Option<Timestamp>,
    ) -> Self {
        // What cannot be read any more is learned anew.
        let memory = memory.and_then(|value| serde_json::from_value(value).ok());
        Self {
            endpoint,
            memory: memory.unwrap_or_default(),
            known: None,
            // Nonces are made of it, and the key lasts: see `wifi::crypt`.
            sequence: rand::random(),
            pace: Pace::default(),
            alarms: AlarmList::default(),
            newest: None,
            last_reading,
            without_data: Some(0),
        }
    }

    async fn open(&self, at: Timestamp) -> Result<Session, Cause> {
        let gap = if self.pace.is_slow() { GAP_WHEN_SLOW } else { Duration::ZERO };
        Session::open(&self.endpoint, self.sequence, gap, at).await
    }

    /// One connection, whatever comes of it.
    async fn attempt(&mut self, at: Timestamp) -> Result<News, Cause> {
        let mut session = self.open(at).await?;
        let outcome = match self.memory.layout {
            Some(Layout::Hybrid) => self.read_hybrid(&mut session).await,
            Some(Layout::Standard) | None => self.read(&mut session, at).await,
        };
        self.sequence = session.sequence();
        let requests = session.requests();
        outcome.map(|news| News { requests, ..news })
    }

    /// The same, and when nothing is known of the DTU and it does not tell, as a hybrid gateway.
    async fn attempt_any(&mut self, at: Timestamp) -> Result<News, Cause> {
        let outcome = self.attempt(at).await;
        let may_be_hybrid = self.memory.layout.is_none()
            && (self.known.is_none() || self.kind() == Some(DtuKind::Hybrid))
            && outcome.as_ref().is_err_and(is_trouble);
        if !may_be_hybrid {
            return outcome;
        }
        let mut session = self.open(at).await?;
        let hybrid = self.read_hybrid(&mut session).await;
        self.sequence = session.sequence();
        hybrid.or(outcome)
    }

    async fn read(&mut self, session: &mut Session, at: Timestamp) -> Result<News, Cause> {
        let known = match self.known.take() {
            Some(known) if at.duration_since(known.read_at) < INFORMATION_EVERY => known,
            _ => self.learn(&session.information().await?, at)?,
        };
        session.encrypt(known.key.clone());
        let firmware = known.firmware.clone();
        let encrypted = known.key.is_some();
        self.known = Some(known);
        let readings = session.readings().await.map_err(|cause| self.no_data(cause))?;
        if encrypted && readings == Readings::default() {
            // What some answer to a wrong key (`protocol/wifi.md` 2).
            return Err(Cause::WrongKey);
        }
        self.without_data = None;
        self.memory.layout = Some(Layout::Standard);
        let before = self.last_reading;
        let slept = self.memory.dusk.is_asleep();
        let Some(snapshot) = self.fresh(&readings, at)? else {
            return Ok(News { firmware, ..News::default() });
        };
        let events = self.news_of_alarms(session, &snapshot).await;
        let gap = before.map(|from| Gap { from, to: snapshot.taken_at }).filter(|_| !slept);
        let backfill = match gap.filter(|gap| self.is_worth_filling(gap)) {
            Some(gap) => self.fill(session, gap, at).await,
            None => None,
        };
        Ok(News { snapshot: Some(snapshot), events, backfill, firmware, requests: 0 })
    }

    /// Notes who the DTU is and how it is spoken to.
    fn learn(&mut self, information: &Information, at: Timestamp) -> Result<Known, Cause> {
        let serial = information.dtu_serial.as_deref().and_then(dtu_serial);
        if let (Some(serial), Some(known)) = (serial, self.memory.dtu_serial)
            && serial != known
        {
            tracing::warn!(dtu = self.endpoint.name, %serial, "another DTU answers at this address");
            self.memory = Memory::default();
            self.newest = None;
            self.alarms = AlarmList::default();
        }
        self.memory.dtu_serial = serial.or(self.memory.dtu_serial);
        let dtu = information.dtu.as_ref();
        let key = match dtu.filter(|dtu| dtu.encrypts()) {
            Some(dtu) => {
                let seed = dtu.key_seed.as_deref().and_then(Seed::from_slice);
                Some(Key::new(seed.ok_or(Cause::NoKey)?))
            }
            None => None,
        };
        let firmware = dtu.and_then(|dtu| dtu.firmware).map(|n| format!("V{}", dtu_version(n)));
        Ok(Known { read_at: at, key, firmware })
    }

    /// What it means that information came and data did not.
    fn no_data(&mut self, cause: Cause) -> Cause {
        let Some(attempts) = self.without_data.filter(|_| is_trouble(&cause)) else {
            return cause;
        };
        self.without_data = Some(attempts + 1);
        match self.kind() {
            Some(DtuKind::Bluetooth) => Cause::BluetoothOnly,
            _ if attempts + 1 >= ATTEMPTS_WITHOUT_DATA => Cause::InformationOnly,
            _ => cause,
        }
    }

    /// The snapshot in a reading, none when it was there before or has no time.
    fn fresh(&mut self, readings: &Readings, at: Timestamp) -> Result<Option<Snapshot>, Cause> {
        let time = readings.time.unwrap_or(0);
        let newest = self.newest;
        if newest.is_some_and(|(known, _)| known == time) {
            return match newest {
                Some((_, true)) => self.may_repeat(at).map(|()| None),
                _ => Ok(None),
            };
        }
        let Some(own) = credible(time, at) else {
            tracing::info!(dtu = self.endpoint.name, time, "the DTU does not know the time yet");
            return Ok(None);
        };
        let name = &self.endpoint.name;
        let snapshot = snapshot::of(name, self.memory.dtu_serial, own, readings);
        if snapshot.is_empty() {
            return Err(Cause::NoInverters);
        }
        let awake = snapshot.inverters.iter().any(|inverter| inverter.link_status != Some(0));
        self.newest = Some((time, awake));
        self.last_reading = self.last_reading.max(Some(own));
        self.memory.dusk.saw(own, snapshot.pv_power_w(), snapshot.ports.len());
        Ok(Some(snapshot))
    }

    /// A reading may come twice, not for ever.
    fn may_repeat(&self, at: Timestamp) -> Result<(), Cause> {
        let Some(since) = self.last_reading else { return Ok(()) };
        if at.duration_since(since) > LEAST_REPEATING.max(periods(self.endpoint.period, REPEATS)) {
            return Err(Cause::Frozen { since });
        }
        Ok(())
    }

    /// News of the alarm list; a list that cannot be had costs no reading.
    async fn news_of_alarms(&mut self, session: &mut Session, snapshot: &Snapshot) -> Vec<Event> {
        if !self.alarms.is_wanted(snapshot) {
            return Vec::new();
        }
        match session.alarms().await {
            Ok(list) => self.alarms.take(snapshot, &list.alarms),
            Err(cause) => {
                tracing::debug!(dtu = self.endpoint.name, ?cause, "no list of alarms");
                self.alarms.failed(snapshot.taken_at);
                Vec::new()
            }
        }
    }

    fn is_worth_filling(&self, gap: &Gap) -> bool {
        gap.duration() > LEAST_GAP.max(periods(self.endpoint.period, GAP_PERIODS))
    }

    async fn fill(&self, session: &mut Session, gap: Gap, at: Timestamp) -> Option<PlantPower> {
        match backfill::of(session, gap).await {
            Ok(points) => Some(points).filter(|points| !points.is_empty()).map(|points| {
                let dtu_name = self.endpoint.name.clone();
                PlantPower { dtu_name, read_at: sample_time(at), points }
            }),
            Err(cause) => {
                tracing::debug!(dtu = self.endpoint.name, ?cause, "no power curve");
                None
            }
        }
    }

    async fn read_hybrid(&mut self, session: &mut Session) -> Result<News, Cause> {
        let found = hybrid::read(session).await?;
        self.memory.layout = Some(Layout::Hybrid);
        self.memory.dtu_serial = snapshot::serial(Some(found.gateway)).or(self.memory.dtu_serial);
        let newest = found.storage.iter().map(|reading| reading.sampled_at).max();
        let requests = session.requests();
        let firmware = found.firmware.map(|version| format!("V{version}"));
        let news = News { firmware, requests, ..News::default() };
        let Some(taken_at) = newest.filter(|&newest| Some(newest) > self.last_reading) else {
            return Ok(news);
        };
        self.last_reading = Some(taken_at);
        let (name, serial) = (self.endpoint.name.clone(), self.memory.dtu_serial);
        let snapshot =
            Snapshot { storage: found.storage, ..Snapshot::blank(name, serial, taken_at) };
        Ok(News { snapshot: Some(snapshot), ..news })
    }

    fn model(&self) -> Option<DtuModel> {
        self.memory.dtu_serial.and_then(DtuModel::of)
    }

    fn kind(&self) -> Option<DtuKind> {
        self.model().map(|model| model.kind)
    }

    fn error(&self, cause: Cause) -> DriverError {
        DriverError { address: self.address(), cause }
    }

    fn dialect_in_words(&self) -> String {
        match (self.memory.layout, self.known.as_ref().map(|known| known.key.is_some())) {
            (Some(Layout::Hybrid), _) => "extended frames of hybrid inverters".to_owned(),
            (_, Some(true)) => "protobuf, encrypted".to_owned(),
            _ => "protobuf, plain".to_owned(),
        }
    }
}

fn periods(period: Duration, count: u32) -> SignedDuration {
    SignedDuration::try_from(period * count).unwrap_or(SignedDuration::MAX)
}

/// The serial in the text that a DTU sends, which may have more behind its digits.
fn dtu_serial(bytes: &[u8]) -> Option<Serial> {
    text(bytes).get(..12)?.parse().ok()
}

/// The sample time of a reading; none for that of a DTU without a clock. One whose clock is ahead
/// takes the time from our requests: until then ours is the better one.
fn credible(time: i32, at: Timestamp) -> Option<Timestamp> {
    let own = Timestamp::from_second(time.into()).ok()?;
    if own.as_second() < FIRST_CREDIBLE_S {
        return None;
    }
    Some(if own.duration_since(at) > FUTURE_TOLERANCE { sample_time(at) } else { own })
}

/// Whether a failure is one that another key, or a slower pace, may help.
fn is_trouble(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::Silent { .. }
            | Cause::TakenOver
            | Cause::WrongKey
            | Cause::MissingPage { .. }
            | Cause::Nonsense(_)
            | Cause::Network(_)
    )
}

#[async_trait]
impl Driver for WifiDriver {
    fn protocol(&self) -> &'static str {
        "wifi"
    }

    fn address(&self) -> String {
        format!("{}:{}", self.endpoint.host, self.endpoint.port)
    }

    async fn identify(&mut self, at: Timestamp) -> Result<Option<Serial>, DriverError> {
        let mut session = self.open(at).await.map_err(|cause| self.error(cause))?;
        let serial = match self.memory.layout {
            Some(Layout::Hybrid) => {
                hybrid::gateway(&mut session).await.map(|gateway| snapshot::serial(gateway.serial))
            }
            Some(Layout::Standard) | None => session
                .information()
                .await
                .map(|information| information.dtu_serial.as_deref().and_then(dtu_serial)),
        };
        self.sequence = session.sequence();
        serial.map_err(|cause| self.error(cause))
    }

    async fn poll(&mut self, at: Timestamp) -> Result<Poll, DriverError> {
        let knew = self.known.is_some();
        let mut outcome = self.attempt_any(at).await;
        if outcome.as_ref().is_err_and(is_trouble) {
            self.known = None;
            if knew {
                // The DTU may have restarted and made another key.
                outcome = self.attempt(at).await;
            }
        }
        match &outcome {
            Ok(_) => self.pace.went_well(at),
            Err(cause) => {
                self.known = None;
                if is_trouble(cause) {
                    self.pace.struggled(at);
                }
            }
        }
        let news = outcome.map_err(|cause| self.error(cause))?;
        Ok(Poll {
            snapshot: news.snapshot,
            dtu_serial: self.memory.dtu_serial,
            model: self.model().map(|model| model.name.to_owned()),
            firmware: news.firmware,
            events: news.events,
            backfill: news.backfill,
            requests: news.requests,
            repaired: 0,
            dialect: self.dialect_in_words(),
        })
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::to_value(&self.memory).expect("a memory is plain data")
    }

    fn rest(&self, at: Timestamp) -> Duration {
        self.pace.rest(at, self.endpoint.period, self.endpoint.upload_pause)
    }

    fn least_period(&self) -> Duration {
        LEAST_PERIOD
    }

    fn asleep_since(&mut self, at: Timestamp, error: &DriverError) -> Option<Timestamp> {
        let is_off = matches!(error.cause, Cause::Off | Cause::UnknownHost);
        let is_built_in = self.kind() == Some(DtuKind::BuiltIn);
        if is_off && is_built_in { self.memory.dusk.asleep_since(at) } else { None }
    }
}
