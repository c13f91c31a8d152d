//! The Wi-Fi DTU on a real socket, honest and with every fault, as a reader meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use simulator::{RunningWifi, SimPlant, SimulatedWifiDtu, WifiFault, WifiOptions};
use wifi::message::{
    Alarms, AlarmsRequest, Configuration, ConfigurationRequest, Information, InformationRequest,
    PowerHistory, PowerHistoryRequest, Readings, ReadingsRequest,
};
use wifi::{Client, ClientError, Command, FrameError, Key, Seed};

/// Long enough that it only ends a test that has failed.
const PATIENT: Duration = Duration::from_secs(20);
/// For the tests of which a time-out is the subject.
const SHORT: Duration = Duration::from_millis(50);
const SEED: [u8; 16] = [7; 16];

/// A DTU of five ports (an HM-1500 and an HM-400) with a clock to turn.
struct World {
    dtu: RunningWifi,
    seconds: Arc<AtomicI64>,
}

impl World {
    async fn at(time: &str, options: WifiOptions) -> Self {
        let start: Timestamp = time.parse().unwrap();
        let seconds = Arc::new(AtomicI64::new(start.as_second()));
        let clock = Arc::clone(&seconds);
        let dtu = SimulatedWifiDtu::new(SimPlant::with_ports(5, 1), options, move || {
            Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap()
        });
        Self { dtu: dtu.listen("127.0.0.1:0").await.unwrap(), seconds }
    }

    async fn noon(options: WifiOptions) -> Self {
        Self::at("2025-06-21T11:00:00Z", options).await
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::Relaxed)).unwrap()
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn client(&self, patience: Duration) -> Client {
        Client::connect("127.0.0.1", self.dtu.address.port(), patience, 1).await.unwrap()
    }

    async fn page(&self, page: i32) -> Result<Readings, ClientError> {
        ask_page(&mut self.client(PATIENT).await, page).await
    }
}

async fn ask_page(client: &mut Client, page: i32) -> Result<Readings, ClientError> {
    let request = ReadingsRequest { page: Some(page), ..ReadingsRequest::default() };
    client.ask(Command::READINGS, &request).await
}

async fn information(client: &mut Client) -> Result<Information, ClientError> {
    client.ask(Command::INFORMATION, &InformationRequest::default()).await
}

fn sealed() -> WifiOptions {
    WifiOptions { seed: Some(SEED), ..WifiOptions::default() }
}

#[tokio::test]
async fn it_shows_the_plant_in_the_units_of_the_wire() {
    let world = World::noon(WifiOptions::default()).await;
    let page = world.page(0).await.unwrap();
    assert_eq!(page.time.map(i64::from), Some(world.now().as_second()));
    assert_eq!((page.page_count, page.single_phase.len(), page.ports.len()), (Some(1), 2, 5));
    let records = world.dtu.plant().records(world.now());
    for (port, record) in page.ports.iter().zip(&records) {
        let power_w = f64::from(record.value(&modbus::map::PV_POWER));
        assert!(power_w > 10.0, "it is noon");
        assert_eq!(port.power(), (power_w * 10.0).round() as i32);
        assert_eq!(i64::from(port.total_energy()), record.raw(&modbus::map::TOTAL_PRODUCTION));
    }
    let inverter = &page.single_phase[0];
    let own = page.ports.iter().filter(|port| port.serial == inverter.serial);
    let dc: i32 = own.map(|port| port.power()).sum();
    assert!(inverter.active_power() < dc && inverter.active_power() > dc * 9 / 10);
    assert_eq!(inverter.link_status, Some(1));
}

#[tokio::test]
async fn several_pages_together_are_the_plant() {
    let options = WifiOptions { ports_per_page: 2, meter: true, ..WifiOptions::default() };
    let world = World::noon(options).await;
    let mut ports = Vec::new();
    let mut inverters = 0;
    for page in 0..3 {
        let page = world.page(page).await.unwrap();
        assert_eq!(page.page_count, Some(3));
        ports.extend(page.ports.iter().map(|port| (port.serial(), port.port())));
        inverters += page.single_phase.len();
    }
    assert_eq!((ports.len(), inverters), (5, 2));
    assert_eq!(world.page(0).await.unwrap().meters.len(), 1);
    assert!(world.page(1).await.unwrap().power.is_none(), "sums are on the first page");
}

#[tokio::test]
async fn an_encrypting_dtu_hands_out_its_key_and_answers_only_those_who_use_it() {
    let world = World::noon(sealed()).await;
    let mut client = world.client(PATIENT).await;
    let dtu = information(&mut client).await.unwrap().dtu.unwrap();
    assert!(dtu.encrypts());
    let seed = Seed::from_slice(dtu.key_seed()).unwrap();
    client.encrypt(Some(Key::new(seed)));
    assert_eq!(ask_page(&mut client, 0).await.unwrap().ports.len(), 5);

    let mut plain = world.client(SHORT).await;
    assert!(ask_page(&mut plain, 0).await.is_err());

    world.dtu.restart_with_key([8; 16]);
    let mut old = world.client(PATIENT).await;
    old.encrypt(Some(Key::new(seed)));
    assert!(ask_page(&mut old, 0).await.is_err());
    let mut new = world.client(PATIENT).await;
    let dtu = information(&mut new).await.unwrap().dtu.unwrap();
    assert_eq!(dtu.key_seed(), [8; 16]);
}

#[tokio::test]
async fn each_line_fault_is_what_its_name_says() {
    let world = World::noon(WifiOptions::default()).await;
    let meet = async |fault, patience| {
        world.dtu.inject_for(fault, 1);
        information(&mut world.client(patience).await).await
    };
    assert!(matches!(
        meet(WifiFault::BadChecksum, PATIENT).await,
        Err(ClientError::Frame(FrameError::Checksum { .. }))
    ));
    for stranger in [WifiFault::WrongSequence, WifiFault::WrongCommand, WifiFault::Silence] {
        assert!(matches!(meet(stranger, SHORT).await, Err(ClientError::Timeout(_))));
    }
    for closing in [WifiFault::CloseAtOnce, WifiFault::CloseMidAnswer] {
        assert!(matches!(meet(closing, PATIENT).await, Err(ClientError::Closed)));
    }
    for garbage in [WifiFault::GarbageBytes, WifiFault::ZeroBytes] {
        assert!(matches!(meet(garbage, PATIENT).await, Err(ClientError::Frame(_))));
    }
    let pieces = WifiFault::Pieces(3, Duration::from_millis(1));
    assert!(meet(pieces, PATIENT).await.is_ok(), "a frame in pieces is a frame");
}

#[tokio::test]
async fn an_answer_with_a_key_of_nobody_cannot_be_read() {
    let world = World::noon(sealed()).await;
    world.dtu.inject(WifiFault::WrongKey);
    let mut client = world.client(PATIENT).await;
    client.encrypt(Some(Key::new(Seed::from(SEED))));
    assert!(matches!(ask_page(&mut client, 0).await, Err(ClientError::NotOurs(_))));
}

#[tokio::test]
async fn faults_of_the_readings_leave_other_answers_alone() {
    let options = WifiOptions { ports_per_page: 3, ..WifiOptions::default() };
    let world = World::noon(options).await;

    let before = world.page(0).await.unwrap();
    world.dtu.inject(WifiFault::Stale);
    world.page(0).await.unwrap();
    world.pass(300);
    let stale = world.page(0).await.unwrap();
    assert_eq!((stale.time, &stale.ports), (before.time, &before.ports));
    world.dtu.clear();
    assert_ne!(world.page(0).await.unwrap().time, before.time);

    world.dtu.inject(WifiFault::NoTime);
    assert_eq!(world.page(0).await.unwrap().time, None);
    world.dtu.inject(WifiFault::LinkLost);
    let lost = world.page(0).await.unwrap();
    assert_eq!(lost.single_phase[0].link_status, Some(0));
    assert!(lost.ports[0].power() > 0, "the last values are still shown");

    world.dtu.inject(WifiFault::MissingPage(1));
    let mut client = world.client(SHORT).await;
    assert!(ask_page(&mut client, 0).await.is_ok());
    assert!(matches!(ask_page(&mut client, 1).await, Err(ClientError::Timeout(_))));
    world.dtu.inject(WifiFault::NoReadings);
    let mut client = world.client(SHORT).await;
    assert!(information(&mut client).await.is_ok());
    assert!(matches!(ask_page(&mut client, 0).await, Err(ClientError::Timeout(_))));
}

#[tokio::test]
async fn at_night_counters_are_gone_and_the_day_counter_is_yesterdays_until_dawn() {
    let world = World::at("2025-06-21T22:30:00Z", WifiOptions::default()).await;
    let midnight: Timestamp = "2025-06-21T22:00:00Z".parse().unwrap();
    let page = world.page(0).await.unwrap();
    assert_eq!(page.single_phase[0].link_status, Some(0));
    let port = &page.ports[0];
    assert_eq!((port.power(), port.total_energy), (0, None));
    let (serial, number) = world.dtu.plant().ports().next().unwrap();
    let evening = midnight - Duration::from_secs(1);
    let yesterday = world.dtu.plant().port(serial, number, evening).unwrap();
    assert!(yesterday.today_wh > 1000.0);
    assert_eq!(port.today_energy(), yesterday.today_wh as i32);
}

#[tokio::test]
async fn one_inside_of_an_inverter_goes_dark_at_night() {
    let options = WifiOptions { sleeps: true, ..WifiOptions::default() };
    let world = World::at("2025-06-21T22:30:00Z", options).await;
    let mut client = world.client(PATIENT).await;
    assert!(matches!(information(&mut client).await, Err(ClientError::Closed)));
    world.pass(12 * 3600);
    assert!(information(&mut world.client(PATIENT).await).await.is_ok());
}

#[tokio::test]
async fn a_second_client_hangs_the_first_one_up() {
    let world = World::noon(WifiOptions::default()).await;
    let mut first = world.client(PATIENT).await;
    information(&mut first).await.unwrap();
    let mut second = world.client(PATIENT).await;
    information(&mut second).await.unwrap();
    assert!(matches!(information(&mut first).await, Err(ClientError::Closed)));
    assert_eq!(world.dtu.connections_accepted(), 2);
}

#[tokio::test]
async fn it_remembers_alarms_and_the_power_of_the_day() {
    let world = World::noon(WifiOptions::default()).await;
    let serial = world.dtu.plant().serials().next().unwrap();
    world.dtu.raise_alarm(serial, 149, world.now());
    world.dtu.end_alarm(serial, 149, world.now() + Duration::from_secs(60));
    let mut client = world.client(PATIENT).await;
    let list: Alarms = client.ask(Command::ALARMS, &AlarmsRequest::default()).await.unwrap();
    assert_eq!(list.alarms.len(), 1);
    assert_eq!((list.alarms[0].code(), list.alarms[0].ended.is_some()), (149, true));

    let mut powers = Vec::new();
    for page in 0.. {
        let request = PowerHistoryRequest { page: Some(page), ..PowerHistoryRequest::default() };
        let curve: PowerHistory = client.ask(Command::POWER_HISTORY, &request).await.unwrap();
        powers.extend(curve.powers.clone());
        if page + 1 >= curve.page_count() {
            break;
        }
    }
    assert_eq!(powers.len(), 13 * 60, "from local midnight to 13:00, one a minute");
    assert_eq!(powers[0], 0);
    let noon = world.dtu.plant().sum(world.now() - Duration::from_secs(60));
    assert_eq!(powers.last().copied(), Some((noon.power_w * 10.0).round() as i32));
}

#[tokio::test]
async fn its_configuration_holds_passwords_that_no_message_shows() {
    let world = World::noon(WifiOptions::default()).await;
    let mut client = world.client(PATIENT).await;
    let request = ConfigurationRequest::default();
    let read: Configuration = client.ask(Command::CONFIGURATION, &request).await.unwrap();
    assert_eq!(read.wifi_name(), b"HomeNet");
    let shown = format!("{read:?}");
    assert!(!shown.contains(simulator::wifi::WIFI_PASSWORD), "{shown}");
}
