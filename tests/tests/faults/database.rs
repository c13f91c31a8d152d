//! The database server goes away and comes back.

use std::sync::Arc;

use e2e::{Cluster, Database, Gate, Household, eventually};

use crate::{Dice, Outcome, finish};

/// The server is stopped, gently or as by a crash, and started again after a while.
pub(crate) async fn database_restarted(rounds: u64, seed: u64) -> Outcome {
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
