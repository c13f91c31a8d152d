//! The outbox, the delivery and the store against a model: random histories with crashes, lost
//! acknowledgements, a database that comes and goes, full disks and rows that are refused.
//!
//! What must hold, whatever happens: the keys in the database are the keys that were acknowledged,
//! each once; what was refused for its content is in quarantine; what found no room is counted.
//! After every single step a crash image (the files as they are, with or without a torn write at
//! the end of the log) is opened and must hold everything that is not delivered yet.
//!
//! `MODEL_CASES` and `MODEL_SEED` choose how many histories and where they begin. A failing history
//! prints its seed.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use plant::curve::PowerPoint;
use plant::event::Event;
use plant::live::{LiveInverter, Timed};
use plant::{InverterReading, MeterReading, PortReading, Serial, StorageReading};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use store::{
    Bucket, BucketQuery, Devices, DiskFloor, EnergyQuery, EnergySeries, EventQuery, HistoryQuery,
    Interrupted, KnownDevices, LossCount, MeanQuery, MeanSeries, MeterQuery, Outbox, OutboxError,
    PageQuery, PlantDay, Record, StorageQuery, Store, StoreError, StoreStats, Written, deliver,
};
use tempfile::TempDir;
use world::*;

const UP: u8 = 0;
const DOWN: u8 = 1;
/// What is written is committed, and nobody is told.
const MUTE: u8 = 2;

/// A database at the other end of a line that fails.
struct Line {
    store: Arc<dyn Store>,
    state: AtomicU8,
}

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("the line is cut".to_owned()))
}

#[async_trait]
impl Store for Line {
    fn kind(&self) -> &'static str {
        self.store.kind()
    }
    async fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare().await
    }
    async fn write(&self, records: &[Record]) -> Result<Written, StoreError> {
        match self.state.load(Ordering::Relaxed) {
            DOWN => away(),
            MUTE => {
                self.store.write(records).await?;
                away()
            }
            _ => self.store.write(records).await,
        }
    }
    async fn latest(&self, now: Timestamp) -> Result<Vec<(Serial, LiveInverter)>, StoreError> {
        self.store.latest(now).await
    }
    async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        self.store.history(query).await
    }
    async fn port_history(
        &self,
        query: &HistoryQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        self.store.port_history(query, port).await
    }

    async fn inverter_page(
        &self,
        page: &PageQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        self.store.inverter_page(page).await
    }

    async fn port_page(
        &self,
        page: &PageQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        self.store.port_page(page, port).await
    }

    async fn buckets(&self, query: &BucketQuery) -> Result<Vec<Bucket>, StoreError> {
        self.store.buckets(query).await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.store.events(query).await
    }
    async fn open_events(&self) -> Result<Vec<Event>, StoreError> {
        self.store.open_events().await
    }
    async fn plant_days(&self, from: Date, to: Date) -> Result<Vec<PlantDay>, StoreError> {
        self.store.plant_days(from, to).await
    }
    async fn energy(&self, query: &EnergyQuery) -> Result<Vec<EnergySeries>, StoreError> {
        self.store.energy(query).await
    }
    async fn means(&self, query: &MeanQuery) -> Result<Vec<MeanSeries>, StoreError> {
        self.store.means(query).await
    }
    async fn stats(&self) -> Result<StoreStats, StoreError> {
        self.store.stats().await
    }
    async fn config(&self, key: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.store.config(key).await
    }
    async fn configs(&self, prefix: &str) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        self.store.configs(prefix).await
    }
    async fn set_config(&self, key: &str, value: &serde_json::Value) -> Result<(), StoreError> {
        self.store.set_config(key, value).await
    }
    async fn close(&self) {
        self.store.close().await;
    }
}

#[async_trait]
impl Devices for Line {
    async fn latest_devices(&self, now: Timestamp) -> Result<KnownDevices, StoreError> {
        self.store.latest_devices(now).await
    }
    async fn meter_history(
        &self,
        query: &MeterQuery,
    ) -> Result<Vec<Timed<MeterReading>>, StoreError> {
        self.store.meter_history(query).await
    }
    async fn storage_history(
        &self,
        query: &StorageQuery,
    ) -> Result<Vec<StorageReading>, StoreError> {
        self.store.storage_history(query).await
    }
    async fn plant_power(
        &self,
        dtu_name: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PowerPoint>, StoreError> {
        self.store.plant_power(dtu_name, from, to).await
    }
}

/// The reference.
#[derive(Default)]
struct Model {
    second: i64,
    /// Seconds whose snapshot was acknowledged.
    acknowledged: BTreeSet<i64>,
    /// Seconds whose append was cut short: kept or not, both are right.
    maybe: BTreeSet<i64>,
    /// Readings that found no room.
    lost: u64,
}

/// Every fifth snapshot holds one row that the database refuses.
fn is_bad(second: i64) -> bool {
    second % 5 == 0
}

fn record(second: i64) -> Record {
    let mut poll = poll(NOON + second, 1);
    if is_bad(second) {
        poll.ports[1].pv_voltage_v = Some(1000.0);
    }
    snapshot(poll)
}

struct History {
    world: World,
    line: Arc<Line>,
    dir: TempDir,
    outbox: Outbox,
    losses: LossCount,
    model: Model,
    random: StdRng,
}

fn file(dir: &Path) -> PathBuf {
    dir.join("outbox.sqlite")
}

fn losses(dir: &Path) -> LossCount {
    LossCount::open(dir.join("lost"))
}

fn now() -> Timestamp {
    at(NOON)
}

impl History {
    async fn begin(world: World, seed: u64) -> Self {
        let store = world.store().await;
        world.execute(forbid(&world)).await;
        let dir = tempfile::tempdir().unwrap();
        Self {
            line: Arc::new(Line { store, state: AtomicU8::new(UP) }),
            outbox: Outbox::open(file(dir.path())).await.unwrap(),
            losses: losses(dir.path()),
            dir,
            world,
            model: Model::default(),
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// New snapshots, now and then one that was appended before.
    fn batch(&mut self) -> (Vec<i64>, Vec<Record>) {
        let mut seconds: Vec<i64> = (0..self.random.random_range(1..4))
            .map(|_| {
                self.model.second += 1;
                self.model.second
            })
            .collect();
        if self.random.random_range(0..8) == 0
            && let Some(old) = self.model.acknowledged.iter().next_back()
        {
            seconds.push(*old);
        }
        let records = seconds.iter().map(|second| record(*second)).collect();
        (seconds, records)
    }

    async fn step(&mut self) {
        match self.random.random_range(0..20) {
            0..6 => {
                let (seconds, records) = self.batch();
                self.outbox.append(&records).await.unwrap();
                self.model.acknowledged.extend(seconds);
            }
            6 => {
                // Cut short by a shutdown somewhere in the middle.
                let (seconds, records) = self.batch();
                let patience = std::time::Duration::from_micros(self.random.random_range(0..800));
                let cut = tokio::time::timeout(patience, self.outbox.append(&records)).await;
                match cut {
                    Ok(appended) => {
                        appended.unwrap();
                        self.model.acknowledged.extend(seconds);
                    }
                    Err(_) => self.model.maybe.extend(seconds),
                }
            }
            7..12 => {
                let limit = self.random.random_range(1..9);
                let line = Arc::clone(&self.line);
                match deliver(&self.outbox, &*line, limit, now).await {
                    Ok(_) | Err(Interrupted::Store(StoreError::Unavailable(_))) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            12 => {
                let patience = std::time::Duration::from_micros(self.random.random_range(0..3000));
                // Cut short by the end of the process, and then all begins anew.
                let line = Arc::clone(&self.line);
                let cut = tokio::time::timeout(patience, deliver(&self.outbox, &*line, 9, now));
                if cut.await.is_err() {
                    let state = AtomicU8::new(self.line.state.load(Ordering::Relaxed));
                    self.line = Arc::new(Line { store: self.world.store().await, state });
                    self.crash().await;
                }
            }
            13 => {
                // Written, and then the power fails before it is taken out.
                let waiting = self.outbox.oldest(5).await.unwrap();
                let records: Vec<_> = waiting.into_iter().map(|(_, record)| record).collect();
                if self.line.state.load(Ordering::Relaxed) != DOWN {
                    match self.line.store.write(&records).await {
                        Ok(_) | Err(StoreError::Refused(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                self.crash().await;
            }
            14 => self.crash().await,
            15 => {
                self.outbox.close().await;
                self.outbox = Outbox::open(file(self.dir.path())).await.unwrap();
                self.losses = losses(self.dir.path());
            }
            16..18 => {
                let state = self.random.random_range(UP..=MUTE);
                self.line.state.store(state, Ordering::Relaxed);
            }
            18 => {
                // The disk is full for a moment.
                self.outbox.close().await;
                let full = DiskFloor::new(self.dir.path(), 1 << 40);
                self.outbox = Outbox::lazy(file(self.dir.path()), full);
                let (_, records) = self.batch();
                let error = self.outbox.append(&records).await.unwrap_err();
                assert!(matches!(error, OutboxError::NoRoom(_)), "{error}");
                let readings = records.iter().map(Record::readings).sum();
                self.losses.add(readings, now());
                self.model.lost += readings;
                self.outbox.close().await;
                self.outbox = Outbox::open(file(self.dir.path())).await.unwrap();
            }
            _ => {
                self.outbox.replay().await.unwrap();
            }
        }
        self.look_at_a_crash_image().await;
    }

    /// The files as they are, the torn end of an unfinished write included.
    fn crash_image(&mut self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if !name.to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), image.path().join(name)).unwrap();
            }
        }
        let log = image.path().join("outbox.sqlite-wal");
        if self.random.random_range(0..3) == 0
            && let Ok(mut bytes) = std::fs::read(&log)
            && bytes.len() > 4152
        {
            // Begins like the frame before it, and then the power went.
            let mut torn = bytes[bytes.len() - 4120..].to_vec();
            torn.truncate(self.random.random_range(1..4121));
            if let Some(byte) = torn.last_mut() {
                *byte ^= 0x55;
            }
            bytes.extend(torn);
            std::fs::write(&log, bytes).unwrap();
        }
        image
    }

    async fn crash(&mut self) {
        // Let what a cancelled call left with the worker come to its end: a status waits for it.
        self.outbox.status().await.unwrap();
        let image = self.crash_image();
        self.outbox = Outbox::open(file(image.path())).await.unwrap();
        assert!(self.outbox.incidents().is_empty(), "a crash is no damage");
        self.losses = losses(image.path());
        self.dir = image;
    }

    async fn look_at_a_crash_image(&mut self) {
        self.outbox.status().await.unwrap();
        let image = self.crash_image();
        let outbox = Outbox::open(file(image.path())).await.unwrap();
        assert!(outbox.incidents().is_empty(), "a crash is no damage");
        let waiting: BTreeSet<i64> = outbox
            .oldest(100_000)
            .await
            .unwrap()
            .iter()
            .map(|(_, record)| record.taken_at().unwrap().as_second() - NOON)
            .collect();
        let quarantined: BTreeSet<i64> = outbox
            .quarantined(0, 100_000)
            .await
            .unwrap()
            .iter()
            .map(|entry| {
                let record: Record = serde_json::from_str(&entry.text).unwrap();
                record.taken_at().unwrap().as_second() - NOON
            })
            .collect();
        outbox.close().await;
        let known = &self.model.acknowledged | &self.model.maybe;
        assert!(waiting.is_subset(&known) && quarantined.is_subset(&known));
        assert_eq!(losses(image.path()).readings(), self.model.lost);
        let [inverters, first, second] = self.stored().await;
        for second_of in &self.model.acknowledged {
            let here = waiting.contains(second_of);
            assert!(here || inverters.contains(second_of), "an inverter reading is gone");
            assert!(here || first.contains(second_of), "a reading of port 1 is gone");
            assert!(
                here || second.contains(second_of) || quarantined.contains(second_of),
                "a reading of port 2 is gone"
            );
        }
    }

    /// The seconds in the database, with every row.
    async fn stored(&self) -> [Vec<i64>; 3] {
        let time = match self.world {
            World::Postgres(_) => "(extract(epoch FROM timestamp) * 1000000)::bigint",
            World::Sqlite(_) => "timestamp",
        };
        let mut found = Vec::new();
        for from in
            ["inverter_data", "port_data WHERE port_number = 1", "port_data WHERE port_number = 2"]
        {
            let rows = self.world.numbers(&format!("SELECT {time} FROM {from} ORDER BY 1")).await;
            found.push(rows.into_iter().map(|at| at.unwrap() / 1_000_000 - NOON).collect());
        }
        found.try_into().unwrap()
    }

    async fn end(mut self) {
        self.line.state.store(UP, Ordering::Relaxed);
        while deliver(&self.outbox, &*self.line, 50, now).await.unwrap().is_some() {}
        let [inverters, first, second] = self.stored().await;
        let mut kept: BTreeSet<i64> = self.model.acknowledged.clone();
        // What was cut short may be there, and then wholly.
        kept.extend(self.model.maybe.iter().filter(|at| inverters.contains(at)));
        let kept: Vec<i64> = kept.into_iter().collect();
        assert_eq!(inverters, kept);
        assert_eq!(first, kept);
        let good: Vec<i64> = kept.iter().copied().filter(|at| !is_bad(*at)).collect();
        assert_eq!(second, good);
        let status = self.outbox.status().await.unwrap();
        let bad = kept.len() - good.len();
        // A snapshot that was appended twice is refused twice.
        assert!(status.depth == 0 && status.quarantined_readings >= bad as u64, "{status:?}");
        assert_eq!(self.losses.readings(), self.model.lost);

        self.world.execute(allow(&self.world)).await;
        self.outbox.replay().await.unwrap();
        while deliver(&self.outbox, &*self.line, 50, now).await.unwrap().is_some() {}
        assert_eq!(self.stored().await, [kept.clone(), kept.clone(), kept]);
        assert_eq!(self.outbox.status().await.unwrap().quarantined, 0);
        assert!(self.outbox.incidents().is_empty());
        self.crash().await;
        self.line.close().await;
    }
}

fn forbid(world: &World) -> &'static str {
    match world {
        World::Postgres(_) => {
            "ALTER TABLE port_data ADD CONSTRAINT too_bright CHECK (pv_voltage < 900)"
        }
        World::Sqlite(_) => {
            "CREATE TRIGGER too_bright BEFORE INSERT ON port_data WHEN NEW.pv_voltage >= 900
             BEGIN SELECT RAISE(ABORT, 'too_bright'); END"
        }
    }
}

fn allow(world: &World) -> &'static str {
    match world {
        World::Postgres(_) => "ALTER TABLE port_data DROP CONSTRAINT too_bright",
        World::Sqlite(_) => "DROP TRIGGER too_bright",
    }
}

/// Says which history failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the history of MODEL_SEED={} failed", self.0);
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

async fn live_through(world: World, seed: u64, steps: u32) {
    let failing = Seed(seed);
    let mut history = History::begin(world, seed).await;
    for _ in 0..steps {
        history.step().await;
    }
    history.end().await;
    drop(failing);
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_with_the_embedded_store_as_the_database() {
    let first = number("MODEL_SEED", 1);
    for seed in first..first + number("MODEL_CASES", 8) {
        live_through(World::sqlite().await, seed, 60).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_with_postgres() {
    let first = number("MODEL_SEED", 1_000_000);
    for seed in first..first + number("MODEL_CASES", 8).div_ceil(4) {
        live_through(World::postgres().await, seed, 40).await;
    }
}
