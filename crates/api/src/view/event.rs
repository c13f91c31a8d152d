//! The shape of `/api/events`.

use jiff::Timestamp;
use plant::event::EventKind;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened, from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// alarm, sleep, dtu_outage, database_outage, bridge_down, counter_correction or
    /// dialect_change.
    #[schema(example = "dtu_outage")]
    pub kind: &'static str,
    /// What it is about: an inverter, a port as `116100000001/1`, a DTU, `database`, `readings` (they
    /// could not be kept) or `bridge`.
    #[schema(example = "roof")]
    pub subject: String,
    /// Serial number of the inverter, where it is about one.
    #[schema(example = json!(null))]
    pub inverter: Option<String>,
    /// Name of the DTU, where it is about one.
    #[schema(example = "roof")]
    pub dtu: Option<String>,
    /// When it began.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub started_at: Timestamp,
    /// When it ended; null while it lasts.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:05:00Z")]
    pub ended_at: Option<Timestamp>,
    /// What happened, in words.
    #[schema(example = "192.168.1.50:502 refuses the connection")]
    pub text: String,
}

impl From<plant::event::Event> for Event {
    fn from(event: plant::event::Event) -> Self {
        let (mut inverter, mut dtu) = (None, None);
        match event.kind {
            EventKind::Alarm | EventKind::Sleep | EventKind::CounterCorrection => {
                inverter = event.subject.split('/').next().map(str::to_owned);
            }
            EventKind::DtuOutage | EventKind::DialectChange => dtu = Some(event.subject.clone()),
            EventKind::DatabaseOutage | EventKind::BridgeDown => {}
        }
        Self {
            kind: event.kind.word(),
            inverter,
            dtu,
            subject: event.subject,
            started_at: event.started_at,
            ended_at: event.ended_at,
            text: event.text,
        }
    }
}
