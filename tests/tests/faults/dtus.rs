//! DTUs misbehave.

use std::time::Duration;

use e2e::{Database, Household, eventually};
use simulator::Fault;

use crate::{Dice, Outcome, finish};

/// DTUs that are silent, hang up, talk garbage, trickle or answer what was asked before.
pub(crate) async fn dtus_misbehave(rounds: u64, seed: u64) -> Outcome {
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
