//! What `docker compose --profile with-monitoring up` brings: its alerts and dashboards ask for what
//! the real bridge shows, in the words of the real Prometheus and PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod dashboards;
mod prometheus;
mod reader;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use e2e::{Bridge, Database, dtu, eventually};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Running, RunningWifi, SimPlant, SimulatedWifiDtu, WifiOptions};

use dashboards::{Language, queries};
use prometheus::Prometheus;
use reader::Reader;

/// Where `scripts/setup-test.sh` has put Prometheus.
const PROMTOOL: &str = "TEST_PROMTOOL";

fn monitoring(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../packaging/monitoring").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(monitoring(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Shown while an inverter raises an alarm, which the simulated ones do not: the tests of the crate
/// `api` see it.
const ONLY_IN_ALARM: &str = "hoymiles_alarm_active";

/// A house over Modbus, a garage with a Wi-Fi DTU and a meter, and a barn that does not answer.
struct Plant {
    house: Running,
    garage: RunningWifi,
}

impl Plant {
    async fn plug_in() -> Self {
        let options =
            WifiOptions { meter: true, refresh: Duration::from_secs(1), ..WifiOptions::default() };
        // It stamps its readings itself, and the dashboards ask for those of now.
        let garage = SimulatedWifiDtu::new(SimPlant::garage(2), options, Timestamp::now);
        Self { house: dtu(8, 1).await, garage: garage.listen(("127.0.0.1", 0)).await.unwrap() }
    }

    fn settings(&self) -> String {
        let (house, garage) = (self.house.address.port(), self.garage.address.port());
        json!([
            {"name": "house", "host": "127.0.0.1", "port": house},
            {"name": "garage", "host": "127.0.0.1", "port": garage, "protocol": "wifi"},
            // Nothing listens at the port "discard".
            {"name": "barn", "host": "127.0.0.1", "port": 9},
        ])
        .to_string()
    }
}

async fn read(plant: &Plant, database: &Database) -> Bridge {
    let mut settings = database.settings(None);
    settings.push(("DTU_CONFIGS", plant.settings()));
    settings.push(("COMM_RETRIES", "0".to_owned()));
    let bridge = Bridge::start(&settings);
    eventually("readings of panels, inverters and the meter, and a poll that failed", async || {
        let stats = bridge.get("/stats");
        let stored = |what: &str| stats.json()[what].as_u64() > Some(0);
        let all = ["port_data_entries", "inverter_data_entries", "meter_data_entries"];
        let failed = bridge.get("/health").json()["dtus"]["barn"]["error_count"].as_u64();
        let read = stats.status == 200 && all.iter().all(|what| stored(what));
        (read && failed > Some(0)).then_some(())
    })
    .await;
    bridge
}

/// The words of a text that are names of metrics.
fn metrics(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("hoymiles_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_asked_for_exists() {
    let plant = Plant::plug_in().await;
    let database = Database::create().await;
    let bridge = read(&plant, &database).await;
    let shown = bridge.get("/metrics").text;
    let shown: BTreeSet<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split_once(' ').map(|(name, _)| name))
        .collect();

    let mut asked: BTreeSet<String> = queries()
        .into_iter()
        .filter(|query| query.language == Language::PromQl)
        .flat_map(|query| metrics(&query.text))
        .collect();
    asked.extend(metrics(&text("alerts.yml")));
    asked.extend(metrics(&text("alerts.test.yml")));
    assert!(asked.len() > 20, "{asked:?}");
    assert!(asked.remove(ONLY_IN_ALARM), "no alert on {ONLY_IN_ALARM}");
    for name in &asked {
        // A histogram has three series under one name.
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        let exists = [Some(name.as_str()), family].into_iter().flatten().any(|n| shown.contains(n));
        assert!(exists, "{name} is no metric of the bridge");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_of_the_dashboards_and_every_alert_is_answered() {
    let plant = Plant::plug_in().await;
    let database = Database::create().await;
    let bridge = read(&plant, &database).await;

    let reader = Reader::create(&database).await;
    for query in queries().iter().filter(|query| query.language == Language::Sql) {
        let rows = reader.rows(query).await;
        assert!(rows > 0 || query.may_be_empty(), "{query}: no row");
    }
    reader.may_not_write().await;

    let Some(prometheus) = Prometheus::start(&bridge) else {
        println!("SKIPPED Prometheus: {} is not set", prometheus::PROMETHEUS);
        return;
    };
    prometheus.scrapes_and_judges(&text("alerts.yml")).await;
    for query in queries().iter().filter(|query| query.language == Language::PromQl) {
        prometheus.answers(query).await;
    }
}

#[test]
fn the_alerts_come_when_they_should_and_only_then() {
    let Ok(promtool) = std::env::var(PROMTOOL) else {
        println!("SKIPPED tests of the alerts: {PROMTOOL} is not set");
        return;
    };
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let output = Command::new(&promtool)
            .args(arguments)
            .current_dir(monitoring(""))
            .output()
            .unwrap_or_else(|error| panic!("{promtool}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {said}");
    }
}

#[test]
fn each_alert_has_its_test_and_its_chapter_in_the_runbook() {
    let rules = text("alerts.yml");
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    let tests = text("alerts.test.yml");
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n        exp_alerts")), "{alert}");
        let anchor = format!("docs/runbook.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{alert} names no chapter");
    }
    let runbook = text("../../docs/runbook.md");
    let chapters: Vec<&str> =
        runbook.lines().filter_map(|line| line.strip_prefix("## Hoymiles")).collect();
    let expected: Vec<&str> =
        alerts.iter().map(|alert| alert.strip_prefix("Hoymiles").unwrap()).collect();
    assert_eq!(chapters, expected);
}

#[test]
fn grafana_can_read_the_dashboards() {
    let sources = text("grafana/datasources.yaml");
    let mut known = BTreeSet::new();
    for (name, board) in dashboards::all() {
        assert!(known.insert(board["uid"].as_str().unwrap().to_owned()), "{name}: uid");
        let panels = board["panels"].as_array().unwrap();
        let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}: two panels have one id");
        let mut taken: BTreeSet<(u64, u64)> = BTreeSet::new();
        for panel in panels {
            let title = panel["title"].as_str().unwrap();
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24, "{name}: {title} is too wide");
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{name}: {title} covers another panel");
                }
            }
        }
        for source in dashboards::sources(&board) {
            assert!(sources.contains(&format!("uid: {source}\n")), "{name}: {source}");
        }
    }
    let compose = text("../../docker-compose.yml");
    let home = compose.lines().find_map(|line| line.split_once("HOME_DASHBOARD_PATH: ")).unwrap().1;
    let home = home.trim().strip_prefix("/etc/grafana/").unwrap();
    let board: Value = serde_json::from_str(&text(&format!("grafana/{home}"))).unwrap();
    assert_eq!(board["uid"], "hoymiles-plant");
}
