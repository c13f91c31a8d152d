//! Energy by hour.
//!
//! Hours are counted from the beginning of the local day, so that a day is a whole number of them
//! in zones that are half or three quarters of an hour apart from UTC, too. Where the clocks are
//! changed by half an hour the last hour of that day has thirty minutes.
//!
//! Of a step of the counter the day is known ([`Booking`]); the hour is that of the readings around
//! it. Where nothing was read for more than an hour the energy is divided evenly among the hours of
//! the gap in which the sun may have shone. The hours of a day always add up to the day.

use jiff::{SignedDuration, Timestamp};

use super::{Booking, Calendar, Step};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Hours of the local clock in which a gap is believed to have had sun, the year round.
const DAYLIGHT: std::ops::Range<i8> = 6..18;

/// Energy that belongs to an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourBooking {
    /// When the hour begins.
    pub hour: Timestamp,
    /// Wh.
    pub energy_wh: u64,
    /// Whether the hour is a guess: the energy was made in a gap.
    pub estimated: bool,
}

/// The hours of the energy that a reading at `at` has added. `last_read` is the reading before it,
/// also of a port that was asleep.
pub fn by_hour(
    step: &Step,
    at: Timestamp,
    last_read: Option<Timestamp>,
    calendar: &Calendar,
) -> Vec<HourBooking> {
    let mut hours = Vec::new();
    for booking in step.bookings.iter().filter(|booking| booking.energy_wh > 0) {
        let day_begins = calendar.start(booking.day);
        let since = step.since.unwrap_or(day_begins);
        // Of what was made before the first reading nobody knows when.
        let seen = step.since.map_or(day_begins, |since| last_read.unwrap_or(since).max(since));
        let (first, last) = (calendar.day(since), calendar.day(at));
        let watched = at.duration_since(seen) <= HOUR && [first, last].contains(&booking.day);
        let gap = if watched { Vec::new() } else { daylight(booking, since, at, calendar) };
        if gap.is_empty() {
            let instant = if booking.day < last {
                since.max(day_begins)
            } else {
                let seen = seen.max(day_begins).min(at);
                seen + at.duration_since(seen) / 2
            };
            let hour = calendar.hour(instant);
            let estimated = booking.estimated || !watched;
            hours.push(HourBooking { hour, energy_wh: booking.energy_wh, estimated });
        } else {
            divide(booking.energy_wh, &gap, &mut hours);
        }
    }
    hours
}

/// The sunny hours of a day that a gap touches.
fn daylight(
    booking: &Booking,
    since: Timestamp,
    at: Timestamp,
    calendar: &Calendar,
) -> Vec<Timestamp> {
    let is_sunny = |hour: &Timestamp| DAYLIGHT.contains(&calendar.zone().to_datetime(*hour).hour());
    calendar
        .hours(booking.day)
        .filter(|hour| *hour + HOUR > since && *hour < at)
        .filter(is_sunny)
        .collect()
}

fn divide(energy_wh: u64, among: &[Timestamp], hours: &mut Vec<HourBooking>) {
    let (share, rest) = (energy_wh / among.len() as u64, energy_wh % among.len() as u64);
    for (number, &hour) in (0..).zip(among) {
        let energy_wh = share + u64::from(number < rest);
        if energy_wh > 0 {
            hours.push(HourBooking { hour, energy_wh, estimated: true });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn calendar(zone: &str) -> Calendar {
        Calendar::new(TimeZone::get(zone).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn step(since: Option<&str>, bookings: &[(&str, u64)]) -> Step {
        let booking = |&(day, energy_wh): &(&str, u64)| Booking {
            day: day.parse().unwrap(),
            energy_wh,
            estimated: false,
        };
        Step {
            bookings: bookings.iter().map(booking).collect(),
            since: since.map(at),
            correction: None,
        }
    }

    fn booked(hours: &[HourBooking]) -> Vec<(String, u64, bool)> {
        let shown = |hour: &HourBooking| (hour.hour.to_string(), hour.energy_wh, hour.estimated);
        hours.iter().map(shown).collect()
    }

    #[test]
    fn local_days_are_whole_hours_everywhere() {
        for (zone, day, hours, last_minutes) in [
            ("Europe/Berlin", "2026-03-29", 23, 60),
            ("Europe/Berlin", "2026-10-25", 25, 60),
            ("Asia/Kolkata", "2026-06-21", 24, 60),
            ("Asia/Kathmandu", "2026-06-21", 24, 60),
            ("Australia/Lord_Howe", "2026-04-05", 25, 30),
        ] {
            let calendar = calendar(zone);
            let day: Date = day.parse().unwrap();
            let starts: Vec<Timestamp> = calendar.hours(day).collect();
            assert_eq!(starts.len(), hours, "{zone} {day}");
            assert_eq!(starts[0], calendar.start(day));
            let end = calendar.start(day.tomorrow().unwrap());
            let last = end.duration_since(*starts.last().unwrap());
            assert_eq!(last, SignedDuration::from_mins(last_minutes), "{zone} {day}");
            for hour in starts {
                assert_eq!(calendar.hour(hour), hour);
                assert_eq!(calendar.hour(hour + SignedDuration::from_mins(29)), hour);
            }
        }
    }

    #[test]
    fn a_step_between_two_readings_belongs_to_the_hour_in_their_middle() {
        let calendar = calendar("UTC");
        let step = step(Some("2026-06-21T11:59:00.5Z"), &[("2026-06-21", 5)]);
        let now = at("2026-06-21T12:00:00.5Z");
        let hours = by_hour(&step, now, step.since, &calendar);
        assert_eq!(booked(&hours), [("2026-06-21T11:00:00Z".to_owned(), 5, false)]);
    }

    #[test]
    fn a_night_that_was_watched_ends_in_its_own_hours() {
        let calendar = calendar("UTC");
        let step = step(Some("2026-06-20T20:45:00Z"), &[("2026-06-20", 3), ("2026-06-21", 2)]);
        let asleep = Some(at("2026-06-21T04:44:00Z"));
        let hours = by_hour(&step, at("2026-06-21T04:45:00Z"), asleep, &calendar);
        assert_eq!(
            booked(&hours),
            [
                ("2026-06-20T20:00:00Z".to_owned(), 3, false),
                ("2026-06-21T04:00:00Z".to_owned(), 2, false),
            ]
        );
    }

    #[test]
    fn a_gap_is_divided_among_its_sunny_hours() {
        let calendar = calendar("UTC");
        let step = step(Some("2026-06-21T16:30:00Z"), &[("2026-06-21", 5), ("2026-06-22", 3)]);
        let hours = by_hour(&step, at("2026-06-22T06:10:00Z"), step.since, &calendar);
        assert_eq!(
            booked(&hours),
            [
                ("2026-06-21T16:00:00Z".to_owned(), 3, true),
                ("2026-06-21T17:00:00Z".to_owned(), 2, true),
                ("2026-06-22T06:00:00Z".to_owned(), 3, true),
            ]
        );
    }

    #[test]
    fn the_morning_before_the_first_reading_is_a_gap() {
        let calendar = calendar("UTC");
        let step = step(None, &[("2026-06-21", 30)]);
        let before = Some(at("2026-06-21T07:59:00Z"));
        let hours = by_hour(&step, at("2026-06-21T08:00:00Z"), before, &calendar);
        let expected = [6, 7].map(|hour| (format!("2026-06-21T0{hour}:00:00Z"), 15, true));
        assert_eq!(booked(&hours), expected);
    }

    proptest! {
        #[test]
        fn the_hours_of_a_day_add_up_to_it_and_lie_in_it(
            zone in prop::sample::select(vec!["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
            since_s in 1_742_000_000i64..1_743_500_000,
            lasts_s in 1i64..400_000,
            read_s in prop::option::of(0i64..400_000),
            energies in prop::collection::vec(0u64..5000, 6),
            opens in any::<bool>(),
        ) {
            let calendar = calendar(zone);
            let since = Timestamp::from_second(since_s).unwrap();
            let now = since + SignedDuration::from_secs(lasts_s);
            let read = read_s.map(|s| since + SignedDuration::from_secs(s.min(lasts_s)));
            let mut days: Vec<Date> = Calendar::days(calendar.day(since), calendar.day(now)).collect();
            days.push(calendar.day(now));
            if opens {
                days.drain(..days.len() - 1);
            }
            let bookings: Vec<Booking> = days
                .iter()
                .zip(&energies)
                .map(|(&day, &energy_wh)| Booking { day, energy_wh, estimated: false })
                .collect();
            let since = (!opens).then_some(since);
            let step = Step { bookings: bookings.clone(), since, correction: None };
            let hours = by_hour(&step, now, read, &calendar);
            for booking in &bookings {
                let of_day = hours.iter().filter(|hour| calendar.day(hour.hour) == booking.day);
                prop_assert_eq!(of_day.map(|hour| hour.energy_wh).sum::<u64>(), booking.energy_wh);
            }
            for hour in &hours {
                prop_assert_eq!(calendar.hour(hour.hour), hour.hour);
                prop_assert!(hour.hour <= now);
            }
        }
    }
}
