//! Backup and restore, moving between the engines, and export: with the real program and a DTU that
//! is polled meanwhile.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use e2e::{Bridge, Database, Gate, command, dtu, eventually};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

type Settings = Vec<(&'static str, String)>;

fn dtu_settings(dtu: &simulator::Running) -> Settings {
    vec![
        ("DTU_HOST", "127.0.0.1".to_owned()),
        ("DTU_PORT", dtu.address.port().to_string()),
        ("TIMEZONE", "Europe/Berlin".to_owned()),
    ]
}

fn run(data_dir: &Path, settings: &Settings, arguments: &[&str]) -> Output {
    command(arguments)
        .env("DATA_DIR", data_dir)
        .env("LOG_LEVEL", "warn")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap()
}

/// What it says where all is well.
fn done(data_dir: &Path, settings: &Settings, arguments: &[&str]) -> String {
    let output = run(data_dir, settings, arguments);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

/// What it says where it refuses.
fn refused(data_dir: &Path, settings: &Settings, arguments: &[&str]) -> String {
    let output = run(data_dir, settings, arguments);
    assert!(!output.status.success(), "{arguments:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

async fn polled(bridge: &Bridge, polls: u64) {
    eventually("some polls", async || {
        let health = bridge.get("/health").json();
        (health["dtus"]["DTU"]["query_count"].as_u64()? >= polls).then_some(())
    })
    .await;
}

async fn delivered(bridge: &Bridge) {
    eventually("an empty outbox", async || {
        let database = &bridge.get("/health").json()["database"];
        (database["outbox_depth"] == 0 && database["status"] == "up").then_some(())
    })
    .await;
}

/// What a plant that is not polled any more is: everything that people look at.
fn answers(bridge: &Bridge, serial: &str) -> Vec<(String, Value)> {
    [
        "/api/inverters".to_owned(),
        "/api/ports".to_owned(),
        "/api/production/current".to_owned(),
        format!("/api/inverters/{serial}/history?limit=1000"),
        format!("/api/inverters/{serial}/history?limit=1000&port=1"),
        "/api/energy?resolution=day&by=port".to_owned(),
        "/api/layout".to_owned(),
    ]
    .into_iter()
    .map(|path| {
        let answer = bridge.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        (path, without_the_present(answer.json()))
    })
    .collect()
}

/// Ages and instants of asking differ between two questions.
fn without_the_present(mut json: Value) -> Value {
    match &mut json {
        Value::Object(entries) => {
            entries.retain(|key, _| !["age_seconds", "coverage", "stale"].contains(&key.as_str()));
            for value in entries.values_mut() {
                *value = without_the_present(value.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_the_present(item.take());
            }
        }
        _ => {}
    }
    json
}

async fn known(bridge: &Bridge) -> String {
    eventually("the plant", async || {
        let answer = bridge.get("/api/inverters");
        let json = (answer.status == 200).then(|| answer.json())?;
        json[0]["serial_number"].as_str().map(str::to_owned)
    })
    .await
}

async fn instance(bridge: &Bridge) -> Value {
    eventually("who the bridge is", async || {
        let id = bridge.get("/api/info").json()["instance_id"].take();
        id.is_string().then_some(id)
    })
    .await
}

fn start<V: AsRef<OsStr>>(data_dir: &Arc<TempDir>, settings: &[(&str, V)]) -> Bridge {
    Bridge::start_in(Arc::clone(data_dir), &["run"], settings)
}

fn new_dir() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_whose_database_was_destroyed_is_what_it_was_after_a_restore() {
    let dtu = dtu(8, 1).await;
    let database = Database::create().await;
    let mut settings = dtu_settings(&dtu);
    settings.extend(database.settings(None));
    let home = new_dir();
    let bridge = start(&home, &settings);
    polled(&bridge, 3).await;

    // While it polls: the backup is one moment of it.
    let files = new_dir();
    let early = files.path().join("early.backup");
    let told = done(home.path(), &settings, &["backup", early.to_str().unwrap()]);
    assert!(told.contains("read back and whole"), "{told}");
    polled(&bridge, 4).await;

    // The DTU sleeps, so that nothing changes any more.
    dtu.switch_off().await;
    delivered(&bridge).await;
    let id = instance(&bridge).await;
    let serial = known(&bridge).await;
    assert!(bridge.terminate().success());
    let file = files.path().join("plant.backup");
    let path = file.to_str().unwrap();
    let told = done(home.path(), &settings, &["backup", path]);
    let rows = database.number("SELECT count(*) FROM port_data").await;
    assert!(told.contains(&format!("{rows} readings of ports")), "{told}");
    let again = start(&home, &settings);
    known(&again).await;
    let before = answers(&again, &serial);
    assert!(again.terminate().success());

    // The house burns down.
    drop((database, home));
    let (database, home) = (Database::create().await, new_dir());
    let mut settings = dtu_settings(&dtu);
    settings.extend(database.settings(None));
    let told = done(home.path(), &settings, &["restore", path]);
    assert!(told.contains("read back and the same"), "{told}");
    assert_eq!(database.number("SELECT count(*) FROM port_data").await, rows);
    let restored = start(&home, &settings);
    assert_eq!(instance(&restored).await, id, "Home Assistant knows the bridge by it");
    known(&restored).await;
    assert_eq!(answers(&restored, &serial), before);

    // It goes on, and nobody restores over it by accident.
    dtu.switch_on().await;
    eventually("a new reading", async || {
        (database.number("SELECT count(*) FROM port_data").await > rows).then_some(())
    })
    .await;
    let refusal = refused(home.path(), &settings, &["restore", path]);
    assert!(refusal.contains("another bridge uses the directory"), "{refusal}");
    let elsewhere = new_dir();
    let refusal = refused(elsewhere.path(), &settings, &["restore", path, "--replace"]);
    assert!(refusal.contains("stop it first"), "{refusal}");
    assert!(restored.terminate().success());
    let refusal = refused(home.path(), &settings, &["restore", path]);
    assert!(refusal.contains("is not empty") && refusal.contains("--replace"), "{refusal}");
    done(home.path(), &settings, &["restore", path, "--replace"]);
    assert_eq!(database.number("SELECT count(*) FROM port_data").await, rows);

    // The other engine serves the same.
    let (embedded, home) = (dtu_settings(&dtu), new_dir());
    dtu.switch_off().await;
    done(home.path(), &embedded, &["restore", path]);
    let restored = start(&home, &embedded);
    assert_eq!(instance(&restored).await, id);
    known(&restored).await;
    assert_eq!(answers(&restored, &serial), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_outbox_is_in_the_backup() {
    let dtu = dtu(8, 2).await;
    let database = Database::create().await;
    let mut gate = Gate::before(database.host(), database.port(), true).await;
    let mut settings = dtu_settings(&dtu);
    settings.extend(database.settings(Some(gate.port)));
    let home = new_dir();
    let bridge = start(&home, &settings);
    polled(&bridge, 2).await;
    delivered(&bridge).await;
    gate.close().await;
    let polls = bridge.get("/health").json()["dtus"]["DTU"]["query_count"].as_u64().unwrap();
    polled(&bridge, polls + 2).await;
    dtu.switch_off().await;
    bridge.kill();
    // The bridge cannot reach its database, this command can.
    let mut direct = dtu_settings(&dtu);
    direct.extend(database.settings(None));
    let files = new_dir();
    let path = files.path().join("plant.backup");
    let path = path.to_str().unwrap();
    let told = done(home.path(), &direct, &["backup", path]);
    assert!(told.contains("records that waited in the outbox"), "{told}");

    let (embedded, home) = (dtu_settings(&dtu), new_dir());
    let told = done(home.path(), &embedded, &["restore", path]);
    let waited = told.split_once(" readings that waited").unwrap().0;
    let waited: u64 = waited.rsplit_once('\n').unwrap().1.parse().unwrap();
    assert!(waited >= 2 * 8, "{told}");
    let bridge = start(&home, &embedded);
    known(&bridge).await;
    let stats = bridge.get("/stats").json();
    let stored = database.number("SELECT count(*) FROM inverter_data").await as u64
        + database.number("SELECT count(*) FROM port_data").await as u64;
    let all = stats["inverter_data_entries"].as_u64().unwrap()
        + stats["port_data_entries"].as_u64().unwrap();
    assert_eq!(all, stored + waited, "{stats}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite_to_postgresql_and_back_the_plant_stays_the_same() {
    let dtu = dtu(8, 3).await;
    let home = new_dir();
    let embedded = dtu_settings(&dtu);
    let bridge = start(&home, &embedded);
    polled(&bridge, 3).await;
    let refusal = refused(home.path(), &embedded, &["move", "--to", "postgres"]);
    assert!(refusal.contains("another bridge uses the directory"), "{refusal}");
    dtu.switch_off().await;
    let id = instance(&bridge).await;
    let serial = known(&bridge).await;
    assert!(bridge.terminate().success());
    let again = start(&home, &embedded);
    known(&again).await;
    let before = answers(&again, &serial);
    assert!(again.terminate().success());

    let database = Database::create().await;
    let url = format!(
        "postgres://{}@{}:{}/{}",
        database.user(),
        database.host(),
        database.port(),
        database.name
    );
    let told = done(home.path(), &embedded, &["move", "--to", &url]);
    assert!(
        told.contains("from sqlite to postgres") && told.contains("DB_TYPE=postgres"),
        "{told}"
    );
    let mut server = dtu_settings(&dtu);
    server.extend(database.settings(None));
    let moved = start(&home, &server);
    assert_eq!(instance(&moved).await, id);
    known(&moved).await;
    assert_eq!(answers(&moved, &serial), before);
    // The books are those of the readings.
    assert!(moved.terminate().success());
    done(home.path(), &server, &["recompute", "--from", "2020-01-01", "--to", "2100-01-01"]);
    let moved = start(&home, &server);
    known(&moved).await;
    assert_eq!(answers(&moved, &serial), before);
    assert!(moved.terminate().success());

    let refusal = refused(home.path(), &server, &["move", "--to", "sqlite"]);
    assert!(refusal.contains("hoymiles-smiles.sqlite is not empty"), "{refusal}");
    let told = done(home.path(), &server, &["move", "--to", "sqlite", "--replace"]);
    assert!(told.contains("hoymiles-smiles.sqlite.replaced-"), "{told}");
    let back = start(&home, &embedded);
    assert_eq!(instance(&back).await, id);
    known(&back).await;
    assert_eq!(answers(&back, &serial), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_from_the_command_line_is_that_of_the_route() {
    let dtu = dtu(4, 4).await;
    let home = new_dir();
    let settings = dtu_settings(&dtu);
    let bridge = start(&home, &settings);
    polled(&bridge, 2).await;
    dtu.switch_off().await;
    let serial = known(&bridge).await;
    for (query, arguments) in [
        ("table=ports".to_owned(), vec!["export"]),
        ("table=inverters".to_owned(), vec!["export", "--table", "inverters"]),
        (
            format!("serial={serial}&from=2020-01-01"),
            vec!["export", "--serial", &serial, "--from", "2020-01-01"],
        ),
    ] {
        let route = bridge.get(&format!("/api/export?{query}")).text;
        assert!(route.lines().count() > 1, "{route}");
        let output = run(home.path(), &settings, &arguments);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), route, "{arguments:?}");
    }
    let files = new_dir();
    let file = files.path().join("ports.csv");
    done(home.path(), &settings, &["export", file.to_str().unwrap()]);
    let route = bridge.get("/api/export?table=ports").text;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), route);
    let parquet = files.path().join("ports.parquet");
    done(home.path(), &settings, &["export", parquet.to_str().unwrap()]);
    let output = run(home.path(), &settings, &["export", "--format", "parquet"]);
    assert!(output.stdout.starts_with(b"PAR1") && output.stdout.ends_with(b"PAR1"));
    assert_eq!(std::fs::read(&parquet).unwrap(), output.stdout);
    let refusal = refused(home.path(), &settings, &["export", file.to_str().unwrap()]);
    assert!(refusal.contains("writes over none"), "{refusal}");
    for (arguments, sentence) in [
        (vec!["export", "--serial", "116199999999"], "no such inverter"),
        (vec!["export", "--from", "yesterday"], "2026-06-21"),
        (vec!["export", "--from", "2026-06-22", "--to", "2026-06-21"], "nothing lies between"),
    ] {
        let refusal = refused(home.path(), &settings, &arguments);
        assert!(refusal.contains(sentence), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_killed_goes_on() {
    let dtu = dtu(8, 5).await;
    let home = new_dir();
    let settings = dtu_settings(&dtu);
    let bridge = start(&home, &settings);
    polled(&bridge, 2).await;
    let files = new_dir();
    let path = files.path().join("plant.backup");
    let path = path.to_str().unwrap();
    let told = done(home.path(), &settings, &["backup", path]);
    drop(bridge);

    let rows = told.split_once(" readings of ports").unwrap().0.rsplit_once(' ').unwrap().1;
    let database = Database::create().await;
    let mut server = dtu_settings(&dtu);
    server.extend(database.settings(None));
    let home = new_dir();
    let mut restore = command(&["restore", path])
        .env("DATA_DIR", home.path())
        .envs(server.iter().map(|(name, value)| (name, value)))
        .spawn()
        .unwrap();
    eventually("a restore that has begun", async || {
        let begun = "SELECT count(*) FROM pg_class WHERE relname IN ('copy_progress', 'port_data')";
        (database.number(begun).await > 0 || restore.try_wait().unwrap().is_some()).then_some(())
    })
    .await;
    let _ = restore.kill();
    restore.wait().unwrap();
    // It goes on, unless it was so quick that there is nothing left to do.
    let again = run(home.path(), &server, &["restore", path]);
    let refusal = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.success() || refusal.contains("is not empty"), "{refusal}");
    let restored = database.number("SELECT count(*) FROM port_data").await;
    assert_eq!(restored.to_string(), rows);
    known(&start(&home, &server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_later_version_is_refused_in_a_sentence() {
    let dtu = dtu(4, 6).await;
    let home = new_dir();
    let settings = dtu_settings(&dtu);
    let bridge = start(&home, &settings);
    polled(&bridge, 1).await;
    assert!(bridge.terminate().success());
    let file = home.path().join("hoymiles-smiles.sqlite");
    let mut connection =
        SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, x'00', -1)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let files = new_dir();
    let backup = files.path().join("plant.backup");
    let arguments: [&[&str]; 3] = [&["run"], &["backup", backup.to_str().unwrap()], &["export"]];
    for arguments in arguments {
        let refusal = refused(home.path(), &settings, arguments);
        assert!(refusal.contains("a newer version of the bridge has upgraded it"), "{refusal}");
        assert_eq!(refusal.matches("hoymiles-smiles:").count(), 1, "{refusal}");
    }
    assert_eq!(std::fs::read_dir(files.path()).unwrap().count(), 0, "no half of a backup stays");
}
