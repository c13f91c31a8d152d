//! Keeping readings, for ever.
//!
//! ```text
//! recorder ──► Outbox (SQLite file, fsync) ──► forwarder ──► PostgresStore
//!          └────────────────────────────────────────────────► SqliteStore (embedded, no outbox)
//! ```
//!
//! Both stores keep the same promises behind [`Store`] and pass one conformance suite:
//!
//! * A reading's key is (inverter, port, sample time). Writing a record again changes nothing, so
//!   delivery may repeat but a reading exists once.
//! * A batch is one transaction: all of it is there or nothing.
//! * Start-up never needs the database to be up: a store is built without connecting, and
//!   [`Store::prepare`] is tried again until it succeeds.
//! * "Latest" is read through keys, never by scanning; exact counts are kept beside the tables.

mod batch;
mod bucket;
mod checksum;
mod delivery;
mod devices;
mod disk;
mod energy;
mod intervals;
mod lease;
mod ledger;
mod loss;
pub mod outbox;
pub mod postgres;
mod power;
pub mod recompute;
mod rows;
mod schema;
mod sealed;
mod slots;
pub mod sqlite;
pub mod transfer;
pub mod v1;

pub use bucket::{Bucket, BucketQuery, Spread};
pub use delivery::{Courier, Delivered, Interrupted, deliver};
pub use devices::{Devices, KnownDevices, MeterQuery, StorageQuery};
pub use disk::DiskFloor;
pub use energy::{EnergyPoint, EnergyQuery, EnergySeries, Grouping, Member, Resolution};
pub use intervals::{PollIntervals, note_poll_interval, poll_intervals};
pub use lease::{Claim, Lease, Leases};
pub use loss::LossCount;
pub use outbox::{Incident, Outbox, OutboxError, OutboxStatus, Quarantined, Rejected, Replayed};
pub use postgres::{PostgresOptions, PostgresOptionsError, PostgresStore};
pub use power::{MeanQuery, MeanSeries, Quantity, SLOT_S};
pub use recompute::Recomputed;
pub use sqlite::SqliteStore;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use plant::event::{Event, EventKind};
use plant::live::{LiveInverter, Timed};
use plant::{InverterReading, PlantPower, PortReading, Serial, Snapshot};
use serde::{Deserialize, Serialize};

/// One thing to keep: the unit of the outbox and of a store's write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// All readings of one poll.
    Snapshot(Snapshot),
    /// Figures on the bridge's own health.
    Metrics(Vec<Metric>),
    /// Something that began, ended, or both. What is known under its key gets its end and text.
    Event(Event),
    /// What a DTU remembers of times without readings.
    PlantPower(PlantPower),
    /// Run-time configuration that replaces what is under the key.
    Config {
        /// As in [`Store::config`].
        key: String,
        /// Anything that JSON can say.
        value: serde_json::Value,
    },
}

impl Record {
    /// When it was taken, for showing how old the oldest waiting record is. `None` where a record
    /// has no time.
    pub fn taken_at(&self) -> Option<Timestamp> {
        match self {
            Self::Snapshot(snapshot) => Some(snapshot.taken_at),
            Self::Metrics(metrics) => metrics.iter().map(|metric| metric.at).min(),
            Self::Event(event) => Some(event.ended_at.unwrap_or(event.started_at)),
            Self::PlantPower(power) => Some(power.read_at),
            Self::Config { .. } => None,
        }
    }

    /// How many readings it holds: of inverters, ports, meters and hybrid inverters.
    pub fn readings(&self) -> u64 {
        match self {
            Self::Snapshot(snapshot) => {
                let Snapshot { inverters, ports, meters, storage, .. } = snapshot;
                (inverters.len() + ports.len() + meters.len() + storage.len()) as u64
            }
            // Points of a curve are no readings: they fill in for some.
            Self::Metrics(_) | Self::Event(_) | Self::PlantPower(_) | Self::Config { .. } => 0,
        }
    }
}

/// One row of `system_metrics`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// When it was measured.
    pub at: Timestamp,
    /// Snake-case name with its unit: `query_duration_seconds`.
    pub name: String,
    /// The figure, finite.
    pub value: f64,
    /// The DTU it is about; none for the bridge as a whole.
    pub dtu_name: Option<String>,
}

/// What a write added. Rows that were there already are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// New rows of `inverter_data`.
    pub inverter_rows: u64,
    /// New rows of `port_data`.
    pub port_rows: u64,
    /// New rows of `meter_data`.
    pub meter_rows: u64,
    /// New rows of `storage_data`.
    pub storage_rows: u64,
}

impl Written {
    /// New readings of any kind, as [`Record::readings`] counts them.
    pub fn readings(&self) -> u64 {
        self.inverter_rows + self.port_rows + self.meter_rows + self.storage_rows
    }
}

/// Which readings of one inverter are wanted, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The inverter.
    pub serial: Serial,
    /// At or after, if set.
    pub from: Option<Timestamp>,
    /// Before, if set.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

/// Which readings of one inverter or port are wanted, oldest first: the next page of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageQuery {
    /// The inverter.
    pub serial: Serial,
    /// At or after.
    pub from: Timestamp,
    /// Before.
    pub to: Timestamp,
    /// At most so many.
    pub limit: u32,
}

/// Which events are wanted, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those that had not ended before, if set.
    pub from: Option<Timestamp>,
    /// Only those that began before, if set.
    pub to: Option<Timestamp>,
    /// Only these kinds; all, if empty.
    pub kinds: &'static [EventKind],
    /// At most so many.
    pub limit: u32,
}

/// What is known of one DTU on one local day.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantDay {
    /// The DTU.
    pub dtu_name: String,
    /// The local day.
    pub day: Date,
    /// What its panels made, Wh.
    pub energy_wh: u64,
    /// The greatest power of all its panels together, W, and when.
    pub peak: Option<(f32, Timestamp)>,
    /// Its polls that brought readings.
    pub polls: u32,
}

/// Figures for `/stats`, in constant time whatever the number of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStats {
    /// Size on disk, bytes.
    pub database_size_bytes: u64,
    /// Rows of `inverter_data`, exact.
    pub inverter_data_entries: u64,
    /// Rows of `port_data`, exact.
    pub port_data_entries: u64,
    /// Rows of `meter_data`, exact.
    pub meter_data_entries: u64,
    /// Rows of `storage_data`, exact.
    pub storage_data_entries: u64,
    /// Rows of `plant_power`, exact.
    pub plant_power_entries: u64,
    /// Rows of `production_cache`.
    pub production_cache_entries: u64,
    /// Rows of `config_cache`.
    pub config_cache_entries: u64,
    /// Rows of `system_metrics`, exact.
    pub metrics_entries: u64,
    /// Rows of `inverters`.
    pub inverters_count: u64,
    /// Sample time of the oldest inverter reading.
    pub oldest_reading: Option<Timestamp>,
    /// Sample time of the newest inverter reading. One from the future gives way to the next.
    pub newest_reading: Option<Timestamp>,
}

/// Why a store did not do what was asked. Texts are for people and carry no password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is shutting down: the same call may succeed later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database refuses a row for its content (SQLSTATE 22xxx, 23xxx): it always will.
    #[error("the database refuses a row: {0}")]
    Refused(String),
    /// The database was made by a newer version, or by something else.
    #[error("the database does not fit this version: {0}")]
    Schema(String),
    /// The disk is full or the file cannot be written.
    #[error("no room to write: {0}")]
    NoRoom(String),
    /// Anything else: a defect of ours, or an answer nobody expects.
    #[error("the database answered with an error: {0}")]
    Other(String),
}

/// A permanent home for readings.
#[async_trait]
pub trait Store: Devices + Send + Sync + 'static {
    /// `postgres` or `sqlite`.
    fn kind(&self) -> &'static str;

    /// Connects and brings the schema up to date. Harmless to call again.
    async fn prepare(&self) -> Result<(), StoreError>;

    /// Keeps the records in one transaction, registering inverters on the way.
    async fn write(&self, records: &[Record]) -> Result<Written, StoreError>;

    /// Every registered inverter with its latest readings, to start from after a restart.
    /// Readings stamped after `now` + five minutes are not the latest.
    async fn latest(&self, now: Timestamp) -> Result<Vec<(Serial, LiveInverter)>, StoreError>;

    /// Readings of one inverter, newest first. Empty for an unknown serial.
    async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError>;

    /// Readings of one port, newest first. Empty for an unknown one.
    async fn port_history(
        &self,
        query: &HistoryQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError>;

    /// Readings of one inverter, oldest first. Empty for an unknown serial.
    async fn inverter_page(
        &self,
        page: &PageQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError>;

    /// Readings of one port, oldest first. Empty for an unknown one.
    async fn port_page(
        &self,
        page: &PageQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError>;

    /// What one inverter or port showed, in buckets. Those in which nothing was read are not among
    /// them; the others are in the order in which they were asked for.
    async fn buckets(&self, query: &BucketQuery) -> Result<Vec<Bucket>, StoreError>;

    /// Events that overlap a range of time, newest first.
    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError>;

    /// Events that have not ended, oldest first.
    async fn open_events(&self) -> Result<Vec<Event>, StoreError>;

    /// The days of every DTU from one up to but not including another, ascending by DTU and day.
    /// A day without any reading is not among them.
    async fn plant_days(&self, from: Date, to: Date) -> Result<Vec<PlantDay>, StoreError>;

    /// Accounted energy in a range of time, as series of periods. Of plants there is exactly one.
    async fn energy(&self, query: &EnergyQuery) -> Result<Vec<EnergySeries>, StoreError>;

    /// What every port or inverter showed in a range of time, averaged in buckets; ascending by
    /// serial and port, also those without a reading in the range.
    async fn means(&self, query: &MeanQuery) -> Result<Vec<MeanSeries>, StoreError>;

    /// Row counts and size.
    async fn stats(&self) -> Result<StoreStats, StoreError>;

    /// Run-time configuration under a key (`config_cache`).
    async fn config(&self, key: &str) -> Result<Option<serde_json::Value>, StoreError>;

    /// The run-time configuration under every key that starts so, ascending by key.
    async fn configs(&self, prefix: &str) -> Result<Vec<(String, serde_json::Value)>, StoreError>;

    /// Replaces the run-time configuration under a key.
    async fn set_config(&self, key: &str, value: &serde_json::Value) -> Result<(), StoreError>;

    /// Lets go of connections and files, after which other calls fail.
    async fn close(&self);
}
