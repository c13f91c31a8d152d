//! The real Prometheus, which scrapes the bridge.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use e2e::{Bridge, PATIENCE, eventually};
use serde_json::Value;
use tempfile::TempDir;

use crate::dashboards::Query;

/// Where `scripts/setup-test.sh` has put it.
pub(crate) const PROMETHEUS: &str = "TEST_PROMETHEUS";

/// A process, killed when this is dropped.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    dir: TempDir,
}

impl Prometheus {
    /// Starts one with the rules of the repository; none where there is no such program.
    pub(crate) fn start(bridge: &Bridge) -> Option<Self> {
        let program = std::env::var(PROMETHEUS).ok()?;
        let dir = tempfile::tempdir().unwrap();
        let configured = crate::text("prometheus.yml")
            .replace("30s", "1s")
            .replace("/passwords/api_token", "api_token")
            .replace("hoymiles-smiles:8080", bridge.address());
        std::fs::write(dir.path().join("prometheus.yml"), configured).unwrap();
        // What `packaging/compose/passwords.sh` writes where there is no token.
        std::fs::write(dir.path().join("api_token"), "none").unwrap();
        std::fs::copy(crate::monitoring("alerts.yml"), dir.path().join("alerts.yml")).unwrap();
        // It takes no port 0: it gets one that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address={address}"))
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Some(Self { child, address, dir })
    }

    fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Option<Value> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let request = agent
            .get(format!("http://{}/api/v1/{path}", self.address))
            .query_pairs(parameters.iter().copied());
        let text = request.call().ok()?.body_mut().read_to_string().ok()?;
        serde_json::from_str(&text).ok()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Waits until it has read the bridge and computed every rule of a file.
    pub(crate) async fn scrapes_and_judges(&self, rules: &str) {
        let expected = rules.matches("- alert: ").count();
        let judged = eventually("a verdict on every rule", async || {
            let answer = self.ask("rules", &[])?;
            let groups = answer["data"]["groups"].as_array()?;
            let rules: Vec<Value> = groups
                .iter()
                .flat_map(|group| group["rules"].as_array().into_iter().flatten().cloned())
                .collect();
            let judged = rules.iter().all(|rule| rule["health"] != "unknown");
            (judged && rules.len() == expected).then_some(rules)
        })
        .await;
        for rule in judged {
            assert_eq!(rule["health"], "ok", "{rule}\n{}", self.log());
        }
        eventually("a scrape", async || {
            let up = self.ask("query", &[("query", "up{job=\"hoymiles-smiles\"}")])?;
            (up["data"]["result"][0]["value"][1] == "1").then_some(())
        })
        .await;
    }

    /// Waits until a query brings something, if it has to.
    pub(crate) async fn answers(&self, query: &Query) {
        let expression = query.text.replace("$__rate_interval", "1m");
        assert!(!expression.contains('$'), "{query}: something is not replaced");
        eventually(&query.to_string(), async || {
            let answer = self.ask("query", &[("query", &expression)])?;
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            let found = !answer["data"]["result"].as_array()?.is_empty();
            (found || query.may_be_empty()).then_some(())
        })
        .await;
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
