//! Memory over a long time: the real program polls every five seconds while everything around it
//! misbehaves at random.
//!
//! Runs only when it is named, `make bench ARGS=soak`, for `SOAK_MINUTES` (20 unless set). The
//! reference is the same process in the first quarter of the run, after the first minute. Each ten
//! minutes' median and highest are printed below one another, so that a slow rise can be seen.

use std::time::{Duration, Instant};

use e2e::{Bridge, Database, Gate};
use simulator::{ByteCount, Fault, Running};

use crate::process::resident_mb;
use crate::report::{Report, median};

/// From one fault, and one look at the memory, to the next.
const STEP: Duration = Duration::from_secs(10);

pub(crate) async fn measure(report: &mut Report) {
    let minutes: u64 = std::env::var("SOAK_MINUTES").map_or(20, |text| text.parse().unwrap());
    let dtus = [e2e::dtu(20, 1).await, e2e::dtu(99, 2).await];
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), true).await;
    let mut settings = database.settings(Some(gate.port));
    settings.push(("DTU_CONFIGS", Bridge::dtu_configs(&[("house", &dtus[0]), ("barn", &dtus[1])])));
    settings.push(("COMM_RETRIES", "1".to_owned()));
    settings.push(("CIRCUIT_BREAKER_THRESHOLD", "1000".to_owned()));
    let bridge = crate::process::bridge(&settings);

    let (started, mut looks, mut dice) = (Instant::now(), Vec::new(), 1_u64);
    while started.elapsed() < Duration::from_secs(60 * minutes) {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        misbehave(&dtus[(dice >> 40) as usize % 2], dice >> 33);
        if dice >> 50 & 7 == 0 {
            gate.close().await;
        }
        tokio::time::sleep(STEP).await;
        gate.open().await;
        // Readers keep it busy too.
        for path in ["/api/inverters", "/metrics", "/health", "/stats"] {
            bridge.get(path);
        }
        looks.push((started.elapsed(), resident_mb(bridge.pid())));
    }
    print_series(&looks);
    let settled: Vec<_> =
        looks.iter().filter(|(at, _)| *at > Duration::from_secs(60)).map(|(_, mb)| *mb).collect();
    let quarter = settled.len() / 4;
    let first = median(settled[..quarter].iter().copied());
    let last = median(settled[settled.len() - quarter..].iter().copied());
    let polls: u64 = ["house", "barn"]
        .map(|name| bridge.get("/health").json()["dtus"][name]["query_count"].as_u64().unwrap())
        .iter()
        .sum();
    report.add(
        format!("memory after {minutes} minutes of polls every 5 s and faults, {polls} polls"),
        format!("{last:.1} MB"),
        format!("{first:.1} MB"),
        "the same process in the first quarter",
        last / first,
    );
    assert!(bridge.terminate().success());
}

/// The memory over time.
fn print_series(looks: &[(Duration, f64)]) {
    println!("| minutes | memory, median | highest |\n| --- | --- | --- |");
    for stretch in looks.chunk_by(|(a, _), (b, _)| a.as_secs() / 600 == b.as_secs() / 600) {
        let from = stretch[0].0.as_secs() / 600 * 10;
        let values = stretch.iter().map(|(_, mb)| *mb);
        let highest = values.clone().fold(0.0, f64::max);
        println!("| {from} to {} | {:.1} MB | {highest:.1} MB |", from + 10, median(values));
    }
    println!();
}

/// One of the ways in which DTUs misbehave, for some requests.
fn misbehave(dtu: &Running, dice: u64) {
    let inverter = dtu.plant().serials().next().unwrap();
    let faults = [
        Fault::Silence,
        Fault::CloseAtOnce,
        Fault::CloseMidAnswer,
        Fault::GarbageBytes,
        Fault::WrongTransaction,
        Fault::WrongByteCount(ByteCount::AllOnes),
        Fault::Exception(1),
        Fault::EmptyData,
        Fault::GarbageRecords { count: 99, seed: dice },
        Fault::ZeroInverters(4),
        Fault::MissingInverter(inverter),
        Fault::Night,
    ];
    let fault = faults[dice as usize % faults.len()].clone();
    dtu.inject_for(fault, 3);
}
