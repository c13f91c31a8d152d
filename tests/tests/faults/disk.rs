//! The disk is full.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use e2e::{Bridge, Database, Household, eventually};

use crate::{Dice, Outcome};

/// A data directory on a file system that is full to the last byte. What is not kept is counted:
/// readings polled = readings in the database + readings counted as lost.
pub(crate) async fn disk_full(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let database = Database::create().await;
    let mut home = Household::new(2, database, None).await;
    let disk = Arc::clone(&home.data_dir);
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(disk.path())
        .output();
    if !mounted.as_ref().is_ok_and(|output| output.status.success()) {
        println!("SKIPPED disk full: a small file system cannot be mounted here: {mounted:?}");
        return Outcome::default();
    }
    home.settings.push(("OUTBOX_MIN_FREE_MB", "0".to_owned()));
    let bridge = home.start();
    let lost = async |bridge: &Bridge| {
        bridge.get("/health").json()["database"]["readings_lost"].as_u64().unwrap()
    };
    let ballast = disk.path().join("ballast");
    home.settle(&bridge).await;
    for _ in 0..rounds {
        tokio::time::sleep(dice.pause(if std::env::var("DBG").is_ok() { 2 } else { 3000 })).await;
        let before = lost(&bridge).await;
        let mut file = OpenOptions::new().create(true).append(true).open(&ballast).unwrap();
        eventually("a reading that finds no room", async || {
            // Again and again: SQLite gives back what it does not need.
            for size in [65_536, 4096, 1] {
                while file.write_all(&vec![7; size]).is_ok() {}
            }
            (lost(&bridge).await > before).then_some(())
        })
        .await;
        assert_eq!(bridge.get("/health").status, 503, "readings are being lost");
        drop(file);
        std::fs::remove_file(&ballast).unwrap();
        eventually("readings are kept again", async || {
            (bridge.get("/ready").status == 200).then_some(())
        })
        .await;
    }
    // Silence, so that the sum stands still.
    for dtu in &home.dtus {
        dtu.switch_off().await;
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    home.settle(&bridge).await;
    let health = bridge.get("/health").json();
    // What each poll of a DTU brought is for the DTU to say: in a short run one of them may have
    // found room for none of its readings.
    let expected: u64 = home
        .dtus
        .iter()
        .enumerate()
        .map(|(number, dtu)| {
            let polls = health["dtus"][format!("dtu{number}")]["query_count"].as_u64().unwrap();
            polls * (dtu.plant().ports().count() + dtu.plant().serials().count()) as u64
        })
        .sum();
    let stored = home
        .database
        .number("SELECT (SELECT count(*) FROM port_data) + (SELECT count(*) FROM inverter_data)")
        .await as u64;
    let counted = lost(&bridge).await;
    assert!(bridge.terminate().success());
    let again = home.start();
    assert_eq!(lost(&again).await, counted, "the count survives a restart");
    assert!(again.terminate().success());
    let _ = Command::new("umount").arg("--lazy").arg(disk.path()).status();
    Outcome {
        rounds,
        acknowledged: stored,
        lost: expected.saturating_sub(stored + counted),
        duplicated: (stored + counted).saturating_sub(expected),
        reported: counted,
    }
}
