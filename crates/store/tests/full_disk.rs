//! A disk that is full to the last byte: a small file system of its own, in memory. Mounting one
//! needs root; without it these tests say so and prove nothing.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use store::{LossCount, Outbox, OutboxError, SqliteStore, Store, StoreError};
use tempfile::TempDir;
use world::*;

/// Unmounted when dropped.
struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    fn mount(kilobytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let options = format!("size={kilobytes}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(dir.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { dir }),
            refused => {
                eprintln!("SKIPPED: a small file system cannot be mounted here: {refused:?}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        for size in [65_536, 4096, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

#[tokio::test]
async fn the_outbox_refuses_counts_and_goes_on() {
    let Some(disk) = SmallDisk::mount(4096) else { return };
    let path = disk.path().join("outbox.sqlite");
    let outbox = Outbox::open(&path).await.unwrap();
    let mut losses = LossCount::open(disk.path().join("lost"));
    let mut acknowledged = Vec::new();
    let mut lost = 0;
    let mut second = NOON;
    for round in 0..4 {
        disk.fill();
        let mut refused = 0;
        while refused < 3 {
            second += 1;
            let record = snapshot(poll(second, 20));
            match outbox.append(std::slice::from_ref(&record)).await {
                Ok(()) => acknowledged.push(record),
                Err(OutboxError::NoRoom(_)) => {
                    refused += 1;
                    lost += record.readings();
                    losses.add(record.readings(), at(second));
                }
                Err(error) => panic!("{error}"),
            }
        }
        // Nothing is gone, and a restart in the middle of it changes nothing.
        let waiting = outbox.oldest(10_000).await.unwrap();
        assert_eq!(waiting.len(), acknowledged.len(), "round {round}");
        assert_eq!(LossCount::open(disk.path().join("lost")).readings(), lost);
        let second_life = Outbox::visit(&path);
        if let Ok(status) = second_life.status().await {
            assert_eq!(status.depth, acknowledged.len() as u64);
        }
        second_life.close().await;

        // Delivered while full: taking out may fail, half-way it may not be.
        let seqs: Vec<i64> = waiting.iter().take(3).map(|(seq, _)| *seq).collect();
        match outbox.remove(&seqs).await {
            Ok(()) => drop(acknowledged.drain(..seqs.len())),
            Err(OutboxError::NoRoom(_)) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(outbox.oldest(10_000).await.unwrap().len(), acknowledged.len());

        disk.make_room();
        second += 1;
        let record = snapshot(poll(second, 20));
        outbox.append(std::slice::from_ref(&record)).await.unwrap();
        acknowledged.push(record);
    }
    assert!(outbox.incidents().is_empty(), "a full disk is no damage");
    outbox.close().await;

    disk.fill();
    let reopened = Outbox::lazy(&path, store::DiskFloor::none());
    match reopened.ready().await {
        Ok(()) | Err(OutboxError::NoRoom(_)) => {}
        Err(error) => panic!("{error}"),
    }
    disk.make_room();
    let found: Vec<_> =
        reopened.oldest(10_000).await.unwrap().into_iter().map(|(_, record)| record).collect();
    assert!(found == acknowledged);
    assert!(reopened.incidents().is_empty(), "a full disk is no damage");
}

#[tokio::test]
async fn the_embedded_store_refuses_and_goes_on() {
    let Some(disk) = SmallDisk::mount(4096) else { return };
    let store = SqliteStore::open_lazy(disk.path().join("plant.sqlite"));
    store.prepare().await.unwrap();
    let mut second = NOON;
    let mut stored = 0;
    for _ in 0..4 {
        disk.fill();
        let mut refused = 0;
        while refused < 3 {
            second += 1;
            match store.write(&[snapshot(poll(second, 20))]).await {
                Ok(_) => stored += 1,
                Err(StoreError::NoRoom(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        disk.make_room();
        second += 1;
        store.write(&[snapshot(poll(second, 20))]).await.unwrap();
        stored += 1;
        assert_eq!(store.stats().await.unwrap().inverter_data_entries, stored * 20);
    }
    store.close().await;
}
