//! Energy meters, now and in the past.

use jiff::Timestamp;
use plant::live::Latest;
use plant::{MeterReading, Serial, meter};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Moment;

/// An energy meter as of now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Meter {
    /// The configured name of the DTU that it is connected to.
    #[schema(example = "roof")]
    pub dtu_name: String,
    /// What it showed last.
    #[serde(flatten)]
    pub reading: MeterEntry,
    /// Whether its latest reading is too old to be what it shows now: three polls of its DTU, and
    /// five minutes at least.
    #[schema(example = false)]
    pub stale: bool,
    /// Age of its latest reading in s.
    #[schema(example = 12)]
    pub age_seconds: u64,
}

/// One recorded reading of an energy meter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MeterEntry {
    /// 12 hexadecimal digits, as the DTU tells it.
    #[schema(value_type = String, example = "10c071000001")]
    pub serial_number: Serial,
    /// When it was sampled.
    #[schema(value_type = String, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub timestamp: Timestamp,
    /// 1 or 3, where the meter tells.
    #[schema(example = 3)]
    pub phase_count: Option<u8>,
    /// All phases together in W: positive is taken from the grid, negative is fed into it.
    #[schema(example = -2610.0)]
    pub power_w: Option<f32>,
    /// -1 to 1.
    #[schema(example = -0.98)]
    pub power_factor: Option<f32>,
    /// Taken from the grid since the meter began to count, in Wh.
    #[schema(example = 1_004_320)]
    pub import_wh: Option<u64>,
    /// Fed into the grid since the meter began to count, in Wh.
    #[schema(example = 2_170_900)]
    pub export_wh: Option<u64>,
    /// The meter's own code; what the numbers mean is not known.
    #[schema(example = 0)]
    pub fault_code: Option<i32>,
    /// The phases it has.
    pub phases: Vec<MeterPhase>,
}

/// One phase of an energy meter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MeterPhase {
    /// A, B or C.
    #[schema(example = "A")]
    pub phase: &'static str,
    /// In W: positive is taken from the grid, negative is fed into it.
    #[schema(example = -870.0)]
    pub power_w: Option<f32>,
    /// Against neutral, in V.
    #[schema(example = 231.7)]
    pub voltage_v: Option<f32>,
    /// In A.
    #[schema(example = 3.75)]
    pub current_a: Option<f32>,
    /// -1 to 1.
    #[schema(example = -0.98)]
    pub power_factor: Option<f32>,
    /// Taken from the grid since the meter began to count, in Wh.
    #[schema(example = 334_770)]
    pub import_wh: Option<u64>,
    /// Fed into the grid since the meter began to count, in Wh.
    #[schema(example = 723_630)]
    pub export_wh: Option<u64>,
}

/// What the three phases are called everywhere.
pub(crate) const PHASES: [&str; 3] = ["A", "B", "C"];

impl Meter {
    /// What is known of a meter at this moment.
    pub fn of(latest: &Latest<MeterReading>, moment: &Moment) -> Self {
        Self {
            dtu_name: latest.dtu_name.clone(),
            reading: MeterEntry::of(latest.at, &latest.reading),
            stale: moment.is_stale_of(&latest.dtu_name, latest.at),
            age_seconds: moment.seconds_since(latest.at),
        }
    }
}

impl MeterEntry {
    /// A reading and when it was taken.
    pub fn of(at: Timestamp, reading: &MeterReading) -> Self {
        Self {
            serial_number: reading.serial,
            timestamp: at,
            phase_count: reading.phase_count,
            power_w: reading.power_w,
            power_factor: reading.power_factor,
            import_wh: reading.import_wh,
            export_wh: reading.export_wh,
            fault_code: reading.fault_code,
            phases: PHASES
                .into_iter()
                .zip(&reading.phases)
                .filter_map(|(name, phase)| Some(MeterPhase::of(name, phase.as_ref()?)))
                .collect(),
        }
    }
}

impl MeterPhase {
    fn of(phase: &'static str, shown: &meter::MeterPhase) -> Self {
        Self {
            phase,
            power_w: shown.power_w,
            voltage_v: shown.voltage_v,
            current_a: shown.current_a,
            power_factor: shown.power_factor,
            import_wh: shown.import_wh,
            export_wh: shown.export_wh,
        }
    }
}
