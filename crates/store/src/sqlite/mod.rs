//! The embedded store: one SQLite file, no server.
//!
//! * Write-ahead log with `synchronous = FULL`: a write that returned is on the disk, and readers
//!   do not wait for the writer.
//! * One connection writes, because SQLite has one writer at a time anyway and waiting in our own
//!   queue is fairer than its busy loop. A few others read.
//! * Nothing is opened before [`Store::prepare`], which creates the directory and the file.

mod books;
mod devices;
mod energy;
mod error;
mod events;
pub(crate) mod file;
pub(crate) mod migrate;
mod pages;
mod power;
mod read;
mod recompute;
mod slots;
pub(crate) mod transfer;
mod write;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plant::energy::Calendar;
use plant::event::Event;
use plant::live::{LiveInverter, Timed};
use plant::{InverterReading, PortReading, Serial};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, SqlitePool};

pub(crate) use error::{is_corrupt, store_error};

use crate::batch::Batch;
use crate::recompute::Recomputed;
use crate::sealed::SealedDays;
use crate::{
    Bucket, BucketQuery, DiskFloor, EnergyQuery, EnergySeries, EventQuery, HistoryQuery, MeanQuery,
    MeanSeries, PageQuery, PlantDay, Record, Store, StoreError, StoreStats, Written,
};

/// Enough for a dashboard, Home Assistant and a browser at the same time; each has its own thread
/// and page cache.
const READERS: u32 = 4;
/// What a reader keeps of the file, KiB, a quarter of SQLite's own choice. The system keeps the pages
/// as well, and only once.
const READER_CACHE: &str = "-512";
/// After how long without use a reader is closed, with its thread and its cache.
const READER_IDLE: Duration = Duration::from_secs(60);
/// Longer than a connection itself waits for a lock, so that SQLite's own answer is heard.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Readings in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    floor: DiskFloor,
    writer: SqlitePool,
    readers: SqlitePool,
    calendar: Calendar,
    sealed: SealedDays,
}

impl SqliteStore {
    /// A store that has not opened its file yet. Call it inside a Tokio runtime.
    pub fn open_lazy(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let pool = || SqlitePoolOptions::new().min_connections(0).acquire_timeout(ACQUIRE_TIMEOUT);
        Self {
            writer: pool()
                .max_connections(1)
                // When the disk is full SQLite may end a transaction by itself. sqlx does not
                // notice and refuses to begin another, so such a connection is not used again.
                .after_release(|connection, _| {
                    Box::pin(async move { Ok(!connection.is_in_transaction()) })
                })
                .connect_lazy_with(file::durable(path).create_if_missing(true)),
            readers: pool().max_connections(READERS).idle_timeout(READER_IDLE).connect_lazy_with(
                file::durable(path).pragma("query_only", "ON").pragma("cache_size", READER_CACHE),
            ),
            path: path.to_owned(),
            floor: DiskFloor::none(),
            calendar: Calendar::new(TimeZone::UTC),
            sealed: SealedDays::default(),
        }
    }

    /// Makes the books of these days anew from the raw readings. See [`crate::recompute`].
    ///
    /// # Errors
    /// As for any write. Ports done before the failure stay done; calling again is harmless.
    pub async fn recompute(
        &self,
        days: RangeInclusive<Date>,
        now: Timestamp,
    ) -> Result<Recomputed, StoreError> {
        recompute::days(&self.writer, &self.calendar, &days, now)
            .await
            .map_err(|error| self.error(error))
    }

    /// The same store with days of another zone than UTC.
    #[must_use]
    pub fn in_calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// The same, but it stops writing readings while less than this is free.
    #[must_use]
    pub fn with_floor(self, floor: DiskFloor) -> Self {
        Self { floor, ..self }
    }

    fn error(&self, error: sqlx::Error) -> StoreError {
        store_error(&error, &self.path)
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        file::create_parent(&self.path).await.map_err(|error| self.error(error.into()))?;
        let opened = file::open(|| self.writer.acquire()).await;
        let mut writer = opened.map_err(|error| self.error(error))?;
        transfer::upgrade(&mut writer, &self.path).await?;
        transfer::refuse_half_filled(&mut writer, &self.path).await
    }

    async fn write(&self, records: &[Record]) -> Result<Written, StoreError> {
        if records.is_empty() {
            return Ok(Written::default());
        }
        if let Some(shortage) = self.floor.shortage() {
            return Err(StoreError::NoRoom(shortage));
        }
        let batch = Batch::of(records);
        write::batch(&self.writer, &batch, &self.calendar).await.map_err(|error| self.error(error))
    }

    async fn latest(&self, now: Timestamp) -> Result<Vec<(Serial, LiveInverter)>, StoreError> {
        read::latest(&self.readers, now, &self.calendar).await.map_err(|error| self.error(error))
    }

    async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        read::history(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn port_history(
        &self,
        query: &HistoryQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        pages::port_history(&self.readers, query, port).await.map_err(|error| self.error(error))
    }

    async fn inverter_page(
        &self,
        page: &PageQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        pages::inverter_page(&self.readers, page).await.map_err(|error| self.error(error))
    }

    async fn port_page(
        &self,
        page: &PageQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        pages::port_page(&self.readers, page, port).await.map_err(|error| self.error(error))
    }

    async fn buckets(&self, query: &BucketQuery) -> Result<Vec<Bucket>, StoreError> {
        pages::buckets(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        events::overlapping(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn open_events(&self) -> Result<Vec<Event>, StoreError> {
        events::open(&self.readers).await.map_err(|error| self.error(error))
    }

    async fn plant_days(&self, from: Date, to: Date) -> Result<Vec<PlantDay>, StoreError> {
        events::plant_days(&self.readers, from, to).await.map_err(|error| self.error(error))
    }

    async fn energy(&self, query: &EnergyQuery) -> Result<Vec<EnergySeries>, StoreError> {
        energy::energy(&self.readers, &self.calendar, &self.sealed, query)
            .await
            .map_err(|error| self.error(error))
    }

    async fn means(&self, query: &MeanQuery) -> Result<Vec<MeanSeries>, StoreError> {
        power::means(&self.readers, query).await.map_err(|error| self.error(error))
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        let stats = read::stats(&self.readers).await.map_err(|error| self.error(error))?;
        Ok(StoreStats { database_size_bytes: file::size_bytes(&self.path).await, ..stats })
    }

    async fn config(&self, key: &str) -> Result<Option<serde_json::Value>, StoreError> {
        read::config(&self.readers, key).await.map_err(|error| self.error(error))
    }

    async fn configs(&self, prefix: &str) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        read::configs(&self.readers, prefix).await.map_err(|error| self.error(error))
    }

    async fn set_config(&self, key: &str, value: &serde_json::Value) -> Result<(), StoreError> {
        write::config(&self.writer, key, value).await.map_err(|error| self.error(error))
    }

    async fn close(&self) {
        self.readers.close().await;
        // Last, so that it is the one that empties and removes the write-ahead log.
        self.writer.close().await;
    }
}
