//! The promises of the outbox.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::path::PathBuf;

use sqlx::{Connection, SqliteConnection};
use store::{Metric, Outbox, OutboxError, OutboxStatus, Record};
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
    let seqs: Vec<i64> = outbox.oldest(10).await.unwrap().iter().map(|(seq, _)| *seq).collect();
    outbox.remove(&seqs).await.unwrap();
    outbox.close().await;
    let size = std::fs::metadata(file(&dir)).unwrap().len();
    assert!(size < full.bytes / 10, "{size} of {}", full.bytes);
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_named_and_blocks_only_what_follows() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = filled(&dir, &records(3)).await;
    outbox.close().await;
    let mut raw =
        SqliteConnection::connect(&format!("sqlite://{}", file(&dir).display())).await.unwrap();
    sqlx::query("UPDATE waiting SET record = '{\"snapshot\":' WHERE seq = 2")
        .execute(&mut raw)
        .await
        .unwrap();
    raw.close().await.unwrap();

    let outbox = Outbox::open(file(&dir)).await.unwrap();
    let good = outbox.oldest(10).await.unwrap();
    assert_eq!(good.len(), 1);
    outbox.remove(&[good[0].0]).await.unwrap();
    let error = outbox.oldest(10).await.unwrap_err();
    let OutboxError::Unreadable { seq, .. } = error else {
        panic!("{error}");
    };
    outbox.remove(&[seq]).await.unwrap();
    assert_eq!(outbox.oldest(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_outbox_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("outbox.db");
    std::fs::write(&path, "holiday photographs, all of them".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Outbox::open(&path).await.unwrap_err();
    assert!(matches!(&error, OutboxError::Damaged(text) if text.contains("outbox.db")), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let foreign = dir.path().join("foreign.db");
    let url = format!("sqlite://{}?mode=rwc", foreign.display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE photographs (name TEXT)").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let error = Outbox::open(&foreign).await.unwrap_err();
    assert!(matches!(&error, OutboxError::Damaged(text) if text.contains("another program")));
}

#[tokio::test]
async fn a_place_where_nothing_can_be_written_is_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = Outbox::open(blocked.join("outbox.db")).await.unwrap_err();
    assert!(matches!(error, OutboxError::NoRoom(_)), "{error}");
}
