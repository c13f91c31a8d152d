//! The system's clock jumps: a machine without a battery has started, or somebody has set it.
//!
//! The bridge gets a clock of its own through libfaketime, an offset in a file that each look at the
//! clock reads. Time that only passes (timeouts, the grid of polls) does not jump, as in reality.
//! Every second jump leads back to the right time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use e2e::{Bridge, Database, Household, eventually, noon};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use simulator::{DtuOptions, Running, SimPlant, SimulatedDtu};
use sqlx::Row;
use tempfile::TempDir;

use crate::{Dice, Outcome, finish};

/// Where `scripts/setup-test.sh` has found libfaketime.
const LIBRARY: &str = "TEST_FAKETIME_LIBRARY";

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
/// Within what is allowed for readings from the future, beyond it, over midnight, over years.
const JUMPS: [i64; 10] = [
    20,
    -20,
    10 * MINUTE,
    -10 * MINUTE,
    120 * MINUTE,
    -120 * MINUTE,
    3 * DAY,
    -3 * DAY,
    400 * DAY,
    -400 * DAY,
];

/// The clock of a bridge.
struct Clock {
    dir: TempDir,
    offset: i64,
}

impl Clock {
    fn right() -> Self {
        let mut clock = Self { dir: tempfile::tempdir().unwrap(), offset: 0 };
        clock.jump_to(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("offset")
    }

    fn jump_to(&mut self, offset: i64) {
        // Renamed into place, so that nobody reads half of it.
        let new = self.dir.path().join("new");
        std::fs::write(&new, format!("{offset:+}\n")).unwrap();
        std::fs::rename(new, self.file()).unwrap();
        self.offset = offset;
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.offset)
    }

    fn settings(&self, library: &str) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", library.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            // The times of files are none of its business.
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }
}

/// A DTU whose afternoon passes ten times as fast, so that its counters count in a test's time.
async fn quick_dtu(seed: u64) -> Running {
    let started = Instant::now();
    let clock = move || noon() + SignedDuration::try_from(started.elapsed()).unwrap() * 10;
    let plant = SimPlant::with_ports(4, seed);
    SimulatedDtu::new(plant, DtuOptions::default(), clock).listen("127.0.0.1:0").await.unwrap()
}

type Port = (String, i64);

/// Energy of each port as the bridge shows it: today and since installation, Wh.
type Energy = BTreeMap<Port, (u64, u64)>;

pub(crate) async fn clock_jumps(rounds: u64, seed: u64) -> Outcome {
    let Ok(library) = std::env::var(LIBRARY) else {
        println!("SKIPPED clock jumps: {LIBRARY} does not tell where libfaketime is");
        return Outcome::default();
    };
    let rounds = rounds.next_multiple_of(2);
    let mut dice = Dice(seed);
    let mut clock = Clock::right();
    let dtus = vec![quick_dtu(1).await, quick_dtu(2).await];
    let mut home = Household::of(dtus, Database::create().await, None);
    home.settings.extend(clock.settings(&library));
    let zone = zone_at_noon();
    home.settings.push(("TIMEZONE", zone.clone()));
    let today = || Timestamp::now().to_zoned(TimeZone::get(&zone).unwrap()).date();
    home.warm_up().await;
    let opened = Books::of(&home).await;
    let mut bridge = home.start();
    let mut shown = Energy::new();
    polled(&mut home, &bridge, &clock, &mut shown).await;

    for _ in 0..rounds / 2 {
        let (day, before) = (today(), shown.clone());
        let jump = JUMPS[dice.roll(10) as usize];
        let mut was_put_back_unseen = false;
        for offset in [jump, 0] {
            clock.jump_to(offset);
            // As on a machine that starts with a wrong clock, or is set right and started again.
            if dice.roll(3) == 0 {
                bridge.kill();
                was_put_back_unseen |= (jump < 0) == (offset == jump);
                home.look_into_outbox().await;
                bridge = home.start();
            }
            polled(&mut home, &bridge, &clock, &mut shown).await;
        }
        // What waited in the outbox of a bridge that was killed is from the future for the next one
        // if the clock was put back: its last watt-hours are booked to the day of the wrong clock.
        if day == today() && !was_put_back_unseen {
            for (port, (today, _)) in &shown {
                assert!(
                    *today >= before[port].0,
                    "{port:?}, {jump} s away: today fell from {} to {today} Wh",
                    before[port].0
                );
            }
        }
    }
    eventually("energy of every port", async || {
        let books = Books::of(&home).await;
        let made = |port, books: &Books| books.lifetime_wh > opened[port].lifetime_wh;
        books.iter().all(|(port, books)| made(port, books)).then_some(())
    })
    .await;
    for dtu in &home.dtus {
        dtu.switch_off().await;
    }
    home.settle(&bridge).await;
    for (port, books) in Books::of(&home).await {
        assert_eq!(books.lifetime_wh, books.counter_wh, "{port:?}: energy was invented or lost");
        let added = books.lifetime_wh - opened[&port].lifetime_wh;
        let days = books.days_wh - opened[&port].days_wh;
        assert!(added > 0, "{port:?} made nothing, which proves nothing");
        assert_eq!(days, added, "{port:?}: the days do not add up");
    }
    finish(home, bridge, rounds).await
}

/// Waits until the bridge shows, and the database has as the latest, a reading of each port that was
/// taken under the clock as it is now. Energy since installation never falls meanwhile.
async fn polled(home: &mut Household, bridge: &Bridge, clock: &Clock, shown: &mut Energy) {
    let fresh = |at: Timestamp| {
        let age = clock.now().duration_since(at);
        age.abs() < SignedDuration::from_secs(15)
    };
    eventually("a reading of each port under this clock", async || {
        home.look_at(bridge);
        let answer = bridge.try_get("/api/ports").filter(|answer| answer.status == 200)?;
        let ports = answer.json();
        for port in ports.as_array()? {
            let key = (port["serial_number"].as_str()?.to_owned(), port["port_number"].as_i64()?);
            let (today, lifetime) =
                (port["today_production"].as_u64()?, port["total_production"].as_u64()?);
            let before = shown.insert(key.clone(), (today, lifetime)).unwrap_or_default();
            assert!(lifetime >= before.1, "{key:?}: {lifetime} Wh after {} Wh", before.1);
            if !fresh(port["timestamp"].as_str()?.parse().unwrap()) {
                return None;
            }
        }
        let latest: Vec<f64> = sqlx::query_scalar(
            "SELECT extract(epoch FROM timestamp)::float8 FROM production_cache",
        )
        .fetch_all(&home.database.pool)
        .await
        .ok()?;
        let ports = home.dtus.iter().map(|dtu| dtu.plant().ports().count()).sum::<usize>();
        let known = latest.len() == ports && ports == shown.len();
        let all = latest.iter().all(|at| fresh(Timestamp::from_second(*at as i64).unwrap()));
        (known && all).then_some(())
    })
    .await;
}

/// A time zone in which it is about noon, as it is where the DTUs are. Panels that deliver in the
/// night of the bridge are no plant, and its day might end meanwhile.
fn zone_at_noon() -> String {
    let hour = Timestamp::now().to_zoned(TimeZone::UTC).hour();
    // The signs of these names are the other way round: Etc/GMT-5 is five hours ahead.
    format!("Etc/GMT{:+}", hour - 12)
}

/// What the database has about the energy of a port, Wh.
struct Books {
    /// By its account.
    lifetime_wh: i64,
    /// By the counter of the device.
    counter_wh: i64,
    /// All its days together.
    days_wh: i64,
}

impl Books {
    async fn of(home: &Household) -> BTreeMap<Port, Self> {
        sqlx::query(
            "SELECT serial_number::text, port_number::bigint,
                    (accounting ->> 'lifetime_wh')::bigint, total_production::bigint,
                    (SELECT sum(energy)::bigint FROM port_daily AS d
                     WHERE d.inverter_id = c.inverter_id AND d.port_number = c.port_number)
             FROM production_cache AS c JOIN inverters USING (inverter_id)",
        )
        .fetch_all(&home.database.pool)
        .await
        .unwrap()
        .iter()
        .map(|row| {
            let books =
                Self { lifetime_wh: row.get(2), counter_wh: row.get(3), days_wh: row.get(4) };
            ((row.get(0), row.get(1)), books)
        })
        .collect()
    }
}
