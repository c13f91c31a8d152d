//! The shape of `/health`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plant::Serial;
use plant::live::{DtuState, StorageState};
use serde::Serialize;
use utoipa::ToSchema;

use super::milliseconds;
use crate::verdict::{DtuStatus, Verdict, Wellbeing, left_to};
use crate::{Identity, Moment};

/// How the bridge is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// Whether readings are taken and kept; true also when degraded.
    #[schema(example = true)]
    pub healthy: bool,
    /// The verdict in one word.
    #[schema(example = "healthy")]
    pub status: Wellbeing,
    /// What is wrong, in sentences; empty when all is well.
    pub reasons: Vec<String>,
    /// Since the bridge started, s.
    #[schema(example = 3600)]
    pub uptime_seconds: u64,
    /// When the bridge started.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T11:00:00Z")]
    pub start_time: Timestamp,
    /// Of the program.
    #[schema(example = "3.0.0")]
    pub version: &'static str,
    /// Every configured DTU by its name, also those not polled yet.
    pub dtus: BTreeMap<String, DtuHealth>,
    /// Where readings go.
    pub database: DatabaseHealth,
}

/// How one DTU is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DtuHealth {
    /// In one word.
    #[schema(example = "online")]
    pub status: DtuStatus,
    /// Who polls it, in a sentence, while this bridge stands by; else null.
    pub standby: Option<String>,
    /// End of the last poll that succeeded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub last_successful_query: Option<Timestamp>,
    /// Age of that, s.
    #[schema(example = 12)]
    pub seconds_since_last_success: Option<u64>,
    /// Polls that succeeded since the bridge started.
    #[schema(example = 60)]
    pub query_count: u64,
    /// Polls that failed since the bridge started, all their retries used.
    #[schema(example = 0)]
    pub error_count: u64,
    /// The newest failure in words, kept after recovery.
    pub last_error: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_time: Option<Timestamp>,
    /// Circuit breaker: closed (polls run), open (left in peace for a while) or half-open (trying).
    #[schema(example = "closed")]
    pub breaker: &'static str,
    /// Host and port.
    #[schema(example = "192.168.1.31:502")]
    pub address: String,
    /// How it is read.
    #[schema(example = "modbus")]
    pub protocol: &'static str,
    /// Its own serial number, once read.
    #[schema(value_type = Option<String>, example = "10f800000001")]
    pub serial: Option<Serial>,
    /// What was learned of its dialect, in words.
    #[schema(example = "byte addressing, 6 records per request")]
    pub dialect: Option<String>,
    /// Between the starts of two polls, s.
    #[schema(example = 60)]
    pub poll_interval_seconds: u64,
    /// How long the last successful poll took, s.
    #[schema(example = 1.24)]
    pub poll_seconds: Option<f64>,
    /// Requests in the last successful poll.
    #[schema(example = 4)]
    pub requests_per_poll: Option<u32>,
    /// Answers with a wrong byte count that could be read nevertheless, since the bridge started.
    #[schema(example = 0)]
    pub repaired_answers: u64,
    /// Known ports that the last poll left out.
    pub not_reported: Vec<PortName>,
    /// Inverters that were seen but not confirmed by further polls yet.
    #[schema(value_type = Vec<String>)]
    pub unconfirmed: Vec<Serial>,
}

/// Which port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PortName {
    /// The inverter.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// From 1.
    #[schema(example = 1)]
    pub port_number: u8,
}

/// Where readings go and how that fares.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DatabaseHealth {
    /// postgres, sqlite or none.
    #[serde(rename = "type")]
    #[schema(example = "postgres")]
    pub kind: &'static str,
    /// connecting, up, down or off.
    #[schema(example = "up")]
    pub status: &'static str,
    /// Snapshots that wait for the database.
    #[schema(example = 0)]
    pub outbox_depth: u64,
    /// Age of the oldest of them, s; null when none waits.
    pub outbox_oldest_seconds: Option<u64>,
    /// Size of the outbox on disk, bytes.
    #[schema(example = 32768)]
    pub outbox_bytes: u64,
    /// The newest failure in words, kept after recovery.
    pub last_error: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_time: Option<Timestamp>,
    /// Readings that reached the database since the bridge started.
    #[schema(example = 1500)]
    pub readings_stored: u64,
    /// Readings that the database refused for their content; they are kept in quarantine.
    #[schema(example = 0)]
    pub readings_rejected: u64,
    /// Readings that could not be kept anywhere since the bridge started.
    #[schema(example = 0)]
    pub readings_lost: u64,
}

impl Health {
    /// How everything is at this moment.
    pub fn of(moment: &Moment, identity: &Identity) -> Self {
        let Moment { plant, now } = moment;
        let verdict = Verdict::of(plant, *now);
        Self {
            healthy: verdict.wellbeing != Wellbeing::Unhealthy,
            status: verdict.wellbeing,
            reasons: verdict.reasons,
            uptime_seconds: moment.seconds_since(plant.started_at),
            start_time: plant.started_at,
            version: identity.version,
            dtus: plant
                .dtus
                .iter()
                .map(|(name, dtu)| (name.clone(), DtuHealth::of(dtu, moment)))
                .collect(),
            database: DatabaseHealth::of(&plant.storage, moment),
        }
    }
}

impl DtuHealth {
    fn of(dtu: &DtuState, moment: &Moment) -> Self {
        Self {
            status: DtuStatus::of(dtu, moment.now),
            standby: dtu.left_to.as_deref().map(left_to),
            last_successful_query: dtu.last_success,
            seconds_since_last_success: dtu.last_success.map(|at| moment.seconds_since(at)),
            query_count: dtu.query_count,
            error_count: dtu.error_count,
            last_error: dtu.last_failure.as_ref().map(|failure| failure.text.clone()),
            last_error_time: dtu.last_failure.as_ref().map(|failure| failure.at),
            breaker: dtu.breaker.word(),
            address: dtu.address.clone(),
            protocol: dtu.protocol,
            serial: dtu.serial,
            dialect: dtu.dialect.clone(),
            poll_interval_seconds: dtu.poll_interval_s,
            poll_seconds: dtu.poll_seconds.map(milliseconds),
            requests_per_poll: dtu.requests_per_poll,
            repaired_answers: dtu.repaired_answers,
            not_reported: PortName::all(&dtu.not_reported),
            unconfirmed: dtu.unconfirmed.clone(),
        }
    }
}

impl PortName {
    /// The names of ports.
    pub fn all(ports: &[(Serial, u8)]) -> Vec<Self> {
        let name = |&(serial_number, port_number)| Self { serial_number, port_number };
        ports.iter().map(name).collect()
    }
}

impl DatabaseHealth {
    fn of(storage: &StorageState, moment: &Moment) -> Self {
        Self {
            kind: storage.kind,
            status: storage.link.word(),
            outbox_depth: storage.outbox_depth,
            outbox_oldest_seconds: storage.outbox_oldest.map(|at| moment.seconds_since(at)),
            outbox_bytes: storage.outbox_bytes,
            last_error: storage.last_failure.as_ref().map(|failure| failure.text.clone()),
            last_error_time: storage.last_failure.as_ref().map(|failure| failure.at),
            readings_stored: storage.readings_stored,
            readings_rejected: storage.readings_rejected,
            readings_lost: storage.readings_lost,
        }
    }
}
