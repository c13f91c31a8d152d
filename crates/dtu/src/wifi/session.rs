//! One connection of one poll: requests one after the other, with words for failures.

use std::io;
use std::time::Duration;

use ::wifi::message::{
    Alarms, AlarmsRequest, CommandAnswer, CommandRequest, Information, InformationRequest,
    PowerHistory, PowerHistoryRequest, Readings, ReadingsRequest,
};
use ::wifi::{Client, ClientError, Command, Key};
use jiff::Timestamp;

use super::WifiEndpoint;
use crate::driver::Cause;

/// More pages than this are no reading (one source).
const MOST_PAGES: i32 = 16;
/// Pages of one reading are this close together, s. A DTU may take in new values between two pages.
const SAME_READING_S: i32 = 60;
/// s. What every program sends; DTUs do not care (`protocol/wifi.md` 1.5).
const UTC_OFFSET: i32 = 28_800;
/// The action that has a DTU collect its alarms.
const COLLECT_ALARMS: i32 = 50;

pub(super) struct Session {
    client: Client,
    patience: Duration,
    /// Between two requests.
    gap: Duration,
    now: i32,
}

impl Session {
    pub(super) async fn open(
        endpoint: &WifiEndpoint,
        sequence: u16,
        gap: Duration,
        at: Timestamp,
    ) -> Result<Self, Cause> {
        let patience = endpoint.timeout;
        let client = Client::connect(&endpoint.host, endpoint.port, patience, sequence)
            .await
            .map_err(|error| in_words(error, patience))?;
        let now = i32::try_from(at.as_second()).unwrap_or(i32::MAX);
        Ok(Self { client, patience, gap, now })
    }

    /// Encrypts from now on, or does not.
    pub(super) fn encrypt(&mut self, key: Option<Key>) {
        self.client.encrypt(key);
    }

    /// Who the DTU is. Never encrypted.
    pub(super) async fn information(&mut self) -> Result<Information, Cause> {
        let request = InformationRequest {
            utc_offset: Some(UTC_OFFSET),
            time: u32::try_from(self.now).ok(),
            ..InformationRequest::default()
        };
        self.ask(Command::INFORMATION, &request).await
    }

    /// All pages of the newest reading, as one.
    pub(super) async fn readings(&mut self) -> Result<Readings, Cause> {
        let mut whole = self.page(0).await?;
        let pages = whole.page_count.unwrap_or(0).max(1);
        if pages > MOST_PAGES {
            return Err(Cause::Nonsense(format!("it announces a reading of {pages} pages")));
        }
        for number in 1..pages {
            let missing =
                Cause::MissingPage { page: number.unsigned_abs() + 1, of: pages.unsigned_abs() };
            let page = self.page(number).await.map_err(|cause| match cause {
                // Anything else says more than that a page is missing.
                Cause::Silent { .. } | Cause::Nonsense(_) => missing.clone(),
                other => other,
            })?;
            let apart = page.time.unwrap_or(0).abs_diff(whole.time.unwrap_or(0));
            if page.page.unwrap_or(0) != number || apart > SAME_READING_S.unsigned_abs() {
                return Err(missing);
            }
            merge(&mut whole, page);
        }
        Ok(whole)
    }

    async fn page(&mut self, page: i32) -> Result<Readings, Cause> {
        let request = ReadingsRequest {
            page: Some(page).filter(|&page| page > 0),
            utc_offset: Some(UTC_OFFSET),
            time: Some(self.now),
            ..ReadingsRequest::default()
        };
        self.ask(Command::READINGS, &request).await
    }

    /// The DTU's own list of alarms, every page of it.
    pub(super) async fn alarms(&mut self) -> Result<Alarms, Cause> {
        let collect = CommandRequest {
            action: Some(COLLECT_ALARMS),
            page_count: Some(1),
            time: Some(self.now),
            transaction: Some(self.now.into()),
            ..CommandRequest::default()
        };
        let accepted: CommandAnswer = self.ask(Command::COMMAND, &collect).await?;
        if accepted.error_code.unwrap_or(0) != 0 {
            return Err(Cause::Nonsense("it does not collect its alarms".to_owned()));
        }
        let mut whole = Alarms::default();
        for page in 0..MOST_PAGES {
            let request = AlarmsRequest {
                page: Some(page).filter(|&page| page > 0),
                utc_offset: Some(UTC_OFFSET),
                time: Some(self.now),
                ..AlarmsRequest::default()
            };
            let answer: Alarms = self.ask(Command::ALARMS, &request).await?;
            whole.alarms.extend(answer.alarms);
            if page + 1 >= answer.page_count.unwrap_or(0) {
                break;
            }
        }
        Ok(whole)
    }

    /// The power curve of a day, its pages each with its own first time.
    pub(super) async fn power_history(
        &mut self,
        days_ago: u32,
    ) -> Result<Vec<PowerHistory>, Cause> {
        let mut pages: Vec<PowerHistory> = Vec::new();
        for page in 0..MOST_PAGES {
            let request = PowerHistoryRequest {
                page: Some(page).filter(|&page| page > 0),
                utc_offset: Some(UTC_OFFSET),
                time: u32::try_from(self.now).ok(),
                days_ago: Some(days_ago).filter(|&days| days > 0),
            };
            let answer: PowerHistory = self.ask(Command::POWER_HISTORY, &request).await?;
            let count = answer.page_count.unwrap_or(0);
            pages.push(answer);
            if page + 1 >= count {
                break;
            }
        }
        Ok(pages)
    }

    /// Any other request.
    pub(super) async fn ask<A: prost::Message + Default + ::wifi::tolerant::Shape>(
        &mut self,
        command: Command,
        request: &impl prost::Message,
    ) -> Result<A, Cause> {
        self.pause().await;
        self.client.ask(command, request).await.map_err(|error| in_words(error, self.patience))
    }

    /// Any other request in an extended frame.
    pub(super) async fn ask_through<A: prost::Message + Default + ::wifi::tolerant::Shape>(
        &mut self,
        route: ::wifi::Route,
        command: Command,
        request: &impl prost::Message,
    ) -> Result<A, Cause> {
        self.pause().await;
        let answer = self.client.ask_through(route, command, request).await;
        answer.map_err(|error| in_words(error, self.patience))
    }

    async fn pause(&self) {
        if self.client.requests() > 0 && !self.gap.is_zero() {
            tokio::time::sleep(self.gap).await;
        }
    }

    /// Unix seconds of the poll.
    pub(super) const fn now(&self) -> i32 {
        self.now
    }

    pub(super) const fn utc_offset() -> i32 {
        UTC_OFFSET
    }

    pub(super) const fn sequence(&self) -> u16 {
        self.client.sequence()
    }

    pub(super) const fn requests(&self) -> u32 {
        self.client.requests()
    }
}

/// Adds a page to those before it. Sums and meters come with the first one.
pub(super) fn merge(whole: &mut Readings, page: Readings) {
    whole.meters.extend(page.meters);
    whole.repeaters.extend(page.repeaters);
    whole.rapid_shutdowns.extend(page.rapid_shutdowns);
    whole.single_phase.extend(page.single_phase);
    whole.three_phase.extend(page.three_phase);
    whole.ports.extend(page.ports);
    whole.dtu_serial = whole.dtu_serial.take().or(page.dtu_serial);
    whole.time = whole.time.or(page.time);
    whole.power = whole.power.or(page.power);
    whole.energy_today = whole.energy_today.or(page.energy_today);
}

fn in_words(error: ClientError, patience: Duration) -> Cause {
    match error {
        ClientError::ConnectTimeout(_) => Cause::Off,
        ClientError::Connect(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Cause::WifiOff,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut => Cause::Off,
            // What the resolver returns has no kind of its own, and no number of the system's.
            _ if error.raw_os_error().is_none() => Cause::UnknownHost,
            _ => Cause::Network(error.to_string()),
        },
        ClientError::Timeout(_) => Cause::Silent { seconds: patience.as_secs().max(1) },
        ClientError::Closed => Cause::TakenOver,
        ClientError::Io(error) => Cause::Network(error.to_string()),
        ClientError::NotOurs(_) => Cause::WrongKey,
        ClientError::Frame(error) => Cause::Nonsense(error.to_string()),
        ClientError::Message(error) => Cause::Nonsense(error.to_string()),
        error @ ClientError::Strangers => Cause::Nonsense(format!("{error}, another program's")),
    }
}
