//! What is wrong with a DTU, found out step by step and said in plain sentences.
//!
//! An examination is a list of [`Probe`]s. Each looks at one thing, says what it has found, and
//! ends the examination where looking further makes no sense. They are as gentle as a poll: one
//! connection at a time, each closed before the next, no request that a poll would not make.

mod wifi;

use std::io;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use plant::Snapshot;
use plant::model::is_plausible_inverter;
use serde::Serialize;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::driver::{Cause, Driver, DriverError, Poll};
use crate::modbus::{Endpoint, ModbusDriver};
use crate::wifi::WifiEndpoint;
use crate::wifi::about::about;

pub use self::wifi::examine_wifi;

/// The port of the Wi-Fi DTUs' own protocol (`protocol/wifi.md` 1.1).
const WIFI_PORT: u16 = 10081;
/// An answer takes 50 to 500 ms on a DTU that is well (`protocol/modbus.md` 1.5).
const SLOW: Duration = Duration::from_secs(2);
/// The unit on every DTU seen.
const USUAL_UNIT: u8 = 1;

/// What a probe has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub probe: &'static str,
    /// How it is.
    pub result: Verdict,
    /// A plain sentence; of a fault also what to do.
    pub text: String,
}

impl Finding {
    fn is_fault(&self) -> bool {
        self.result == Verdict::Fault
    }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and there is something to know.
    Note,
    /// Readings cannot be taken.
    Fault,
}

/// Looks at a DTU that speaks Modbus, from the name to the readings. `at` is the time of the readings.
pub async fn examine(endpoint: &Endpoint, at: Timestamp) -> Vec<Finding> {
    const PROBES: [&dyn Probe; 4] = [&Name, &Connection, &Identity, &Readings];
    let patient = Patient { endpoint, at };
    let mut findings = Vec::new();
    for probe in PROBES {
        let found = probe.look(&patient).await;
        let ends = found.iter().any(Finding::is_fault);
        findings.extend(found);
        if ends {
            break;
        }
    }
    findings
}

/// One step of an examination. A fault ends it.
#[async_trait]
trait Probe: Sync {
    async fn look(&self, patient: &Patient<'_>) -> Vec<Finding>;
}

struct Patient<'a> {
    endpoint: &'a Endpoint,
    at: Timestamp,
}

impl Patient<'_> {
    fn address(&self) -> String {
        format!("{}:{}", self.endpoint.host, self.endpoint.port)
    }

    fn error(&self, cause: Cause) -> String {
        DriverError { address: self.address(), cause }.to_string()
    }

    async fn connect(&self, port: u16) -> io::Result<()> {
        connect(&self.endpoint.host, port, self.endpoint.timeout).await
    }

    /// What speaks the Wi-Fi protocol there, in words.
    async fn wifi_dtu(&self) -> String {
        let endpoint = WifiEndpoint::once(&self.endpoint.host, WIFI_PORT, self.endpoint.timeout);
        match about(&endpoint, self.at).await.ok().and_then(|about| about.serial) {
            Some(serial) => format!("this is the Wi-Fi DTU {serial}"),
            None => "this is a Wi-Fi DTU".to_owned(),
        }
    }
}

async fn connect(host: &str, port: u16, patience: Duration) -> io::Result<()> {
    match timeout(patience, TcpStream::connect((host, port))).await {
        Ok(connection) => connection.map(drop),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Whether a host has an address.
async fn name(host: &str, port: u16, patience: Duration) -> Finding {
    let addresses: Vec<String> = match timeout(patience, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip().to_string()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    match addresses.first() {
        None => {
            let address = format!("{host}:{port}");
            fault("name", DriverError { address, cause: Cause::UnknownHost }.to_string())
        }
        Some(address) if address == host => ok("name", format!("{host} is an IP address")),
        Some(_) => ok("name", format!("'{host}' is {}", addresses.join(", "))),
    }
}

fn ok(probe: &'static str, text: impl Into<String>) -> Finding {
    Finding { probe, result: Verdict::Ok, text: text.into() }
}

fn note(probe: &'static str, text: impl Into<String>) -> Finding {
    Finding { probe, result: Verdict::Note, text: text.into() }
}

fn fault(probe: &'static str, text: impl Into<String>) -> Finding {
    Finding { probe, result: Verdict::Fault, text: text.into() }
}

/// Whether the host has an address.
struct Name;

#[async_trait]
impl Probe for Name {
    async fn look(&self, patient: &Patient<'_>) -> Vec<Finding> {
        let Endpoint { host, port, timeout, .. } = patient.endpoint;
        vec![name(host, *port, *timeout).await]
    }
}

/// Whether something takes a connection, and if not, whether it is the other kind of DTU.
struct Connection;

#[async_trait]
impl Probe for Connection {
    async fn look(&self, patient: &Patient<'_>) -> Vec<Finding> {
        let error = match patient.connect(patient.endpoint.port).await {
            Ok(()) => {
                return vec![ok("port", format!("{} takes the connection", patient.address()))];
            }
            Err(error) => error,
        };
        let Endpoint { host, port, .. } = patient.endpoint;
        if *port != WIFI_PORT && patient.connect(WIFI_PORT).await.is_ok() {
            return vec![fault(
                "port",
                format!(
                    "port {port} of {host} is closed but port {WIFI_PORT} is open: {}, and Modbus is \
                     not spoken there. Read it with DTU_PROTOCOL=wifi and DTU_PORT={WIFI_PORT}; \
                     hoymiles-smiles doctor {host}:{WIFI_PORT} looks further",
                    patient.wifi_dtu().await
                ),
            )];
        }
        let text = match error.kind() {
            io::ErrorKind::ConnectionRefused => patient.error(Cause::ModbusOff),
            io::ErrorKind::TimedOut => format!(
                "{}; a firewall between this machine and the DTU looks the same",
                patient.error(Cause::Unreachable)
            ),
            io::ErrorKind::HostUnreachable => format!(
                "nobody on the network has the address of {host}: the DTU is off, or the router \
                 has given it another address"
            ),
            io::ErrorKind::NetworkUnreachable => format!(
                "this machine has no route to the network of {host}: it must be in the DTU's \
                 network, and so must the container if the bridge runs in one"
            ),
            _ => patient.error(Cause::Network(error.to_string())),
        };
        vec![fault("port", text)]
    }
}

/// Whether what answers is a Hoymiles DTU.
struct Identity;

#[async_trait]
impl Probe for Identity {
    async fn look(&self, patient: &Patient<'_>) -> Vec<Finding> {
        let identify =
            async |endpoint: Endpoint| ModbusDriver::new(endpoint, None).identify(patient.at).await;
        let told = identify(patient.endpoint.clone()).await;
        if let Ok(Some(serial)) = told {
            return vec![ok("identity", format!("it is the DTU {serial}"))];
        }
        let unit = patient.endpoint.unit;
        if unit != USUAL_UNIT {
            let usual = Endpoint { unit: USUAL_UNIT, ..patient.endpoint.clone() };
            if let Ok(Some(serial)) = identify(usual).await {
                return vec![fault(
                    "identity",
                    format!(
                        "the DTU {serial} does not answer to unit {unit} but to unit {USUAL_UNIT}: \
                         set MODBUS_UNIT_ID={USUAL_UNIT}"
                    ),
                )];
            }
        }
        vec![match told {
            Err(error) => fault("identity", error.to_string()),
            Ok(_) => note(
                "identity",
                format!(
                    "{} speaks Modbus but does not tell a DTU's serial number: is it a Hoymiles DTU?",
                    patient.address()
                ),
            ),
        }]
    }
}

/// Whether a poll brings readings, and how it goes.
struct Readings;

#[async_trait]
impl Probe for Readings {
    async fn look(&self, patient: &Patient<'_>) -> Vec<Finding> {
        let started = Instant::now();
        match ModbusDriver::new(patient.endpoint.clone(), None).poll(patient.at).await {
            Err(error) => vec![fault("readings", error.to_string())],
            Ok(poll) => of_poll(&poll, started.elapsed()),
        }
    }
}

fn of_poll(poll: &Poll, took: Duration) -> Vec<Finding> {
    let (inverters, ports) = poll.snapshot.as_ref().map_or_else(Default::default, |snapshot| {
        (snapshot.inverters.as_slice(), snapshot.ports.as_slice())
    });
    let others: String = poll.snapshot.iter().map(others).collect();
    let mut findings = vec![ok(
        "readings",
        format!(
            "{} inverters with {} ports{others} in {} requests and {:.1} s, {}",
            inverters.len(),
            ports.len(),
            poll.requests,
            took.as_secs_f64(),
            poll.dialect
        ),
    )];
    let per_request = took / poll.requests.max(1);
    if per_request > SLOW {
        findings.push(note(
            "speed",
            format!(
                "an answer takes {:.1} s: its network is weak or it is busy. Poll it more seldom \
                 (QUERY_PERIOD) and wait longer for it (COMM_TIMEOUT)",
                per_request.as_secs_f64()
            ),
        ));
    }
    if poll.repaired > 0 {
        findings.push(note(
            "answers",
            format!("{} of its answers had a wrong byte count, which was repaired", poll.repaired),
        ));
    }
    let odd: Vec<String> = inverters
        .iter()
        .filter(|inverter| !is_plausible_inverter(inverter.serial))
        .map(|inverter| inverter.serial.to_string())
        .collect();
    if !odd.is_empty() {
        findings.push(note(
            "inverters",
            format!(
                "these serial numbers are of no known series and count only when they stay: {}",
                odd.join(", ")
            ),
        ));
    }
    let unlinked = inverters.iter().filter(|inverter| inverter.link_status == Some(0)).count();
    if unlinked > 0 {
        findings.push(note(
            "inverters",
            if unlinked == inverters.len() {
                "no inverter has a radio link: that is so at night".to_owned()
            } else {
                format!(
                    "{unlinked} of {} inverters have no radio link to the DTU: in the dark, switched \
                     off, or too far from it",
                    inverters.len()
                )
            },
        ));
    }
    findings
}

/// What there is beside inverters.
fn others(snapshot: &Snapshot) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(", 1 {what}"),
        count => format!(", {count} {what}s"),
    };
    counted(snapshot.meters.len(), "meter") + &counted(snapshot.storage.len(), "hybrid inverter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::InverterReading;

    fn poll(links: &[Option<u16>], first: &str) -> Poll {
        let serials = std::iter::once(first).chain(["116100000002", "116100000003"]);
        let inverters = links.iter().zip(serials).map(|(&link_status, serial)| InverterReading {
            link_status,
            ..InverterReading::blank(serial.parse().unwrap())
        });
        let snapshot = Snapshot {
            inverters: inverters.collect(),
            ..Snapshot::blank("roof".into(), None, Timestamp::UNIX_EPOCH)
        };
        Poll { snapshot: Some(snapshot), requests: 4, dialect: "byte".into(), ..Poll::default() }
    }

    fn notes(poll: &Poll, took: Duration) -> Vec<&'static str> {
        let findings = of_poll(poll, took);
        assert_eq!(findings[0].result, Verdict::Ok);
        assert!(findings[1..].iter().all(|finding| finding.result == Verdict::Note));
        findings[1..].iter().map(|finding| finding.probe).collect()
    }

    #[test]
    fn what_works_and_is_odd_is_noted() {
        let well = poll(&[Some(1), Some(1)], "116100000001");
        let quick = Duration::from_secs(8);
        assert_eq!(notes(&well, quick), [""; 0]);
        assert_eq!(notes(&well, Duration::from_millis(8_001)), ["speed"]);
        assert_eq!(notes(&Poll { repaired: 1, ..well }, quick), ["answers"]);
        let strange = poll(&[Some(1)], "aaaa00000001");
        assert_eq!(notes(&strange, quick), ["inverters"]);
    }

    #[test]
    fn night_is_told_from_an_inverter_out_of_reach() {
        let text =
            |links| of_poll(&poll(links, "116100000001"), Duration::ZERO).pop().unwrap().text;
        assert!(text(&[Some(0), Some(0)]).contains("at night"));
        assert!(text(&[Some(0), Some(1), None]).contains("1 of 3 inverters"));
    }
}
