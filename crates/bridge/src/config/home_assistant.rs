//! What is different when the bridge runs as an app of Home Assistant.
//!
//! The Supervisor starts the container with a token for its API, and writes what the owner has
//! entered in the form of the app to `options.json` in the data directory. The options have the
//! names of the settings in lower case, as in a file of `--config`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// Where the Supervisor has its API, on the network that it shares with its apps.
const SUPERVISOR: &str = "http://supervisor";
/// From where it forwards what its ingress lets through. The address is fixed.
const INGRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(172, 30, 32, 2));
/// Where it keeps what belongs to an app.
const DATA: &str = "/data";

/// How the Supervisor is reached.
#[derive(Clone)]
pub(crate) struct Supervisor {
    /// Like `http://supervisor`.
    pub(crate) url: String,
    pub(crate) token: SecretString,
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Supervisor {
    /// From which address its ingress asks.
    pub(crate) const INGRESS: IpAddr = INGRESS;

    /// The Supervisor that has started us, if one has.
    pub(super) fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let token = given(environment, "SUPERVISOR_TOKEN")?;
        let url = given(environment, "SUPERVISOR_API").unwrap_or(SUPERVISOR);
        Some(Self { url: url.trim_end_matches('/').to_owned(), token: token.into() })
    }
}

/// Where the options of the app are, if this is one.
pub(super) fn options_file(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    given(environment, "SUPERVISOR_TOKEN")?;
    let path = Path::new(given(environment, "DATA_DIR").unwrap_or(DATA)).join("options.json");
    path.exists().then_some(path)
}

fn given<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}
