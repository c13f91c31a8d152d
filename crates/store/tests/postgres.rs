//! What only a server can do: be away, refuse, be somebody else's.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use store::{Claim, HistoryQuery, Leases, PostgresOptions, PostgresStore, Store, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use world::*;

/// A port on which nobody listens.
async fn silent_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Passes everything between a listener and the server of the test databases, and keeps a copy of
/// what the clients said.
async fn forward(listener: TcpListener, server: String, said: Arc<Mutex<Vec<u8>>>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let upstream = TcpStream::connect(&server).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = upstream.into_split();
        tokio::spawn(async move {
            // Either side may hang up whenever it likes.
            let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        });
        let said = said.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
                said.lock().unwrap().extend_from_slice(&buffer[..count]);
                if to_server.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        });
    }
}

/// The `user@`, `host:port` and `database` of a URL.
fn parts(url: &str) -> (String, String, String) {
    let rest = url.split_once("://").unwrap().1;
    let (authority, database) = rest.split_once('/').unwrap();
    let (user, host) = authority.split_once('@').unwrap();
    (user.to_owned(), host.to_owned(), database.to_owned())
}

#[tokio::test]
async fn a_store_works_as_soon_as_its_server_is_there() {
    let database = PgDatabase::create().await;
    let (user, server, name) = parts(&database.url);
    let address = silent_port().await;
    let store = PostgresStore::new(&PostgresOptions {
        url: Some(format!("postgres://{user}@{address}/{name}?sslmode=disable")),
        ..PostgresOptions::default()
    })
    .unwrap();
    let error = store.prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains(&address.to_string())));
    let error = store.write(&[snapshot(poll(NOON, 1))]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");

    let listener = TcpListener::bind(address).await.unwrap();
    let forwarder = tokio::spawn(forward(listener, server, Arc::default()));
    store.prepare().await.unwrap();
    let written = store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    assert_eq!((written.inverter_rows, written.port_rows), (1, 2));
    forwarder.abort();
}

#[tokio::test]
async fn no_password_is_in_any_text() {
    let address = silent_port().await;
    let by_url = PostgresOptions {
        url: Some(format!("postgres://sun:s3cret@{address}/roof")),
        ..PostgresOptions::default()
    };
    let by_parts = PostgresOptions {
        host: address.ip().to_string(),
        port: address.port(),
        password: Some("s3cret".to_owned()),
        ..PostgresOptions::default()
    };
    for options in [by_url, by_parts] {
        let store = PostgresStore::new(&options).unwrap();
        let error = store.prepare().await.unwrap_err();
        for text in
            [format!("{options:?}"), format!("{store:?}"), format!("{error:?}"), error.to_string()]
        {
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_yet_may_come() {
    let database = PgDatabase::create().await;
    let options = PostgresOptions {
        url: Some(format!("{}_missing", database.url)),
        ..PostgresOptions::default()
    };
    let error = PostgresStore::new(&options).unwrap().prepare().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn the_python_v2_database_is_refused_and_untouched() {
    let database = PgDatabase::create().await;
    let mut connection = database.connect().await;
    connection
        .execute(
            "CREATE TABLE inverters (serial_number TEXT PRIMARY KEY, dtu_name TEXT,
                 first_seen TIMESTAMP NOT NULL DEFAULT now(),
                 last_seen TIMESTAMP NOT NULL DEFAULT now(), inverter_type TEXT, metadata JSONB);
             CREATE TABLE port_data (id BIGSERIAL PRIMARY KEY,
                 serial_number TEXT NOT NULL REFERENCES inverters, port_number INTEGER NOT NULL,
                 timestamp TIMESTAMP NOT NULL DEFAULT now(), total_production INTEGER);
             INSERT INTO inverters (serial_number) VALUES ('116100000001');
             INSERT INTO port_data (serial_number, port_number) VALUES ('116100000001', 1);",
        )
        .await
        .unwrap();
    let error = database.store().prepare().await.unwrap_err();
    assert!(matches!(error, StoreError::Schema(_)), "{error}");
    assert!(error.to_string().contains("Nothing was changed"), "{error}");
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = 'public' ORDER BY table_name",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(tables, ["inverters", "port_data"]);
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM port_data")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn polling_burns_no_numbers_of_the_identity() {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.prepare().await.unwrap();
    for minute in 0..10 {
        store.write(&[snapshot(poll(NOON + 60 * minute, 3))]).await.unwrap();
    }
    store.write(&[snapshot(poll(NOON, 4))]).await.unwrap();
    let newest: i32 = sqlx::query_scalar("SELECT max(inverter_id) FROM inverters")
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    assert_eq!(newest, 4);
}

#[tokio::test]
async fn a_database_replaced_under_a_running_bridge_gets_whole_rows() {
    let world = World::postgres().await;
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 3))]).await.unwrap();
    world.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    let error = store.write(&[snapshot(poll(NOON + 60, 3))]).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema(_)), "{error}");
    store.prepare().await.unwrap();
    store.write(&[snapshot(poll(NOON + 60, 3))]).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM port_readings").await, Some(6));
}

#[tokio::test]
async fn a_row_refused_for_its_content_leaves_nothing_behind() {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.prepare().await.unwrap();
    let mut bad = poll(NOON + 60, 1);
    // PostgreSQL keeps no NUL in a text.
    bad.dtu_name = "ro\0of".to_owned();
    let error = store.write(&[snapshot(poll(NOON, 1)), snapshot(bad)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(store.stats().await.unwrap().inverter_data_entries, 0);
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.prepare().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'hoymiles-smiles' AND datname = current_database()",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
}

/// The books say which readings are new, but somebody may have changed them, or restored an older
/// copy of one table.
#[tokio::test]
async fn a_reading_that_the_books_have_forgotten_is_passed_over() {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.prepare().await.unwrap();
    let known = snapshot(poll(NOON, 2));
    store.write(std::slice::from_ref(&known)).await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    admin.execute("UPDATE production_cache SET timestamp = '2000-01-01'").await.unwrap();

    let written = store.write(&[known, snapshot(poll(NOON + 60, 2))]).await.unwrap();
    assert_eq!((written.inverter_rows, written.port_rows), (2, 4));
    assert_eq!(store.stats().await.unwrap().port_data_entries, 8);
}

/// A store of this database whose words are listened to.
async fn overheard(database: &PgDatabase) -> (PostgresStore, Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let (user, server, name) = parts(&database.url);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let said = Arc::new(Mutex::new(Vec::new()));
    let forwarder = tokio::spawn(forward(listener, server, said.clone()));
    let store = PostgresStore::new(&PostgresOptions {
        url: Some(format!("postgres://{user}@{address}/{name}?sslmode=disable")),
        ..PostgresOptions::default()
    })
    .unwrap();
    store.prepare().await.unwrap();
    (store, said, forwarder)
}

/// A pooler keeps to one server connection within a transaction, and not beyond it: what a long
/// batch prepares has to be gone at the end, also when the server refuses it.
#[tokio::test]
async fn a_long_batch_leaves_nothing_prepared_behind_a_transaction_pooler() {
    let database = PgDatabase::create().await;
    let (store, said, forwarder) = overheard(&database).await;
    let long: Vec<_> = (0..300).map(|minute| snapshot(poll(NOON + 60 * minute, 2))).collect();
    store.write(&long).await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    admin.execute("UPDATE production_cache SET timestamp = '2000-01-01'").await.unwrap();
    // Refused for its first keys, then written again in the careful way.
    let written = store.write(&long).await.unwrap();
    assert_eq!(written.port_rows, 0);
    forwarder.abort();

    let said = String::from_utf8_lossy(&said.lock().unwrap()).into_owned();
    let mut prepared = 0;
    for transaction in said.split("BEGIN; ") {
        for number in 1..20 {
            let name = format!("sqlx_s_{number}\0");
            if transaction.contains(&name) {
                prepared += 1;
                let length = char::from(u8::try_from(name.len() + 5).unwrap());
                let closed = format!("C\0\0\0{length}S{name}");
                let end = transaction.find("COMMIT\0").or_else(|| transaction.find("ROLLBACK\0"));
                let closed = transaction.find(&closed).unwrap();
                assert!(end.is_none_or(|end| closed < end), "{name} outlives its transaction");
            }
        }
    }
    assert!(prepared >= 3, "the test listens");
}

/// A pooler hands each transaction another server connection, which it shares among its clients:
/// what is said must not count on anything that was said before.
#[tokio::test]
async fn what_is_said_to_the_server_suits_a_transaction_pooler() {
    let database = PgDatabase::create().await;
    let (store, said, forwarder) = overheard(&database).await;
    for minute in 0..2 {
        store.write(&[snapshot(poll(NOON + 60 * minute, 1))]).await.unwrap();
    }
    store.latest(at(NOON)).await.unwrap();
    for limit in [1, 10_000] {
        let query = HistoryQuery { serial: serial(1), from: None, to: None, limit };
        assert_eq!(store.history(&query).await.unwrap().len(), limit.min(2) as usize);
    }
    store.stats().await.unwrap();
    store.set_config("key", &serde_json::json!(1)).await.unwrap();
    store.config("key").await.unwrap();
    let claim = Claim {
        dtu: serial(1),
        holder: "one".to_owned(),
        process: "one/1".to_owned(),
        holder_name: "nas:8080".to_owned(),
        restarted: true,
        ttl: Duration::from_secs(30),
    };
    store.claim(&claim).await.unwrap();
    let other = Claim { holder: "two".to_owned(), process: "two/1".to_owned(), ..claim.clone() };
    store.claim(&other).await.unwrap();
    store.release(claim.dtu, &claim.process).await.unwrap();
    forwarder.abort();

    let said = String::from_utf8_lossy(&said.lock().unwrap()).into_owned();
    assert!(said.contains("INSERT INTO port_data"), "the test listens");
    for forbidden in [
        // The names that sqlx gives to prepared statements.
        "sqlx_s_",
        "pg_advisory_lock",
        // Start-up parameters that a pooler refuses.
        "extra_float_digits",
        "options\0",
    ] {
        assert!(!said.contains(forbidden), "{forbidden}");
    }
    let lasting = said.matches("SET ").count() - said.matches("SET LOCAL ").count();
    let in_statements = ["DO UPDATE\n    SET ", "AS i\n    SET ", "UPDATE dtu_leases\n    SET "]
        .map(|text| said.matches(text).count())
        .iter()
        .sum::<usize>();
    assert_eq!(lasting, in_statements, "a SET outlives its transaction");
}
