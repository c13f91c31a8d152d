//! The plant at one glance: the energy of the month and the year, today's peak, the next first
//! light.
//!
//! What the store told once is carried on by each snapshot, so that no answer waits for a database.
//! Only days that are over are summed here; today's energy is in the accounts of the ports.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::energy::{Booking, Calendar};

/// A sleep that is shorter ends no night: a cloud, or a DTU that showed zeros for a while.
const NIGHT: SignedDuration = SignedDuration::from_hours(2);
/// So many wake-ups make an estimate; older ones are of another season.
const WAKE_UPS: usize = 5;
/// How long a first light that does not come is still expected for today: snow, or thick fog.
const LATE_LIGHT: SignedDuration = SignedDuration::from_hours(2);
const DAY_S: i64 = 86_400;

/// What is remembered of the days behind the newest readings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glance {
    /// Sums of finished days; none until the store has told them.
    pub finished: Option<FinishedDays>,
    /// The greatest power of the newest day.
    pub peak: Option<Peak>,
    /// When the plant woke up.
    pub wake_ups: WakeUps,
}

impl Glance {
    /// Takes over what the store knows. Its sums replace ours; of two peaks of a day the greater
    /// counts.
    pub fn remember(&mut self, stored: Self, calendar: &Calendar) {
        self.finished = stored.finished.or(self.finished.take());
        if let Some(peak) = stored.peak {
            self.see_peak(peak);
        }
        for at in stored.wake_ups.0 {
            self.wake_ups.note(at, calendar);
        }
    }

    /// Takes note of a power.
    pub(crate) fn see_peak(&mut self, seen: Peak) {
        if self.peak.is_none_or(|peak| (seen.day, seen.power_w) > (peak.day, peak.power_w)) {
            self.peak = Some(seen);
        }
    }
}

/// The energy of the days of a month and a year that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinishedDays {
    /// The day after the last of them: its month and year are meant.
    before: Date,
    month_wh: u64,
    year_wh: u64,
}

impl FinishedDays {
    /// The sums up to but not including a day. Days of other years are not counted.
    pub fn of(before: Date, days: impl IntoIterator<Item = (Date, u64)>) -> Self {
        let mut sums = Self { before, month_wh: 0, year_wh: 0 };
        for (day, energy_wh) in days {
            sums.add(day, energy_wh);
        }
        sums
    }

    /// The day that follows those that are summed.
    pub const fn before(&self) -> Date {
        self.before
    }

    /// Energy of the finished days of the month, Wh.
    pub const fn month_wh(&self) -> u64 {
        self.month_wh
    }

    /// Energy of the finished days of the year, Wh.
    pub const fn year_wh(&self) -> u64 {
        self.year_wh
    }

    /// The same on a later day, when the day that was running has ended with so much energy. None
    /// on an earlier day, which only a clock that was put back can bring.
    #[must_use]
    pub fn carried_to(self, today: Date, energy_wh: u64) -> Option<Self> {
        let before = self.before;
        if today <= before {
            return (today == before).then_some(self);
        }
        let same_year = before.year() == today.year();
        let same_month = same_year && before.month() == today.month();
        Some(Self {
            before: today,
            month_wh: if same_month { self.month_wh + energy_wh } else { 0 },
            year_wh: if same_year { self.year_wh + energy_wh } else { 0 },
        })
    }

    /// Energy that belongs to a day that is over, such as the last minutes before midnight.
    pub(crate) fn book(&mut self, booking: &Booking) {
        self.add(booking.day, booking.energy_wh);
    }

    fn add(&mut self, day: Date, energy_wh: u64) {
        if day >= self.before || day.year() != self.before.year() {
            return;
        }
        self.year_wh += energy_wh;
        if day.month() == self.before.month() {
            self.month_wh += energy_wh;
        }
    }
}

/// The greatest power of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The local day.
    pub day: Date,
    /// When.
    pub at: Timestamp,
    /// All panels together, W.
    pub power_w: f64,
}

/// When the plant woke up on its last days: the first inverter of each local day, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WakeUps(Vec<Timestamp>);

impl WakeUps {
    /// Takes note that a sleep has ended. Only the first of a local day counts, after a night.
    pub fn note_sleep(&mut self, from: Timestamp, to: Timestamp, calendar: &Calendar) {
        if to.duration_since(from) >= NIGHT {
            self.note(to, calendar);
        }
    }

    fn note(&mut self, at: Timestamp, calendar: &Calendar) {
        let day = calendar.day(at);
        match self.0.iter_mut().find(|known| calendar.day(**known) == day) {
            Some(known) => *known = at.min(*known),
            None => self.0.push(at),
        }
        self.0.sort_unstable();
        let surplus = self.0.len().saturating_sub(WAKE_UPS);
        self.0.drain(..surplus);
    }

    /// About when the plant will wake up next; none before its first night. While it sleeps, a
    /// light that is a little late is still expected.
    ///
    /// The sun knows no summer time, so this is the median of the instants, whole days of 24 hours
    /// apart, and not of what the clock showed.
    pub fn next(&self, now: Timestamp, asleep: bool) -> Option<Timestamp> {
        let last = *self.0.last()?;
        let mut deviations: Vec<i64> = self
            .0
            .iter()
            .map(|at| {
                let apart = at.duration_since(last).as_secs();
                (apart + DAY_S / 2).rem_euclid(DAY_S) - DAY_S / 2
            })
            .collect();
        deviations.sort_unstable();
        let usual = last + SignedDuration::from_secs(deviations[deviations.len() / 2]);
        let after = if asleep { now - LATE_LIGHT } else { now };
        let days = after.duration_since(usual).as_secs().div_euclid(DAY_S) + 1;
        Some(usual + SignedDuration::from_secs(days.max(0) * DAY_S))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_that_ends_goes_into_its_month_and_year() {
        let days = ["2025-12-31", "2026-05-31", "2026-06-01", "2026-06-20", "2026-06-21"];
        let sums = FinishedDays::of(day("2026-06-21"), days.map(|text| (day(text), 100)));
        assert_eq!((sums.month_wh(), sums.year_wh()), (200, 300));
        let next = sums.carried_to(day("2026-06-22"), 7).unwrap();
        assert_eq!((next.month_wh(), next.year_wh()), (207, 307));
        let july = next.carried_to(day("2026-07-01"), 3).unwrap();
        assert_eq!((july.month_wh(), july.year_wh()), (0, 310));
        let year = july.carried_to(day("2027-07-01"), 3).unwrap();
        assert_eq!((year.month_wh(), year.year_wh()), (0, 0));
        assert_eq!(next.carried_to(day("2026-06-21"), 7), None);
    }

    #[test]
    fn the_next_first_light_is_where_the_last_ones_were() {
        let calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        let mut wake_ups = WakeUps::default();
        assert_eq!(wake_ups.next(at("2026-03-29T00:00:00Z"), true), None);
        for (hours, wake) in [
            (9, "2026-03-25T05:10:00Z"),
            (9, "2026-03-26T05:08:00Z"),
            // A foggy morning, and a second waking on the same day.
            (9, "2026-03-27T06:40:00Z"),
            (3, "2026-03-27T12:40:00Z"),
            (9, "2026-03-28T05:04:00Z"),
            // No night.
            (1, "2026-03-24T11:00:00Z"),
        ] {
            let wake = at(wake);
            wake_ups.note_sleep(wake - SignedDuration::from_hours(hours), wake, &calendar);
        }
        // The clocks change in this night, and the sun does not.
        let next = Some(at("2026-03-29T05:10:00Z"));
        assert_eq!(wake_ups.next(at("2026-03-28T20:00:00Z"), true), next);
        assert_eq!(wake_ups.next(at("2026-03-29T06:00:00Z"), true), next, "a little late");
        let day_after = Some(at("2026-03-30T05:10:00Z"));
        assert_eq!(wake_ups.next(at("2026-03-29T06:00:00Z"), false), day_after);
        assert_eq!(wake_ups.next(at("2026-03-29T07:11:00Z"), true), day_after);
    }

    #[test]
    fn a_first_light_around_midnight_of_greenwich_is_no_different() {
        let calendar = Calendar::new(TimeZone::get("Asia/Kolkata").unwrap());
        let mut wake_ups = WakeUps::default();
        for wake in ["2026-03-25T00:05:00Z", "2026-03-26T00:01:00Z", "2026-03-26T23:58:00Z"] {
            let wake = at(wake);
            wake_ups.note_sleep(wake - NIGHT, wake, &calendar);
        }
        let next = wake_ups.next(at("2026-03-27T12:00:00Z"), false);
        assert_eq!(next, Some(at("2026-03-28T00:01:00Z")));
    }
}
