//! The Modbus driver against simulated DTUs on real sockets.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::time::Duration;

use dtu::driver::Cause;
use dtu::{DialectSetting, Driver, Endpoint, ModbusDriver, Poll};
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use simulator::{ByteCount, Dialect, DtuOptions, Fault, Running, SimPlant, SimulatedDtu};

/// A June noon: every panel produces.
fn noon() -> Timestamp {
    "2026-06-21T11:00:00Z".parse().unwrap()
}

async fn device(ports: usize, options: DtuOptions) -> Running {
    let plant = SimPlant::with_ports(ports, 1);
    SimulatedDtu::new(plant, options, noon).listen("127.0.0.1:0").await.unwrap()
}

fn endpoint(device: &Running) -> Endpoint {
    Endpoint {
        name: "roof".into(),
        host: device.address.ip().to_string(),
        port: device.address.port(),
        unit: 1,
        timeout: Duration::from_secs(5),
        dialect: DialectSetting::Auto,
    }
}

fn driver(device: &Running) -> ModbusDriver {
    ModbusDriver::new(endpoint(device), None)
}

fn ports(poll: &Poll) -> Vec<(Serial, u8)> {
    poll.snapshot.as_ref().unwrap().ports.iter().map(|port| (port.serial, port.port)).collect()
}

fn all_ports(device: &Running) -> Vec<(Serial, u8)> {
    let mut ports: Vec<_> = device.plant().ports().collect();
    ports.sort();
    ports
}

#[tokio::test]
async fn both_dialects_give_the_same_inventory() {
    for count in [1, 2, 3, 6, 7, 20, 99] {
        let byte = device(count, DtuOptions::default()).await;
        let word =
            device(count, DtuOptions { dialect: Dialect::Word, ..DtuOptions::default() }).await;
        let from_byte = driver(&byte).poll(noon()).await.unwrap();
        let from_word = driver(&word).poll(noon()).await.unwrap();
        assert_eq!(from_byte.snapshot, from_word.snapshot, "{count} ports");
        assert_eq!(ports(&from_byte), all_ports(&byte));
        if count > 1 {
            assert_eq!(from_byte.dialect, "byte addressing, 6 records per request");
            assert_eq!(from_word.dialect, "word addressing, 6 records per request");
        }
    }
}

#[tokio::test]
async fn ninety_nine_ports_take_seventeen_requests() {
    for (count, requests) in [(4, 1), (6, 1), (14, 3), (24, 4), (99, 17)] {
        let device = device(count, DtuOptions::default()).await;
        let mut driver = driver(&device);
        driver.poll(noon()).await.unwrap();
        device.take_requests();
        let poll = driver.poll(noon() + SignedDuration::from_mins(1)).await.unwrap();
        assert_eq!(poll.requests, requests, "{count} ports");
        assert_eq!(device.take_requests().len(), requests as usize);
        assert_eq!(ports(&poll), all_ports(&device));
        assert_eq!(device.max_concurrent_requests(), 1);
    }
}

#[tokio::test]
async fn what_the_plant_shows_is_what_is_read() {
    let device = device(20, DtuOptions::default()).await;
    let poll = driver(&device).poll(noon()).await.unwrap();
    assert_eq!(poll.snapshot.as_ref(), Some(&simulated_snapshot(&device, &poll)));
    assert_eq!(poll.dtu_serial, Some(device.options().serial));
}

/// The simulator's own view of the same instant.
fn simulated_snapshot(device: &Running, poll: &Poll) -> plant::Snapshot {
    let mut snapshot = device.plant().snapshot("roof", noon());
    snapshot.dtu_serial = poll.dtu_serial;
    snapshot
}

#[tokio::test]
async fn a_wrong_byte_count_in_every_answer_changes_nothing() {
    for lie in [ByteCount::AllOnes, ByteCount::Zero, ByteCount::Twice] {
        let device = device(20, DtuOptions::default()).await;
        let honest = driver(&device).poll(noon()).await.unwrap();
        device.inject(Fault::WrongByteCount(lie));
        let lied = driver(&device).poll(noon()).await.unwrap();
        assert_eq!(honest.snapshot, lied.snapshot, "{lie:?}");
        assert_eq!(honest.repaired, 0);
        assert!(lied.repaired > 0);
    }
}

#[tokio::test]
async fn a_dtu_that_refuses_large_reads_is_read_in_smaller_ones() {
    for dialect in [Dialect::Byte, Dialect::Word] {
        for (limit, words) in [(100, "5 records"), (60, "3 records"), (20, "1 record ")] {
            let options =
                DtuOptions { dialect, refuse_spanning: Some(limit), ..DtuOptions::default() };
            let device = device(20, options).await;
            let mut driver = driver(&device);
            let mut at = noon();
            // The size goes down a rung whenever single reads succeed where it did not.
            for _ in 0..3 {
                let poll = driver.poll(at).await.unwrap();
                assert_eq!(ports(&poll), all_ports(&device), "{dialect:?}, {limit} registers");
                at += SignedDuration::from_hours(2);
            }
            let poll = driver.poll(at).await.unwrap();
            assert!(poll.dialect.contains(words), "{limit}: {}", poll.dialect);
        }
    }
}

#[tokio::test]
async fn what_was_learned_survives_a_restart() {
    let options = DtuOptions { refuse_spanning: Some(60), ..DtuOptions::default() };
    let device = device(20, options).await;
    let mut first = driver(&device);
    first.poll(noon()).await.unwrap();
    first.poll(noon() + SignedDuration::from_hours(2)).await.unwrap();
    let mut second = ModbusDriver::new(endpoint(&device), Some(first.memory()));
    device.take_requests();
    second.poll(noon()).await.unwrap();
    let refused = device.take_requests().into_iter().filter(|r| r.count > 60).count();
    assert_eq!(refused, 0, "the size that this DTU refuses is not tried again");
}

#[tokio::test]
async fn an_override_is_obeyed_without_looking() {
    let options = DtuOptions { dialect: Dialect::Word, ..DtuOptions::default() };
    let device = device(20, options).await;
    let configured = Endpoint { dialect: DialectSetting::Word, ..endpoint(&device) };
    let poll = ModbusDriver::new(configured, None).poll(noon()).await.unwrap();
    assert_eq!(ports(&poll), all_ports(&device));
    assert!(poll.dialect.starts_with("word addressing as configured"));
}

async fn cause(driver: &mut ModbusDriver) -> (Cause, String) {
    let error = driver.poll(noon()).await.unwrap_err();
    (error.cause.clone(), error.to_string())
}

#[tokio::test]
async fn nothing_mapped_and_modbus_off_are_told_apart() {
    let device = device(4, DtuOptions::default()).await;
    device.inject(Fault::EmptyData);
    let (empty, words) = cause(&mut driver(&device)).await;
    assert_eq!(empty, Cause::NoInverters);
    assert!(words.contains("no inverters are mapped yet"), "{words}");

    device.clear();
    device.switch_off().await;
    let (off, words) = cause(&mut driver(&device)).await;
    assert_eq!(off, Cause::ModbusOff);
    assert!(words.contains("Modbus TCP is switched off"), "{words}");
}

#[tokio::test]
async fn every_way_to_fail_has_words() {
    for (fault, wanted) in [
        (Fault::Silence, "timeout"),
        (Fault::CloseAtOnce, "connection_closed"),
        (Fault::CloseMidAnswer, "connection_closed"),
        (Fault::Trickle(Duration::from_millis(20)), "timeout"),
        (Fault::WrongTransaction, "protocol"),
        (Fault::GarbageBytes, "protocol"),
        (Fault::Exception(1), "no_inverters"),
    ] {
        let device = device(4, DtuOptions::default()).await;
        device.inject(fault.clone());
        let impatient = Endpoint { timeout: Duration::from_millis(200), ..endpoint(&device) };
        let error = ModbusDriver::new(impatient, None).poll(noon()).await.unwrap_err();
        assert_eq!(error.kind(), wanted, "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn a_hung_dtu_is_not_blamed_on_the_size_of_requests() {
    let device = device(20, DtuOptions::default()).await;
    let impatient = Endpoint { timeout: Duration::from_millis(100), ..endpoint(&device) };
    let mut driver = ModbusDriver::new(impatient, None);
    driver.poll(noon()).await.unwrap();
    device.inject(Fault::Silence);
    for _ in 0..6 {
        driver.poll(noon()).await.unwrap_err();
    }
    device.clear();
    let poll = driver.poll(noon()).await.unwrap();
    assert!(poll.dialect.contains("6 records"), "{}", poll.dialect);
}

#[tokio::test]
async fn an_empty_slot_in_the_middle_does_not_cut_the_plant_short() {
    let device = device(20, DtuOptions::default()).await;
    let mut driver = driver(&device);
    driver.poll(noon()).await.unwrap();
    device.inject(Fault::EmptySlot(3));
    for hours in [0, 2] {
        let poll = driver.poll(noon() + SignedDuration::from_hours(hours)).await.unwrap();
        assert_eq!(
            poll.snapshot.as_ref().unwrap().ports.len(),
            19,
            "reading known slots, and scanning"
        );
    }
    device.clear();
    let poll = driver.poll(noon() + SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!(ports(&poll), all_ports(&device));
}

#[tokio::test]
async fn a_scan_finds_panels_that_were_added() {
    let device = device(20, DtuOptions::default()).await;
    let hidden: Vec<_> = device.plant().ports().skip(16).collect();
    device.set_ports_hidden(hidden);
    let mut driver = driver(&device);
    assert_eq!(driver.poll(noon()).await.unwrap().snapshot.unwrap().ports.len(), 16);
    device.set_ports_hidden([]);
    let soon = noon() + SignedDuration::from_mins(1);
    assert_eq!(driver.poll(soon).await.unwrap().snapshot.unwrap().ports.len(), 16, "no scan yet");
    let later = noon() + SignedDuration::from_mins(61);
    assert_eq!(driver.poll(later).await.unwrap().snapshot.unwrap().ports.len(), 20);
}

#[tokio::test]
async fn garbage_records_do_not_stick() {
    let device = device(20, DtuOptions::default()).await;
    let mut driver = driver(&device);
    driver.poll(noon()).await.unwrap();
    device.inject(Fault::GarbageRecords { count: 99, seed: 7 });
    let minute = SignedDuration::from_mins(1);
    driver.poll(noon() + minute).await.unwrap();
    device.clear();
    driver.poll(noon() + minute * 2).await.unwrap();
    device.take_requests();
    let poll = driver.poll(noon() + minute * 3).await.unwrap();
    assert_eq!(ports(&poll), all_ports(&device));
    assert_eq!(poll.requests, 4, "back to reading what is known");
}
