//! What is kept beside the inverters: energy meters, hybrid inverters with a battery, and the power
//! of the plant that a DTU remembers.
//!
//! A plant has few of them, so their rows carry the serial number itself. Each kind has a small
//! table of those that are known, `meters` and `hybrids`, through which the latest reading is one
//! step along a key.

use async_trait::async_trait;
use jiff::Timestamp;
use plant::curve::PowerPoint;
use plant::live::{Latest, Timed};
use plant::{MeterReading, Serial, StorageReading};

use crate::StoreError;

/// The part of a [`Store`](crate::Store) for what is not an inverter.
#[async_trait]
pub trait Devices {
    /// Every known meter and hybrid inverter with its latest reading. Readings stamped after `now`
    /// + five minutes are not the latest.
    async fn latest_devices(&self, now: Timestamp) -> Result<KnownDevices, StoreError>;

    /// Readings of one meter, newest first. Empty for an unknown serial.
    async fn meter_history(
        &self,
        query: &MeterQuery,
    ) -> Result<Vec<Timed<MeterReading>>, StoreError>;

    /// Readings of one hybrid inverter, newest first. Empty for an unknown serial number.
    async fn storage_history(
        &self,
        query: &StorageQuery,
    ) -> Result<Vec<StorageReading>, StoreError>;

    /// What a DTU remembered of times without readings, from one instant up to but not including
    /// another, ascending by time.
    async fn plant_power(
        &self,
        dtu_name: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PowerPoint>, StoreError>;
}

/// Meters and hybrid inverters, to start from after a restart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownDevices {
    /// Ascending by serial.
    pub meters: Vec<Latest<MeterReading>>,
    /// Ascending by serial number.
    pub hybrids: Vec<Latest<StorageReading>>,
}

/// Which readings of one meter are wanted, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterQuery {
    /// The meter.
    pub serial: Serial,
    /// At or after, if set.
    pub from: Option<Timestamp>,
    /// Before, if set.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

/// Which readings of one hybrid inverter are wanted, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageQuery {
    /// [`StorageReading::serial_number`].
    pub serial_number: String,
    /// At or after, if set.
    pub from: Option<Timestamp>,
    /// Before, if set.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}
