//! The examination of a DTU that speaks the Wi-Fi protocol.

use std::io;
use std::time::Instant;

use jiff::Timestamp;
use plant::model::DtuKind;

use super::{Finding, connect, fault, name, note, of_poll, ok};
use crate::driver::{Cause, Driver, DriverError};
use crate::wifi::about::{About, about};
use crate::wifi::{WifiDriver, WifiEndpoint};

/// The port of Modbus TCP on a DTU-Pro.
const MODBUS_PORT: u16 = 502;
/// Below this a weak network is worth a note, %: a bar or two in the app. Our own choice; no source
/// has a limit.
const WEAK_SIGNAL: i32 = 30;

/// Looks at a Wi-Fi DTU from the name to the readings. `at` is the time that it is told.
pub async fn examine_wifi(endpoint: &WifiEndpoint, at: Timestamp) -> Vec<Finding> {
    let mut findings = vec![name(&endpoint.host, endpoint.port, endpoint.timeout).await];
    if findings.iter().any(Finding::is_fault) {
        return findings;
    }
    findings.push(port(endpoint).await);
    if findings.iter().any(Finding::is_fault) {
        return findings;
    }
    // A gateway of hybrid inverters does not tell: what follows has the word then.
    let about = about(endpoint, at).await.ok();
    findings.extend(about.iter().flat_map(|about| identity(endpoint, about)));
    findings.extend(readings(endpoint, about.as_ref(), at).await);
    findings
}

async fn port(endpoint: &WifiEndpoint) -> Finding {
    let WifiEndpoint { host, port, timeout, .. } = endpoint;
    let error = match connect(host, *port, *timeout).await {
        Ok(()) => return ok("port", format!("{host}:{port} takes the connection")),
        Err(error) => error,
    };
    if *port != MODBUS_PORT && connect(host, MODBUS_PORT, *timeout).await.is_ok() {
        return fault(
            "port",
            format!(
                "port {port} of {host} is closed but port {MODBUS_PORT} is open: this is a DTU-Pro or \
                 DTU-Pro-S with Modbus TCP. Read it with DTU_PROTOCOL=modbus and \
                 DTU_PORT={MODBUS_PORT}"
            ),
        );
    }
    let cause = match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::WifiOff,
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable => Cause::Off,
        io::ErrorKind::NetworkUnreachable => {
            return fault(
                "port",
                format!(
                    "this machine has no route to the network of {host}: it must be in the DTU's \
                     network, and so must the container if the bridge runs in one"
                ),
            );
        }
        _ => Cause::Network(error.to_string()),
    };
    fault("port", in_words(endpoint, cause))
}

fn in_words(endpoint: &WifiEndpoint, cause: Cause) -> String {
    DriverError { address: format!("{}:{}", endpoint.host, endpoint.port), cause }.to_string()
}

fn identity(endpoint: &WifiEndpoint, about: &About) -> Vec<Finding> {
    let encryption = if about.encrypts { "encrypted" } else { "not encrypted" };
    let mut findings = vec![match about.serial {
        Some(serial) => ok("identity", format!("it is the DTU {serial}, {encryption}")),
        None => note(
            "identity",
            format!(
                "{}:{} speaks as a Wi-Fi DTU does but does not tell its serial number",
                endpoint.host, endpoint.port
            ),
        ),
    }];
    if let Some(model) = about.model {
        findings.push(ok("model", model.name));
    }
    if let Some(firmware) = &about.firmware {
        findings.push(ok("firmware", firmware));
    }
    match about.signal_percent {
        // A DTU on a cable tells none, or 0.
        None | Some(0) => {}
        Some(weak) if weak < WEAK_SIGNAL => findings.push(note(
            "signal",
            format!("its Wi-Fi signal is weak, {weak} %: answers will be late or missing. Bring it nearer to the router, or the router nearer to it"),
        )),
        Some(signal) => findings.push(ok("signal", format!("{signal} %"))),
    }
    findings
}

async fn readings(endpoint: &WifiEndpoint, about: Option<&About>, at: Timestamp) -> Vec<Finding> {
    let started = Instant::now();
    match WifiDriver::new(endpoint.clone(), None, None).poll(at).await {
        Ok(poll) if poll.snapshot.is_none() => vec![note(
            "readings",
            "it answers but does not know the time yet, so its readings cannot be stored: it learns \
             the time from the cloud or from whoever asks it, within minutes",
        )],
        Ok(poll) => of_poll(&poll, started.elapsed()),
        Err(error) => vec![fault("readings", in_words(endpoint, without_data(error.cause, about)))],
    }
}

/// What a failure to read means of a DTU that has just told who it is.
fn without_data(cause: Cause, about: Option<&About>) -> Cause {
    let Some(about) = about else { return cause };
    match (cause, about.model.map(|model| model.kind)) {
        (Cause::Silent { .. } | Cause::TakenOver, Some(DtuKind::Bluetooth)) => Cause::BluetoothOnly,
        (Cause::Silent { .. }, _) => Cause::InformationOnly,
        (cause, _) => cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::model::DtuModel;

    #[test]
    fn silence_means_something_after_an_introduction_only() {
        let silent = || Cause::Silent { seconds: 1 };
        let about = |serial: &str| About {
            model: DtuModel::of(serial.parse().unwrap()),
            ..About::default()
        };
        assert_eq!(without_data(silent(), None), silent());
        assert_eq!(without_data(silent(), Some(&about("411160000001"))), Cause::InformationOnly);
        assert_eq!(without_data(silent(), Some(&about("161060000001"))), Cause::BluetoothOnly);
        assert_eq!(without_data(Cause::NoKey, Some(&about("411160000001"))), Cause::NoKey);
    }
}
