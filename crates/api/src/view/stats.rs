//! The shape of `/stats`.

use jiff::Timestamp;
use plant::live::StorageState;
use serde::Serialize;
use store::StoreStats;
use utoipa::ToSchema;

/// What the database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stats {
    /// POSTGRES, SQLITE or NONE.
    #[schema(example = "POSTGRES")]
    pub database_type: String,
    /// Size on disk, bytes.
    #[schema(example = 7_978_343)]
    pub database_size_bytes: u64,
    /// Readings of inverters.
    #[schema(example = 28)]
    pub inverter_data_entries: u64,
    /// Readings of ports.
    #[schema(example = 112)]
    pub port_data_entries: u64,
    /// Readings of energy meters.
    #[schema(example = 28)]
    pub meter_data_entries: u64,
    /// Readings of hybrid inverters.
    #[schema(example = 0)]
    pub storage_data_entries: u64,
    /// Points of the curves that DTUs remembered of times without readings.
    #[schema(example = 0)]
    pub plant_power_entries: u64,
    /// Ports whose current energy is kept.
    #[schema(example = 4)]
    pub production_cache_entries: u64,
    /// Run-time settings.
    #[schema(example = 1)]
    pub config_cache_entries: u64,
    /// Figures on the bridge's own health.
    #[schema(example = 90)]
    pub metrics_entries: u64,
    /// Registered inverters.
    #[schema(example = 1)]
    pub inverters_count: u64,
    /// The sum of all entries above, without the inverters.
    #[schema(example = 263)]
    pub total_records: u64,
    /// Sample time of the oldest reading.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T06:12:00Z")]
    pub oldest_reading: Option<Timestamp>,
    /// Sample time of the newest reading. One from the future gives way to the next.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-21T12:00:00Z")]
    pub newest_reading: Option<Timestamp>,
    /// Snapshots that wait for the database.
    #[schema(example = 0)]
    pub outbox_depth: u64,
    /// Sample time of the oldest of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub outbox_oldest: Option<Timestamp>,
    /// Size of the outbox on disk, bytes.
    #[schema(example = 32768)]
    pub outbox_bytes: u64,
    /// Readings that reached the database since the bridge started.
    #[schema(example = 1500)]
    pub readings_stored: u64,
    /// Readings that the database refused for their content; they are kept in quarantine.
    #[schema(example = 0)]
    pub readings_rejected: u64,
    /// Readings that could not be kept anywhere since the bridge started.
    #[schema(example = 0)]
    pub readings_lost: u64,
}

impl Stats {
    /// What a store of this kind counts, and what is on its way there.
    pub fn of(kind: &str, counted: &StoreStats, storage: &StorageState) -> Self {
        Self {
            database_type: kind.to_uppercase(),
            database_size_bytes: counted.database_size_bytes,
            inverter_data_entries: counted.inverter_data_entries,
            port_data_entries: counted.port_data_entries,
            meter_data_entries: counted.meter_data_entries,
            storage_data_entries: counted.storage_data_entries,
            plant_power_entries: counted.plant_power_entries,
            production_cache_entries: counted.production_cache_entries,
            config_cache_entries: counted.config_cache_entries,
            metrics_entries: counted.metrics_entries,
            inverters_count: counted.inverters_count,
            total_records: counted.inverter_data_entries
                + counted.port_data_entries
                + counted.meter_data_entries
                + counted.storage_data_entries
                + counted.plant_power_entries
                + counted.production_cache_entries
                + counted.config_cache_entries
                + counted.metrics_entries,
            oldest_reading: counted.oldest_reading,
            newest_reading: counted.newest_reading,
            outbox_depth: storage.outbox_depth,
            outbox_oldest: storage.outbox_oldest,
            outbox_bytes: storage.outbox_bytes,
            readings_stored: storage.readings_stored,
            readings_rejected: storage.readings_rejected,
            readings_lost: storage.readings_lost,
        }
    }
}
