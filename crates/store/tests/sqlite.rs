//! What only a file can be: something else, in a place that cannot be written, not there.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use store::{SqliteStore, Store, StoreError};
use world::*;

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("photos.db");
    let photos = "holiday photographs, all of them".repeat(100);
    std::fs::write(&path, &photos).unwrap();
    let error = SqliteStore::open_lazy(&path).prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Schema(text) if text.contains("photos.db")), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), photos);
}

#[tokio::test]
async fn the_file_of_another_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("v1.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE production_cache (serial_number TEXT NOT NULL)")
        .execute(&mut raw)
        .await
        .unwrap();
    let error = SqliteStore::open_lazy(&path).prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Schema(text) if text.contains("v1.db")), "{error}");
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut raw).await.unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_place_where_nothing_can_be_written_is_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = SqliteStore::open_lazy(file.join("plant.db")).prepare().await.unwrap_err();
    assert!(matches!(error, StoreError::NoRoom(_)), "{error}");
}

#[tokio::test]
async fn nothing_is_created_before_prepare() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/plant.db");
    let store = SqliteStore::open_lazy(&path);
    assert!(store.stats().await.is_err());
    assert!(!path.exists());
    store.prepare().await.unwrap();
    assert_eq!(store.stats().await.unwrap().inverters_count, 0);
}

#[tokio::test]
async fn a_new_file_that_somebody_else_is_making_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plant.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    let making = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let store = SqliteStore::open_lazy(&path);
    let done = async {
        // Longer than it takes to find the file locked.
        tokio::time::sleep(Duration::from_millis(200)).await;
        making.rollback().await.unwrap();
    };
    let (prepared, ()) = tokio::join!(store.prepare(), done);
    prepared.unwrap();
    assert_eq!(store.stats().await.unwrap().inverters_count, 0);
}

#[tokio::test]
async fn values_read_as_the_device_told_them() {
    let world = World::sqlite().await;
    let store = world.store().await;
    store.write(&[snapshot(poll(NOON, 1))]).await.unwrap();
    // 231.4 and not 231.399993896484, which is what the nearest f32 is in full.
    let voltage = "SELECT CAST(grid_voltage AS TEXT) FROM inverter_readings";
    assert_eq!(world.texts(voltage).await, [Some("231.4".to_owned())]);
}
