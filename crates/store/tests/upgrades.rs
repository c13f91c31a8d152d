//! Databases of every earlier version, upgraded by today's program; and those of a later one.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly anywhere")]

mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use plant::energy::Calendar;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use store::StoreError;
use store::transfer::{Backup, BackupWriter, Manifest, Seal, Seals, Source, copy};

use world::{World, at};

/// What is in `upgrades`, in the order in which they were reached.
const SQLITE: &[u32] = &[1, 2, 4, 5, 6, 7, 3, 8];
const POSTGRES: &[u32] = &[1, 2, 3, 4, 5, 6, 7, 8];

/// What is made from the readings.
const BOOKS: [&str; 5] =
    ["port_daily", "port_hourly", "plant_daily", "plant_hourly", "inverter_power"];

fn dump(engine: &str, version: u32) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrades");
    std::fs::read_to_string(root.join(engine).join(format!("{version:04}.sql"))).unwrap()
}

fn file_of(world: &World) -> Option<PathBuf> {
    match world {
        World::Sqlite(dir) => Some(dir.path().join("new/plant.db")),
        World::Postgres(_) => None,
    }
}

/// A database as that version has left it.
async fn of_version(engine: &str, version: u32) -> World {
    let world = match engine {
        "sqlite" => World::sqlite().await,
        _ => World::postgres().await,
    };
    if let Some(file) = file_of(&world) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let url = format!("sqlite://{}?mode=rwc", file.display());
        SqliteConnection::connect(&url).await.unwrap().close().await.unwrap();
    }
    world.execute(&dump(engine, version)).await;
    world
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

async fn source(world: &World) -> Result<Box<dyn Source>, StoreError> {
    match world {
        World::Postgres(database) => database.store().source().await,
        World::Sqlite(_) => store::SqliteStore::open_lazy(file_of(world).unwrap()).source().await,
    }
}

/// What every table holds.
async fn seals(world: &World) -> BTreeMap<String, Seal> {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = BackupWriter::begin(&dir.path().join("seals")).await.unwrap();
    writer.copy(&mut *source(world).await.unwrap(), &mut |_| {}).await.unwrap();
    let manifest = Manifest {
        made_at: at(0),
        version: String::new(),
        engine: String::new(),
        time_zone: String::new(),
        lost: (0, None),
        seals: Seals::new(),
    };
    writer.finish(manifest).await.unwrap().seals.into_iter().collect()
}

/// Tables, columns, views and indexes.
async fn shape(world: &World) -> Vec<Option<String>> {
    let sql = match world {
        World::Sqlite(_) => {
            "SELECT t.type || ' ' || t.name || ' ' || COALESCE(c.name || ' ' || c.type, '')
             FROM sqlite_schema AS t LEFT JOIN pragma_table_info(t.name) AS c
             ORDER BY 1"
        }
        World::Postgres(_) => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL
             SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
             ORDER BY 1"
        }
    };
    world.texts(sql).await
}

/// Tables that hold something else in a later version.
fn differs(table: &str, version: u32) -> bool {
    match table {
        // Raw counters until the books came.
        "production_cache" => version < 2,
        // Phases and the tables of devices.
        "inverter_data" | "row_counts" => version < 6,
        _ => false,
    }
}

async fn upgrades(engine: &str, versions: &[u32]) {
    let newest = of_version(engine, *versions.last().unwrap()).await;
    newest.store().await;
    let newest = seals(&newest).await;
    let fresh = match engine {
        "sqlite" => World::sqlite().await,
        _ => World::postgres().await,
    };
    fresh.store().await;
    let fresh = shape(&fresh).await;
    for &version in versions {
        let world = of_version(engine, version).await;
        let text = dump(engine, version);
        let store = world.store_in(berlin()).await;
        assert_eq!(shape(&world).await, fresh, "{engine} {version}");
        let after = seals(&world).await;
        for (table, expected) in &newest {
            let stored = text.contains(&format!("{table} ("));
            if stored && !differs(table, version) {
                assert_eq!(after[table], *expected, "{engine} {version}: {table}");
            }
        }
        assert_eq!(after["inverter_power"], newest["inverter_power"], "{engine} {version}");
        assert_eq!((after["port_data"].rows, after["inverter_data"].rows), (148, 98));

        // Energy: books that a version did not keep are made from the readings.
        let now = "2026-11-25T22:58:00Z".parse().unwrap();
        let days = "2026-11-23".parse().unwrap()..="2026-11-25".parse().unwrap();
        let calendar = Calendar::new(berlin());
        match &world {
            World::Postgres(database) => {
                let store = database.store().in_calendar(calendar);
                store.recompute(days, now).await.unwrap();
            }
            World::Sqlite(_) => {
                let store = store::SqliteStore::open_lazy(file_of(&world).unwrap());
                store.in_calendar(calendar).recompute(days, now).await.unwrap();
            }
        }
        let after = seals(&world).await;
        for table in BOOKS {
            assert_eq!(after[table], newest[table], "{engine} {version}: {table}");
        }
        let energy = "SELECT CAST(sum(energy) AS BIGINT) FROM port_daily";
        assert_eq!(world.number(energy).await, Some(5053), "{engine} {version}");
        let latest = store.latest(now).await.unwrap();
        let lifetime: u64 = latest
            .iter()
            .flat_map(|(_, inverter)| inverter.accounts.values())
            .map(|account| account.lifetime_wh)
            .sum();
        assert_eq!(lifetime, 1_038_657 + 1_418_921 + 1_412_350, "{engine} {version}");
    }
}

#[tokio::test]
async fn every_earlier_sqlite_file_is_brought_up_to_date_with_its_rows_and_energy() {
    upgrades("sqlite", SQLITE).await;
}

#[tokio::test]
async fn every_earlier_postgresql_database_is_brought_up_to_date_with_its_rows_and_energy() {
    upgrades("postgres", POSTGRES).await;
}

#[tokio::test]
async fn an_upgrade_that_fails_changes_nothing_and_is_done_later() {
    for engine in ["sqlite", "postgres"] {
        let world = of_version(engine, 1).await;
        // In the way of the fifth migration.
        world.execute("CREATE TABLE port_hourly (mine INTEGER)").await;
        world.reopen().prepare().await.unwrap_err();
        let migrations = "SELECT CAST(count(*) AS BIGINT) FROM _sqlx_migrations";
        assert_eq!(world.number(migrations).await, Some(1), "{engine}");
        let books = match engine {
            "sqlite" => "SELECT count(*) FROM sqlite_schema WHERE name = 'port_daily'",
            _ => "SELECT count(*) FROM pg_class WHERE relname = 'port_daily'",
        };
        assert_eq!(world.number(books).await, Some(0), "the second one is undone too");
        world.execute("DROP TABLE port_hourly").await;
        world.reopen().prepare().await.unwrap();
    }
}

#[tokio::test]
async fn an_upgrade_whose_connection_is_cut_changes_nothing_and_is_done_later() {
    let world = of_version("postgres", 1).await;
    let World::Postgres(database) = &world else { unreachable!() };
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    sqlx::query("LOCK TABLE production_cache").execute(&mut *transaction).await.unwrap();
    let store = world.reopen();
    let upgrade = tokio::spawn(async move { store.prepare().await });
    let mut admin = database.connect().await;
    // Where it waits for the lock, the first tables are made.
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query(cut).fetch_optional(&mut admin).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let error = upgrade.await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    transaction.rollback().await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM _sqlx_migrations").await, Some(1));
    world.reopen().prepare().await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_and_left_alone() {
    for engine in ["sqlite", "postgres"] {
        let world = of_version(engine, 8).await;
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
                     execution_time) SELECT 9999, 'later', success, checksum, 0 \
                     FROM _sqlx_migrations WHERE version = 1";
        world.execute(later).await;
        let before = shape(&world).await;
        for error in
            [world.reopen().prepare().await.unwrap_err(), source(&world).await.err().unwrap()]
        {
            let text = error.to_string();
            assert!(text.contains("newer version") && text.contains("9999"), "{text}");
        }
        assert_eq!(shape(&world).await, before);
    }
}

#[tokio::test]
async fn a_store_of_an_earlier_version_is_not_backed_up_by_a_later_program() {
    for engine in ["sqlite", "postgres"] {
        let world = of_version(engine, 6).await;
        let text = source(&world).await.err().unwrap().to_string();
        assert!(text.contains("earlier version"), "{text}");
        let migrations = "SELECT CAST(count(*) AS BIGINT) FROM _sqlx_migrations";
        assert!(world.number(migrations).await < Some(7), "nothing was upgraded on the way");
    }
}

#[tokio::test]
async fn a_backup_of_an_earlier_version_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("old.backup");
    let mut old =
        SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
    let backup = "
        PRAGMA application_id = 1215265090;
        CREATE TABLE backup (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
        INSERT INTO backup VALUES ('format', '1'), ('made_at', '2026-11-25T22:00:00Z'),
            ('version', '2.9.0'), ('engine', 'sqlite'), ('time_zone', 'Europe/Berlin'),
            ('readings_lost', '0'), ('last_lost_at', '');
        CREATE TABLE backup_tables (
            table_name TEXT PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, checksum TEXT NOT NULL
        ) STRICT;
        CREATE TABLE outbox_waiting (number INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
        CREATE TABLE outbox_quarantine (number INTEGER PRIMARY KEY) STRICT;";
    let sql = format!("{}{backup}", dump("sqlite", 5));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    let bytes = std::fs::read(&file).unwrap();

    let newest = of_version("sqlite", 3).await;
    newest.store().await;
    let newest = seals(&newest).await;
    for to in [World::sqlite().await, World::postgres().await] {
        let backup = Backup::open(&file).await.unwrap();
        backup.verify(&mut |_| {}).await.unwrap();
        let mut source = backup.source(&dir.path().join("scratch")).await.unwrap();
        let mut target = match &to {
            World::Postgres(database) => database.store().target("old", false).await.unwrap(),
            World::Sqlite(_) => {
                store::SqliteStore::open_lazy(file_of(&to).unwrap()).target("old").await.unwrap()
            }
        };
        copy(&mut *source, &mut *target, &mut |_| {}).await.unwrap();
        target.finish().await.unwrap();
        drop(target);
        to.store().await;
        let after = seals(&to).await;
        for table in ["port_data", "port_hourly", "production_cache", "events", "config_cache"] {
            assert_eq!(after[table], newest[table], "{table}");
        }
    }
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "it was only read");
}
