//! Discovery finds both kinds of DTUs among the addresses it is given, and nothing else. Nothing
//! leaves this machine: every address is a loopback one.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use e2e::{command, noon};
use serde_json::{Value, json};
use simulator::{
    DtuOptions, Fault, Running, SimPlant, SimulatedDtu, SimulatedWifiDtu, WifiOptions,
};
use tokio::net::TcpListener;

async fn dtu(address: &str) -> Running {
    let plant = SimPlant::with_ports(4, 1);
    SimulatedDtu::new(plant, DtuOptions::default(), noon).listen(address).await.unwrap()
}

async fn discover(arguments: Vec<String>) -> (Option<i32>, String, String) {
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&arguments).env("COMM_TIMEOUT", "1").env("HOME", "/nowhere").output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn arguments(port: u16, hosts: &[&str]) -> Vec<String> {
    let port = port.to_string();
    let line = ["discover", "--json", "--dtu-port", &port];
    line.iter().chain(hosts).map(|&word| word.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_kinds_are_found_where_it_is_told_to_look() {
    let well = dtu("127.82.0.1:0").await;
    let port = well.address.port();
    let silent = dtu(&format!("127.82.0.2:{port}")).await;
    silent.inject(Fault::Silence);
    let unasked = dtu(&format!("127.82.0.9:{port}")).await;
    let wifi = TcpListener::bind("127.82.0.3:10081").await.unwrap();
    let options = WifiOptions { seed: Some([1; 16]), ..WifiOptions::default() };
    let telling = SimulatedWifiDtu::new(SimPlant::garage(1), options, noon);
    let telling = telling.listen("127.82.0.5:10081").await.unwrap();
    let hosts = ["127.82.0.5", "127.82.0.4", "127.82.0.3", "127.82.0.2", "127.82.0.1"];
    let (status, shown, _) = discover(arguments(port, &hosts)).await;
    assert_eq!(status, Some(0), "{shown}");
    let found: Value = serde_json::from_str(&shown).unwrap();
    let serial = well.options().serial.to_string();
    assert_eq!(
        found[0],
        json!({"host": "127.82.0.1", "port": port, "kind": "modbus_dtu", "detail": serial})
    );
    assert_eq!(found[1]["kind"], "other");
    assert!(found[1]["detail"].as_str().unwrap().contains("no answer"), "{shown}");
    assert_eq!(found[2], json!({"host": "127.82.0.3", "port": 10081, "kind": "wifi_port"}));
    let told = json!({
        "serial": telling.options().serial.to_string(),
        "model": "DTU-WLite, DTU-WLite-S or DTU-Lite-S",
        "firmware": "V01.01.02",
        "encrypts": true,
    });
    assert_eq!(
        found[3],
        json!({"host": "127.82.0.5", "port": 10081, "kind": "wifi_dtu", "detail": told})
    );
    assert_eq!(telling.requests(), [wifi::Command::INFORMATION], "asked who it is, and no more");
    assert_eq!(found.as_array().unwrap().len(), 4);
    assert_eq!(unasked.connections_accepted(), 0, "nobody asked to look there");
    drop(wifi);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_says_what_to_look_at() {
    let gone = dtu("127.0.0.1:0").await;
    let port = gone.address.port();
    gone.switch_off().await;
    let (status, shown, told) = discover(arguments(port, &["127.82.1.1", "127.82.1.2"])).await;
    assert_eq!((status, shown.trim()), (Some(1), "[]"));
    assert!(told.contains("looking at 2 addresses") && told.contains("No DTU was found"), "{told}");
}
