//! A damaged outbox gives back what can be read, says what cannot, and goes on.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use store::{Incident, Outbox, Record, Rejected};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use world::*;

fn file(dir: &Path) -> PathBuf {
    dir.join("outbox.sqlite")
}

fn log(dir: &Path) -> PathBuf {
    dir.join("outbox.sqlite-wal")
}

/// Twelve inverters make a record longer than a page.
fn record(n: i64) -> Record {
    snapshot(poll(NOON + n, if n % 3 == 0 { 12 } else { 1 }))
}

/// An outbox with records 5 to 39 waiting and one in quarantine, as a crash leaves it: `closed`
/// tells whether everything is in the file or most of it in its log.
async fn crashed(closed: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(file(dir.path())).await.unwrap();
    for n in 0..40 {
        outbox.append(&[record(n)]).await.unwrap();
    }
    outbox.remove(&[1, 2, 3, 4]).await.unwrap();
    let rejected = Rejected { record: record(4), reason: "too bright".to_owned() };
    outbox.quarantine(5, &[rejected], at(NOON)).await.unwrap();
    if closed {
        outbox.close().await;
        return dir;
    }
    image(dir.path())
}

/// The files as they are now, as a crash would leave them.
fn image(dir: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    for path in [file, log] {
        if path(dir).exists() {
            std::fs::copy(path(dir), path(image.path())).unwrap();
        }
    }
    image
}

/// What the outbox hands out, and whether it is in the order in which it came.
async fn reopened(dir: &Path) -> (BTreeSet<i64>, bool, Vec<Incident>) {
    let outbox = Outbox::open(file(dir)).await.unwrap();
    let mut seconds = Vec::new();
    loop {
        match outbox.oldest(1000).await {
            Ok(records) if records.is_empty() => break,
            Ok(records) => {
                for (_, record) in &records {
                    assert!(*record == self::record(taken(record) - NOON), "a changed record");
                }
                seconds.extend(records.iter().map(|(_, record)| taken(record) - NOON));
                outbox
                    .remove(&records.iter().map(|(seq, _)| *seq).collect::<Vec<_>>())
                    .await
                    .unwrap();
            }
            Err(store::OutboxError::Unreadable { seq, reason }) => {
                outbox.quarantine_unreadable(seq, &reason, at(NOON)).await.unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
    // It is a whole outbox again.
    outbox.append(&[record(100)]).await.unwrap();
    assert_eq!(outbox.oldest(9).await.unwrap().len(), 1);
    let incidents = outbox.incidents();
    (seconds.iter().copied().collect(), seconds.is_sorted(), incidents)
}

fn taken(record: &Record) -> i64 {
    record.taken_at().unwrap().as_second()
}

fn flip(path: &Path, at: u64, bit: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = usize::try_from(at % bytes.len() as u64).unwrap();
    bytes[at] ^= 1 << bit;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_set_aside_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let photographs = "holiday photographs, all of them".repeat(100);
    std::fs::write(file(dir.path()), &photographs).unwrap();
    let (found, _, incidents) = reopened(dir.path()).await;
    assert!(found.is_empty());
    let [incident] = incidents.as_slice() else { panic!("{incidents:?}") };
    assert_eq!(std::fs::read_to_string(&incident.set_aside).unwrap(), photographs);
    assert_eq!((incident.saved, incident.lost_readings), (0, None));
    assert!(incident.to_string().contains("damaged-20"), "{incident}");
}

#[tokio::test]
async fn a_broken_header_costs_no_record() {
    for closed in [true, false] {
        let dir = crashed(closed).await;
        flip(&file(dir.path()), 3, 1);
        let (found, in_order, incidents) = reopened(dir.path()).await;
        assert!(found.is_superset(&(5..40).collect()), "{closed}: {found:?}");
        assert!(in_order);
        assert_eq!(incidents[0].lost_readings, Some(0));
        let outbox = Outbox::open(file(dir.path())).await.unwrap();
        let quarantine = outbox.quarantined(0, 9).await.unwrap();
        assert_eq!(quarantine.len(), 1);
        assert_eq!(quarantine[0].reason, "too bright");
    }
}

#[tokio::test]
async fn a_file_cut_in_half_gives_what_is_in_its_first_half_and_counts_the_rest() {
    let dir = crashed(true).await;
    let bytes = std::fs::read(file(dir.path())).unwrap();
    std::fs::write(file(dir.path()), &bytes[..bytes.len() / 2]).unwrap();
    let (found, _, incidents) = reopened(dir.path()).await;
    let missing: u64 = (5..40).filter(|n| !found.contains(n)).map(|n| record(n).readings()).sum();
    assert!(missing > 0 && !found.is_empty(), "{found:?}");
    assert_eq!(incidents[0].lost_readings, Some(missing));
}

#[tokio::test]
async fn an_empty_file_is_reported() {
    let dir = crashed(true).await;
    std::fs::write(file(dir.path()), "").unwrap();
    let (_, _, incidents) = reopened(dir.path()).await;
    assert_eq!(incidents[0].lost_readings, None);
}

#[tokio::test]
async fn damage_that_shows_at_work_is_mended_at_work() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(file(dir.path())).await.unwrap();
    // More than the connection's cache of 2 MB, and all of it in the file, not in the log.
    for n in 0..60 {
        let records: Vec<_> = (0..20).map(|k| record(3 * (20 * n + k))).collect();
        outbox.append(&records).await.unwrap();
    }
    let _ = std::fs::copy(log(dir.path()), dir.path().join("log"));
    let pages = std::fs::metadata(file(dir.path())).unwrap().len() / 4096;
    let mut bytes = std::fs::read(file(dir.path())).unwrap();
    for page in 3..pages.min(100) {
        let at = usize::try_from(page * 4096).unwrap();
        if bytes[at] == 0x0d {
            bytes[at] = 0xff;
        }
    }
    use std::io::Write;
    std::fs::OpenOptions::new()
        .write(true)
        .open(file(dir.path()))
        .unwrap()
        .write_all(&bytes)
        .unwrap();
    let found = outbox.oldest(5000).await.unwrap();
    let incidents = outbox.incidents();
    assert_eq!(incidents.len(), 1, "{} records", found.len());
    let lost = incidents[0].lost_readings.unwrap();
    let kept: u64 = found.iter().map(|(_, record)| record.readings()).sum();
    assert_eq!(kept + lost, 1200 * 36);
    // What was handed out before the damage showed is taken out now: it means no record of these.
    outbox.remove(&(1..=1200).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(outbox.oldest(5000).await.unwrap().len(), found.len());
    outbox.append(&[record(9999)]).await.unwrap();
}

/// The head of the log tells in which byte order the checksums of all frames are, and SQLite passes
/// over a whole log whose head does not fit.
#[tokio::test]
async fn no_bit_of_the_head_of_the_log_makes_the_log_vanish() {
    let image = crashed(false).await;
    // Every bit of the byte order, and one of each other byte of the head and of the first frame's.
    let bits = (24..32).chain((0..32 + 24).map(|byte| 8 * byte + byte % 8));
    for bit in bits {
        let dir = self::image(image.path());
        flip(&log(dir.path()), bit / 8, (bit % 8) as u8);
        let (found, _, incidents) = reopened(dir.path()).await;
        assert!(found.is_superset(&(5..40).collect()), "bit {bit}: {found:?}");
        let [incident] = incidents.as_slice() else { panic!("bit {bit}: {incidents:?}") };
        assert_eq!(incident.lost_readings, Some(0), "bit {bit}: {incident}");
    }
}

/// SQLite begins its log anew over the old one. What is left of the old one behind the new is no
/// damage.
#[tokio::test]
async fn a_log_that_was_begun_anew_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(file(dir.path())).await.unwrap();
    let (mut n, mut length) = (0, 0);
    // The log stops growing when SQLite has moved it into the file and writes from its head again.
    loop {
        outbox.append(&[record(n)]).await.unwrap();
        n += 1;
        let now = std::fs::metadata(log(dir.path())).unwrap().len();
        if n % 50 != 0 {
            continue;
        }
        if now == length {
            break;
        }
        length = now;
    }
    let image = image(dir.path());
    let again = Outbox::open(file(image.path())).await.unwrap();
    assert_eq!(again.status().await.unwrap().depth, n as u64);
    assert_eq!(again.incidents(), []);
}

/// The same for every case, as making one takes longer than all the rest.
async fn crashed_once(closed: bool) -> &'static TempDir {
    static IMAGES: [OnceCell<TempDir>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    IMAGES[usize::from(closed)].get_or_init(|| crashed(closed)).await
}

proptest! {
    // PROPTEST_CASES=5000 for a long run.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever bit flips, wherever: a changed record is never handed out, a missing one is
    /// reported, and the outbox works.
    #[test]
    fn a_flipped_bit_is_never_believed(
        closed: bool,
        in_log: bool,
        flips in prop::collection::vec((any::<u64>(), 0_u8..8), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = image(crashed_once(closed).await.path());
            let target = if in_log && !closed { log(dir.path()) } else { file(dir.path()) };
            for (at, bit) in flips {
                flip(&target, at, bit);
            }
            let (found, _, incidents) = reopened(dir.path()).await;
            let missing: Vec<i64> = (5..40).filter(|n| !found.contains(n)).collect();
            let outbox = Outbox::open(file(dir.path())).await.unwrap();
            let status = outbox.status().await.unwrap();
            let told = status.quarantined > 1
                || incidents.iter().any(|incident| incident.lost_readings != Some(0));
            prop_assert!(
                missing.is_empty() || told,
                "missing in silence: {:?}, {:?}", missing, incidents
            );
            Ok(())
        })?;
    }
}
