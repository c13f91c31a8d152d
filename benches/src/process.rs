//! Start and memory of the real program, beside a web server of the same libraries that does
//! nothing.

use std::time::Instant;

use e2e::{Bridge, Database, eventually};
use simulator::Running;

use crate::load;
use crate::reference::Reference;
use crate::report::{Report, median};

const STARTS: usize = 11;
const POLLS: u64 = 6;
const NOTHING: &str = "a web server that does nothing";

pub(crate) async fn measure(report: &mut Report) {
    let dtu = e2e::dtu(20, 1).await;
    start(report, &dtu).await;
    memory(report, &dtu).await;
}

/// The settings of a bridge that reads this DTU, and of its store.
pub(crate) fn settings(dtu: &Running, database: Option<&Database>) -> Vec<(&'static str, String)> {
    let mut settings = database.map_or_else(Vec::new, |database| database.settings(None));
    settings.push(("DTU_HOST", dtu.address.ip().to_string()));
    settings.push(("DTU_PORT", dtu.address.port().to_string()));
    settings
}

/// Starts the bridge with these settings.
pub(crate) fn bridge(settings: &[(&'static str, String)]) -> Bridge {
    Bridge::start(settings)
}

/// From the start of the process to the first answer on `/health`.
async fn start(report: &mut Report, dtu: &Running) {
    let database = Database::create().await;
    let stores = [("SQLite", settings(dtu, None)), ("PostgreSQL", settings(dtu, Some(&database)))];
    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for ((_, settings), took) in stores.iter().zip(&mut took) {
            let start = Instant::now();
            let bridge = bridge(settings);
            load::once(bridge.address(), "/health").await;
            took.push(start.elapsed().as_secs_f64() * 1000.0);
            assert!(bridge.terminate().success());
        }
        let start = Instant::now();
        let reference = Reference::start(100);
        load::once(reference.address(), "/health").await;
        took[2].push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let [sqlite, postgres, reference] = took.map(median);
    for ((name, _), value) in stores.iter().zip([sqlite, postgres]) {
        report.add(
            format!("start to first /health, {name}"),
            format!("{value:.1} ms"),
            format!("{reference:.1} ms"),
            NOTHING,
            value / reference,
        );
    }
}

/// Resident memory after some polls of 20 ports.
async fn memory(report: &mut Report, dtu: &Running) {
    let database = Database::create().await;
    let mut dry_run = settings(dtu, None);
    dry_run.push(("DRY_RUN", "true".to_owned()));
    let bridges = [
        ("SQLite", bridge(&settings(dtu, None))),
        ("PostgreSQL", bridge(&settings(dtu, Some(&database)))),
        ("DRY_RUN", bridge(&dry_run)),
    ];
    let reference = Reference::start(100);
    load::once(reference.address(), "/health").await;
    for (_, bridge) in &bridges {
        polled(bridge, "DTU", POLLS).await;
    }
    let nothing = resident_mb(reference.pid());
    for (name, bridge) in &bridges {
        let value = resident_mb(bridge.pid());
        report.add(
            format!("memory after {POLLS} polls of 20 ports, {name}"),
            format!("{value:.1} MB"),
            format!("{nothing:.1} MB"),
            NOTHING,
            value / nothing,
        );
    }
}

/// Waits until the bridge has polled a DTU so often.
pub(crate) async fn polled(bridge: &Bridge, dtu_name: &str, polls: u64) {
    eventually("enough polls", async || {
        let count = bridge.get("/health").json()["dtus"][dtu_name]["query_count"].as_u64()?;
        (count >= polls).then_some(())
    })
    .await;
}

/// What a process holds in memory, in units of 1,000,000 bytes.
pub(crate) fn resident_mb(pid: u32) -> f64 {
    status_mb(pid, "VmRSS:")
}

/// The most that it ever held.
pub(crate) fn peak_mb(pid: u32) -> f64 {
    status_mb(pid, "VmHWM:")
}

fn status_mb(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024.0 / 1e6
}
