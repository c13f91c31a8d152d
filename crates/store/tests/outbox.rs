//! The promises of the outbox.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::path::PathBuf;

use sqlx::{Connection, SqliteConnection};
use store::{DiskFloor, Metric, Outbox, OutboxError, OutboxStatus, Record};
use tempfile::TempDir;
use world::*;

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("data/outbox.db")
}

fn records(count: i64) -> Vec<Record> {
    (0..count).map(|n| snapshot(poll(NOON + n, 2))).collect()
}

async fn filled(dir: &TempDir, records: &[Record]) -> Outbox {
    let outbox = Outbox::open(file(dir)).await.unwrap();
    for record in records {
        outbox.append(std::slice::from_ref(record)).await.unwrap();
    }
    outbox
}

#[tokio::test]
async fn what_was_appended_survives_and_comes_back_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = records(3);
    records.push(Record::Metrics(vec![Metric {
        at: at(NOON + 10),
        name: "uptime_seconds".to_owned(),
        value: 0.1,
        dtu_name: None,
    }]));
    filled(&dir, &records).await.close().await;

    let outbox = Outbox::open(file(&dir)).await.unwrap();
    let waiting = outbox.oldest(100).await.unwrap();
    assert!(waiting.is_sorted_by_key(|(seq, _)| *seq));
    let found: Vec<_> = waiting.into_iter().map(|(_, record)| record).collect();
    assert_eq!(found, records);
    assert_eq!(outbox.oldest(2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_outbox_that_was_not_closed_has_everything() {
    let dir = tempfile::tempdir().unwrap();
    let crashed = filled(&dir, &records(2)).await;
    // What a power cut leaves behind: the file and its log, as they are at this moment.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("data")).unwrap();
    for name in ["outbox.db", "outbox.db-wal"] {
        let from = dir.path().join("data").join(name);
        std::fs::copy(from, copy.path().join("data").join(name)).unwrap();
    }
    let recovered = Outbox::open(file(&copy)).await.unwrap();
    assert_eq!(recovered.oldest(10).await.unwrap(), crashed.oldest(10).await.unwrap());
    assert_eq!(recovered.status().await.unwrap().depth, 2);
}

#[tokio::test]
async fn removal_and_status_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = filled(&dir, &records(5)).await;
    let seqs: Vec<i64> = outbox.oldest(5).await.unwrap().iter().map(|(seq, _)| *seq).collect();
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.oldest), (5, Some(at(NOON))));
    assert!(status.bytes > 0);

    outbox.remove(&seqs[..2]).await.unwrap();
    outbox.remove(&seqs[..2]).await.unwrap();
    outbox.remove(&[seqs[3], 999]).await.unwrap();
    let left: Vec<i64> = outbox.oldest(5).await.unwrap().iter().map(|(seq, _)| *seq).collect();
    assert_eq!(left, [seqs[2], seqs[4]]);
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.oldest), (2, Some(at(NOON + 2))));

    outbox.remove(&left).await.unwrap();
    assert_eq!(outbox.status().await.unwrap(), OutboxStatus::default());
    outbox.close().await;
    let outbox = Outbox::open(file(&dir)).await.unwrap();
    assert_eq!(outbox.status().await.unwrap(), OutboxStatus::default());
    outbox.append(&[snapshot(poll(NOON, 1))]).await.unwrap();
    let next = outbox.oldest(1).await.unwrap()[0].0;
    assert!(next > seqs[4], "a number is never used again");
    assert_eq!(outbox.status().await.unwrap().depth, 1);
}

#[tokio::test]
async fn a_drained_backlog_gives_its_space_back() {
    let dir = tempfile::tempdir().unwrap();
    let big = Record::Metrics(
        (0..20_000)
            .map(|n| Metric {
                at: at(NOON + n),
                name: "a_metric_with_a_rather_long_name".to_owned(),
                value: 1.0,
                dtu_name: None,
            })
            .collect(),
    );
    let outbox = filled(&dir, &vec![big; 6]).await;
    let full = outbox.status().await.unwrap();
    let mut handed_out = Vec::new();
    loop {
        let seqs: Vec<i64> = outbox.oldest(10).await.unwrap().iter().map(|(seq, _)| *seq).collect();
        if seqs.is_empty() {
            break;
        }
        outbox.remove(&seqs).await.unwrap();
        handed_out.push(seqs.len());
    }
    assert_eq!(handed_out.iter().sum::<usize>(), 6);
    assert!(handed_out.len() > 1, "ten megabytes were read at once");
    outbox.close().await;
    let size = std::fs::metadata(file(&dir)).unwrap().len();
    assert!(size < full.bytes / 10, "{size} of {}", full.bytes);
}

async fn raw(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap()
}

#[tokio::test]
async fn a_record_that_makes_no_sense_goes_into_quarantine_and_can_come_back() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, &records(3)).await.close().await;
    let mut sql = raw(&file(&dir)).await;
    for change in [
        "UPDATE waiting SET record = '{\"snapshot\":', checksum = NULL WHERE seq = 1",
        "UPDATE waiting SET record = replace(record, '33.1', '33.3') WHERE seq = 2",
    ] {
        sqlx::query(change).execute(&mut sql).await.unwrap();
    }
    sql.close().await.unwrap();

    let outbox = Outbox::open(file(&dir)).await.unwrap();
    for expected in [1, 2] {
        let error = outbox.oldest(10).await.unwrap_err();
        let OutboxError::Unreadable { seq, reason } = error else { panic!("{error}") };
        assert_eq!(seq, expected);
        outbox.quarantine_unreadable(seq, &reason, at(NOON)).await.unwrap();
    }
    assert_eq!(outbox.oldest(10).await.unwrap().len(), 1);
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.quarantined, status.quarantined_readings), (1, 2, 12));
    outbox.close().await;

    let outbox = Outbox::visit(file(&dir));
    let quarantined = outbox.quarantined(0, 10).await.unwrap();
    assert_eq!(quarantined.len(), 2);
    assert_eq!(quarantined[0].text, "{\"snapshot\":");
    assert!(quarantined[1].reason.contains("checksum"), "{}", quarantined[1].reason);
    assert_eq!(outbox.quarantined(1, 10).await.unwrap(), quarantined[1..]);
    let replayed = outbox.replay().await.unwrap();
    assert_eq!((replayed.records, replayed.readings), (2, 12));
    let status = outbox.status().await.unwrap();
    assert_eq!((status.depth, status.quarantined, status.quarantined_readings), (3, 0, 0));
    assert!(matches!(outbox.remove(&[3]).await, Ok(())));
    let error = outbox.oldest(10).await.unwrap_err();
    assert!(matches!(error, OutboxError::Unreadable { seq: 4, .. }), "{error}");
}

#[tokio::test]
async fn an_outbox_of_the_first_layout_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let mut sql = raw(&file(&dir)).await;
    sqlx::raw_sql(
        "CREATE TABLE waiting (
             seq      INTEGER PRIMARY KEY AUTOINCREMENT,
             taken_at INTEGER,
             record   TEXT    NOT NULL
         ) STRICT;
         CREATE TABLE removed (records INTEGER NOT NULL) STRICT;
         INSERT INTO removed VALUES (1);
         PRAGMA user_version = 1;",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    let records = records(3);
    for record in &records {
        sqlx::query("INSERT INTO waiting (record) VALUES (?1)")
            .bind(serde_json::to_string(record).unwrap())
            .execute(&mut sql)
            .await
            .unwrap();
    }
    sqlx::query("DELETE FROM waiting WHERE seq = 1").execute(&mut sql).await.unwrap();
    sql.close().await.unwrap();

    let outbox = Outbox::open(file(&dir)).await.unwrap();
    assert_eq!(outbox.status().await.unwrap().depth, 2);
    outbox.append(&records[..1]).await.unwrap();
    let found: Vec<_> = outbox.oldest(9).await.unwrap().into_iter().map(|(_, r)| r).collect();
    assert_eq!(found, [records[1].clone(), records[2].clone(), records[0].clone()]);
}

#[tokio::test]
async fn the_file_of_another_program_or_of_a_later_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign.db");
    let mut sql = raw(&foreign).await;
    sqlx::query("CREATE TABLE photographs (name TEXT)").execute(&mut sql).await.unwrap();
    sql.close().await.unwrap();
    let error = Outbox::open(&foreign).await.unwrap_err();
    assert!(matches!(&error, OutboxError::Foreign(text) if text.contains("another program")));

    filled(&dir, &[]).await.close().await;
    let mut sql = raw(&file(&dir)).await;
    sqlx::raw_sql("UPDATE tally SET layout = 9; PRAGMA user_version = 9")
        .execute(&mut sql)
        .await
        .unwrap();
    sql.close().await.unwrap();
    let error = Outbox::open(file(&dir)).await.unwrap_err();
    assert!(matches!(&error, OutboxError::Foreign(text) if text.contains("newer version")));
}

#[tokio::test]
async fn a_disk_that_is_full_up_to_its_floor_takes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, &records(1)).await.close().await;
    let full = Outbox::lazy(file(&dir), DiskFloor::new(dir.path(), 1 << 40));
    let error = full.append(&records(1)).await.unwrap_err();
    assert!(
        matches!(&error, OutboxError::NoRoom(text) if text.contains("OUTBOX_MIN_FREE_MB")),
        "{error}"
    );
    // What waits can still be delivered: that is how room may come back.
    let waiting = full.oldest(1).await.unwrap();
    full.remove(&[waiting[0].0]).await.unwrap();
    assert_eq!(full.status().await.unwrap().depth, 0);
}

#[tokio::test]
async fn a_place_where_nothing_can_be_written_is_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = Outbox::open(blocked.join("outbox.db")).await.unwrap_err();
    assert!(matches!(error, OutboxError::NoRoom(_)), "{error}");
}
