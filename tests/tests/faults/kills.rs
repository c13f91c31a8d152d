//! The bridge or a backend is killed.

use e2e::{Database, Household, eventually};

use crate::{Dice, Outcome, finish};

/// SIGKILL at any moment from start to well after the first polls.
pub(crate) async fn bridge_killed(rounds: u64, seed: u64) -> Outcome {
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
pub(crate) async fn backend_killed(rounds: u64, seed: u64) -> Outcome {
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
