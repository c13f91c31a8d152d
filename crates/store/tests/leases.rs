//! What a lease promises. Only a server keeps them.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::time::Duration;

use store::{Claim, Lease, Leases, PostgresStore, Store};
use world::*;

const TTL: Duration = Duration::from_secs(600);

/// A claim of a bridge in its first run, which was granted nothing yet.
fn claim(holder: &str) -> Claim {
    Claim {
        dtu: serial(7),
        holder: holder.to_owned(),
        holder_name: format!("{holder}:8080"),
        process: format!("{holder}/1"),
        restarted: true,
        ttl: TTL,
    }
}

async fn world() -> (PgDatabase, PostgresStore) {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.prepare().await.unwrap();
    (database, store)
}

async fn ask(store: &PostgresStore, claim: Claim) -> Lease {
    store.claim(&claim).await.unwrap()
}

/// The same bridge later, after its first grant.
fn renewal(holder: &str) -> Claim {
    Claim { restarted: false, ..claim(holder) }
}

/// The same bridge in another run.
fn restart(holder: &str) -> Claim {
    Claim { process: format!("{holder}/2"), ..claim(holder) }
}

/// As if the holder had been silent for so long.
async fn expire(database: &PgDatabase) {
    sqlx::query("UPDATE dtu_leases SET expires_at = now() - interval '1 second'")
        .execute(&mut database.connect().await)
        .await
        .unwrap();
}

fn granted(epoch: i64) -> Lease {
    Lease::Granted { epoch }
}

fn assert_held_by(lease: &Lease, holder: &str) {
    let Lease::Held { holder_name, remaining } = lease else {
        panic!("{lease:?} instead of held by {holder}");
    };
    assert_eq!(holder_name, &format!("{holder}:8080"));
    assert!(*remaining > TTL / 2 && *remaining <= TTL, "{remaining:?}");
}

#[tokio::test]
async fn the_first_claim_is_granted_and_renewed_and_another_is_told_who_holds_it() {
    let (_database, store) = world().await;
    assert_eq!(ask(&store, claim("one")).await, granted(1));
    // Again as if the acknowledgement of the grant had been lost, and as usual.
    assert_eq!(ask(&store, claim("one")).await, granted(1));
    assert_eq!(ask(&store, renewal("one")).await, granted(1));
    assert_held_by(&ask(&store, claim("two")).await, "one");
    assert_held_by(&ask(&store, renewal("two")).await, "one");
}

#[tokio::test]
async fn an_expired_lease_goes_to_who_asks_first_and_the_former_holder_is_fenced() {
    let (database, store) = world().await;
    ask(&store, claim("one")).await;
    expire(&database).await;
    assert_eq!(ask(&store, claim("two")).await, granted(2));
    assert_held_by(&ask(&store, renewal("one")).await, "two");
    expire(&database).await;
    assert_eq!(ask(&store, renewal("one")).await, granted(3));
}

#[tokio::test]
async fn a_holder_that_was_cut_off_goes_on_when_nobody_took_its_place() {
    let (database, store) = world().await;
    ask(&store, claim("one")).await;
    expire(&database).await;
    assert_eq!(ask(&store, renewal("one")).await, granted(1));
    assert_held_by(&ask(&store, claim("two")).await, "one");
}

#[tokio::test]
async fn a_restarted_bridge_need_not_wait_for_its_own_lease() {
    let (_database, store) = world().await;
    ask(&store, claim("one")).await;
    assert_eq!(ask(&store, restart("one")).await, granted(2));
    // The process before, if it runs after all, or a copy of its data directory.
    assert_held_by(&ask(&store, renewal("one")).await, "one");
}

#[tokio::test]
async fn a_released_lease_is_free_at_once() {
    let (_database, store) = world().await;
    let dtu = serial(7);
    ask(&store, claim("one")).await;
    store.release(dtu, "two/1").await.unwrap();
    store.release(dtu, "one/2").await.unwrap();
    assert_held_by(&ask(&store, claim("two")).await, "one");
    store.release(dtu, "one/1").await.unwrap();
    assert_eq!(ask(&store, claim("two")).await, granted(2));
    store.release(dtu, "one/1").await.unwrap();
    assert_held_by(&ask(&store, renewal("one")).await, "two");
}

#[tokio::test]
async fn of_many_bridges_at_one_time_one_is_granted() {
    let (database, _store) = world().await;
    let mut bridges = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = database.store();
        bridges.spawn(async move { store.claim(&claim(&format!("b{number}"))).await });
    }
    let answers = bridges.join_all().await;
    let grants = answers.into_iter().filter(|answer| answer.as_ref().unwrap() == &granted(1));
    assert_eq!(grants.count(), 1);
}

#[tokio::test]
async fn two_dtus_have_nothing_to_do_with_each_other() {
    let (_database, store) = world().await;
    ask(&store, claim("one")).await;
    let other = Claim { dtu: serial(8), ..claim("two") };
    assert_eq!(store.claim(&other).await.unwrap(), granted(1));
}

#[tokio::test]
async fn every_grant_is_noted_and_no_renewal() {
    let (database, store) = world().await;
    ask(&store, claim("one")).await;
    ask(&store, renewal("one")).await;
    expire(&database).await;
    ask(&store, claim("two")).await;
    let grants: Vec<(i64, String)> =
        sqlx::query_as("SELECT epoch, holder FROM dtu_lease_grants ORDER BY epoch")
            .fetch_all(&mut database.connect().await)
            .await
            .unwrap();
    assert_eq!(grants, [(1, "one".to_owned()), (2, "two".to_owned())]);
}
