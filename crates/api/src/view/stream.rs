//! The shapes of `/api/stream`.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Dtu, Inverter, Plant};
use crate::{Identity, Moment};

/// `event: state`: everything, where a stream begins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamState)]
pub struct State {
    /// As `/api/plant`.
    pub plant: Plant,
    /// As `/api/dtus`.
    pub dtus: Vec<Dtu>,
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
    /// As `/api/plant`.
    pub plant: Plant,
    /// As `/api/dtus`.
    pub dtus: Vec<Dtu>,
    /// As `/api/inverters`, only those of this DTU.
    pub inverters: Vec<Inverter>,
}

/// `event: status`: something has changed although no reading came: a DTU fails, a reading has
/// become too old, the database is back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamStatus)]
pub struct Status {
    /// As `/api/plant`.
    pub plant: Plant,
    /// As `/api/dtus`.
    pub dtus: Vec<Dtu>,
}

impl State {
    /// Everything at this moment.
    pub fn of(moment: &Moment, identity: &Identity) -> Self {
        Self {
            plant: Plant::of(moment, identity),
            dtus: dtus(moment),
            inverters: inverters(moment, |_| true),
        }
    }
}

impl Snapshot {
    /// What was read of one DTU.
    pub fn of(dtu_name: &str, moment: &Moment, identity: &Identity) -> Self {
        Self {
            dtu_name: dtu_name.to_owned(),
            plant: Plant::of(moment, identity),
            dtus: dtus(moment),
            inverters: inverters(moment, |its_dtu| its_dtu == dtu_name),
        }
    }
}

impl Status {
    /// How everything is at this moment.
    pub fn of(moment: &Moment, identity: &Identity) -> Self {
        Self { plant: Plant::of(moment, identity), dtus: dtus(moment) }
    }
}

fn dtus(moment: &Moment) -> Vec<Dtu> {
    moment.plant.dtus.iter().map(|(name, dtu)| Dtu::of(name, dtu, moment)).collect()
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
