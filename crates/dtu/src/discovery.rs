//! Looking for DTUs on the local network, when somebody asks for it.
//!
//! It knocks at two ports of every address and asks only those that open who they are. Bounded in
//! every way: private IPv4 networks of this machine's own interfaces, 254 addresses of each, a few
//! networks, a few knocks at a time.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use plant::Serial;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::driver::{Cause, Driver, DriverError};
use crate::modbus::{Endpoint, ModbusDriver};
use crate::wifi::WifiEndpoint;
use crate::wifi::about::{About, about};

/// Where a DTU-Pro serves Modbus unless it was changed.
const MODBUS_PORT: u16 = 502;
/// The port of the Wi-Fi DTUs' own protocol (`protocol/wifi.md` 1.1).
const WIFI_PORT: u16 = 10081;
/// Knocks at a time: a home router keeps a table of them.
const KNOCKS: usize = 32;
/// A device on the same network accepts within milliseconds, over weak Wi-Fi within a second.
const PATIENCE: Duration = Duration::from_secs(1);
/// More networks than any home has.
const MAX_NETWORKS: usize = 8;

/// Something that answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Found {
    /// Where it is.
    pub host: String,
    /// At which port.
    pub port: u16,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum Kind {
    /// A DTU that speaks Modbus, by its serial number.
    ModbusDtu(Serial),
    /// A DTU that speaks the Wi-Fi protocol.
    WifiDtu(WifiDtu),
    /// The port that only Wi-Fi DTUs are known to open, and nobody tells who it is: it is busy, or the
    /// gateway of hybrid inverters.
    WifiPort,
    /// Something else, in words.
    Other(String),
}

/// What a Wi-Fi DTU tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct WifiDtu {
    /// Its serial number.
    pub serial: Serial,
    /// What kind of DTU that is, in words.
    pub model: Option<&'static str>,
    /// `V01.01.02`.
    pub firmware: Option<String>,
    /// Whether it encrypts its readings.
    pub encrypts: bool,
}

/// Looks at each host: at the port of `template` for Modbus, and at that of Wi-Fi DTUs. What is
/// found is ascending by host and port.
pub async fn discover(hosts: Vec<String>, template: &Endpoint, at: Timestamp) -> Vec<Found> {
    let port = match template.port {
        WIFI_PORT => MODBUS_PORT,
        port => port,
    };
    let patience = template.timeout;
    let turns = Arc::new(Semaphore::new(KNOCKS));
    let mut looks = JoinSet::new();
    for host in hosts {
        let modbus = Endpoint { host: host.clone(), port, ..template.clone() };
        let turn = Arc::clone(&turns);
        looks.spawn(async move {
            let _turn = turn.acquire().await.expect("nobody closes the semaphore");
            look_for_modbus(modbus, at).await
        });
        let turn = Arc::clone(&turns);
        looks.spawn(async move {
            let _turn = turn.acquire().await.expect("nobody closes the semaphore");
            look_for_wifi(host, patience, at).await
        });
    }
    let mut found: Vec<Found> = looks.join_all().await.into_iter().flatten().collect();
    found.sort();
    found
}

async fn look_for_modbus(endpoint: Endpoint, at: Timestamp) -> Option<Found> {
    let Endpoint { host, port, .. } = endpoint.clone();
    if !opens(&host, port).await {
        return None;
    }
    let kind = match ModbusDriver::new(endpoint, None).identify(at).await {
        Ok(Some(serial)) => Kind::ModbusDtu(serial),
        Ok(None) => Kind::Other("speaks Modbus but tells no DTU's serial number".to_owned()),
        Err(error) => Kind::Other(error.to_string()),
    };
    Some(Found { host, port, kind })
}

async fn look_for_wifi(host: String, patience: Duration, at: Timestamp) -> Option<Found> {
    if !opens(&host, WIFI_PORT).await {
        return None;
    }
    let kind = match about(&WifiEndpoint::once(&host, WIFI_PORT, patience), at).await {
        Ok(About { serial: Some(serial), model, firmware, encrypts, .. }) => {
            Kind::WifiDtu(WifiDtu { serial, model: model.map(|it| it.name), firmware, encrypts })
        }
        Err(error @ DriverError { cause: Cause::Nonsense(_), .. }) => {
            Kind::Other(error.to_string())
        }
        Ok(_) | Err(_) => Kind::WifiPort,
    };
    Some(Found { host, port: WIFI_PORT, kind })
}

async fn opens(host: &str, port: u16) -> bool {
    matches!(timeout(PATIENCE, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}

/// The addresses of this machine's private networks, its own left out. Of a network larger than
/// 256 addresses only those around its own.
///
/// # Errors
/// If the system does not tell its interfaces.
pub fn neighbours() -> io::Result<Vec<Ipv4Addr>> {
    let own = if_addrs::get_if_addrs()?.into_iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    Ok(around(own))
}

fn around(own: impl Iterator<Item = Ipv4Addr>) -> Vec<Ipv4Addr> {
    let own: BTreeSet<Ipv4Addr> = own.filter(Ipv4Addr::is_private).collect();
    let networks: BTreeSet<[u8; 3]> =
        own.iter().map(Ipv4Addr::octets).map(|[a, b, c, _]| [a, b, c]).collect();
    let hosts = networks
        .into_iter()
        .take(MAX_NETWORKS)
        .flat_map(|[a, b, c]| (1..=254).map(move |host| Ipv4Addr::new(a, b, c, host)));
    hosts.filter(|address| !own.contains(address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_networks_are_looked_at_and_not_ourselves() {
        let own =
            ["127.0.0.1", "8.8.4.4", "169.254.3.3", "192.168.1.50", "192.168.1.51", "10.0.0.7"];
        let hosts = around(own.into_iter().map(|text| text.parse().unwrap()));
        assert_eq!(hosts.len(), 253 + 252);
        assert!(hosts.contains(&"192.168.1.254".parse().unwrap()));
        assert!(!hosts.contains(&"192.168.1.50".parse().unwrap()));
        assert!(hosts.iter().all(Ipv4Addr::is_private));
    }

    #[test]
    fn a_machine_with_many_networks_looks_at_some() {
        let own = (0..100).map(|network| Ipv4Addr::new(172, 20, network, 1));
        assert_eq!(around(own).len(), MAX_NETWORKS * 253);
    }
}
