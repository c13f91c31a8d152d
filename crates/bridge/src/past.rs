//! What the store knows of the days behind.

use jiff::{SignedDuration, Timestamp, ToSpan};
use plant::energy::Calendar;
use plant::event::EventKind;
use plant::glance::{FinishedDays, Glance, Peak, WakeUps};
use store::{EventQuery, PlantDay, Store, StoreError};

/// Nights that the estimate of the next first light is made from.
const NIGHTS: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Sleeps in that time, at most: more than a hundred inverters have.
const MAX_SLEEPS: u32 = 1000;

/// Reads the sums of the running year, today's peak and the last wake-ups.
///
/// # Errors
/// As for any question to the store.
pub(crate) async fn glance(
    store: &dyn Store,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Glance, StoreError> {
    let today = calendar.day(now);
    let tomorrow = today.saturating_add(1.day());
    let days = store.plant_days(today.first_of_year(), tomorrow).await?;
    let sums = days.iter().map(|day| (day.day, day.energy_wh));
    let finished = Some(FinishedDays::of(today, sums));
    // With several DTUs this is the greatest of one of them: at least so much it was.
    let of_today = days.iter().filter(|day| day.day == today).filter_map(peak);
    let sleeps = EventQuery {
        from: Some(now - NIGHTS),
        to: Some(now),
        kinds: &[EventKind::Sleep],
        limit: MAX_SLEEPS,
    };
    let mut wake_ups = WakeUps::default();
    for sleep in store.events(&sleeps).await? {
        if let Some(to) = sleep.ended_at {
            wake_ups.note_sleep(sleep.started_at, to, calendar);
        }
    }
    let peak = of_today.max_by(|one, other| one.power_w.total_cmp(&other.power_w));
    Ok(Glance { finished, peak, wake_ups })
}

fn peak(day: &PlantDay) -> Option<Peak> {
    let (power_w, at) = day.peak?;
    Some(Peak { day: day.day, at, power_w: f64::from(power_w) })
}
