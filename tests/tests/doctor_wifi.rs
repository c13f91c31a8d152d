//! The doctor on Wi-Fi DTUs: one sentence for each cause.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::process::Output;

use e2e::{command, noon};
use plant::Serial;
use simulator::{RunningWifi, SimPlant, SimulatedWifiDtu, WifiFault, WifiOptions};

async fn dtu(options: WifiOptions) -> RunningWifi {
    let dtu = SimulatedWifiDtu::new(SimPlant::garage(1), options, noon);
    dtu.listen("127.0.0.1:0").await.unwrap()
}

fn encrypting() -> WifiOptions {
    WifiOptions { seed: Some([1; 16]), ..WifiOptions::default() }
}

/// The binary, run on a thread of its own while simulated DTUs serve.
async fn doctor(dtu: &RunningWifi) -> (Option<i32>, String) {
    let address = dtu.address.to_string();
    let run = move || -> Output {
        command(&["doctor", &address, "--dtu-protocol", "wifi"])
            .env("COMM_TIMEOUT", "1")
            .env("HOME", "/nowhere")
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let mut shown = String::from_utf8(output.stdout).unwrap();
    shown += &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wi_fi_dtu_that_is_well() {
    let dtu = dtu(WifiOptions { meter: true, ports_per_page: 2, ..encrypting() }).await;
    let (status, shown) = doctor(&dtu).await;
    assert_eq!(status, Some(0), "{shown}");
    let serial = dtu.options().serial;
    for sentence in [
        &format!("it is the DTU {serial}, encrypted"),
        "model: DTU-WLite",
        "firmware: V01.01.02",
        "signal: 72 %",
        "2 inverters with 6 ports, 1 meter in",
    ] {
        assert!(shown.contains(sentence), "{sentence}: {shown}");
    }
    assert!(!shown.contains("FAULT"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_has_its_sentence() {
    for (fault, sentence) in [
        (WifiFault::NoReadings, "tells who it is but gives no data over the Wi-Fi protocol"),
        (WifiFault::NoKey, "encrypts but gives no key"),
        (WifiFault::WrongKey, "encrypts with another key than the one it gave"),
        (WifiFault::CloseAtOnce, "another client took the connection"),
        (WifiFault::Silence, "takes the connection but gives no answer within 1 s"),
        (WifiFault::GarbageBytes, "does not speak as a Hoymiles DTU does"),
        (WifiFault::MissingPage(1), "gave a reading without its page 2 of 3"),
    ] {
        let dtu = dtu(WifiOptions { ports_per_page: 2, ..encrypting() }).await;
        dtu.inject(fault.clone());
        let (status, shown) = doctor(&dtu).await;
        assert_eq!(status, Some(1), "{fault:?}: {shown}");
        assert!(shown.contains(sentence), "{fault:?}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_and_no_fault_is_noted() {
    for (fault, sentence) in [
        (WifiFault::LinkLost, "that is so at night"),
        (WifiFault::NoTime, "does not know the time yet"),
    ] {
        let dtu = dtu(WifiOptions::default()).await;
        dtu.inject(fault.clone());
        let (status, shown) = doctor(&dtu).await;
        assert_eq!(status, Some(0), "{fault:?}: {shown}");
        assert!(shown.contains(sentence), "{fault:?}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_bluetooth_only() {
    let serial = Serial::from_bytes([0x16, 0x10, 0x60, 0x12, 0x34, 0x56]);
    let dtu = dtu(WifiOptions { serial, ..WifiOptions::default() }).await;
    dtu.inject(WifiFault::NoReadings);
    let (status, shown) = doctor(&dtu).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("shows its readings over Bluetooth only"), "{shown}");

    // Their port is closed more often than not, and then nothing tells what they are.
    dtu.switch_off().await;
    let (status, shown) = doctor(&dtu).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("can be reached over Bluetooth only, by no program"), "{shown}");
}
