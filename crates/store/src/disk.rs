//! How much of the disk the bridge leaves to others.
//!
//! A bridge that fills a disk to its last byte takes the database, the log and the machine's own
//! services down with it, and cannot even empty its outbox: removing a record also writes. So it
//! stops taking readings while less than a floor is free, says so, and goes on by itself when there
//! is room again.
//!
//! The free space comes from `statvfs` through `rustix`: a safe wrapper around the system call,
//! kept by the Bytecode Alliance, and among the dependencies already.

use std::path::{Path, PathBuf};

const MB: u64 = 1_000_000;
/// What SQLite wants for opening a file and writing a little: its log and the log's index.
const LEAST_TO_WORK_MB: u64 = 8;

/// The floor under the free space of one file system.
#[derive(Debug, Clone)]
pub struct DiskFloor {
    directory: PathBuf,
    min_free_mb: u64,
}

impl DiskFloor {
    /// At least so many megabytes stay free where this directory is; 0 for no floor.
    pub fn new(directory: impl AsRef<Path>, min_free_mb: u64) -> Self {
        Self { directory: directory.as_ref().to_owned(), min_free_mb }
    }

    /// No floor: for stores of which a test or the demo makes up the content.
    pub fn none() -> Self {
        Self::new("", 0)
    }

    /// Whether so little is free that a failed write is no wonder.
    pub fn is_tight(&self) -> bool {
        let needed = self.min_free_mb.max(LEAST_TO_WORK_MB).saturating_mul(MB);
        self.free().is_some_and(|free| free < needed)
    }

    fn free(&self) -> Option<u64> {
        // Blocks like the write that follows, and answers from memory.
        let disk = rustix::fs::statvfs(&self.directory).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// A sentence about the lack of room, or nothing when there is enough. When the system does not
    /// tell, the write itself will.
    pub fn shortage(&self) -> Option<String> {
        if self.min_free_mb == 0 {
            return None;
        }
        let free = self.free()?;
        (free < self.min_free_mb.saturating_mul(MB)).then(|| {
            format!(
                "only {} MB are free in {}, and OUTBOX_MIN_FREE_MB keeps {} MB free",
                free / MB,
                self.directory.display(),
                self.min_free_mb
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_above_any_disk_is_a_shortage_and_none_never_is() {
        let text = DiskFloor::new("/", u64::MAX / MB).shortage().unwrap();
        assert!(text.contains("OUTBOX_MIN_FREE_MB"), "{text}");
        assert_eq!(DiskFloor::new("/", 0).shortage(), None);
        assert_eq!(DiskFloor::none().shortage(), None);
    }
}
