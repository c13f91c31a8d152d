//! A plant, a store and a clock of a test's own, and the router in front of them.

use std::sync::{Arc, Mutex, OnceLock};

use api::{Access, Api, Changes, Clock, Feed, Identity, Metrics, router};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use plant::curve::PowerPoint;
use plant::event::Event;
use plant::live::{
    DtuPhase, DtuState, Failure, LiveInverter, LivePlant, StorageState, StoreLink, Timed,
};
use plant::{InverterReading, MeterReading, PortReading, Serial, Snapshot, StorageReading};
use serde_json::Value;
use store::{
    Bucket, BucketQuery, Devices, EnergyQuery, EnergySeries, EventQuery, HistoryQuery,
    KnownDevices, MeanQuery, MeanSeries, MeterQuery, PageQuery, PlantDay, Record, StorageQuery,
    Store, StoreError, StoreStats, Written,
};
use tokio::sync::watch;
use tower::ServiceExt;

pub(crate) const SERIAL: &str = "116100000001";

pub(crate) fn noon() -> Timestamp {
    "2026-06-21T12:00:00Z".parse().unwrap()
}

/// What everything is made of. Tests change fields before they ask.
pub(crate) struct World {
    pub(crate) plant: LivePlant,
    pub(crate) store: Option<Arc<TestStore>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) access: Access,
    pub(crate) changes: Changes,
    pub(crate) metrics_enabled: bool,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) instance_id: Arc<OnceLock<uuid::Uuid>>,
    pub(crate) now: Timestamp,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl World {
    /// An hour after its start, at noon: one DTU with an inverter of four ports, all well.
    pub(crate) fn new() -> Self {
        let started_at = noon() - SignedDuration::from_hours(1);
        let mut plant = LivePlant::new(started_at, StorageState::connecting("postgres"));
        plant.storage.link = StoreLink::Up;
        plant.past_known = true;
        plant.dtus.insert(
            "roof".into(),
            DtuState {
                phase: DtuPhase::Online,
                query_count: 60,
                last_success: Some(noon()),
                ..DtuState::starting("192.168.1.31:502".into(), "modbus", 60)
            },
        );
        let mut world = Self {
            plant,
            store: Some(Arc::default()),
            metrics: Arc::default(),
            feed: Arc::default(),
            access: Access::open(),
            changes: tokio::sync::mpsc::channel(1).0,
            metrics_enabled: true,
            cors_origins: Vec::new(),
            instance_id: Arc::default(),
            now: noon(),
        };
        world.poll(noon(), SERIAL, reading(SERIAL));
        world
    }

    /// Right after a start: a database and one DTU are configured, nothing has answered.
    pub(crate) fn just_started() -> Self {
        let mut world = Self::new();
        world.plant = LivePlant::new(noon(), StorageState::connecting("postgres"));
        world
            .plant
            .dtus
            .insert("roof".into(), DtuState::starting("192.168.1.31:502".into(), "modbus", 60));
        world
    }

    /// Takes over a poll of the DTU `roof` with one inverter of four ports.
    pub(crate) fn poll(&mut self, at: Timestamp, serial: &str, reading: InverterReading) {
        let serial: Serial = serial.parse().unwrap();
        let ports = [
            (1, 33.2, 7.93, 263.9),
            (2, 33.7, 8.64, 292.0),
            (3, 33.8, 8.39, 284.3),
            (4, 33.7, 7.43, 250.5),
        ];
        let snapshot = Snapshot {
            inverters: vec![reading],
            ports: ports
                .map(|(port, volts, amperes, watts)| PortReading {
                    serial,
                    port,
                    pv_voltage_v: Some(volts),
                    pv_current_a: Some(amperes),
                    pv_power_w: Some(watts),
                    today_wh: Some(1000 + u32::from(port)),
                    total_wh: Some(1_000_000 + u32::from(port)),
                })
                .into(),
            ..Snapshot::blank("roof".into(), None, at)
        };
        // Energy is known once two readings agree.
        let before = Snapshot { taken_at: at - SignedDuration::from_mins(1), ..snapshot.clone() };
        self.plant.apply(&before, at);
        self.plant.apply(&snapshot, at);
    }

    pub(crate) fn inverter(&mut self) -> &mut LiveInverter {
        self.plant.inverters.get_mut(&serial()).unwrap()
    }

    pub(crate) fn dtu(&mut self) -> &mut DtuState {
        self.plant.dtus.get_mut("roof").unwrap()
    }

    pub(crate) fn store(&self) -> &TestStore {
        self.store.as_deref().unwrap()
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            version: "3.0.0",
            instance_id: Arc::clone(&self.instance_id),
            time_zone: "Europe/Berlin".into(),
            demo: false,
        }
    }

    pub(crate) fn router(&self) -> Router {
        router(self.api())
    }

    pub(crate) fn api(&self) -> Api {
        let now = self.now;
        let (_, live) = watch::channel(Arc::new(self.plant.clone()));
        Api {
            live,
            store: self.store.clone().map(|store| store as Arc<dyn Store>),
            metrics: Arc::clone(&self.metrics),
            feed: Arc::clone(&self.feed),
            identity: self.identity(),
            changes: self.changes.clone(),
            access: self.access.clone(),
            metrics_enabled: self.metrics_enabled,
            cors_origins: self.cors_origins.clone(),
            clock: Clock::from_fn(move || now),
        }
    }

    /// Streams end as when the bridge does.
    pub(crate) async fn end_streams(&self) {
        let (_live, watched) = watch::channel(Arc::new(self.plant.clone()));
        let ended = std::future::ready(());
        self.feed.follow(watched, self.identity(), Clock::system(), ended).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router(), request).await
    }
}

impl Answer {
    /// What this router says.
    pub(crate) async fn of(router: Router, request: Request<Body>) -> Self {
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of an answer that is 200 and JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.any_json()
    }

    pub(crate) fn any_json(&self) -> Value {
        assert!(self.header("content-type").starts_with("application/json"));
        assert!(["no-store", "private, no-cache"].contains(&self.header("cache-control")));
        serde_json::from_str(&self.text).unwrap()
    }

    /// The detail of a problem, after a look at all that RFC 9457 wants.
    pub(crate) fn problem(&self, status: u16, path: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(body["status"], status);
        assert_eq!(body["instance"], path);
        assert!(body["type"].as_str().unwrap().starts_with("urn:"));
        assert!(!body["title"].as_str().unwrap().is_empty());
        body["detail"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn serial() -> Serial {
    SERIAL.parse().unwrap()
}

/// A reading at full sun.
pub(crate) fn reading(serial: &str) -> InverterReading {
    InverterReading {
        grid_voltage_v: Some(230.4),
        grid_frequency_hz: Some(49.98),
        temperature_c: Some(34.5),
        operating_status: Some(3),
        alarm_code: Some(0),
        alarm_count: Some(0),
        link_status: Some(1),
        ..InverterReading::blank(serial.parse().unwrap())
    }
}

pub(crate) fn failure(text: &str) -> Failure {
    Failure { at: noon(), kind: "connect", text: text.into() }
}

/// How a store behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Well,
    Down,
    Hanging,
    Broken,
    Panicking,
}

/// A store at the trait's boundary: it has no database and remembers what it was asked.
#[derive(Debug, Default)]
pub(crate) struct TestStore {
    pub(crate) mood: Mutex<Mood>,
    pub(crate) history: Mutex<Vec<Timed<InverterReading>>>,
    pub(crate) stats: Mutex<StoreStats>,
    pub(crate) asked: Mutex<Vec<HistoryQuery>>,
    pub(crate) asked_events: Mutex<Vec<EventQuery>>,
    /// Newest first.
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) days: Mutex<Vec<PlantDay>>,
    pub(crate) configs: Mutex<Vec<(String, Value)>>,
    pub(crate) asked_energy: Mutex<Vec<EnergyQuery>>,
    pub(crate) energy: Mutex<Vec<EnergySeries>>,
    /// Newest first.
    pub(crate) meters: Mutex<Vec<Timed<MeterReading>>>,
    /// Newest first.
    pub(crate) hybrids: Mutex<Vec<StorageReading>>,
    pub(crate) asked_means: Mutex<Vec<MeanQuery>>,
    pub(crate) means: Mutex<Vec<MeanSeries>>,
    /// Ascending by time.
    pub(crate) ports: Mutex<Vec<Timed<PortReading>>>,
    pub(crate) asked_buckets: Mutex<Vec<BucketQuery>>,
    pub(crate) buckets: Mutex<Vec<Bucket>>,
    /// After so many pages it is down.
    pub(crate) pages_left: Mutex<Option<u32>>,
}

impl TestStore {
    pub(crate) fn become_(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn port_readings(&self, serial: Serial, port: u8) -> Vec<Timed<PortReading>> {
        let mut readings = self.ports.lock().unwrap().clone();
        readings.retain(|timed| timed.value.serial == serial && timed.value.port == port);
        readings
    }

    fn page_asked(&self) {
        if let Some(left) = self.pages_left.lock().unwrap().as_mut() {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => self.become_(Mood::Down),
            }
        }
    }

    async fn answer<T>(&self, answer: T) -> Result<T, StoreError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => Ok(answer),
            Mood::Down => Err(StoreError::Unavailable("10.0.0.7 refuses".into())),
            Mood::Hanging => std::future::pending().await,
            Mood::Broken => Err(StoreError::Other("select secret".into())),
            Mood::Panicking => panic!("a defect"),
        }
    }
}

#[async_trait]
impl Store for TestStore {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        self.asked.lock().unwrap().push(*query);
        let readings = self.history.lock().unwrap().clone();
        let mut readings: Vec<_> = readings
            .into_iter()
            .filter(|timed| timed.value.serial == query.serial)
            .filter(|timed| query.from.is_none_or(|from| timed.at >= from))
            .filter(|timed| query.to.is_none_or(|to| timed.at < to))
            .collect();
        readings.sort_by_key(|timed| std::cmp::Reverse(timed.at));
        readings.truncate(query.limit as usize);
        self.answer(readings).await
    }

    async fn port_history(
        &self,
        query: &HistoryQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        let mut readings = self.port_readings(query.serial, port);
        readings.retain(|timed| query.from.is_none_or(|from| timed.at >= from));
        readings.retain(|timed| query.to.is_none_or(|to| timed.at < to));
        readings.reverse();
        readings.truncate(query.limit as usize);
        self.answer(readings).await
    }

    async fn inverter_page(
        &self,
        page: &PageQuery,
    ) -> Result<Vec<Timed<InverterReading>>, StoreError> {
        let mut readings = self.history.lock().unwrap().clone();
        readings.retain(|timed| timed.value.serial == page.serial);
        readings.retain(|timed| page.from <= timed.at && timed.at < page.to);
        readings.sort_by_key(|timed| timed.at);
        readings.truncate(page.limit as usize);
        self.page_asked();
        self.answer(readings).await
    }

    async fn port_page(
        &self,
        page: &PageQuery,
        port: u8,
    ) -> Result<Vec<Timed<PortReading>>, StoreError> {
        let mut readings = self.port_readings(page.serial, port);
        readings.retain(|timed| page.from <= timed.at && timed.at < page.to);
        readings.truncate(page.limit as usize);
        self.page_asked();
        self.answer(readings).await
    }

    async fn buckets(&self, query: &BucketQuery) -> Result<Vec<Bucket>, StoreError> {
        self.asked_buckets.lock().unwrap().push(query.clone());
        let buckets = self.buckets.lock().unwrap().clone();
        self.answer(buckets).await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.asked_events.lock().unwrap().push(*query);
        let events = self.events.lock().unwrap().clone();
        let events = events
            .into_iter()
            .filter(|event| query.kinds.is_empty() || query.kinds.contains(&event.kind))
            .filter(|event| query.to.is_none_or(|to| event.started_at < to))
            .filter(|event| event.ended_at.is_none_or(|end| query.from.is_none_or(|at| end >= at)))
            .take(query.limit as usize)
            .collect();
        self.answer(events).await
    }

    async fn plant_days(&self, from: Date, to: Date) -> Result<Vec<PlantDay>, StoreError> {
        let mut days = self.days.lock().unwrap().clone();
        days.retain(|day| from <= day.day && day.day < to);
        self.answer(days).await
    }

    async fn energy(&self, query: &EnergyQuery) -> Result<Vec<EnergySeries>, StoreError> {
        self.asked_energy.lock().unwrap().push(*query);
        let energy = self.energy.lock().unwrap().clone();
        self.answer(energy).await
    }

    async fn means(&self, query: &MeanQuery) -> Result<Vec<MeanSeries>, StoreError> {
        self.asked_means.lock().unwrap().push(*query);
        let means = self.means.lock().unwrap().clone();
        self.answer(means).await
    }

    async fn open_events(&self) -> Result<Vec<Event>, StoreError> {
        unreachable!("the bridge reads what is open")
    }

    async fn stats(&self) -> Result<StoreStats, StoreError> {
        let stats = self.stats.lock().unwrap().clone();
        self.answer(stats).await
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        unreachable!("the API never prepares a store")
    }

    async fn write(&self, _: &[Record]) -> Result<Written, StoreError> {
        unreachable!("the API never writes")
    }

    async fn latest(&self, _: Timestamp) -> Result<Vec<(Serial, LiveInverter)>, StoreError> {
        unreachable!("the latest values are served from memory")
    }

    async fn config(&self, _: &str) -> Result<Option<Value>, StoreError> {
        unreachable!("the bridge reads the configuration")
    }

    async fn configs(&self, prefix: &str) -> Result<Vec<(String, Value)>, StoreError> {
        let entries = self.configs.lock().unwrap().clone();
        let of_prefix = entries.into_iter().filter(|(key, _)| key.starts_with(prefix)).collect();
        self.answer(of_prefix).await
    }

    async fn set_config(&self, _: &str, _: &Value) -> Result<(), StoreError> {
        unreachable!("the bridge writes the configuration")
    }

    async fn close(&self) {
        unreachable!("the bridge closes the store")
    }
}

#[async_trait]
impl Devices for TestStore {
    async fn latest_devices(&self, _: Timestamp) -> Result<KnownDevices, StoreError> {
        unreachable!("the latest values are served from memory")
    }

    async fn meter_history(
        &self,
        query: &MeterQuery,
    ) -> Result<Vec<Timed<MeterReading>>, StoreError> {
        let mut readings = self.meters.lock().unwrap().clone();
        readings.retain(|timed| {
            timed.value.serial == query.serial
                && query.from.is_none_or(|from| timed.at >= from)
                && query.to.is_none_or(|to| timed.at < to)
        });
        readings.truncate(query.limit as usize);
        self.answer(readings).await
    }

    async fn storage_history(
        &self,
        query: &StorageQuery,
    ) -> Result<Vec<StorageReading>, StoreError> {
        let mut readings = self.hybrids.lock().unwrap().clone();
        readings.retain(|reading| {
            reading.serial_number == query.serial_number
                && query.from.is_none_or(|from| reading.sampled_at >= from)
                && query.to.is_none_or(|to| reading.sampled_at < to)
        });
        readings.truncate(query.limit as usize);
        self.answer(readings).await
    }

    async fn plant_power(
        &self,
        _: &str,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Vec<PowerPoint>, StoreError> {
        unreachable!("no route of these tests asks for it")
    }
}
