//! Means of what ports and inverters showed, in buckets of time.

use jiff::Timestamp;
use plant::Serial;

/// What is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// DC power of each port, W.
    PortPower,
    /// DC voltage of each port, V.
    PortVoltage,
    /// AC voltage of each inverter, V.
    GridVoltage,
}

impl Quantity {
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::PortPower => "pv_power",
            Self::PortVoltage => "pv_voltage",
            Self::GridVoltage => "grid_voltage",
        }
    }

    pub(crate) const fn is_of_ports(self) -> bool {
        matches!(self, Self::PortPower | Self::PortVoltage)
    }
}

/// Which means are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeanQuery {
    /// What is averaged.
    pub quantity: Quantity,
    /// The beginning of the first bucket.
    pub from: Timestamp,
    /// The end of the range.
    pub to: Timestamp,
    /// The length of a bucket, s; not 0.
    pub bucket_s: u32,
    /// Only this inverter.
    pub serial: Option<Serial>,
    /// Only ports of this number, where ports are averaged.
    pub port: Option<u8>,
}

/// The means of one port or inverter.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanSeries {
    /// The DTU that reports it now.
    pub dtu_name: Option<String>,
    /// The inverter.
    pub serial: Serial,
    /// The port; none where inverters are averaged.
    pub port: Option<u8>,
    /// The number of the bucket from 0, and the mean of what was read in it. A bucket in which
    /// nothing was read is not among them. In no order.
    pub means: Vec<(u32, f32)>,
}
