//! Local days.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Says which local day an instant belongs to, and when a day begins: 23, 24 or 25 hours apart.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// The calendar of a time zone.
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The local day of an instant.
    pub fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// When a day begins. In zones that change their clocks at midnight that is not always 00:00.
    pub fn start(&self, day: Date) -> Timestamp {
        day.to_zoned(self.zone.clone())
            .map(|midnight| midnight.timestamp())
            .unwrap_or(Timestamp::MIN)
    }

    /// The days from one up to but not including another.
    pub fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
        from.series(1.day()).take_while(move |day| *day < to)
    }

    /// The beginning of the hour of an instant. Hours are counted from the beginning of the local
    /// day.
    pub fn hour(&self, at: Timestamp) -> Timestamp {
        let midnight = self.start(self.day(at));
        midnight + SignedDuration::from_hours(at.duration_since(midnight).as_hours())
    }

    /// When a day ends and the next begins.
    pub fn end(&self, day: Date) -> Timestamp {
        day.tomorrow().map_or(Timestamp::MAX, |next| self.start(next))
    }

    /// When the hour of an instant ends: an hour after its beginning, or with the day.
    pub fn end_of_hour(&self, at: Timestamp) -> Timestamp {
        (self.hour(at) + SignedDuration::from_hours(1)).min(self.end(self.day(at)))
    }

    /// The beginnings of the hours of a day: 23, 24 or 25.
    pub fn hours(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        let end = self.end(day);
        let hour = move |number| self.start(day) + SignedDuration::from_hours(number);
        (0..).map(hour).take_while(move |hour| *hour < end)
    }

    /// Its time zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }
}
