//! Never lose a reading: one fault after another against the real program, a real PostgreSQL and
//! simulated DTUs on real sockets.
//!
//! A round is one fault, injected once. After the last round of a world everything that was ever
//! acknowledged (see [`Household`]) must be in the database, once. `ROUNDS` is the number of
//! rounds in all; without it each fault has a few, for the everyday run. `make faults` runs it long.
//!
//! `FAULTS="disk clock"` runs only those whose name has one of these words.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]
#![allow(clippy::print_stdout, reason = "the table of results is what a long run is for")]

mod clock;
mod database;
mod disk;
mod dtus;
mod kills;
mod outbox;

use std::thread::JoinHandle;
use std::time::Duration;

use e2e::{Bridge, Household};

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

/// A fault, and how often it happens.
struct Fault {
    name: &'static str,
    /// Worlds at the same time.
    worlds: u64,
    /// Of the rounds of a long run.
    percent: u64,
    /// Rounds in the everyday run.
    few: u64,
    start: fn(u64, u64) -> Vec<JoinHandle<Outcome>>,
}

const FAULTS: [Fault; 7] = [
    Fault {
        name: "bridge killed (SIGKILL)",
        worlds: 5,
        percent: 40,
        few: 6,
        start: |worlds, rounds| several(worlds, rounds, kills::bridge_killed),
    },
    Fault {
        name: "backend killed inside the transaction",
        worlds: 4,
        percent: 16,
        few: 2,
        start: |worlds, rounds| several(worlds, rounds, kills::backend_killed),
    },
    Fault {
        name: "database stopped (gently or as by a crash) and started",
        worlds: 1,
        percent: 5,
        few: 2,
        start: |worlds, rounds| several(worlds, rounds, database::database_restarted),
    },
    Fault {
        name: "DTU silent, closing, garbage, trickling",
        worlds: 1,
        percent: 12,
        few: 8,
        start: |worlds, rounds| several(worlds, rounds, dtus::dtus_misbehave),
    },
    Fault {
        name: "outbox file cut or bits flipped",
        worlds: 3,
        percent: 22,
        few: 4,
        start: |worlds, rounds| several(worlds, rounds, outbox::outbox_damaged),
    },
    Fault {
        name: "disk full to the last byte",
        worlds: 1,
        percent: 2,
        few: 1,
        start: |worlds, rounds| several(worlds, rounds, disk::disk_full),
    },
    Fault {
        name: "system clock jumps forwards and back",
        worlds: 2,
        percent: 3,
        few: 4,
        start: |worlds, rounds| several(worlds, rounds, clock::clock_jumps),
    },
];

#[test]
fn no_single_fault_loses_or_doubles_a_reading() {
    let long: Option<u64> = std::env::var("ROUNDS").ok().map(|text| text.parse().unwrap());
    let wanted = std::env::var("FAULTS").unwrap_or_default();
    let is_wanted = |fault: &&Fault| {
        wanted.is_empty() || wanted.split_whitespace().any(|word| fault.name.contains(word))
    };
    let begun = std::time::Instant::now();
    let running: Vec<_> = FAULTS
        .iter()
        .filter(is_wanted)
        .map(|fault| {
            let rounds = long.map_or(fault.few, |all| (all * fault.percent).div_ceil(100));
            (fault.name, (fault.start)(fault.worlds, rounds))
        })
        .collect();
    // All are waited for before one may fail: a bridge whose world is torn away goes on running.
    let ended: Vec<_> = running
        .into_iter()
        .map(|(name, worlds)| (name, worlds.into_iter().map(JoinHandle::join).collect::<Vec<_>>()))
        .collect();
    let results: Vec<_> = ended.into_iter().map(|(name, worlds)| (name, sum(worlds))).collect();
    println!("| fault | rounds | acknowledged | lost | duplicated | reported as lost |");
    println!("|---|---|---|---|---|---|");
    let mut rounds = 0;
    for (name, seen) in &results {
        let Outcome { rounds: own, acknowledged, lost, duplicated, reported } = seen;
        println!("| {name} | {own} | {acknowledged} | {lost} | {duplicated} | {reported} |");
        rounds += own;
    }
    println!("{rounds} rounds in {:?}", begun.elapsed());
    assert!(!results.is_empty(), "FAULTS names none of the faults: {wanted}");
    assert!(results.iter().all(|(_, seen)| (seen.lost, seen.duplicated) == (0, 0)));
}
