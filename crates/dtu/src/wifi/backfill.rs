//! What a DTU remembers of a time in which nobody read it.

use ::wifi::message::PowerHistory;
use jiff::{SignedDuration, Timestamp};
use plant::curve::{Gap, PowerPoint};

use super::session::Session;
use crate::driver::Cause;

/// Of which days a DTU is asked; that it keeps more than one is inferred.
const MOST_DAYS: u32 = 3;

/// The points of the DTU's power curve within a gap, ascending by time.
pub(super) async fn of(session: &mut Session, gap: Gap) -> Result<Vec<PowerPoint>, Cause> {
    let mut found: Vec<PowerPoint> = Vec::new();
    let mut earliest: Option<Timestamp> = None;
    for days_ago in 0..MOST_DAYS {
        let points = points(&session.power_history(days_ago).await?);
        let first = points.iter().map(|point| point.at).min();
        // A DTU that has only one day answers with it again.
        if first.is_none() || earliest.is_some_and(|earliest| first >= Some(earliest)) {
            break;
        }
        earliest = first;
        found.extend(points.into_iter().filter(|point| gap.contains(point.at)));
        if earliest <= Some(gap.from) {
            break;
        }
    }
    found.sort_by_key(|point| point.at);
    found.dedup_by_key(|point| point.at);
    Ok(found)
}

/// The points of some pages. A value without a time is none.
fn points(pages: &[PowerHistory]) -> Vec<PowerPoint> {
    pages.iter().flat_map(of_page).collect()
}

fn of_page(page: &PowerHistory) -> Vec<PowerPoint> {
    let (Some(first), Some(step)) = (page.first_time, page.step) else { return Vec::new() };
    if first == 0 || step == 0 {
        return Vec::new();
    }
    let first = Timestamp::from_second(first.into()).ok();
    let at = |number: usize| {
        let steps = i64::try_from(number).ok()?.checked_mul(step.into())?;
        first?.checked_add(SignedDuration::from_secs(steps)).ok()
    };
    let values = page.powers.iter().enumerate();
    values
        .filter_map(|(number, &tenths)| {
            let power_w = (f64::from(tenths) / 10.0) as f32;
            Some(PowerPoint { at: at(number)?, power_w })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_a_step_apart_from_the_first_time_of_their_page() {
        let page = |first_time, powers: &[i32]| PowerHistory {
            first_time: Some(first_time),
            step: Some(60),
            powers: powers.to_vec(),
            ..PowerHistory::default()
        };
        let points = points(&[page(6000, &[0, 15]), page(9000, &[23]), page(0, &[1])]);
        let told: Vec<_> = points.iter().map(|p| (p.at.as_second(), p.power_w)).collect();
        assert_eq!(told, [(6000, 0.0), (6060, 1.5), (9000, 2.3)]);
    }

    #[test]
    fn a_curve_without_a_step_is_none() {
        let page =
            PowerHistory { first_time: Some(6000), powers: vec![1], ..PowerHistory::default() };
        assert!(points(&[page]).is_empty());
    }
}
