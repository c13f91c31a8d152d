//! Local days.

use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Until when the offsets of a zone are looked up in advance: 2100-01-01. They begin in 1970.
const LOOKED_UP_UNTIL: Timestamp = Timestamp::constant(4_102_444_800, 0);
/// More than any zone is apart from UTC.
const MOST_APART: SignedDuration = SignedDuration::from_hours(26);

/// Says which local day an instant belongs to, and when a day begins: 23, 24 or 25 hours apart.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    /// From when on which offset holds, ascending. A series of days over decades asks for tens of
    /// thousands of them, and the zone takes ten times as long to tell.
    offsets: Arc<[(Timestamp, Offset)]>,
}

impl Calendar {
    /// The calendar of a time zone.
    pub fn new(zone: TimeZone) -> Self {
        let first = (Timestamp::UNIX_EPOCH, zone.to_offset(Timestamp::UNIX_EPOCH));
        let changes = zone.following(Timestamp::UNIX_EPOCH);
        let changes = changes.take_while(|change| change.timestamp() < LOOKED_UP_UNTIL);
        let changes = changes.map(|change| (change.timestamp(), change.offset()));
        let offsets = std::iter::once(first).chain(changes).collect();
        Self { zone, offsets }
    }

    /// The local day of an instant.
    pub fn day(&self, at: Timestamp) -> Date {
        self.offset(at).to_datetime(at).date()
    }

    /// How far local time is ahead of UTC at an instant.
    pub fn offset(&self, at: Timestamp) -> Offset {
        self.known(at).map_or_else(|| self.zone.to_offset(at), |number| self.offsets[number].1)
    }

    /// When a day begins. In zones that change their clocks at midnight that is not always 00:00.
    pub fn start(&self, day: Date) -> Timestamp {
        self.start_without_change(day).unwrap_or_else(|| {
            let midnight = day.to_zoned(self.zone.clone());
            // The first and the last day there are begin outside of what an instant can be.
            let nearest = if day < Date::ZERO { Timestamp::MIN } else { Timestamp::MAX };
            midnight.map_or(nearest, |midnight| midnight.timestamp())
        })
    }

    /// When a day begins around whose midnight the clocks are not changed.
    fn start_without_change(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_datetime(Time::midnight());
        let in_utc = Offset::UTC.to_timestamp(midnight).ok()?;
        let before = self.known(in_utc.checked_sub(MOST_APART).ok()?)?;
        let after = self.known(in_utc.checked_add(MOST_APART).ok()?)?;
        (before == after).then(|| self.offsets[before].1.to_timestamp(midnight).ok())?
    }

    /// Where in the table the offset of an instant is.
    fn known(&self, at: Timestamp) -> Option<usize> {
        let begun = || self.offsets.partition_point(|(from, _)| *from <= at);
        (at < LOOKED_UP_UNTIL).then(begun)?.checked_sub(1)
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn looking_up_in_advance_changes_no_day() {
        for name in [
            "UTC",
            "Europe/Berlin",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            // Changed their clocks at midnight.
            "America/Sao_Paulo",
            "Asia/Beirut",
            // Left out a whole day, the first in 2011.
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "Africa/Casablanca",
        ] {
            let zone = TimeZone::get(name).unwrap();
            let calendar = Calendar::new(zone.clone());
            let years = [1969..=1971, 2001..=2002, 2008..=2011, 2037..=2038, 2098..=2101];
            for year in years.into_iter().flatten() {
                for day in Calendar::days(date(year, 1, 1), date(year + 1, 1, 1)) {
                    let start = day.to_zoned(zone.clone()).unwrap().timestamp();
                    assert_eq!(calendar.start(day), start, "{name} {day}");
                    for at in [start - SignedDuration::from_nanos(1), start] {
                        assert_eq!(calendar.offset(at), zone.to_offset(at), "{name} {at}");
                        assert_eq!(calendar.day(at), zone.to_datetime(at).date(), "{name} {at}");
                    }
                }
            }
        }
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar::new(zone.clone());
        assert_eq!(calendar.start(Date::MAX), Timestamp::MAX);
        assert_eq!(calendar.start(Date::MIN), Timestamp::MIN);
        let last = zone.to_datetime(Timestamp::MAX).date();
        assert_eq!(calendar.day(Timestamp::MAX), last);
    }
}
