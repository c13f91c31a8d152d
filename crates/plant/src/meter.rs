//! Energy meters at a DTU: what they showed at one instant.

use serde::{Deserialize, Serialize};

use crate::Serial;

/// What one energy meter showed at one instant.
///
/// Power counts as a meter at the grid connection counts it: positive is taken from the grid,
/// negative is fed into it (`protocol/wifi.md` 3.1; the DTU-Pro-S shows the same meter with the same
/// sign over Modbus, `protocol/modbus.md` 2, map E).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeterReading {
    /// The meter, by the twelve digits that the DTU gives it.
    pub serial: Serial,
    /// 1 or 3 where the meter's kind tells it: DDSU666 has one phase, DTSU666 three.
    pub phase_count: Option<u8>,
    /// All phases, W.
    pub power_w: Option<f32>,
    /// All phases, -1 to 1.
    pub power_factor: Option<f32>,
    /// Lifetime counter of what came from the grid, Wh.
    pub import_wh: Option<u64>,
    /// Lifetime counter of what went into the grid, Wh.
    pub export_wh: Option<u64>,
    /// As the meter reports it; what the numbers mean is not known.
    pub fault_code: Option<i32>,
    /// Phases A, B, C; none for a phase the meter does not have.
    #[serde(default)]
    pub phases: [Option<MeterPhase>; 3],
}

/// One phase of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MeterPhase {
    /// W, with the sign of [`MeterReading::power_w`].
    pub power_w: Option<f32>,
    /// Against neutral, V.
    pub voltage_v: Option<f32>,
    /// A.
    pub current_a: Option<f32>,
    /// -1 to 1.
    pub power_factor: Option<f32>,
    /// Lifetime counter of what came from the grid, Wh.
    pub import_wh: Option<u64>,
    /// Lifetime counter of what went into the grid, Wh.
    pub export_wh: Option<u64>,
}

impl MeterReading {
    /// A reading in which nothing was reported yet, to be filled field by field.
    pub const fn blank(serial: Serial) -> Self {
        Self {
            serial,
            phase_count: None,
            power_w: None,
            power_factor: None,
            import_wh: None,
            export_wh: None,
            fault_code: None,
            phases: [None; 3],
        }
    }
}
