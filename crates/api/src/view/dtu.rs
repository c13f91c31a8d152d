//! The shape of `/api/dtus`.

use jiff::Timestamp;
use plant::Serial;
use plant::live::{DtuState, LiveInverter};
use serde::Serialize;
use utoipa::ToSchema;

use super::health::PortName;
use super::plant::InverterCount;
use super::{milliseconds, tenths};
use crate::Moment;
use crate::verdict::{DtuStatus, left_to, silence};

/// A gateway as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Dtu {
    /// As configured.
    #[schema(example = "roof")]
    pub name: String,
    /// How it is read.
    #[schema(example = "modbus")]
    pub protocol: &'static str,
    /// Host and port.
    #[schema(example = "192.168.1.31:502")]
    pub address: String,
    /// Its own serial number, once read.
    #[schema(value_type = Option<String>, example = "10f800000001")]
    pub serial_number: Option<Serial>,
    /// What it is, where the protocol tells it; Modbus does not.
    #[schema(example = json!(null))]
    pub model: Option<String>,
    /// Its firmware, where the protocol tells it; Modbus does not.
    #[schema(example = json!(null))]
    pub firmware: Option<String>,
    /// How far it has come, in one word.
    #[schema(example = "online")]
    pub phase: Phase,
    /// The same in a sentence, with the cause where something is wrong.
    #[schema(example = "The DTU answers.")]
    pub status_text: String,
    /// End of the last poll that succeeded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub last_success: Option<Timestamp>,
    /// The newest failure, kept after recovery.
    #[schema(inline)]
    pub last_failure: Option<DtuFailure>,
    /// Between the starts of two polls, s.
    #[schema(example = 60)]
    pub poll_interval_seconds: u64,
    /// How long the last successful poll took, s.
    #[schema(example = 1.24)]
    pub response_seconds: Option<f64>,
    /// Requests in the last successful poll.
    #[schema(example = 4)]
    pub requests_per_poll: Option<u32>,
    /// Polls that succeeded since the bridge started.
    #[schema(example = 60)]
    pub query_count: u64,
    /// Polls that failed since the bridge started, all their retries used.
    #[schema(example = 0)]
    pub error_count: u64,
    /// Polls that failed, of all polls: 0 to 1.
    #[schema(example = 0.0)]
    pub error_rate: f64,
    /// Circuit breaker: closed (polls run), open (left in peace for a while) or half-open (trying).
    #[schema(example = "closed")]
    pub breaker: &'static str,
    /// What was learned of its dialect, in words.
    #[schema(example = "byte addressing, 6 records per request")]
    pub dialect: Option<String>,
    /// Answers with a wrong byte count that could be read nevertheless, since the bridge started.
    #[schema(example = 0)]
    pub repaired_answers: u64,
    /// What its panels deliver, DC, in W; null without a reading of the last minutes.
    #[schema(example = 4310.5)]
    pub power_w: Option<f64>,
    /// Energy of its inverters since local midnight in Wh, accounted; null until it is known.
    #[schema(example = 18_204)]
    pub energy_today_wh: Option<u64>,
    /// Energy of its inverters since they began to count in Wh, accounted; null until it is known.
    #[schema(example = 20_060_040)]
    pub energy_lifetime_wh: Option<u64>,
    /// Its inverters.
    pub inverters: InverterCount,
    /// Whether no reading of it is new enough to be what it does now.
    #[schema(example = false)]
    pub stale: bool,
    /// Age of its latest reading in s.
    #[schema(example = 12)]
    pub age_seconds: Option<u64>,
    /// Inverters that were seen but not confirmed by further polls yet.
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub unconfirmed: Vec<Serial>,
    /// Known ports that the last poll left out.
    pub not_reported: Vec<PortName>,
}

/// How far a DTU has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Not polled yet.
    Starting,
    /// The last poll succeeded, not long ago.
    Online,
    /// The last poll failed, or hangs.
    Failing,
    /// Another bridge polls it, and this one takes over when that is gone.
    Standby,
    /// Off the network with the sun, as a DTU inside an inverter is at night.
    Asleep,
}

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DtuFailure {
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T11:20:00Z")]
    pub at: Timestamp,
    /// The cause, as in the metrics.
    #[schema(example = "connect")]
    pub kind: &'static str,
    /// The cause in words.
    #[schema(example = "192.168.1.31:502 refuses the connection")]
    pub text: String,
}

impl Dtu {
    /// How a DTU is at this moment.
    pub fn of(name: &str, dtu: &DtuState, moment: &Moment) -> Self {
        let Moment { plant, now } = moment;
        let its_own = |inverter: &LiveInverter| inverter.dtu_name == name;
        let inverters = InverterCount::of(moment, its_own);
        let latest = plant.inverters.values().filter(|inverter| its_own(inverter));
        let latest = latest.map(|inverter| inverter.last_seen).max();
        let day = plant.calendar.day(*now);
        let phase = Phase::from(DtuStatus::of(dtu, *now));
        Self {
            name: name.to_owned(),
            protocol: dtu.protocol,
            address: dtu.address.clone(),
            serial_number: dtu.serial,
            model: dtu.model.clone(),
            firmware: dtu.firmware.clone(),
            phase,
            status_text: status_text(name, dtu, phase, inverters),
            last_success: dtu.last_success,
            last_failure: dtu.last_failure.as_ref().map(|failure| DtuFailure {
                at: failure.at,
                kind: failure.kind,
                text: failure.text.clone(),
            }),
            poll_interval_seconds: dtu.poll_interval_s,
            response_seconds: dtu.poll_seconds.map(milliseconds),
            requests_per_poll: dtu.requests_per_poll,
            query_count: dtu.query_count,
            error_count: dtu.error_count,
            error_rate: rate(dtu.error_count, dtu.query_count),
            breaker: dtu.breaker.word(),
            dialect: dtu.dialect.clone(),
            repaired_answers: dtu.repaired_answers,
            power_w: plant.power_w(*now, its_own).map(tenths),
            energy_today_wh: plant.energy_wh(day, its_own),
            energy_lifetime_wh: plant.lifetime_wh(its_own),
            inverters,
            stale: latest.is_none_or(|at| now.duration_since(at) > dtu.stale_after()),
            age_seconds: latest.map(|at| moment.seconds_since(at)),
            unconfirmed: dtu.unconfirmed.clone(),
            not_reported: PortName::all(&dtu.not_reported),
        }
    }
}

impl From<DtuStatus> for Phase {
    fn from(status: DtuStatus) -> Self {
        match status {
            DtuStatus::Starting => Self::Starting,
            DtuStatus::Online => Self::Online,
            DtuStatus::Error => Self::Failing,
            DtuStatus::Standby => Self::Standby,
            DtuStatus::Asleep => Self::Asleep,
        }
    }
}

fn status_text(name: &str, dtu: &DtuState, phase: Phase, inverters: InverterCount) -> String {
    match phase {
        Phase::Starting => "The DTU has not been polled yet.".to_owned(),
        Phase::Failing => silence(name, dtu),
        Phase::Standby => dtu
            .left_to
            .as_deref()
            .map_or_else(|| "Another bridge polls this DTU.".to_owned(), left_to),
        Phase::Online if inverters.known == 0 => {
            "The DTU answers; no inverter is confirmed yet.".to_owned()
        }
        Phase::Online if inverters.reporting > 0 && inverters.asleep == inverters.reporting => {
            "The DTU answers; its inverters are asleep.".to_owned()
        }
        Phase::Online => "The DTU answers.".to_owned(),
        Phase::Asleep => "The DTU is off with the sun.".to_owned(),
    }
}

/// To the thousandth.
fn rate(errors: u64, successes: u64) -> f64 {
    let polls = errors + successes;
    if polls == 0 { 0.0 } else { (errors as f64 / polls as f64 * 1000.0).round() / 1000.0 }
}
