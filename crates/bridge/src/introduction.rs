//! As an app of Home Assistant: tells it, by way of its Supervisor, where the bridge is.
//!
//! Home Assistant then offers to set up the integration, with everything filled in. The Supervisor
//! keeps the message as long as the app is installed, so saying the same at every start is right.
//! Multicast DNS, which tells others, does not leave the network of the apps.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use color_eyre::eyre::{Result, WrapErr, ensure, eyre};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::config::Supervisor;
use crate::plain_http::ask;

/// The domain of the integration, which is listed in the configuration of the app too.
const SERVICE: &str = "hoymiles_smiles";
const PATIENCE: Duration = Duration::from_secs(30);
/// While a system starts its Supervisor may be busy for minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What the Supervisor is told.
pub(crate) struct Introduction {
    pub(crate) supervisor: Supervisor,
    /// Where the web server listens.
    pub(crate) port: u16,
    /// What the integration has to send, if anything.
    pub(crate) token: Option<SecretString>,
}

impl Introduction {
    /// Tells it, again and again until it is heard or until cancelled. The bridge works without.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        if let Some(Some(host)) = cancel.run_until_cancelled(self.tell_until_heard()).await {
            tracing::info!("Home Assistant was told that the bridge is at {host}:{}", self.port);
        }
    }

    async fn tell_until_heard(&self) -> Option<String> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times();
        let mut is_said = false;
        for pause in pauses.build() {
            match self.tell().await {
                Ok(host) => return Some(host),
                Err(error) if !is_said => {
                    tracing::warn!("Home Assistant could not be told of the bridge yet: {error:#}");
                    is_said = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
        }
        None
    }

    /// Returns the name by which Home Assistant reaches this container.
    async fn tell(&self) -> Result<String> {
        let myself = self.ask("GET", "/addons/self/info", "").await?;
        let host = myself["hostname"]
            .as_str()
            .ok_or_else(|| eyre!("the Supervisor does not say what this app is called"))?;
        let mut config = json!({"host": host, "port": self.port});
        if let Some(token) = &self.token {
            config["token"] = token.expose_secret().into();
        }
        let message = json!({"service": SERVICE, "config": config}).to_string();
        self.ask("POST", "/discovery", &message).await?;
        Ok(host.to_owned())
    }

    /// What the Supervisor has to say to a request.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let Supervisor { url, token } = &self.supervisor;
        let place = url.strip_prefix("http://").unwrap_or(url);
        let address = if place.contains(':') { place.to_owned() } else { format!("{place}:80") };
        let request = format!(
            "{method} {path} HTTP/1.0\r\n\
             Host: {place}\r\n\
             Authorization: Bearer {}\r\n\
             Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            token.expose_secret(),
            body.len(),
        );
        let answer = ask(&address, &request, PATIENCE)
            .await
            .wrap_err_with(|| format!("{method} {url}{path}"))?;
        let told: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        ensure!(
            answer.status == 200 && told["result"] == "ok",
            "{method} {url}{path}: status {}, {}",
            answer.status,
            told["message"].as_str().unwrap_or("without a reason"),
        );
        Ok(told["data"].clone())
    }
}
