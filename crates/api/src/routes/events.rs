//! `/api/events` and `/api/coverage`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use plant::energy::Calendar;
use store::{EventQuery, PollIntervals};

use super::from_store;
use crate::problem::{CommonProblems, Problem, StoreProblems};
use crate::query::{CoverageParameters, EventParameters};
use crate::view::coverage::CAUSES;
use crate::view::{Coverage, Event};
use crate::{Api, Moment};

/// So many gaps one answer can hold, the newest: more than the flakiest DTU makes in a month.
const MAX_GAPS: u32 = 10_000;

/// What happened, newest first
///
/// Alarms, sleep, outages and corrected counters, with start, end and words. With a range: those
/// that overlap it.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "plant",
    params(EventParameters),
    responses(
        (status = 200, description = "Events, newest first", body = [Event]),
        StoreProblems,
        CommonProblems
    )
)]
pub async fn events(
    State(api): State<Arc<Api>>,
    EventParameters { limit, from, to }: EventParameters,
) -> Result<Json<Vec<Event>>, Problem> {
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let query = EventQuery { from, to, kinds: &[], limit };
    let events = from_store(store.events(&query)).await?;
    Ok(Json(events.into_iter().map(Event::from).collect()))
}

/// How much of each day was read, and why not more
///
/// One entry per DTU and local day since its first reading, ascending.
#[utoipa::path(
    get,
    path = "/api/coverage",
    tag = "plant",
    params(CoverageParameters),
    responses(
        (status = 200, description = "Days of the configured DTUs", body = [Coverage]),
        StoreProblems,
        CommonProblems
    )
)]
pub async fn coverage(
    State(api): State<Arc<Api>>,
    parameters: CoverageParameters,
    moment: Moment,
) -> Result<Json<Vec<Coverage>>, Problem> {
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let calendar = &moment.plant.calendar;
    let today = calendar.day(moment.now);
    let (from, to) = parameters.days(today)?;
    let query = EventQuery {
        from: Some(calendar.start(from)),
        to: Some(calendar.start(to)),
        kinds: CAUSES,
        limit: MAX_GAPS,
    };
    let (days, events, mut intervals) = from_store(async {
        tokio::try_join!(
            store.plant_days(from, to),
            store.events(&query),
            store::poll_intervals(&**store)
        )
    })
    .await?;
    let polls: BTreeMap<_, _> =
        days.iter().map(|day| ((day.dtu_name.as_str(), day.day), day.polls)).collect();
    let mut coverage = Vec::new();
    for (name, dtu) in &moment.plant.dtus {
        let its_own = moment.plant.inverters.values().filter(|own| own.dtu_name == *name);
        let first = its_own.map(|inverter| inverter.first_seen).min();
        let first = calendar.day(first.unwrap_or(moment.plant.started_at));
        let intervals = intervals.remove(name);
        let intervals = intervals.unwrap_or_else(|| PollIntervals::always(dtu.poll_interval_s));
        for day in Calendar::days(from, to).take_while(|day| *day <= today) {
            let polls = polls.get(&(name.as_str(), day)).copied();
            if day >= first || polls.is_some() {
                let polls = polls.unwrap_or(0);
                coverage.push(Coverage::of((name, &intervals), day, polls, &events, &moment));
            }
        }
    }
    Ok(Json(coverage))
}
