//! The SQLite file of the Python version 1 as a starting point.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plant::{PortReading, Snapshot};
use sqlx::{Connection, SqliteConnection};
use store::Record;
use store::v1::{StartingPoints, V1Error, V1File, figures, settings, starting_points};
use tempfile::TempDir;
use world::*;

const TABLES: &str = "
    CREATE TABLE production_cache (
        serial_number TEXT NOT NULL, port_number INTEGER NOT NULL,
        today_production INTEGER NOT NULL, total_production INTEGER NOT NULL,
        last_updated TIMESTAMP NOT NULL, PRIMARY KEY (serial_number, port_number));
    CREATE TABLE config_cache (
        key TEXT PRIMARY KEY, value TEXT NOT NULL, last_updated TIMESTAMP NOT NULL);
    CREATE TABLE metrics (
        timestamp TIMESTAMP NOT NULL, metric_name TEXT NOT NULL, metric_value REAL NOT NULL,
        tags TEXT)";

/// Ports of two inverters, last read on a summer evening.
const ROWS: &str = "
    INSERT INTO production_cache VALUES
        ('116100000001', 1, 2500, 4000000, '2025-06-20 20:59:58.100000'),
        ('116100000001', 2, 2400, 3900000, '2025-06-20 20:59:58.200000'),
        ('116100000002', 1, 10, 700, '2025-06-01 12:00:00'),
        ('116100000002', 2, 0, 0, '2025-06-01 12:00:00'),
        ('116100000002', 9, 1, 1, '2025-06-01 12:00:00'),
        ('inverter', 1, 1, 1, '2025-06-01 12:00:00'),
        ('116100000003', 1, 1, -5, '2025-06-01 12:00:00'),
        ('116100000003', 2, 1, 5, 'long ago'),
        ('116100000003', 3, 1, 5, '2999-01-01 00:00:00'),
        ('116100000004', 1, 0, 1000, '2024-10-27 02:30:00')";

struct OldFile {
    directory: TempDir,
    connection: SqliteConnection,
}

impl OldFile {
    async fn create() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hoymiles-mqtt.db");
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        for sql in [TABLES, ROWS] {
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
        Self { directory, connection }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("hoymiles-mqtt.db")
    }

    /// Everything that is in its directory.
    fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        contents(self.directory.path())
    }
}

fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

async fn points(path: &Path) -> StartingPoints {
    let file = V1File::open(path).await.unwrap();
    let now = "2025-06-21T10:00:00Z".parse().unwrap();
    starting_points(&file.production().await.unwrap(), &berlin(), now, |_| "roof".to_owned())
}

#[tokio::test]
async fn what_is_taken_and_what_is_not_is_said() {
    let old = OldFile::create().await;
    let before = old.contents();
    let points = points(&old.path()).await;
    assert_eq!(points.ports.len(), 4);
    assert_eq!(points.lifetime_wh, 4_000_000 + 3_900_000 + 700 + 1000);
    let first: Timestamp = "2024-10-27T00:30:00Z".parse().unwrap();
    let last: Timestamp = "2025-06-20T18:59:58.2Z".parse().unwrap();
    assert_eq!(points.span, Some((first, last)));
    assert!(points.remarks[0].contains("came twice"), "{:?}", points.remarks);
    let reasons: Vec<&str> = points.left.iter().map(|left| left.reason.as_str()).collect();
    for (number, word) in ["0 Wh", "from 1 to 8", "serial number", "-5 Wh", "long ago", "future"]
        .into_iter()
        .enumerate()
    {
        assert!(reasons.iter().any(|reason| reason.contains(word)), "{number} {word}: {reasons:?}");
    }
    assert_eq!(reasons.len(), 6);
    assert_eq!(old.contents(), before, "the file is as it was, and nothing lies beside it");
}

/// A poll of one port, on its way up.
fn reading(at: &str, total_wh: u32, today_wh: u32) -> Record {
    let serial = serial(1);
    Record::Snapshot(Snapshot {
        inverters: vec![inverter(serial)],
        ports: vec![PortReading { today_wh: Some(today_wh), ..port(serial, 1, total_wh) }],
        ..Snapshot::blank("roof".to_owned(), None, at.parse().unwrap())
    })
}

async fn lifetime(world: &World) -> Option<i64> {
    world
        .number(
            "SELECT total_production FROM production_cache JOIN inverters USING (inverter_id)
             WHERE serial_number = '116100000001' AND port_number = 1",
        )
        .await
}

async fn worlds() -> [World; 2] {
    [World::postgres().await, World::sqlite().await]
}

#[tokio::test]
async fn lifetime_goes_on_and_what_was_made_in_between_is_booked() {
    let old = OldFile::create().await;
    for world in worlds().await {
        let store = world.store_in(berlin()).await;
        store.write(&points(&old.path()).await.records).await.unwrap();
        assert_eq!(lifetime(&world).await, Some(4_000_000));
        store.write(&[reading("2025-06-21T09:00:00Z", 4_000_900, 700)]).await.unwrap();
        assert_eq!(lifetime(&world).await, Some(4_000_900));
        let booked = "SELECT sum(energy) FROM port_daily JOIN inverters USING (inverter_id)
                      WHERE serial_number = '116100000001' AND port_number = 1";
        let sum = world.number(&format!("SELECT CAST(({booked}) AS bigint)")).await;
        assert_eq!(sum, Some(2500 + 900), "the day of version 1, and since");
    }
}

#[tokio::test]
async fn lifetime_never_falls_although_the_counter_began_again() {
    let old = OldFile::create().await;
    for world in worlds().await {
        let store = world.store_in(berlin()).await;
        store.write(&points(&old.path()).await.records).await.unwrap();
        store.write(&[reading("2025-06-21T09:00:00Z", 700, 700)]).await.unwrap();
        assert_eq!(lifetime(&world).await, Some(4_000_000));
        store.write(&[reading("2025-06-21T09:10:00Z", 720, 720)]).await.unwrap();
        assert_eq!(lifetime(&world).await, Some(4_000_720));
    }
}

#[tokio::test]
async fn taken_twice_or_after_newer_readings_it_is_the_same() {
    let old = OldFile::create().await;
    for world in worlds().await {
        let now = "2025-06-21T10:00:00Z".parse().unwrap();
        let store = world.store_in(TimeZone::UTC).await;
        let newer =
            [reading("2025-06-21T09:00:00Z", 700, 700), reading("2025-06-21T09:10:00Z", 720, 720)];
        store.write(&newer).await.unwrap();
        assert_eq!(lifetime(&world).await, Some(720));
        let records = points(&old.path()).await.records;
        let first = store.write(&records).await.unwrap();
        assert_eq!(first.port_rows, 2 * 4);
        world.recompute_from("2024-10-27".parse().unwrap(), now).await;
        assert_eq!(lifetime(&world).await, Some(4_000_720));
        assert_eq!(store.write(&records).await.unwrap().port_rows, 0);
        world.recompute_from("2024-10-27".parse().unwrap(), now).await;
        assert_eq!(lifetime(&world).await, Some(4_000_720));
    }
}

#[tokio::test]
async fn figures_and_configuration_are_taken_where_they_fit() {
    let mut old = OldFile::create().await;
    sqlx::raw_sql(
        "INSERT INTO metrics VALUES
            ('2025-06-20 12:00:00', 'queries', 5, NULL),
            ('2025-06-20 12:00:00', 'queries', 6, '{\"dtu_name\": \"roof\"}'),
            ('2025-06-20 12:00:00', 'queries', 7, '{\"colour\": \"red\"}'),
            ('noon', 'queries', 8, NULL);
         INSERT INTO config_cache VALUES
            ('a', '{\"b\": 1}', '2025-06-20 12:00:00'),
            ('c', 'no json', '2025-06-20 12:00:00')",
    )
    .execute(&mut old.connection)
    .await
    .unwrap();
    let file = V1File::open(&old.path()).await.unwrap();
    assert_eq!(file.figure_count().await.unwrap(), 4);
    let rows = file.figures(i64::MIN).await.unwrap();
    let (metrics, left) = figures(&rows, &berlin());
    assert_eq!((metrics.len(), left.len()), (2, 2), "{left:?}");
    assert_eq!(metrics[1].dtu_name.as_deref(), Some("roof"));
    assert_eq!(metrics[0].at, "2025-06-20T10:00:00Z".parse().unwrap());
    assert!(left[0].reason.contains("colour") && left[1].reason.contains("noon"), "{left:?}");
    assert!(file.figures(rows[3].row).await.unwrap().is_empty());

    let (records, left) = settings(&file.config().await.unwrap());
    assert!(
        matches!(&records[..], [Record::Config { key, value }] if key == "v1/a" && value["b"] == 1)
    );
    assert_eq!(left.len(), 1);
}

/// A version 1 that was killed has its last changes in a log beside the file.
#[tokio::test]
async fn a_log_that_was_left_behind_is_read_and_stays() {
    let mut old = OldFile::create().await;
    sqlx::raw_sql(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         UPDATE production_cache SET total_production = 4000111
         WHERE serial_number = '116100000001' AND port_number = 1",
    )
    .execute(&mut old.connection)
    .await
    .unwrap();
    let crashed = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("hoymiles-mqtt.db{suffix}");
        std::fs::copy(old.directory.path().join(&name), crashed.path().join(&name)).unwrap();
    }
    let before = contents(crashed.path());
    assert_eq!(before.len(), 2);
    let points = points(&crashed.path().join("hoymiles-mqtt.db")).await;
    assert_eq!(points.lifetime_wh, 4_000_111 + 3_900_000 + 700 + 1000);
    assert_eq!(contents(crashed.path()), before);
}

#[tokio::test]
async fn what_is_no_such_file_is_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("text"), "The quick brown fox jumps over the lazy dog, again and again.")
        .unwrap();
    std::fs::write(path("empty"), "").unwrap();
    let world = World::sqlite().await;
    let ours = world.store().await;
    ours.close().await;
    let World::Sqlite(own) = &world else { unreachable!() };
    for (path, said) in [
        (path("missing"), "cannot be read"),
        (directory.path().to_owned(), "it is no file"),
        (path("text"), "not a database"),
        (path("empty"), "no table production_cache"),
        (own.path().join("new/plant.db"), "a database of this version"),
    ] {
        let error = V1File::open(&path).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(said) && text.contains(&path.display().to_string()), "{text}");
        assert!(matches!(error, V1Error::Unreadable { .. } | V1Error::Foreign { .. }));
    }
}
