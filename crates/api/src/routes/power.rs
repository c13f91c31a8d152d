//! `/api/power`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use plant::event::EventKind;
use store::{EnergyQuery, EventQuery, Grouping, MeanQuery, Quantity, Resolution};

use super::{from_store, series_of};
use crate::chart::{self, Buckets};
use crate::problem::{CommonProblems, InverterProblems, Problem, StoreProblems};
use crate::query::power::{LONGEST_OF_READINGS, PowerParameters, Shown};
use crate::view::Power;
use crate::{Api, Moment};

/// What explains a value, or its absence.
const EXPLAINING: &[EventKind] =
    &[EventKind::Sleep, EventKind::DtuOutage, EventKind::BridgeDown, EventKind::DatabaseOutage];
const MAX_EVENTS: u32 = 10_000;
/// The most hours that are read for one answer, of all series together.
const MAX_HOURS: usize = 250_000;
const HOUR_S: u32 = 3600;

/// Power or voltage over time, for charts
///
/// Means in buckets, never more of them than were asked for. A gap is null and has its cause; an
/// inverter that sleeps delivers 0. Up to eight days readings are averaged, beyond that energy by
/// hour is.
#[utoipa::path(
    get,
    path = "/api/power",
    tag = "plant",
    params(PowerParameters),
    responses(
        (status = 200, description = "Series of values, and the gaps", body = Power),
        InverterProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn power(
    State(api): State<Arc<Api>>,
    parameters: PowerParameters,
    moment: Moment,
) -> Result<Json<Power>, Problem> {
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let PowerParameters { by, serial, port, quantity: shown, .. } = parameters;
    let (from, to) = parameters.range(&moment.plant.calendar, moment.now)?;
    if let Some(serial) = serial {
        moment.inverter(&serial.to_string())?;
    }
    let kinds = EXPLAINING;
    let events = EventQuery { from: Some(from), to: Some(to), kinds, limit: MAX_EVENTS };
    let length = to.duration_since(from);
    let hourly = shown == Shown::Power && length > LONGEST_OF_READINGS;
    let (buckets, events, lines) = if hourly {
        let from = moment.plant.calendar.hour(from);
        let length = to.duration_since(from);
        let bucket_s = parameters.bucket_s(length, HOUR_S);
        refuse_too_many_hours(length, &parameters, &moment)?;
        let buckets = Buckets { from, to, bucket_s, now: moment.now };
        let query = EnergyQuery { from, to, resolution: Resolution::Hour, by, serial, port };
        let (hours, events) =
            from_store(async { tokio::try_join!(store.energy(&query), store.events(&events)) })
                .await?;
        (buckets, events, chart::of_hours(&buckets, hours))
    } else {
        let bucket_s = parameters.bucket_s(length, two_polls_s(&moment));
        let buckets = Buckets { from, to, bucket_s, now: moment.now };
        let quantity = match (shown, by) {
            (Shown::Power, _) => Quantity::PortPower,
            (Shown::Voltage, Grouping::Port) => Quantity::PortVoltage,
            (Shown::Voltage, _) => Quantity::GridVoltage,
        };
        let query = MeanQuery { quantity, from, to, bucket_s, serial, port };
        let query = of_many_inverters(query, by);
        let (means, events) =
            from_store(async { tokio::try_join!(store.means(&query), store.events(&events)) })
                .await?;
        let lines = chart::of_readings((shown, by), &buckets, means, &events);
        (buckets, events, lines)
    };
    let made_by = (&moment, &api.identity);
    Ok(Json(Power::of((shown, by), &buckets, lines, &events, made_by)))
}

/// What is known of each inverter without its ports, where all of them are wanted. Of a single one
/// the readings are found sooner than its slots among those of all.
fn of_many_inverters(query: MeanQuery, by: Grouping) -> MeanQuery {
    let is_of_many = query.serial.is_none() && by != Grouping::Port;
    match query.quantity {
        Quantity::PortPower if is_of_many && query.is_of_slots() => {
            MeanQuery { quantity: Quantity::InverterPower, ..query }
        }
        _ => query,
    }
}

/// Two polls of the slowest DTU. In a shorter bucket there may be none, however well all goes.
fn two_polls_s(moment: &Moment) -> u32 {
    let slowest = moment.plant.dtus.values().map(|dtu| dtu.poll_interval_s).max();
    u32::try_from(slowest.unwrap_or(60) * 2).unwrap_or(u32::MAX / 2)
}

fn refuse_too_many_hours(
    length: SignedDuration,
    parameters: &PowerParameters,
    moment: &Moment,
) -> Result<(), Problem> {
    let hours = usize::try_from(length.as_hours()).unwrap_or(0);
    if hours * series_of(moment, parameters.by, parameters.serial.is_some()) <= MAX_HOURS {
        return Ok(());
    }
    let found = parameters.from.map(|edge| edge.to_string()).unwrap_or_default();
    let allowed = "nearer to 'to' for so many series, or 'serial' be given";
    Err(Problem::bad_parameter("from", &found, allowed))
}
