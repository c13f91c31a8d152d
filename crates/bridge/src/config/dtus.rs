//! The DTUs: one from `DTU_HOST`, or several from `DTU_CONFIGS` or the file's `dtus:`.

use std::collections::BTreeSet;
use std::time::Duration;

use dtu::{DialectSetting, Endpoint, WifiEndpoint};
use serde::Deserialize;

use super::Polling;
use super::parser::Parser;
use super::settings::setting;

/// Below this DTUs have hung over Modbus, s.
const MODBUS_PERIOD_BORNE_S: u64 = 30;
/// Below this newer Wi-Fi DTUs fail to upload to the cloud, s.
const WIFI_PERIOD_BORNE_S: u64 = 120;

/// One gateway to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DtuConfig {
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) query_period_s: u64,
    pub(crate) protocol: Protocol,
}

/// How a gateway is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Modbus TCP.
    Modbus {
        /// The unit, 1 on every DTU seen.
        unit_id: u8,
        /// What its addresses count.
        addressing: DialectSetting,
    },
    /// The protocol of Wi-Fi DTUs.
    Wifi,
}

impl Protocol {
    /// `modbus` or `wifi`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Modbus { .. } => "modbus",
            Self::Wifi => "wifi",
        }
    }
}

impl DtuConfig {
    /// How it is reached over Modbus.
    pub(crate) fn endpoint(&self, polling: &Polling) -> Endpoint {
        let (unit, dialect) = match self.protocol {
            Protocol::Modbus { unit_id, addressing } => (unit_id, addressing),
            Protocol::Wifi => (1, DialectSetting::Auto),
        };
        Endpoint {
            name: self.name.clone(),
            host: self.host.clone(),
            port: self.port,
            unit,
            timeout: polling.timeout,
            dialect,
        }
    }

    /// How it is reached as a Wi-Fi DTU.
    pub(crate) fn wifi_endpoint(&self, polling: &Polling) -> WifiEndpoint {
        WifiEndpoint {
            name: self.name.clone(),
            host: self.host.clone(),
            port: self.port,
            timeout: polling.wifi_timeout,
            period: Duration::from_secs(self.query_period_s),
            upload_pause: polling.upload_pause,
        }
    }
}

/// An entry of the list as people write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default = "default_name")]
    name: String,
    host: String,
    port: Option<u16>,
    unit_id: Option<u8>,
    protocol: Option<String>,
    query_period: Option<u64>,
    addressing: Option<String>,
}

/// What the Python bridge called a DTU without a name.
fn default_name() -> String {
    "DTU".to_owned()
}

pub(super) fn parse(parser: &mut Parser<'_>) -> Vec<DtuConfig> {
    let common = Entry {
        name: default_name(),
        host: String::new(),
        port: parser.number("DTU_PORT", 1, u16::MAX),
        unit_id: parser.number("MODBUS_UNIT_ID", 0, u8::MAX),
        protocol: parser.text("DTU_PROTOCOL"),
        query_period: parser.number("QUERY_PERIOD", 5, 86_400),
        addressing: parser.text("DTU_ADDRESSING"),
    };
    let (entries, place) = entries(parser, &common);
    let dtus: Vec<DtuConfig> =
        entries.into_iter().filter_map(|entry| check(parser, &place, entry, &common)).collect();
    let mut names = BTreeSet::new();
    for dtu in &dtus {
        if !names.insert(&dtu.name) {
            parser.mistake(&place, &dtu.name, "two DTUs have this name: give each its own");
        }
    }
    dtus
}

fn entries(parser: &mut Parser<'_>, common: &Entry) -> (Vec<Entry>, String) {
    let given = match parser.value("DTU_CONFIGS") {
        Some(value) => {
            let name = "DTU_CONFIGS";
            match serde_json::from_str(&value.text) {
                Ok(list) => Some((list, name.to_owned())),
                Err(error) => {
                    let reason = format!("{error}; {} is expected", setting(name).allowed);
                    parser.mistake(name, &value.text, reason);
                    None
                }
            }
        }
        None => {
            parser.sources().dtus.clone().map(|(list, source)| (list, format!("dtus in {source}")))
        }
    };
    match given {
        Some((list, place)) => match serde_json::from_value::<Vec<Entry>>(list) {
            Ok(entries) => (entries, place),
            Err(error) => {
                let reason = format!(
                    "{error}; a list of entries with name, host and, where they differ, port, \
                     unit_id, protocol, query_period and addressing is expected"
                );
                parser.mistake(&place, "", reason);
                (Vec::new(), place)
            }
        },
        None => {
            let host = parser.text("DTU_HOST");
            let entry = host.map(|host| Entry {
                host,
                name: default_name(),
                port: common.port,
                unit_id: common.unit_id,
                protocol: common.protocol.clone(),
                query_period: common.query_period,
                addressing: common.addressing.clone(),
            });
            (entry.into_iter().collect(), "DTU_HOST".to_owned())
        }
    }
}

fn check(parser: &mut Parser<'_>, place: &str, entry: Entry, common: &Entry) -> Option<DtuConfig> {
    let place = format!("{place}, DTU '{}'", entry.name);
    let host = entry.host.trim().to_owned();
    if host.is_empty() || host.contains(['/', ' ']) {
        parser.mistake(
            &place,
            &entry.host,
            "a host name or IP address is expected, without http://",
        );
        return None;
    }
    let port = entry.port.or(common.port);
    if port == Some(0) {
        parser.mistake(&place, "port 0", "a port number from 1 to 65535 is expected");
    }
    let unit_id = entry.unit_id.or(common.unit_id)?;
    let addressing = entry.addressing.or_else(|| common.addressing.clone())?;
    let addressing = match addressing.parse::<DialectSetting>() {
        Ok(addressing) => addressing,
        Err(error) => {
            parser.mistake(&place, "", error);
            return None;
        }
    };
    let modbus = Protocol::Modbus { unit_id, addressing };
    let protocol = entry.protocol.or_else(|| common.protocol.clone())?.to_ascii_lowercase();
    let protocol = match (protocol.as_str(), port) {
        ("wifi", _) | ("auto", Some(wifi::PORT)) => Protocol::Wifi,
        ("modbus" | "auto", _) => modbus,
        (other, _) => {
            let reason = format!("{} is expected", setting("DTU_PROTOCOL").allowed);
            parser.mistake(&place, other, reason);
            return None;
        }
    };
    let (usual_port, usual_period_s) = match protocol {
        Protocol::Modbus { .. } => (502, 60),
        Protocol::Wifi => (wifi::PORT, 120),
    };
    let period_s = entry.query_period.or(common.query_period).unwrap_or(usual_period_s);
    if !(5..=86_400).contains(&period_s) {
        parser.mistake(
            &place,
            format!("query_period {period_s}"),
            format!("{} is expected", setting("QUERY_PERIOD").allowed),
        );
    }
    let query_period_s = bearable(parser, &entry.name, protocol, period_s);
    let port = port.unwrap_or(usual_port);
    Some(DtuConfig { name: entry.name, host, port, query_period_s, protocol })
}

/// The period, with a word on what it does to the DTU; raised where a shorter one brings nothing new.
fn bearable(parser: &mut Parser<'_>, name: &str, protocol: Protocol, period_s: u64) -> u64 {
    let least_s = dtu::wifi::LEAST_PERIOD.as_secs();
    match protocol {
        Protocol::Modbus { .. } if period_s < MODBUS_PERIOD_BORNE_S => parser.notice(format!(
            "QUERY_PERIOD: {period_s} s for DTU '{name}' is shorter than most DTUs bear: below \
             {MODBUS_PERIOD_BORNE_S} s they have hung for minutes and stopped their upload to the \
             cloud"
        )),
        Protocol::Wifi if period_s < least_s => {
            parser.notice(format!(
                "QUERY_PERIOD: {period_s} s for DTU '{name}' is raised to {least_s} s: a Wi-Fi DTU \
                 renews its values every half minute and hangs when it is asked more often"
            ));
            return least_s;
        }
        Protocol::Wifi if period_s < WIFI_PERIOD_BORNE_S => parser.notice(format!(
            "QUERY_PERIOD: {period_s} s for DTU '{name}': below {WIFI_PERIOD_BORNE_S} s newer Wi-Fi \
             DTUs stop their upload to the cloud"
        )),
        Protocol::Modbus { .. } | Protocol::Wifi => {}
    }
    period_s
}
