//! The days of DTUs that are over, in memory: what a series over many years is summed from.
//!
//! A day of a DTU is sealed once the DTU was polled on two later ones. A batch or a recomputation
//! that changes an earlier day than the last one of the DTU counts up `past_changes` in the same
//! transaction. A reader gets that number from the snapshot of the database in which it reads the
//! days that are not sealed. As long as it is the number with which the sealed ones were read, they
//! are still as they were: the last day of a DTU only ever moves on.
//!
//! Between the two stands one more day, because writer and reader may have been told different time
//! zones.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use plant::energy::Calendar;

use crate::EnergySeries;
use crate::energy::{EnergyPoint, EnergyQuery, Grouping, Owner, Resolution, following_day, series};

/// Series no longer than this are read as they are.
const LONG: SignedDuration = SignedDuration::from_hours(400 * 24);
/// After so many days more the sealed ones are read anew.
const OFTEN_ENOUGH_DAYS: i64 = 31;

/// What a store keeps.
#[derive(Debug, Default)]
pub(crate) struct SealedDays(Mutex<Option<Arc<Sealed>>>);

/// Sealed days of every DTU, as they were after so many changes of the past.
#[derive(Debug)]
struct Sealed {
    changes: i64,
    dtus: BTreeMap<String, SealedDtu>,
}

#[derive(Debug, Default)]
struct SealedDtu {
    /// The first day that is not sealed.
    until: Date,
    days: Vec<EnergyPoint>,
}

/// What is to be read from the database, and what is known already.
pub(crate) struct Plan {
    known: Option<Arc<Sealed>>,
    changes: i64,
    /// Of each DTU the first day to read; none for all there are.
    pub(crate) first_days: Vec<Option<Date>>,
}

/// Whether a series is so long that its days are worth remembering.
pub(crate) fn is_long(query: &EnergyQuery) -> bool {
    query.resolution != Resolution::Hour && query.to.duration_since(query.from) > LONG
}

impl SealedDays {
    /// What is to be read for these DTUs, after so many changes of the past.
    pub(crate) fn plan(&self, changes: i64, dtus: &[Owner]) -> Plan {
        // Held for as long as it takes to copy a pointer.
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = known.filter(|known| known.changes == changes && known.is_recent(dtus));
        let first_day = |dtu: &Owner| known.as_ref()?.of(dtu).map(|of| of.until);
        Plan { first_days: dtus.iter().map(first_day).collect(), changes, known }
    }

    /// The series, from what is known and the days that were read by a plan: of each DTU from its
    /// first day on, ascending.
    pub(crate) fn series(
        &self,
        query: &EnergyQuery,
        calendar: &Calendar,
        plan: Plan,
        mut dtus: Vec<Owner>,
        mut read: Vec<Vec<EnergyPoint>>,
    ) -> Vec<EnergySeries> {
        let sealed = plan.known.unwrap_or_else(|| {
            let sealed = Arc::new(Sealed::taken_from(&mut read, plan.changes, calendar, &dtus));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&sealed));
            sealed
        });
        let from = calendar.start(calendar.day(query.from));
        let asked = from..following_day(calendar, query.to).1;
        let days = dtus.iter().zip(&read).map(|(dtu, read)| {
            let sealed = sealed.of(dtu).map_or(&[][..], |of| &of.days);
            [within(sealed, &asked), within(read, &asked)]
        });
        let days: Vec<[&[EnergyPoint]; 2]> = days.collect();
        if query.by == Grouping::Plant {
            // What all have is put down to one, as only the sum is asked for.
            if let Some(first) = dtus.first_mut() {
                first.points = summed(&days, query.resolution, calendar);
            }
        } else {
            for (dtu, days) in dtus.iter_mut().zip(&days) {
                dtu.points = summed(std::slice::from_ref(days), query.resolution, calendar);
            }
        }
        series(query.by, dtus)
    }
}

impl Sealed {
    /// Moves the sealed days out of what was read.
    fn taken_from(
        read: &mut [Vec<EnergyPoint>],
        changes: i64,
        calendar: &Calendar,
        dtus: &[Owner],
    ) -> Self {
        let sealed = dtus.iter().zip(read).filter_map(|(dtu, days)| {
            let until = dtu.last_day?.saturating_sub(1.day());
            let begin = calendar.start(until);
            let fresh = days.split_off(days.partition_point(|day| day.start < begin));
            let days = std::mem::replace(days, fresh);
            Some((dtu.dtu_name.clone()?, SealedDtu { until, days }))
        });
        Self { changes, dtus: sealed.collect() }
    }

    fn of(&self, owner: &Owner) -> Option<&SealedDtu> {
        self.dtus.get(owner.dtu_name.as_deref()?)
    }

    /// Whether few days have come since.
    fn is_recent(&self, dtus: &[Owner]) -> bool {
        dtus.iter().all(|dtu| match (self.of(dtu), dtu.last_day) {
            (Some(sealed), Some(last)) => {
                last.duration_since(sealed.until).as_hours() <= 24 * OFTEN_ENOUGH_DAYS
            }
            (None, Some(_)) => false,
            (_, None) => true,
        })
    }
}

/// The days that are asked for among these, which ascend.
fn within<'a>(days: &'a [EnergyPoint], asked: &Range<Timestamp>) -> &'a [EnergyPoint] {
    let before = |edge: Timestamp| days.partition_point(|day| day.start < edge);
    &days[before(asked.start)..before(asked.end)]
}

/// The periods of these days of one DTU or several. Of several the peak is not known: each has its
/// own at another time. Of two equal peaks of one it is the earlier.
fn summed(
    days: &[[&[EnergyPoint]; 2]],
    resolution: Resolution,
    calendar: &Calendar,
) -> Vec<EnergyPoint> {
    let is_one = days.len() == 1;
    let Some(first) =
        days.iter().flatten().filter_map(|days| days.first()).map(|day| day.start).min()
    else {
        return Vec::new();
    };
    let first_day = calendar.day(first);
    let mut periods: Vec<Option<EnergyPoint>> = Vec::new();
    for day in days.iter().flatten().copied().flatten() {
        let number = match resolution {
            Resolution::Hour | Resolution::Day => days_between(first, day.start),
            Resolution::Month | Resolution::Year => {
                let date = calendar.day(day.start);
                let years = i64::from(date.year() - first_day.year());
                let months = i64::from(date.month() - first_day.month());
                if resolution == Resolution::Year { years } else { years * 12 + months }
            }
        };
        let number = usize::try_from(number).expect("no day is before the first");
        if number >= periods.len() {
            periods.resize(number + 1, None);
        }
        let alone = EnergyPoint { peak: day.peak.filter(|_| is_one), ..*day };
        let period = &mut periods[number];
        *period = Some(period.map_or(alone, |sum| sum.and(&alone)));
    }
    let begun = |period: EnergyPoint| {
        let day = calendar.day(period.start);
        let start = match resolution {
            Resolution::Hour | Resolution::Day => period.start,
            Resolution::Month => calendar.start(day.first_of_month()),
            Resolution::Year => calendar.start(day.first_of_year()),
        };
        EnergyPoint { start, ..period }
    };
    periods.into_iter().flatten().map(begun).collect()
}

/// Days of 23 or 25 hours are days.
fn days_between(first: Timestamp, at: Timestamp) -> i64 {
    (at.as_second() - first.as_second() + 12 * 3600).div_euclid(24 * 3600)
}
