//! Never lose a reading: one fault after another against the real program, a real PostgreSQL and
//! simulated DTUs on real sockets.
//!
//! A round is one fault, injected once. After the last round of a world everything that was ever
//! acknowledged (see [`Household`]) must be in the database, once. `ROUNDS` is the number of
//! rounds in all; without it each fault has a few, for the everyday run. `make faults` runs it long.
//!
//! Not here: jumps of the system clock. A reading's time is the bridge's own clock, and a clock of
//! its own for one process needs libfaketime; what a wrong clock does to the tables is tested in
//! `crates/store/tests`.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]
#![allow(clippy::print_stdout, reason = "the table of results is what a long run is for")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use e2e::{Bridge, Cluster, Database, Gate, Household, Key, eventually, outbox_keys};
use simulator::Fault;

/// What one world has seen.
#[derive(Debug, Default, Clone, Copy)]
struct Outcome {
    rounds: u64,
    /// Keys of port readings that somebody has seen.
    acknowledged: u64,
    /// Those of them that are not in the database, not in quarantine and not reported as lost.
    lost: u64,
    duplicated: u64,
    /// Readings whose loss the bridge itself has counted or that it could not count.
    reported: u64,
}

/// Numbers without a crate: xorshift, seeded by the world.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pause(&mut self, milliseconds: u64) -> Duration {
        Duration::from_millis(self.roll(milliseconds))
    }
}

async fn finish(mut home: Household, bridge: Bridge, rounds: u64) -> Outcome {
    home.settle(&bridge).await;
    let (lost, duplicated) = home.account().await;
    assert!(bridge.terminate().success());
    let acknowledged = home.acknowledged.len() as u64;
    Outcome { rounds, acknowledged, lost, duplicated, reported: 0 }
}

/// SIGKILL at any moment from start to well after the first polls.
async fn bridge_killed(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let mut home = Household::new(4, Database::create().await, None).await;
    home.warm_up().await;
    for _ in 0..rounds {
        let bridge = home.start();
        let time = dice.pause(900);
        home.watch(&bridge, time).await;
        bridge.kill();
        home.look_into_outbox().await;
    }
    let bridge = home.start();
    finish(home, bridge, rounds).await
}

/// The backend is terminated while it waits for a lock inside the bridge's transaction.
async fn backend_killed(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let mut home = Household::new(4, Database::create().await, None).await;
    home.warm_up().await;
    let bridge = home.start();
    for _ in 0..rounds {
        let mut lock = home.database.pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE port_data IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *lock)
            .await
            .unwrap();
        eventually("a backend killed inside its transaction", async || {
            let killed: i64 = sqlx::query_scalar(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
                 FROM pg_stat_activity
                 WHERE application_name = 'hoymiles-smiles' AND datname = current_database()
                       AND xact_start IS NOT NULL AND wait_event_type = 'Lock'",
            )
            // Not within the lock's own transaction, which sees activity as it was at first.
            .fetch_one(&home.database.pool)
            .await
            .unwrap();
            (killed > 0).then_some(())
        })
        .await;
        lock.rollback().await.unwrap();
        // Several in a row make the forwarder ever more patient; a delivery makes it quick again.
        if dice.roll(3) == 0 {
            let time = dice.pause(300);
            home.watch(&bridge, time).await;
        } else {
            home.settle(&bridge).await;
        }
    }
    finish(home, bridge, rounds).await
}

/// The server is stopped, gently or as by a crash, and started again after a while.
async fn database_restarted(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let cluster = match Cluster::create() {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => {
            println!("no server of our own ({reason}): a gate is closed instead");
            return line_cut(rounds, seed).await;
        }
    };
    let mut home = Household::new(4, Database::create_on(cluster.options()).await, None).await;
    home.warm_up().await;
    let bridge = home.start();
    for _ in 0..rounds {
        let mode = if dice.roll(2) == 0 { "fast" } else { "immediate" };
        let (up, down) = (dice.pause(2500), dice.pause(2500));
        home.watch(&bridge, up).await;
        cluster.stop(mode).unwrap();
        home.watch(&bridge, down).await;
        cluster.start().unwrap();
    }
    eventually("the server for the test itself", async || {
        sqlx::query("SELECT 1").execute(&home.database.pool).await.ok().map(|_| ())
    })
    .await;
    let outcome = finish(home, bridge, rounds).await;
    drop(cluster);
    outcome
}

async fn line_cut(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), true).await;
    let mut home = Household::new(4, database, Some(gate.port)).await;
    home.warm_up().await;
    let bridge = home.start();
    for _ in 0..rounds {
        let (up, down) = (dice.pause(2500), dice.pause(2500));
        home.watch(&bridge, up).await;
        gate.close().await;
        home.watch(&bridge, down).await;
        gate.open().await;
    }
    finish(home, bridge, rounds).await
}

/// DTUs that are silent, hang up, talk garbage, trickle or answer what was asked before.
async fn dtus_misbehave(rounds: u64, seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let mut home = Household::new(8, Database::create().await, None).await;
    home.warm_up().await;
    let bridge = home.start();
    let mut done = 0;
    while done < rounds {
        for dtu in &home.dtus {
            let fault = match dice.roll(8) {
                0 => Fault::Silence,
                1 => Fault::CloseAtOnce,
                2 => Fault::CloseMidAnswer,
                3 => Fault::GarbageBytes,
                4 => Fault::WrongTransaction,
                5 => Fault::EmptyData,
                6 => Fault::Trickle(Duration::from_millis(20)),
                _ => Fault::ShortAnswer(3),
            };
            dtu.take_requests();
            dtu.inject_for(fault, 1 + dice.roll(2) as usize);
            done += 1;
        }
        eventually("a request of each DTU", async || {
            home.dtus.iter().all(|dtu| !dtu.requests().is_empty()).then_some(())
        })
        .await;
        let time = dice.pause(600);
        home.watch(&bridge, time).await;
        home.dtus.iter().for_each(|dtu| dtu.clear());
    }
    finish(home, bridge, done).await
}

/// The outbox of a killed bridge is cut or has bits flipped. What can be read is delivered; what
/// cannot is reported.
async fn outbox_damaged(rounds: u64, seed: u64) -> Outcome {
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

/// A data directory on a file system that is full to the last byte. What is not kept is counted:
/// readings polled = readings in the database + readings counted as lost.
async fn disk_full(rounds: u64, seed: u64) -> Outcome {
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
        tokio::time::sleep(dice.pause(3000)).await;
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
    let polls: u64 = health["dtus"]
        .as_object()
        .unwrap()
        .values()
        .map(|dtu| dtu["query_count"].as_u64().unwrap())
        .sum();
    let inverters = home.database.number("SELECT count(*) FROM inverters").await as u64;
    let per_poll = (inverters
        + home.database.number("SELECT count(*) FROM production_cache").await as u64)
        / home.dtus.len() as u64;
    let stored = home
        .database
        .number("SELECT (SELECT count(*) FROM port_data) + (SELECT count(*) FROM inverter_data)")
        .await as u64;
    let counted = lost(&bridge).await;
    let expected = polls * per_poll;
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

/// Runs a fault in several worlds at once and hands back a thread for each. A runtime of its own
/// keeps the simulated DTUs of one world going while another one waits.
fn several<F: Future<Output = Outcome>>(
    worlds: u64,
    rounds: u64,
    fault: impl Fn(u64, u64) -> F + Copy + Send + 'static,
) -> Vec<JoinHandle<Outcome>> {
    let worlds = worlds.min(rounds).max(1);
    let world = |world: u64| {
        let seed = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(world + 1);
        let rounds = rounds.div_ceil(worlds);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(fault(rounds, seed))
        })
    };
    (0..worlds).map(world).collect()
}

fn sum(worlds: Vec<std::thread::Result<Outcome>>) -> Outcome {
    let mut sum = Outcome::default();
    for world in worlds {
        let seen = world.unwrap();
        sum.rounds += seen.rounds;
        sum.acknowledged += seen.acknowledged;
        sum.lost += seen.lost;
        sum.duplicated += seen.duplicated;
        sum.reported += seen.reported;
    }
    sum
}

#[test]
fn no_single_fault_loses_or_doubles_a_reading() {
    let long: Option<u64> = std::env::var("ROUNDS").ok().map(|text| text.parse().unwrap());
    let share = |percent: u64, few: u64| long.map_or(few, |all| (all * percent).div_ceil(100));
    let begun = std::time::Instant::now();
    // A full disk only in the long run: once, 12 readings were stored and counted as lost as well
    // (docs/reliability.md), and the cause is not found.
    let worlds = [
        several(5, share(40, 6), bridge_killed),
        several(4, share(16, 2), backend_killed),
        several(1, share(5, 2), database_restarted),
        several(1, share(12, 8), dtus_misbehave),
        several(3, share(25, 4), outbox_damaged),
        several(1, share(2, 0), disk_full),
    ];
    let names = [
        "bridge killed (SIGKILL)",
        "backend killed inside the transaction",
        "database stopped and started",
        "DTU silent, closing, garbage, trickling",
        "outbox file cut or bits flipped",
        "disk full to the last byte",
    ];
    // All are waited for before one may fail: a bridge whose world is torn away goes on running.
    let results =
        worlds.map(|worlds| worlds.into_iter().map(JoinHandle::join).collect::<Vec<_>>()).map(sum);
    println!("| fault | rounds | acknowledged | lost | duplicated | reported as lost |");
    println!("|---|---|---|---|---|---|");
    let mut rounds = 0;
    for (name, seen) in names.iter().zip(&results) {
        let Outcome { rounds: own, acknowledged, lost, duplicated, reported } = seen;
        println!("| {name} | {own} | {acknowledged} | {lost} | {duplicated} | {reported} |");
        rounds += own;
    }
    println!("{rounds} rounds in {:?}", begun.elapsed());
    println!("SKIPPED clock jumps: they need a clock of the bridge's own (libfaketime)");
    assert!(results.iter().all(|seen| (seen.lost, seen.duplicated) == (0, 0)));
}
