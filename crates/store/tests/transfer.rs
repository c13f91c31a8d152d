//! Everything from one store to another, and into a backup and out of it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use plant::PlantPower;
use plant::curve::PowerPoint;
use plant::event::{Event, EventKind};
use serde_json::json;
use store::transfer::{
    Backup, BackupWriter, Manifest, Phase, Row, Seal, Seals, Source, Table, TransferError, copy,
};
use store::{
    Claim, Leases, Metric, Outbox, Record, Rejected, SqliteStore, Store, StoreError, deliver,
};
use tempfile::TempDir;

use world::{NOON, PgDatabase, World, at, hybrid, meter, poll, serial, snapshot};

/// One of everything that a store can hold.
fn records() -> Vec<Record> {
    let mut records: Vec<_> = (0..200)
        .map(|minute| {
            let mut snapshot = poll(NOON + minute * 60, 3);
            let grown = u32::try_from(minute).unwrap() * 3;
            for port in &mut snapshot.ports {
                port.total_wh = port.total_wh.map(|wh| wh + grown);
                port.today_wh = port.today_wh.map(|wh| wh + grown);
            }
            snapshot.meters = vec![meter(1)];
            snapshot.storage = vec![hybrid(NOON + minute * 60, 1)];
            world::snapshot(snapshot)
        })
        .collect();
    records.push(Record::Metrics(vec![
        Metric {
            at: at(NOON),
            name: "query_duration_seconds".to_owned(),
            value: 0.1 + 0.2,
            dtu_name: Some("Süd \"1\"".to_owned()),
        },
        Metric {
            at: at(NOON),
            name: "query_duration_seconds".to_owned(),
            value: 1.0,
            dtu_name: None,
        },
    ]));
    records.push(Record::Event(Event {
        kind: EventKind::DtuOutage,
        subject: "roof".to_owned(),
        started_at: at(NOON),
        ended_at: None,
        text: "[silent] \\ since\tnoon".to_owned(),
    }));
    records.push(Record::Config {
        key: "instance_id".to_owned(),
        value: json!("8f8e3b4e-6a3e-4bb4-9d25-1f6e2e1f7d11"),
    });
    records.push(Record::Config {
        key: "layout".to_owned(),
        value: json!({"tilt": 30.5, "panels": [{"name": "Süd", "x": 1.0}], "b": 1e-7}),
    });
    records
}

fn silent() -> impl FnMut(store::transfer::Progress<'_>) + Send {
    |_| {}
}

fn manifest(made_at: Timestamp) -> Manifest {
    Manifest {
        made_at,
        version: "3.0.0".to_owned(),
        engine: "postgres".to_owned(),
        time_zone: "UTC".to_owned(),
        lost: (7, Some(at(NOON))),
        seals: Seals::new(),
    }
}

async fn source(world: &World) -> Box<dyn Source> {
    match world {
        World::Postgres(database) => database.store().source().await.unwrap(),
        World::Sqlite(dir) => sqlite(dir).source().await.unwrap(),
    }
}

fn sqlite(dir: &TempDir) -> SqliteStore {
    SqliteStore::open_lazy(dir.path().join("new/plant.db"))
}

/// Fills `to` with what `from` holds.
async fn transfer(from: &mut dyn Source, to: &World) -> Result<Seals, TransferError> {
    let mut target = match to {
        World::Postgres(database) => database.store().target("a test", false).await?,
        World::Sqlite(dir) => sqlite(dir).target("a test").await?,
    };
    let seals = copy(from, &mut *target, &mut silent()).await?;
    target.finish().await?;
    Ok(seals)
}

/// What a store holds, by table.
async fn seals(world: &World) -> BTreeMap<String, Seal> {
    let dir = tempfile::tempdir().unwrap();
    let backup = backup(&mut *source(world).await, &dir.path().join("seals")).await;
    backup.seals.into_iter().collect()
}

async fn backup(source: &mut dyn Source, file: &Path) -> Manifest {
    let mut writer = BackupWriter::begin(file).await.unwrap();
    writer.copy(source, &mut silent()).await.unwrap();
    writer.finish(manifest(at(NOON))).await.unwrap()
}

async fn filled(world: &World) {
    let store = world.store().await;
    store.write(&records()).await.unwrap();
    store
        .write(&[Record::PlantPower(PlantPower {
            dtu_name: "roof".to_owned(),
            read_at: at(NOON),
            points: vec![PowerPoint { at: at(NOON - 600), power_w: 812.5 }],
        })])
        .await
        .unwrap();
    store.close().await;
    if let World::Postgres(database) = world {
        let leases = database.store();
        let claim = Claim {
            dtu: "10f800000001".parse().unwrap(),
            holder: "one".to_owned(),
            holder_name: "nas:8080".to_owned(),
            process: "run".to_owned(),
            restarted: true,
            ttl: Duration::from_secs(60),
        };
        leases.claim(&claim).await.unwrap();
        leases.release(claim.dtu, "run").await.unwrap();
        leases.close().await;
    }
}

/// Everything that the API asks a store, as one text.
async fn answers(store: &dyn Store) -> String {
    let now = at(NOON + 86_400);
    let history = store::HistoryQuery { serial: serial(1), from: None, to: None, limit: 1000 };
    let stats = store.stats().await.unwrap();
    let stats = store::StoreStats { database_size_bytes: 0, ..stats };
    format!(
        "{:#?}",
        (
            store.latest(now).await.unwrap(),
            store.latest_devices(now).await.unwrap(),
            store.history(&history).await.unwrap(),
            store.port_history(&history, 2).await.unwrap(),
            store.open_events().await.unwrap(),
            store.configs("").await.unwrap(),
            stats,
        )
    )
}

#[tokio::test]
async fn from_postgresql_to_sqlite_and_back_nothing_is_lost_and_every_answer_stays() {
    let (first, embedded, second) =
        (World::postgres().await, World::sqlite().await, World::postgres().await);
    filled(&first).await;
    let before = seals(&first).await;
    for table in [
        "port_data",
        "inverter_data",
        "meter_data",
        "storage_data",
        "plant_power",
        "port_daily",
        "port_hourly",
        "events",
        "system_metrics",
        "dtu_lease_grants",
        "config_cache",
    ] {
        assert!(before[table].rows > 0, "{table} is not tried");
    }
    let expected = answers(&*first.store().await).await;

    transfer(&mut *source(&first).await, &embedded).await.unwrap();
    assert_eq!(seals(&embedded).await, before);
    assert_eq!(answers(&*embedded.store().await).await, expected);

    transfer(&mut *source(&embedded).await, &second).await.unwrap();
    assert_eq!(seals(&second).await, before);
    assert_eq!(answers(&*second.store().await).await, expected);

    // The books are those of the readings, and what is polled from now on goes on from them.
    second.recompute(at(NOON + 86_400)).await;
    let books = ["port_daily", "port_hourly", "plant_daily", "plant_hourly", "inverter_power"];
    let after = seals(&second).await;
    for table in books {
        assert_eq!(after[table], before[table], "{table}");
    }
    let store = second.store().await;
    // An inverter that is new takes a number that none has.
    let written = store.write(&[snapshot(poll(NOON + 12_060, 4))]).await.unwrap();
    assert_eq!(written.port_rows, 8);
}

#[tokio::test]
async fn a_record_that_is_delivered_again_after_the_move_changes_nothing() {
    let (first, second) = (World::postgres().await, World::sqlite().await);
    filled(&first).await;
    transfer(&mut *source(&first).await, &second).await.unwrap();
    let before = seals(&second).await;
    let written = second.store().await.write(&records()).await.unwrap();
    assert_eq!(written, store::Written::default());
    let after = seals(&second).await;
    assert_eq!(after["system_metrics"], before["system_metrics"]);
    assert_eq!(after["port_daily"], before["port_daily"]);
}

/// A source that fails in the middle of a table, after so many of its rows.
struct Failing<'s> {
    source: &'s mut dyn Source,
    at: &'static str,
    rows: usize,
    here: bool,
}

#[async_trait]
impl Source for Failing<'_> {
    fn tables(&self) -> &[Table] {
        self.source.tables()
    }

    async fn about(&mut self) -> Result<u64, StoreError> {
        self.source.about().await
    }

    async fn open(&mut self, table: &Table) -> Result<(), StoreError> {
        self.here = table.name == self.at;
        self.source.open(table).await
    }

    async fn page(&mut self) -> Result<Vec<Row>, StoreError> {
        let mut page = self.source.page().await?;
        if self.here {
            if self.rows == 0 {
                return Err(StoreError::Unavailable("pulled out".to_owned()));
            }
            assert!(page.len() > self.rows, "the middle of the table is tried");
            page.truncate(std::mem::take(&mut self.rows));
        }
        Ok(page)
    }
}

async fn interrupted(from: &World, to: &World) {
    let mut source = source(from).await;
    let mut failing = Failing { source: &mut *source, at: "port_data", rows: 500, here: false };
    let error = transfer(&mut failing, to).await.unwrap_err();
    assert!(error.to_string().contains("pulled out"), "{error}");
    // No bridge takes what is there for a store.
    let refusal = to.reopen().prepare().await.unwrap_err().to_string();
    assert!(refusal.contains("being filled"), "{refusal}");
}

#[tokio::test]
async fn a_copy_that_was_interrupted_goes_on() {
    for to in [World::sqlite().await, World::postgres().await] {
        let from = World::sqlite().await;
        filled(&from).await;
        interrupted(&from, &to).await;
        transfer(&mut *source(&from).await, &to).await.unwrap();
        assert_eq!(seals(&to).await, seals(&from).await);
        to.store().await;
    }
}

#[tokio::test]
async fn a_source_that_changed_meanwhile_is_copied_anew() {
    for to in [World::sqlite().await, World::postgres().await] {
        let from = World::sqlite().await;
        filled(&from).await;
        interrupted(&from, &to).await;
        // A reading in the middle of the key, and accounts that move on.
        from.store().await.write(&[snapshot(poll(NOON + 90, 2))]).await.unwrap();
        transfer(&mut *source(&from).await, &to).await.unwrap();
        assert_eq!(seals(&to).await, seals(&from).await);
    }
}

#[tokio::test]
async fn a_store_that_holds_readings_is_not_written_over() {
    let from = World::sqlite().await;
    filled(&from).await;
    for to in [World::sqlite().await, World::postgres().await] {
        to.store().await.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
        let before = seals(&to).await;
        let refusal = transfer(&mut *source(&from).await, &to).await.unwrap_err().to_string();
        assert!(refusal.contains("3 readings of 1 devices"), "{refusal}");
        assert_eq!(seals(&to).await, before);
    }
}

#[tokio::test]
async fn a_database_that_a_bridge_uses_is_not_filled() {
    let from = World::sqlite().await;
    filled(&from).await;
    let database = PgDatabase::create().await;
    let bridge = database.store();
    bridge.prepare().await.unwrap();
    let error = database.store().target("a test", true).await.err().unwrap().to_string();
    assert!(error.contains("uses") && error.contains("stop it first"), "{error}");
    bridge.close().await;
    database.store().target("a test", true).await.unwrap();
}

#[tokio::test]
async fn a_backup_holds_the_outbox_too_and_comes_back_into_either_engine() {
    let from = World::postgres().await;
    filled(&from).await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(dir.path().join("outbox.sqlite")).await.unwrap();
    let (waiting, refused) = (snapshot(poll(NOON + 13_000, 3)), snapshot(poll(NOON + 14_000, 1)));
    outbox.append(&[refused.clone(), waiting]).await.unwrap();
    let (seq, _) = outbox.oldest(1).await.unwrap().remove(0);
    let rejected = Rejected { record: refused, reason: "no reason".to_owned() };
    outbox.quarantine(seq, &[rejected], at(NOON)).await.unwrap();

    let file = dir.path().join("plant.backup");
    let mut writer = BackupWriter::begin(&file).await.unwrap();
    assert_eq!(writer.keep_outbox(&outbox).await.unwrap(), 0);
    writer.copy(&mut *source(&from).await, &mut silent()).await.unwrap();
    let written = writer.finish(manifest(at(NOON))).await.unwrap();
    assert_eq!((written.rows("outbox_waiting"), written.rows("outbox_quarantine")), (1, 1));

    let backup = Backup::open(&file).await.unwrap();
    assert_eq!(backup.manifest, written);
    let mut told = Vec::new();
    backup.verify(&mut |progress| told.push((progress.phase, progress.rows))).await.unwrap();
    assert_eq!(told.last(), Some(&(Phase::Checking, written.all_rows())));

    for to in [World::sqlite().await, World::postgres().await] {
        let scratch = dir.path().join("scratch");
        transfer(&mut *backup.source(&scratch).await.unwrap(), &to).await.unwrap();
        assert!(!scratch.exists(), "this version needs no copy");
        assert_eq!(seals(&to).await["port_data"], seals(&from).await["port_data"]);

        let home = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(home.path().join("outbox.sqlite")).await.unwrap();
        // Twice, as after an interruption.
        backup.fill_outbox(&outbox).await.unwrap();
        backup.fill_outbox(&outbox).await.unwrap();
        assert_eq!(outbox.status().await.unwrap().quarantined, 1);
        let store = to.store().await;
        let mut rows = 0;
        while let Some(delivered) = deliver(&outbox, &*store, 100, || at(NOON)).await.unwrap() {
            rows += delivered.written.port_rows;
        }
        assert_eq!(rows, 6, "what waited is there, once");
    }
}

#[tokio::test]
async fn a_file_that_is_no_whole_backup_gets_a_sentence() {
    let from = World::sqlite().await;
    filled(&from).await;
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let whole = path("whole");
    backup(&mut *source(&from).await, &whole).await;
    let bytes = std::fs::read(&whole).unwrap();

    let World::Sqlite(home) = &from else { unreachable!() };
    let mut cases = vec![
        ("missing", None, "No such file"),
        ("empty", Some(Vec::new()), "is empty"),
        ("short", Some(b"SQLite".to_vec()), "is no backup of this program"),
        ("text", Some(vec![b'x'; 4096]), "is no backup of this program"),
        ("cut", Some(bytes[..bytes.len() / 2].to_vec()), "is cut"),
        ("store", Some(std::fs::read(home.path().join("new/plant.db")).unwrap()), "no backup"),
    ];
    let mut newer = bytes.clone();
    let format = newer.windows(7).position(|word| word == b"format1").unwrap();
    newer[format + 6] = b'9';
    cases.push(("newer", Some(newer), "made by a newer version"));
    for (name, bytes, sentence) in cases {
        if let Some(bytes) = bytes {
            std::fs::write(path(name), bytes).unwrap();
        }
        let error = Backup::open(&path(name)).await.unwrap_err().to_string();
        assert!(error.contains(sentence) && error.contains(name), "{name}: {error}");
    }

    // A bit that flips in a reading is found before anything is changed.
    let mut flipped = bytes.clone();
    let middle = flipped.len() * 2 / 3;
    for byte in &mut flipped[middle..middle + 64] {
        *byte ^= 1;
    }
    std::fs::write(path("flipped"), flipped).unwrap();
    let outcome = match Backup::open(&path("flipped")).await {
        Ok(backup) => backup.verify(&mut silent()).await,
        Err(error) => Err(error),
    };
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("flipped") && error.contains("damaged"), "{error}");
}

#[tokio::test]
async fn a_backup_writes_over_nothing_and_leaves_nothing_half_done() {
    let from = World::sqlite().await;
    filled(&from).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plant.backup");
    let partial = dir.path().join("plant.backup.partial");
    // Left by one that was killed.
    std::fs::write(&partial, vec![1; 100_000]).unwrap();
    let writer = BackupWriter::begin(&file).await.unwrap();
    let error = BackupWriter::begin(&file).await.err().unwrap().to_string();
    assert!(error.contains("another backup is being written"), "{error}");
    writer.give_up().await;
    assert!(!partial.exists() && !file.exists());

    backup(&mut *source(&from).await, &file).await;
    assert!(!partial.exists());
    let bytes = std::fs::read(&file).unwrap();
    let error = BackupWriter::begin(&file).await.err().unwrap().to_string();
    assert!(error.contains("writes over none"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[tokio::test]
async fn a_snapshot_does_not_see_what_is_written_meanwhile() {
    for from in [World::sqlite().await, World::postgres().await] {
        filled(&from).await;
        let before = seals(&from).await;
        let mut snapshot_of = source(&from).await;
        let all: u64 = before.values().map(|seal| seal.rows).sum();
        assert_eq!(snapshot_of.about().await.unwrap(), all);
        let later = poll(NOON + 20_000, 3);
        from.store().await.write(&[snapshot(later)]).await.unwrap();
        let to = World::sqlite().await;
        transfer(&mut *snapshot_of, &to).await.unwrap();
        assert_eq!(seals(&to).await, before);
    }
}

/// What is copied is what the SQLite folder makes, so the other folder has to make the same.
#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let (postgres, sqlite) = (World::postgres().await, World::sqlite().await);
    postgres.store().await;
    sqlite.store().await;
    let mut of_postgres = postgres
        .texts(
            "SELECT c.table_name || '.' || c.column_name
             FROM information_schema.columns AS c
             JOIN information_schema.tables AS t USING (table_schema, table_name)
             WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'",
        )
        .await;
    let mut of_sqlite = sqlite
        .texts(
            "SELECT t.name || '.' || c.name
             FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .await;
    of_postgres.sort();
    of_sqlite.sort();
    assert_eq!(of_postgres, of_sqlite);
}
