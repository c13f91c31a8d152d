//! A simulated DTU that behaves: dialects, regions, connections, power.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use modbus::map::{
    self, DTU_SERIAL_ADDRESS, MAX_RECORDS, PORTS_ADDRESS, PortRecord, RECORD_REGISTERS,
};
use modbus::{Client, ClientError, FrameError, Function};
use simulator::{Dialect, DtuOptions, Running, SimPlant, SimulatedDtu};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NOON: &str = "2025-06-21T11:00:00Z";
/// Long enough that it only ends a test that has failed.
const PATIENT: Duration = Duration::from_secs(20);
const REFUSED: FrameError = FrameError::Exception { code: 1 };

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

async fn dtu(ports: usize, options: DtuOptions) -> Running {
    SimulatedDtu::new(SimPlant::with_ports(ports, 1), options, noon)
        .listen("127.0.0.1:0")
        .await
        .unwrap()
}

async fn client(dtu: &Running) -> Client {
    Client::connect("127.0.0.1", dtu.address.port(), 1, PATIENT).await.unwrap()
}

async fn read(client: &mut Client, address: u16, count: u16) -> Result<Vec<u8>, FrameError> {
    match client.read(Function::ReadHolding, address, count).await {
        Ok(answer) => Ok(answer.data),
        Err(ClientError::Frame(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// The whole list, six records at a time, up to the first empty slot.
async fn list(client: &mut Client, dialect: Dialect) -> Vec<PortRecord> {
    let stride = match dialect {
        Dialect::Byte => 40,
        Dialect::Word => 20,
    };
    let mut records = Vec::new();
    for chunk in 0.. {
        let address = PORTS_ADDRESS + chunk * 6 * stride;
        let data = read(client, address, 6 * RECORD_REGISTERS).await.unwrap();
        for record in PortRecord::split(&data) {
            if record.is_empty_slot() {
                return records;
            }
            records.push(record);
        }
    }
    unreachable!("the list has an end")
}

#[tokio::test]
async fn both_dialects_serve_the_same_table() {
    for dialect in [Dialect::Byte, Dialect::Word] {
        for ports in [1, 5, 6, 24, 99] {
            let options = DtuOptions { dialect, ..DtuOptions::default() };
            let dtu = dtu(ports, options).await;
            let seen = list(&mut client(&dtu).await, dialect).await;
            assert_eq!(seen, dtu.plant().records(noon()), "{dialect:?} {ports}");
        }
    }
}

#[tokio::test]
async fn one_dialect_read_as_the_other_gives_what_owners_saw() {
    let word = DtuOptions { dialect: Dialect::Word, ..DtuOptions::default() };
    let word = dtu(4, word).await;
    let mut client_of_word = client(&word).await;
    let records = word.plant().records(noon());
    let second = read(&mut client_of_word, PORTS_ADDRESS + 40, 20).await.unwrap();
    assert_eq!(second, records[2].bytes(), "every second port is skipped");

    let byte = dtu(4, DtuOptions::default()).await;
    let mut client_of_byte = client(&byte).await;
    let glued = read(&mut client_of_byte, PORTS_ADDRESS + 20, 20).await.unwrap();
    assert_eq!(glued[..20], records[0].bytes()[20..]);
    assert_eq!(glued[20..], records[1].bytes()[..20]);
    let one = read(&mut client_of_byte, 0x1010, 1).await.unwrap();
    assert_eq!(one, records[0].bytes()[16..18], "a single field");
}

#[tokio::test]
async fn the_serial_is_where_every_reader_looks() {
    for dialect in [Dialect::Byte, Dialect::Word] {
        let options = DtuOptions {
            serial: "10f8abcdef01".parse().unwrap(),
            dialect,
            ..DtuOptions::default()
        };
        let dtu = dtu(1, options).await;
        let mut client = client(&dtu).await;
        let serial = read(&mut client, DTU_SERIAL_ADDRESS, 3).await.unwrap();
        assert_eq!(serial, [0x10, 0xf8, 0xab, 0xcd, 0xef, 0x01]);
        let longer = read(&mut client, DTU_SERIAL_ADDRESS, 6).await.unwrap();
        assert_eq!(longer[..6], serial);
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_exception_1() {
    let dtu = dtu(99, DtuOptions::default()).await;
    let mut client = client(&dtu).await;
    let past_the_end = PORTS_ADDRESS + 40 * (MAX_RECORDS + 3);
    for address in [0, 0x0fff, 0x2100, 0x4000, 0xc000, past_the_end] {
        assert_eq!(read(&mut client, address, 1).await, Err(REFUSED), "{address:#x}");
    }
    assert_eq!(read(&mut client, past_the_end - 2, 2).await, Err(REFUSED));
    let input = client.read(Function::ReadInput, PORTS_ADDRESS, 20).await;
    assert!(matches!(input, Err(ClientError::Frame(REFUSED))));

    let mut raw = TcpStream::connect(dtu.address).await.unwrap();
    let write_single = [0, 9, 0, 0, 0, 6, 1, 6, 0xc0, 1, 0, 100];
    raw.write_all(&write_single).await.unwrap();
    let mut answer = [0; 9];
    raw.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0, 9, 0, 0, 0, 3, 1, 0x86, 1]);
}

#[tokio::test]
async fn the_slot_after_the_last_port_is_empty_and_then_all_is_zero() {
    let dtu = dtu(2, DtuOptions::default()).await;
    let mut client = client(&dtu).await;
    let data = read(&mut client, PORTS_ADDRESS + 80, 60).await.unwrap();
    assert_eq!(data[..40], PortRecord::empty_slot().bytes()[..]);
    assert!(data[40..].iter().all(|&byte| byte == 0));
}

#[tokio::test]
async fn firmware_that_serves_one_record_at_a_time() {
    let options = DtuOptions { refuse_spanning: Some(RECORD_REGISTERS), ..DtuOptions::default() };
    let dtu = dtu(4, options).await;
    let mut client = client(&dtu).await;
    assert_eq!(read(&mut client, PORTS_ADDRESS, 40).await, Err(REFUSED));
    assert!(read(&mut client, PORTS_ADDRESS, 20).await.is_ok());
}

#[tokio::test]
async fn values_follow_the_clock_and_stand_still_within_a_refresh() {
    let seconds = Arc::new(AtomicI64::new(noon().as_second()));
    let clock = Arc::clone(&seconds);
    let options = DtuOptions { refresh: Duration::from_secs(60), ..DtuOptions::default() };
    let plant = SimPlant::with_ports(1, 1);
    let dtu = SimulatedDtu::new(plant, options, move || {
        Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap()
    })
    .listen("127.0.0.1:0")
    .await
    .unwrap();
    let mut client = client(&dtu).await;
    let first = list(&mut client, Dialect::Byte).await;
    seconds.fetch_add(59, Ordering::Relaxed);
    assert_eq!(list(&mut client, Dialect::Byte).await, first);
    seconds.fetch_add(1, Ordering::Relaxed);
    let next = list(&mut client, Dialect::Byte).await;
    assert_ne!(next, first);
    assert_eq!(next, dtu.plant().records(noon() + Duration::from_secs(60)));
}

#[tokio::test]
async fn requests_and_connections_are_counted() {
    let dtu = dtu(4, DtuOptions::default()).await;
    let mut first = client(&dtu).await;
    read(&mut first, DTU_SERIAL_ADDRESS, 3).await.unwrap();
    read(&mut first, PORTS_ADDRESS, 100).await.unwrap();
    let mut second = client(&dtu).await;
    read(&mut second, PORTS_ADDRESS, 20).await.unwrap();
    assert_eq!((dtu.connections_accepted(), dtu.open_connections()), (2, 2));
    let asked: Vec<(u16, u16)> =
        dtu.take_requests().iter().map(|request| (request.address, request.count)).collect();
    assert_eq!(asked, [(0x2000, 3), (0x1000, 100), (0x1000, 20)]);
    assert!(dtu.requests().is_empty());
    assert_eq!(dtu.max_concurrent_requests(), 1);
}

#[tokio::test]
async fn two_readers_at_once_are_noticed() {
    let options = DtuOptions { latency: Duration::from_millis(100), ..DtuOptions::default() };
    let dtu = dtu(1, options).await;
    let (mut one, mut two) = (client(&dtu).await, client(&dtu).await);
    let (a, b) = tokio::join!(read(&mut one, PORTS_ADDRESS, 20), read(&mut two, PORTS_ADDRESS, 20));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(dtu.max_concurrent_requests(), 2);
}

#[tokio::test]
async fn a_dtu_for_one_client_hangs_up_on_the_second() {
    let options = DtuOptions { single_client: true, ..DtuOptions::default() };
    let dtu = dtu(1, options).await;
    let mut first = client(&dtu).await;
    read(&mut first, PORTS_ADDRESS, 20).await.unwrap();
    let mut second = client(&dtu).await;
    assert!(second.read(Function::ReadHolding, PORTS_ADDRESS, 20).await.is_err());
    assert!(read(&mut first, PORTS_ADDRESS, 20).await.is_ok());
    assert_eq!(dtu.connections_accepted(), 1);
}

#[tokio::test]
async fn without_power_connections_end_and_new_ones_are_refused() {
    let dtu = dtu(1, DtuOptions::default()).await;
    let mut before = client(&dtu).await;
    read(&mut before, PORTS_ADDRESS, 20).await.unwrap();
    for _ in 0..3 {
        dtu.switch_off().await;
        dtu.switch_off().await;
        assert_eq!(dtu.open_connections(), 0);
        let refused = Client::connect("127.0.0.1", dtu.address.port(), 1, PATIENT).await;
        assert!(matches!(refused, Err(ClientError::Connect(_))));
        dtu.switch_on().await;
        let mut after = client(&dtu).await;
        assert!(read(&mut after, PORTS_ADDRESS, 20).await.is_ok());
    }
    let gone = before.read(Function::ReadHolding, PORTS_ADDRESS, 20).await;
    assert!(matches!(gone, Err(ClientError::Closed)), "{gone:?}");
}

#[tokio::test]
async fn a_dropped_dtu_is_gone() {
    let dtu = dtu(1, DtuOptions::default()).await;
    let mut client = client(&dtu).await;
    read(&mut client, PORTS_ADDRESS, 20).await.unwrap();
    drop(dtu);
    let gone = client.read(Function::ReadHolding, PORTS_ADDRESS, 20).await;
    assert!(gone.is_err());
}

#[tokio::test]
async fn hidden_ports_close_the_list_up() {
    let dtu = dtu(8, DtuOptions::default()).await;
    let mut client = client(&dtu).await;
    let all: Vec<_> = dtu.plant().ports().collect();
    dtu.set_ports_hidden(all[4..].to_vec());
    let seen = list(&mut client, Dialect::Byte).await;
    let named: Vec<_> = seen.iter().map(|r| (r.serial(), r.port())).collect();
    assert_eq!(named, all[..4]);
    dtu.set_ports_hidden([]);
    assert_eq!(list(&mut client, Dialect::Byte).await.len(), 8);
    assert!(seen.iter().all(|record| record.raw(&map::FIXED_BYTE) == 7));
}
