//! The shape of `/api/coverage`: how much of each day was read, and why not more.

use jiff::Timestamp;
use jiff::civil::Date;
use plant::event::{Event, EventKind, READINGS};
use serde::Serialize;
use store::PollIntervals;
use utoipa::ToSchema;

use crate::Moment;

/// The kinds of events that make a gap.
pub const CAUSES: &[EventKind] =
    &[EventKind::DtuOutage, EventKind::BridgeDown, EventKind::DatabaseOutage];

/// How much of one local day of one DTU was read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Coverage {
    /// The DTU.
    #[schema(example = "roof")]
    pub dtu_name: String,
    /// The local day.
    #[schema(value_type = String, format = Date, example = "2026-06-21")]
    pub day: Date,
    /// Polls that brought readings.
    #[schema(example = 1434)]
    pub polls: u32,
    /// Polls that fit into the day, as far as it is over, at the poll intervals that the DTU had.
    #[schema(example = 1440)]
    pub expected: u32,
    /// `polls` of `expected`, 0 to 1.
    #[schema(example = 0.996)]
    pub share: f64,
    /// Whether no more than one poll in a hundred is missing, or a single one.
    #[schema(example = true)]
    pub complete: bool,
    /// What kept readings from being taken, ascending by time.
    pub gaps: Vec<Gap>,
}

/// A time of the day without readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gap {
    /// Its start, or that of the day.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub from: Timestamp,
    /// Its end, or that of the day, or now.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:05:00Z")]
    pub to: Timestamp,
    /// dtu_outage, bridge_down or database_outage. A database outage is here only if readings could
    /// not be kept: what waited in the outbox is not missing.
    #[schema(example = "dtu_outage")]
    pub cause: &'static str,
    /// The cause in words.
    #[schema(example = "192.168.1.50:502 refuses the connection")]
    pub text: String,
}

impl Coverage {
    /// A day of a DTU with so many polls, in which these events may play a part.
    pub fn of(
        (dtu_name, intervals): (&str, &PollIntervals),
        day: Date,
        polls: u32,
        events: &[Event],
        moment: &Moment,
    ) -> Self {
        let calendar = &moment.plant.calendar;
        let start = calendar.start(day);
        let end = day.tomorrow().map_or(Timestamp::MAX, |next| calendar.start(next));
        let end = end.min(moment.now);
        let expected = u32::try_from(intervals.expected(start, end)).unwrap_or(u32::MAX);
        let missing = expected.saturating_sub(polls);
        let mut gaps: Vec<Gap> = events
            .iter()
            .filter(|event| is_missing_because_of(event, dtu_name))
            .filter_map(|event| Gap::within(event, start, end))
            .collect();
        gaps.sort_by_key(|gap| gap.from);
        Self {
            dtu_name: dtu_name.to_owned(),
            day,
            polls,
            expected,
            share: share(polls, expected),
            complete: missing <= (expected / 100).max(1),
            gaps,
        }
    }
}

impl Gap {
    fn within(event: &Event, start: Timestamp, end: Timestamp) -> Option<Self> {
        let from = event.started_at.max(start);
        let to = event.ended_at.map_or(end, |over| over.min(end));
        (from < to).then(|| Self { from, to, cause: event.kind.word(), text: event.text.clone() })
    }
}

/// Whether readings of a DTU are missing while this lasts.
pub(crate) fn is_missing_because_of(event: &Event, dtu_name: &str) -> bool {
    match event.kind {
        EventKind::DtuOutage => event.subject == dtu_name,
        EventKind::BridgeDown => true,
        EventKind::DatabaseOutage => event.subject == READINGS,
        _ => false,
    }
}

/// To the thousandth, and 1 where nothing can be missing yet. Retries of a newcomer's first poll can
/// make more polls than fit.
fn share(polls: u32, expected: u32) -> f64 {
    if polls >= expected {
        return 1.0;
    }
    (f64::from(polls) / f64::from(expected) * 1000.0).floor() / 1000.0
}
