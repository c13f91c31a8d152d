//! The shapes of `/api/stream`.

use serde::Serialize;
use utoipa::ToSchema;

use super::Inverter;
use crate::Moment;

/// `event: state`: everything, where a stream begins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamState)]
pub struct State {
    /// As `/api/inverters`; empty while it is not known which there are.
    pub inverters: Vec<Inverter>,
}

/// `event: snapshot`: a DTU was polled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamSnapshot)]
pub struct Snapshot {
    /// The configured name of the DTU.
    #[schema(example = "roof")]
    pub dtu_name: String,
    /// As `/api/inverters`, only those of this DTU.
    pub inverters: Vec<Inverter>,
}

/// `event: status`: something has changed although no reading came: a DTU fails, a reading has
/// become too old, the database is back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamStatus)]
pub struct Status {}

impl State {
    /// Everything at this moment.
    pub fn of(moment: &Moment) -> Self {
        Self { inverters: inverters(moment, |_| true) }
    }
}

impl Snapshot {
    /// What was read of one DTU.
    pub fn of(dtu_name: &str, moment: &Moment) -> Self {
        Self {
            dtu_name: dtu_name.to_owned(),
            inverters: inverters(moment, |its_dtu| its_dtu == dtu_name),
        }
    }
}

impl Status {
    /// How everything is at this moment.
    pub fn of(_: &Moment) -> Self {
        Self {}
    }
}

fn inverters(moment: &Moment, of_dtu: impl Fn(&str) -> bool) -> Vec<Inverter> {
    moment
        .plant
        .inverters
        .iter()
        .filter(|(_, inverter)| of_dtu(&inverter.dtu_name))
        .map(|(&serial, inverter)| Inverter::of(serial, inverter, moment))
        .collect()
}
