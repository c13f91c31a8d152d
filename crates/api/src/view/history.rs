//! What the history answers with, beside the readings of inverters: those of ports, and buckets.

use jiff::Timestamp;
use plant::live::Timed;
use plant::{PortReading, Serial};
use serde::Serialize;
use store::{Bucket, Spread};
use utoipa::ToSchema;

use super::HistoryEntry;

/// Readings of the inverter, or with `port` of that, or with `bucket` their least, mean and greatest
/// values.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum HistoryAnswer {
    /// Of the inverter itself.
    Inverter(Vec<HistoryEntry>),
    /// Of one of its ports.
    Port(Vec<PortHistoryEntry>),
    /// In buckets.
    Buckets(Vec<HistoryBucket>),
}

/// One recorded reading of a port.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PortHistoryEntry {
    /// The inverter.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// From 1, within the inverter.
    #[schema(example = 1)]
    pub port_number: u8,
    /// When it was sampled.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Timestamp,
    /// DC voltage in V.
    #[schema(example = 33.7)]
    pub pv_voltage: Option<f32>,
    /// DC current in A.
    #[schema(example = 7.43)]
    pub pv_current: Option<f32>,
    /// DC power in W.
    #[schema(example = 250.5)]
    pub pv_power: Option<f32>,
    /// The device's own day counter in Wh, as it was read: it may reset and fall.
    #[schema(example = 1032)]
    pub today_production: Option<u32>,
    /// The device's own lifetime counter in Wh, as it was read: it may reset and fall.
    #[schema(example = 1_003_002)]
    pub total_production: Option<u32>,
}

/// What was read in a bucket of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryBucket {
    /// The inverter.
    #[schema(value_type = String, example = "116100000001")]
    pub serial_number: Serial,
    /// The port; null for the inverter itself.
    #[schema(example = 1)]
    pub port_number: Option<u8>,
    /// Its beginning.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub start: Timestamp,
    /// Its end.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:05:00Z")]
    pub end: Timestamp,
    /// Readings in it.
    #[schema(example = 5)]
    pub samples: u64,
    /// AC voltage in V; null for ports.
    #[schema(inline)]
    pub grid_voltage: Option<HistorySpread>,
    /// AC frequency in Hz; null for ports.
    #[schema(inline)]
    pub grid_frequency: Option<HistorySpread>,
    /// Temperature inside the case in °C; null for ports.
    #[schema(inline)]
    pub temperature: Option<HistorySpread>,
    /// AC active power in W, where the protocol tells it; null for ports.
    #[schema(inline)]
    pub active_power: Option<HistorySpread>,
    /// DC voltage in V; null for inverters.
    #[schema(inline)]
    pub pv_voltage: Option<HistorySpread>,
    /// DC current in A; null for inverters.
    #[schema(inline)]
    pub pv_current: Option<HistorySpread>,
    /// DC power in W; null for inverters.
    #[schema(inline)]
    pub pv_power: Option<HistorySpread>,
    /// Accounted energy in Wh, of hours and days; null for shorter buckets, for which the counters
    /// are too coarse.
    #[schema(example = json!(null))]
    pub energy_wh: Option<u64>,
}

/// Least, mean and greatest value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct HistorySpread {
    /// The least.
    #[schema(example = 248.1)]
    pub min: f32,
    /// The mean.
    #[schema(example = 250.5)]
    pub avg: f32,
    /// The greatest.
    #[schema(example = 251.0)]
    pub max: f32,
}

impl From<Spread> for HistorySpread {
    fn from(Spread { min, avg, max }: Spread) -> Self {
        // To the hundredth: a mean has noise further down.
        Self { min, avg: (avg * 100.0).round() / 100.0, max }
    }
}

impl From<Timed<PortReading>> for PortHistoryEntry {
    fn from(Timed { at, value }: Timed<PortReading>) -> Self {
        Self {
            serial_number: value.serial,
            port_number: value.port,
            timestamp: at,
            pv_voltage: value.pv_voltage_v,
            pv_current: value.pv_current_a,
            pv_power: value.pv_power_w,
            today_production: value.today_wh,
            total_production: value.total_wh,
        }
    }
}

impl HistoryBucket {
    /// A bucket of an inverter or port, with its energy.
    pub fn of(
        (serial_number, port_number): (Serial, Option<u8>),
        bucket: &Bucket,
        energy_wh: Option<u64>,
    ) -> Self {
        Self {
            serial_number,
            port_number,
            start: bucket.start,
            end: bucket.end,
            samples: bucket.samples,
            grid_voltage: bucket.grid_voltage_v.map(HistorySpread::from),
            grid_frequency: bucket.grid_frequency_hz.map(HistorySpread::from),
            temperature: bucket.temperature_c.map(HistorySpread::from),
            active_power: bucket.active_power_w.map(HistorySpread::from),
            pv_voltage: bucket.pv_voltage_v.map(HistorySpread::from),
            pv_current: bucket.pv_current_a.map(HistorySpread::from),
            pv_power: bucket.pv_power_w.map(HistorySpread::from),
            energy_wh,
        }
    }
}
