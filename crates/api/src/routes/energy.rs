//! `/api/energy`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use store::EnergyQuery;

use super::{from_store, series_of};
use crate::problem::{CommonProblems, InverterProblems, Problem, StoreProblems};
use crate::query::energy::{EnergyParameters, Periods};
use crate::view::Energy;
use crate::{Api, Moment};

/// The most points of one answer, some ten megabytes of JSON.
const MAX_POINTS: usize = 50_000;

/// Accounted energy by hour, day, month or year
///
/// Of the plant, or of each DTU, inverter or port. The hours of a day add up to the day. Hours are
/// what Home Assistant's long-term statistics are filled from.
#[utoipa::path(
    get,
    path = "/api/energy",
    tag = "plant",
    params(EnergyParameters),
    responses(
        (status = 200, description = "Series of periods", body = Energy),
        InverterProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn energy(
    State(api): State<Arc<Api>>,
    parameters: EnergyParameters,
    moment: Moment,
) -> Result<Json<Energy>, Problem> {
    let store = api.store.as_ref().ok_or(Problem::NothingStored)?;
    let calendar = &moment.plant.calendar;
    let (from, to) = parameters.range(calendar, moment.now)?;
    let EnergyParameters { resolution, by, serial, port, .. } = parameters;
    if let Some(serial) = serial {
        moment.inverter(&serial.to_string())?;
    }
    let periods = usize::try_from(Periods { calendar, resolution }.count(from, to)).unwrap_or(0);
    if periods * series_of(&moment, by, serial.is_some()) > MAX_POINTS {
        let found = parameters.from.map(|edge| edge.to_string()).unwrap_or_default();
        let allowed = "so near to 'to' that there are at most 50000 points in all series";
        return Err(Problem::bad_parameter("from", &found, allowed));
    }
    let query = EnergyQuery { from, to, resolution, by, serial, port };
    let (found, intervals) = from_store(async {
        tokio::try_join!(store.energy(&query), store::poll_intervals(&**store))
    })
    .await?;
    Ok(Json(Energy::of(&query, found, &intervals, &moment, &api.identity)))
}
