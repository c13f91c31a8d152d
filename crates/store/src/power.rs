//! Means of what ports and inverters showed, in buckets of time.

use jiff::Timestamp;
use plant::Serial;

use crate::slots;

/// The length of the slots in which the power of inverters is kept, s. They are counted in UTC.
pub const SLOT_S: u32 = 300;

/// What is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// DC power of each port, W.
    PortPower,
    /// DC power of each inverter, all its ports together, W: the mean of [slots](SLOT_S), which are
    /// written with the readings. One that has no link or does not work delivers 0.
    InverterPower,
    /// DC voltage of each port, V.
    PortVoltage,
    /// AC voltage of each inverter, V.
    GridVoltage,
}

impl Quantity {
    pub(crate) const fn source(self) -> Source {
        match self {
            Self::PortPower => Source::Ports("pv_power"),
            Self::PortVoltage => Source::Ports("pv_voltage"),
            Self::GridVoltage => Source::Inverters("grid_voltage"),
            Self::InverterPower => Source::Slots,
        }
    }
}

/// Where a quantity is kept, and in which column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the readings of ports.
    Ports(&'static str),
    /// In those of inverters.
    Inverters(&'static str),
    /// In the slots of inverters.
    Slots,
}

/// Which means are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeanQuery {
    /// What is averaged.
    pub quantity: Quantity,
    /// The beginning of the first bucket; for [`Quantity::InverterPower`] that of a slot.
    pub from: Timestamp,
    /// The end of the range.
    pub to: Timestamp,
    /// The length of a bucket, s; not 0, and for [`Quantity::InverterPower`] of whole slots.
    pub bucket_s: u32,
    /// Only this inverter.
    pub serial: Option<Serial>,
    /// Only ports of this number, where ports are averaged.
    pub port: Option<u8>,
}

impl MeanQuery {
    /// Whether its buckets consist of whole slots: see [`SLOT_S`].
    pub fn is_of_slots(&self) -> bool {
        self.bucket_s.is_multiple_of(SLOT_S) && slots::slot_of(self.from) == self.from
    }
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
