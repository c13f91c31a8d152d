//! The outbox's file is damaged.

use std::path::Path;
use std::sync::Arc;

use e2e::{Database, Gate, Household, Key, eventually, outbox_keys};

use crate::{Dice, Outcome};

/// The outbox of a killed bridge is cut or has bits flipped. What can be read is delivered; what
/// cannot is reported.
pub(crate) async fn outbox_damaged(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), true).await;
    let mut home = Household::new(4, database, Some(gate.port)).await;
    home.warm_up().await;
    let bridge = home.start();
    home.settle(&bridge).await;
    gate.close().await;
    // Three polls of four DTUs wait; every round damages a copy of this outbox.
    eventually("snapshots that wait", async || {
        let depth = bridge.get("/health").json()["database"]["outbox_depth"].as_u64().unwrap();
        (depth >= 24).then_some(())
    })
    .await;
    let image = bridge.data_dir();
    bridge.kill();
    let waiting = outbox_keys(image.path()).await;
    assert!(!waiting.is_empty());
    for dtu in &home.dtus {
        dtu.switch_off().await;
    }
    gate.open().await;

    let mut outcome = Outcome { rounds, ..Outcome::default() };
    for _ in 0..rounds {
        sqlx::query("TRUNCATE port_data, inverter_data")
            .execute(&home.database.pool)
            .await
            .unwrap();
        home.data_dir = Arc::new(tempfile::tempdir().unwrap());
        for name in ["outbox.sqlite", "outbox.sqlite-wal", "readings-lost"] {
            let _ = std::fs::copy(image.path().join(name), home.data_dir.path().join(name));
        }
        let what = damage(home.data_dir.path(), &mut dice);
        let bridge = home.start();
        eventually("what can be read is delivered", async || {
            let database = &bridge.get("/health").json()["database"];
            (database["outbox_depth"] == 0 && database["status"] == "up").then_some(())
        })
        .await;
        let stored: std::collections::BTreeSet<Key> =
            home.look_into_database().await.into_iter().collect();
        let missing = waiting.difference(&stored).count() as u64;
        let health = bridge.get("/health").json();
        let database = &health["database"];
        let told = database["readings_lost"].as_u64().unwrap()
            + database["readings_rejected"].as_u64().unwrap();
        let unknown = bridge.log().contains("how many could not be is unknown");
        outcome.acknowledged += waiting.len() as u64;
        outcome.reported += missing;
        // The inverters' own readings are in those counts too, so they are never the smaller.
        if missing > told && !unknown {
            println!("{what}: {missing} missing, {told} reported\n{}", bridge.log());
            outcome.lost += missing - told;
        }
        assert!(bridge.terminate().success());
    }
    outcome
}

fn damage(dir: &Path, dice: &mut Dice) -> String {
    let path = dir.join("outbox.sqlite");
    let log = dir.join("outbox.sqlite-wal");
    // A log that is cut looks like a power cut in mid-write, and nothing can tell the two apart:
    // bits flip in both files, but only the file itself is cut.
    let (path, cut) = match dice.roll(3) {
        0 if log.exists() => (log, false),
        1 => (path, true),
        _ => (path, false),
    };
    let mut bytes = std::fs::read(&path).unwrap();
    if cut {
        bytes.truncate(dice.roll(bytes.len() as u64) as usize);
        std::fs::write(&path, &bytes).unwrap();
        return format!("{} cut to {} bytes", path.display(), bytes.len());
    }
    let mut flipped = Vec::new();
    for _ in 0..=dice.roll(4) {
        // The last transaction of a log is also what a power cut may leave unfinished.
        let end = if path.to_string_lossy().ends_with("-wal") {
            bytes.len().saturating_sub(60_000).max(bytes.len() / 2)
        } else {
            bytes.len()
        };
        let at = dice.roll(end as u64) as usize;
        bytes[at] ^= 1 << dice.roll(8);
        flipped.push(at);
    }
    std::fs::write(&path, bytes).unwrap();
    format!("{} with bits flipped at {flipped:?}", path.display())
}
