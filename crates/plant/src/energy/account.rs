//! The account of one port.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Booking, Calendar, Correction, Evidence, Step};

/// How far above its greatest power a port may seem to work: an edge of a cloud, a coarse clock.
const HEADROOM: f64 = 1.25;
/// What a counter may step without any time: it is refreshed in steps, and late.
const SLACK_WH: f64 = 50.0;
/// What a counter that begins again may show at most was made in so much time. After a longer
/// silence a larger number is rather another roof's.
const RESTART: SignedDuration = SignedDuration::from_hours(24);

/// 2020-01-01, before this program: a sample time before that comes from a clock that was not set,
/// in a machine without a battery.
const EARLIEST: Timestamp = Timestamp::constant(1_577_836_800, 0);
/// How long the line that a counter has left is remembered, in case it comes back.
const FORMER_LINE: SignedDuration = SignedDuration::from_hours(24);

/// The energy of one port, accounted from its counters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// Accepted energy since the device began to count, Wh. Never falls.
    pub lifetime_wh: u64,
    /// Accepted energy of [`Self::day`], Wh. Never falls within a day.
    today_wh: u64,
    /// The local day of the last accepted reading.
    day: Option<Date>,
    /// The day that had readings before [`Self::day`] had, for a clock that comes back to it.
    previous: Option<(Date, u64)>,
    /// The last counter that was believed.
    base: Option<Mark>,
    /// A counter that is not believed yet.
    suspect: Option<Suspect>,
    /// The line that was believed before the counter went elsewhere.
    former: Option<Former>,
}

/// A counter at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    at: Timestamp,
    total_wh: u32,
}

/// A line of counters beside the one that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Suspect {
    first: Mark,
    last: Mark,
}

/// A line that a counter has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Former {
    left: Mark,
    /// Accepted on the new line since: it is in the old counter too, should that come back.
    added_wh: u64,
}

impl Mark {
    const fn of(evidence: &Evidence) -> Self {
        Self { at: evidence.at, total_wh: evidence.total_wh }
    }

    /// The energy from here to a later reading, if a panel can have made it.
    fn step(&self, evidence: &Evidence) -> Option<u64> {
        let made = evidence.total_wh.checked_sub(self.total_wh)?;
        let possible = possible_wh(evidence.max_power_w, evidence.at.duration_since(self.at));
        (f64::from(made) <= possible).then_some(u64::from(made))
    }
}

/// What a panel can make at most in a time.
fn possible_wh(max_power_w: f64, time: SignedDuration) -> f64 {
    max_power_w * (time.as_secs_f64().max(0.0) / 3600.0) * HEADROOM + SLACK_WH
}

impl Account {
    /// Whether enough was read to say anything.
    pub const fn is_open(&self) -> bool {
        self.base.is_some()
    }

    /// The energy of a day: what was accepted within it, 0 for any other day.
    pub fn today_wh(&self, day: Date) -> u64 {
        if self.day == Some(day) { self.today_wh } else { 0 }
    }

    /// The energy of [`Self::day`].
    pub const fn energy_wh_of_its_day(&self) -> u64 {
        self.today_wh
    }

    /// The local day of the last accepted reading; none before the first.
    pub const fn day(&self) -> Option<Date> {
        self.day
    }

    /// The sample time of the last counter that was believed.
    pub fn believed_at(&self) -> Option<Timestamp> {
        self.base.map(|base| base.at)
    }

    /// Takes note of a reading. Readings come in the order of their time; one that is not newer
    /// than the last changes nothing, so that delivery may repeat.
    pub fn take(&mut self, evidence: &Evidence, calendar: &Calendar) -> Step {
        if evidence.at < EARLIEST {
            return Step::default();
        }
        let Some(base) = self.base else { return self.open(evidence, calendar) };
        let zero = evidence.total_wh == 0 && base.total_wh > 0;
        // A real reset shows a number again as soon as the sun shines, and a counter that goes back
        // by a little was ahead by that: it will be where it was.
        let flickers =
            (1..SLACK_WH as u32).contains(&base.total_wh.saturating_sub(evidence.total_wh));
        if evidence.at <= base.at || zero || flickers {
            return Step::default();
        }
        if let Some(made) = base.step(evidence) {
            let correction = self.suspect.take().map(|suspect| Correction::Glitch {
                shown_wh: suspect.first.total_wh,
                expected_wh: base.total_wh,
            });
            return self.accept(base.at, made, evidence, calendar, correction);
        }
        if let Some((made, counted)) = self.back_on_the_former_line(evidence) {
            let correction =
                Correction::Glitch { shown_wh: base.total_wh, expected_wh: evidence.total_wh };
            self.suspect = None;
            let step = self.accept(base.at, made, evidence, calendar, Some(correction));
            self.base = Some(Mark { at: evidence.at, total_wh: counted });
            self.former = None;
            return step;
        }
        self.doubt(base, evidence, calendar)
    }

    /// The clock was ahead when the last readings were taken, and says `now` today. What was
    /// believed then is taken for a reading of the beginning of this day.
    pub fn put_clock_back(&mut self, now: Timestamp, calendar: &Calendar) {
        let day = calendar.day(now);
        if let Some(base) = &mut self.base {
            base.at = calendar.start(day).min(now);
        }
        self.suspect = None;
        self.former = None;
        self.turn_to(day);
    }

    /// Goes on with another day: the next one, or the one before if the clock has been away.
    fn turn_to(&mut self, day: Date) {
        if self.day == Some(day) {
            return;
        }
        let known = self.previous.filter(|(previous, _)| *previous == day);
        self.previous = self.day.map(|left| (left, self.today_wh));
        self.today_wh = known.map_or(0, |(_, energy_wh)| energy_wh);
        self.day = Some(day);
    }

    /// What was made since the counter left a line to which it has returned, less what was
    /// accepted meanwhile; and up to which counter that line is now accounted.
    fn back_on_the_former_line(&self, evidence: &Evidence) -> Option<(u64, u32)> {
        let Former { left, added_wh } = self.former?;
        if evidence.at.duration_since(left.at) > FORMER_LINE {
            return None;
        }
        let made = left.step(evidence)?;
        let ahead = u32::try_from(added_wh.saturating_sub(made)).unwrap_or(u32::MAX);
        Some((made.saturating_sub(added_wh), evidence.total_wh.saturating_add(ahead)))
    }

    /// The first readings ever. Two that agree open the account, and a zero says nothing: what is
    /// shown first must not turn out to have been a glitch.
    ///
    /// The device's day counter is today's energy if it can be: whoever starts the bridge at noon
    /// wants to see the morning too.
    fn open(&mut self, evidence: &Evidence, calendar: &Calendar) -> Step {
        if evidence.total_wh == 0 || self.suspect.is_some_and(|seen| evidence.at <= seen.last.at) {
            return Step::default();
        }
        let mark = Mark::of(evidence);
        let agrees = self.suspect.filter(|seen| seen.last.step(evidence).is_some());
        if agrees.is_none() {
            self.suspect = Some(Suspect { first: mark, last: mark });
            return Step::default();
        }
        let day = calendar.day(evidence.at);
        let since_midnight = evidence.at.duration_since(calendar.start(day));
        let possible = possible_wh(evidence.max_power_w, since_midnight);
        let today = evidence
            .today_wh
            .filter(|&today| f64::from(today) <= possible && today <= evidence.total_wh)
            .unwrap_or(0);
        *self = Self {
            lifetime_wh: u64::from(evidence.total_wh),
            today_wh: u64::from(today),
            day: Some(day),
            base: Some(mark),
            ..Self::default()
        };
        let booking = Booking { day, energy_wh: u64::from(today), estimated: false };
        Step { bookings: vec![booking], since: None, correction: None }
    }

    /// Adds energy made since an instant.
    fn accept(
        &mut self,
        since: Timestamp,
        made_wh: u64,
        evidence: &Evidence,
        calendar: &Calendar,
        correction: Option<Correction>,
    ) -> Step {
        let bookings = book(since, made_wh, evidence, calendar);
        let day = calendar.day(evidence.at);
        self.turn_to(day);
        for booking in &bookings {
            self.lifetime_wh += booking.energy_wh;
            if booking.day == day {
                self.today_wh += booking.energy_wh;
            }
            if let Some((previous, energy_wh)) = &mut self.previous
                && *previous == booking.day
            {
                *energy_wh += booking.energy_wh;
            }
        }
        if let Some(former) = &mut self.former {
            former.added_wh += made_wh;
        }
        self.base = Some(Mark::of(evidence));
        Step { bookings, since: Some(since), correction }
    }

    /// A step that no panel makes. It is believed when the counter goes on from there and grows.
    fn doubt(&mut self, base: Mark, evidence: &Evidence, calendar: &Calendar) -> Step {
        let mark = Mark::of(evidence);
        let continued = self.suspect.filter(|suspect| suspect.last.step(evidence).is_some());
        let Some(Suspect { first, .. }) = continued else {
            self.suspect = Some(Suspect { first: mark, last: mark });
            return Step::default();
        };
        if mark.total_wh == first.total_wh {
            self.suspect = Some(Suspect { first, last: mark });
            return Step::default();
        }
        self.suspect = None;
        self.former = Some(Former { left: base, added_wh: 0 });
        let fell = first.total_wh < base.total_wh;
        let silence = first.at.duration_since(base.at).min(RESTART);
        let possible = possible_wh(evidence.max_power_w, silence);
        // What a counter shows that began again at zero was made since; what one shows that moved
        // elsewhere tells only what it has added.
        let restarted = fell && f64::from(first.total_wh) <= possible;
        let made = mark.total_wh - if restarted { 0 } else { first.total_wh };
        let since = if restarted { base.at } else { first.at };
        let (before_wh, after_wh) = (base.total_wh, first.total_wh);
        let correction = if fell {
            Correction::Reset { before_wh, after_wh }
        } else {
            Correction::Jump { before_wh, after_wh }
        };
        self.accept(since, u64::from(made), evidence, calendar, Some(correction))
    }
}

/// Divides energy that was made between two instants among the local days.
fn book(since: Timestamp, made_wh: u64, evidence: &Evidence, calendar: &Calendar) -> Vec<Booking> {
    let (first, today) = (calendar.day(since), calendar.day(evidence.at));
    if first >= today {
        return vec![Booking { day: today, energy_wh: made_wh, estimated: false }];
    }
    let since_midnight = evidence.at.duration_since(calendar.start(today));
    let possible = possible_wh(evidence.max_power_w, since_midnight);
    // A day counter above the whole step is still yesterday's: the device has not noticed the new
    // day, so it has hardly worked in it.
    let of_today =
        evidence.today_wh.map(u64::from).filter(|&told| told <= made_wh && told as f64 <= possible);
    let days: Vec<Date> = Calendar::days(first, today).collect();
    let before = made_wh - of_today.unwrap_or(0);
    let share = before / days.len() as u64;
    let rest = before % days.len() as u64;
    let estimated = before > 0 && (days.len() > 1 || of_today.is_none());
    let mut bookings: Vec<Booking> =
        days.iter().map(|&day| Booking { day, energy_wh: share, estimated }).collect();
    bookings[0].energy_wh += rest;
    bookings.retain(|booking| booking.energy_wh > 0);
    bookings.push(Booking { day: today, energy_wh: of_today.unwrap_or(0), estimated: false });
    bookings
}
