//! One handler per route, by resource. A handler gathers, a [`view`](crate::view) shapes.

pub mod arrange;
pub mod docs;
pub mod energy;
pub mod events;
pub mod export;
pub mod health;
pub mod history;
pub mod home;
pub mod info;
pub mod inverters;
pub mod meters;
pub mod metrics;
pub mod plant;
pub mod ports;
pub mod power;
pub mod stats;
pub mod storage;
pub mod stream;

use std::future::Future;
use std::time::Duration;

use store::Grouping;

use crate::Moment;
use crate::problem::Problem;

/// So long a client waits for the database at most. The stores give up earlier by themselves; this
/// is for a connection that is dead without knowing it.
const STORE_PATIENCE: Duration = Duration::from_secs(10);

/// What the store answers, if it does so in time.
async fn from_store<T, E: Into<Problem>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, Problem> {
    match tokio::time::timeout(STORE_PATIENCE, answer).await {
        Ok(answer) => answer.map_err(E::into),
        Err(_) => {
            tracing::warn!("the database did not answer a request in time");
            Err(Problem::StoreUnreachable)
        }
    }
}

/// About so many series there will be.
fn series_of(moment: &Moment, by: Grouping, of_one_inverter: bool) -> usize {
    let inverters = &moment.plant.inverters;
    match by {
        Grouping::Plant => 1,
        Grouping::Dtu => moment.plant.dtus.len(),
        Grouping::Inverter | Grouping::Port if of_one_inverter => 1,
        Grouping::Inverter => inverters.len(),
        Grouping::Port => inverters.values().map(|inverter| inverter.ports.len()).sum(),
    }
}
