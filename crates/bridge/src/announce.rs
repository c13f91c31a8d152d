//! Says on the local network that a bridge is here, so that Home Assistant finds it by itself.
//!
//! DNS-SD over multicast DNS, as `_hoymiles-smiles._tcp.local.`. The identity of the bridge is a part
//! of it, so it is announced when the store has told that identity.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mdns_sd::{Error, ServiceDaemon, ServiceInfo};
use plant::live::LivePlant;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Of at most 15 characters, as the protocol wants.
const SERVICE: &str = "_hoymiles-smiles._tcp.local.";
/// Below which path the API is.
const PATH: &str = "/";
/// The goodbye is a packet. Who does not hear it forgets the bridge within two minutes.
const PATIENCE_WITH_GOODBYE: Duration = Duration::from_millis(500);

/// What is announced.
pub(crate) struct Announcement {
    /// Where the web server listens.
    pub(crate) address: SocketAddr,
    /// The name of this machine.
    pub(crate) host: String,
    pub(crate) instance_id: Arc<OnceLock<Uuid>>,
}

impl Announcement {
    /// Announces until cancelled, then says goodbye. Whatever fails is a warning: a bridge that is
    /// not found by itself can still be named.
    pub(crate) async fn run(
        self,
        mut plant: watch::Receiver<Arc<LivePlant>>,
        cancel: CancellationToken,
    ) {
        let known = plant.wait_for(|plant| plant.past_known);
        match cancel.run_until_cancelled(known).await {
            Some(Ok(_)) => {}
            None | Some(Err(_)) => return,
        }
        match self.announce() {
            Ok((daemon, name)) => {
                cancel.cancelled().await;
                say_goodbye(&daemon, &name).await;
            }
            Err(error) => tracing::warn!("the bridge cannot be announced by mDNS: {error}"),
        }
    }

    fn announce(&self) -> Result<(ServiceDaemon, String), Error> {
        let daemon = ServiceDaemon::new()?;
        let service = self.service()?;
        let name = service.get_fullname().to_owned();
        daemon.register(service)?;
        tracing::info!("announced by mDNS as {name}");
        Ok((daemon, name))
    }

    fn service(&self) -> Result<ServiceInfo, Error> {
        let id = self.instance_id.get().map(Uuid::to_string).unwrap_or_default();
        let properties =
            [("id", id.as_str()), ("version", env!("CARGO_PKG_VERSION")), ("path", PATH)];
        let host = first_label(&self.host);
        let instance = format!("Hoymiles S-Miles on {host}");
        // A name of its own: that of the machine is for the machine to announce.
        let host = format!("hoymiles-smiles-{host}-{}.local.", self.address.port());
        let port = self.address.port();
        let ip = self.address.ip();
        if ip.is_unspecified() {
            let service = ServiceInfo::new(SERVICE, &instance, &host, "", port, &properties[..])?;
            Ok(service.enable_addr_auto())
        } else {
            ServiceInfo::new(SERVICE, &instance, &host, ip, port, &properties[..])
        }
    }
}

/// Whether anybody but this machine could make use of it.
pub(crate) fn is_worth_announcing(address: IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

/// The name of a machine as it fits into a longer one.
fn first_label(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default().chars();
    let label: String = label.filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(30).collect();
    if label.is_empty() { "unnamed".to_owned() } else { label }
}

async fn say_goodbye(daemon: &ServiceDaemon, name: &str) {
    if let Ok(said) = daemon.unregister(name) {
        let _ = timeout(PATIENCE_WITH_GOODBYE, said.recv_async()).await;
    }
    if let Ok(ended) = daemon.shutdown() {
        let _ = timeout(PATIENCE_WITH_GOODBYE, ended.recv_async()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_name_that_fits() {
        assert_eq!(first_label("nas.home.arpa"), "nas");
        assert_eq!(first_label("Größe_1"), "Gre1");
        assert_eq!(first_label(""), "unnamed");
        assert_eq!(first_label(&"x".repeat(200)).len(), 30);
    }

    #[test]
    fn nobody_else_can_use_a_loopback_address() {
        for (address, is_worth) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("0.0.0.0", true),
            ("192.168.1.7", true),
        ] {
            assert_eq!(is_worth_announcing(address.parse().unwrap()), is_worth, "{address}");
        }
    }

    /// Finds the announcement as Home Assistant would, over the interfaces of this machine.
    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_found_by_a_browser_and_gone_after_its_goodbye() {
        use mdns_sd::ServiceEvent;

        let id = Uuid::new_v4();
        let host = format!("test-{}", id.as_fields().0);
        let announcement = Announcement {
            address: "0.0.0.0:18080".parse().unwrap(),
            host: host.clone(),
            instance_id: Arc::new(OnceLock::from(id)),
        };
        let browser = ServiceDaemon::new().unwrap();
        let seen = browser.browse(SERVICE).unwrap();
        let mut live = LivePlant::new(
            jiff::Timestamp::UNIX_EPOCH,
            plant::live::StorageState::connecting("sqlite"),
        );
        live.past_known = true;
        let (_live, watched) = watch::channel(Arc::new(live));
        let cancel = CancellationToken::new();
        let announcing = tokio::spawn(announcement.run(watched, cancel.clone()));

        let found = async {
            loop {
                if let ServiceEvent::ServiceResolved(service) = seen.recv_async().await.unwrap()
                    && service.get_fullname().contains(&host)
                {
                    return service;
                }
            }
        };
        let service = timeout(Duration::from_secs(30), found).await.expect("it is announced");
        let property = |name| service.get_property_val_str(name).unwrap_or_default();
        assert_eq!((service.get_port(), property("id")), (18080, id.to_string().as_str()));
        assert_eq!((property("version"), property("path")), (env!("CARGO_PKG_VERSION"), "/"));

        cancel.cancel();
        announcing.await.unwrap();
        let gone = async {
            loop {
                if let ServiceEvent::ServiceRemoved(_, name) = seen.recv_async().await.unwrap()
                    && name.contains(&host)
                {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(30), gone).await.expect("it says goodbye");
    }
}
