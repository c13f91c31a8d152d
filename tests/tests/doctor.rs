//! The doctor names each cause in a sentence, and its exit status tells whether readings can be
//! taken. Nothing leaves this machine: every address is a loopback one.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::net::SocketAddr;
use std::process::Output;

use e2e::{command, dtu, noon};
use serde_json::Value;
use simulator::{Fault, Running, SimPlant, SimulatedWifiDtu, WifiOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// The binary, run on a thread of its own while simulated DTUs serve.
async fn doctor(arguments: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<String> =
        std::iter::once("doctor").chain(arguments.iter().copied()).map(str::to_owned).collect();
    let run = move || -> Output {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&arguments).env("COMM_TIMEOUT", "1").env("HOME", "/nowhere").output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let mut shown = String::from_utf8(output.stdout).unwrap();
    shown += &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), shown)
}

async fn sick(fault: Fault) -> (Option<i32>, String) {
    let dtu: Running = dtu(8, 1).await;
    dtu.inject(fault);
    doctor(&[&dtu.address.to_string()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dtu_that_is_well() {
    let dtu = dtu(8, 1).await;
    let (status, shown) = doctor(&[&dtu.address.to_string()]).await;
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains(&format!("it is the DTU {}", dtu.options().serial)), "{shown}");
    assert!(shown.contains("with 8 ports"), "{shown}");
    assert_eq!(dtu.max_concurrent_requests(), 1, "as gentle as a poll");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dtu_of_the_configuration_as_json() {
    let (well, ill) = (dtu(8, 1).await, dtu(4, 2).await);
    ill.inject(Fault::EmptyData);
    let entry = |name: &str, dtu: &Running| {
        format!(r#"{{"name":"{name}","host":"127.0.0.1","port":{}}}"#, dtu.address.port())
    };
    let list = format!("[{},{}]", entry("roof", &well), entry("garage", &ill));
    let (status, shown) = doctor(&["--json", "--dtu-configs", &list]).await;
    assert_eq!(status, Some(1), "{shown}");
    let told: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&told[0]["name"], &told[0]["healthy"]), (&"roof".into(), &true.into()));
    assert_eq!(told[1]["healthy"], false);
    let last = told[1]["findings"].as_array().unwrap().last().unwrap();
    assert_eq!(last["result"], "fault");
    assert!(last["text"].as_str().unwrap().contains("no inverters are mapped yet"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_misbehave_has_its_sentence() {
    for (fault, sentence) in [
        (Fault::Silence, "takes the connection but gives no answer within 1 s"),
        (Fault::CloseAtOnce, "serves one client only"),
        (Fault::EmptyData, "no inverters are mapped yet"),
        (Fault::GarbageBytes, "does not speak as a Hoymiles DTU does"),
    ] {
        let (status, shown) = sick(fault.clone()).await;
        assert_eq!(status, Some(1), "{fault:?}: {shown}");
        assert!(shown.contains(sentence), "{fault:?}: {shown}");
    }
    let (status, shown) = sick(Fault::Night).await;
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("that is so at night"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_port_is_modbus_switched_off() {
    let dtu = dtu(4, 1).await;
    let address = dtu.address.to_string();
    dtu.switch_off().await;
    let (status, shown) = doctor(&[&address]).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("Modbus TCP is switched off in the DTU"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wi_fi_dtu_is_recognised_by_its_other_port() {
    let _wifi = TcpListener::bind("127.81.0.1:10081").await.unwrap();
    let (status, shown) = doctor(&["127.81.0.1:1502"]).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("this is a Wi-Fi DTU"), "{shown}");

    let telling = SimulatedWifiDtu::new(SimPlant::garage(1), WifiOptions::default(), noon);
    let telling = telling.listen("127.81.0.2:10081").await.unwrap();
    let (status, shown) = doctor(&["127.81.0.2:1502"]).await;
    assert_eq!(status, Some(1), "{shown}");
    let serial = telling.options().serial;
    assert!(shown.contains(&format!("this is the Wi-Fi DTU {serial}")), "{shown}");
    let (status, shown) = doctor(&["127.81.0.2:10081"]).await;
    assert_eq!(status, Some(0), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_knows() {
    // Longer than a name may be, so no name server is asked.
    let (status, shown) = doctor(&[&"x".repeat(70)]).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("is not known on this network"), "{shown}");
}

/// A DTU that is silent to any unit but 1.
async fn only_unit_one(dtu: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 12];
                while client.read_exact(&mut request).await.is_ok() {
                    if request[6] == 1 {
                        let mut device = TcpStream::connect(dtu).await.unwrap();
                        device.write_all(&request).await.unwrap();
                        let _ = copy_bidirectional(&mut client, &mut device).await;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_unit_is_told_from_a_dtu_that_hangs() {
    let dtu = dtu(4, 1).await;
    let address = only_unit_one(dtu.address).await.to_string();
    let (status, shown) = doctor(&[&address, "--modbus-unit-id", "126"]).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("set MODBUS_UNIT_ID=1"), "{shown}");
    let (status, shown) = doctor(&[&address]).await;
    assert_eq!(status, Some(0), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dtu_it_says_how_to_name_one() {
    let (status, shown) = doctor(&[]).await;
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("hoymiles-smiles doctor HOST"), "{shown}");
}
