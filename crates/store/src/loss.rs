//! The exact number of readings that could not be kept, over restarts, on a full disk too.
//!
//! ```text
//! offset 0:    slot        offset 4096: slot
//! slot:        "HMLOST01" | generation u64 | readings u64 | last, microseconds i64 | crc32 u32
//! ```
//! All numbers are little-endian. The file is made, filled and synced at the first start, when
//! there is room. Counting overwrites a slot in place, which takes no new block on file systems
//! that write in place (ext4, XFS, F2FS, tmpfs). On those that copy (btrfs, ZFS) it may fail when
//! the disk is full to the last byte; the floor of [`DiskFloor`](crate::DiskFloor) keeps away from
//! there, and the count is kept in memory and written as soon as it can be.
//!
//! The slots are written in turn and lie in different blocks: a write that is torn by a power cut
//! destroys the older of two counts at most.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::checksum::crc32;

const MAGIC: &[u8; 8] = b"HMLOST01";
const SLOT_AT: [u64; 2] = [0, 4096];
const SLOT_BYTES: usize = 36;
/// Both slots with the blocks around them.
const FILE_BYTES: usize = 8192;

/// Counts readings that are gone. See the [module](self) for its file.
#[derive(Debug)]
pub struct LossCount {
    path: PathBuf,
    state: State,
    /// Whether the file says what `state` says.
    written: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    generation: u64,
    readings: u64,
    last: i64,
}

impl LossCount {
    /// Takes up the count in this file. A file that is not there is made; one that cannot be made
    /// or read is tried again at the next [`add`](Self::add).
    pub fn open(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let mut count = Self { state: State::default(), written: false, path };
        match count.read() {
            Ok(Some(state)) => {
                count.state = state;
                count.written = true;
            }
            Ok(None) => count.keep(),
            Err(error) => tracing::warn!("{}: {error}", count.path.display()),
        }
        count
    }

    /// All that were ever lost.
    pub const fn readings(&self) -> u64 {
        self.state.readings
    }

    /// When the last of them was lost.
    pub fn last(&self) -> Option<Timestamp> {
        if self.state.readings == 0 {
            return None;
        }
        Timestamp::from_microsecond(self.state.last).ok()
    }

    /// Counts so many more, on disk before it returns if that can be. Blocks.
    pub fn add(&mut self, readings: u64, at: Timestamp) {
        if readings > 0 {
            self.state.readings += readings;
            self.state.last = at.as_microsecond();
            self.written = false;
        }
        if !self.written {
            self.keep();
        }
    }

    fn keep(&mut self) {
        self.state.generation += 1;
        match self.write() {
            Ok(()) => self.written = true,
            Err(error) => tracing::error!(
                readings = self.state.readings,
                "the count of lost readings is only in memory: {}: {error}",
                self.path.display()
            ),
        }
    }

    fn read(&self) -> std::io::Result<Option<State>> {
        let mut bytes = Vec::new();
        match std::fs::File::open(&self.path) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let slots = SLOT_AT.iter().filter_map(|&at| bytes.get(at as usize..)?.get(..SLOT_BYTES));
        Ok(slots.filter_map(decode).max_by_key(|state| state.generation))
    }

    fn write(&self) -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)?;
        if file.metadata()?.len() < FILE_BYTES as u64 {
            // Written, not just made longer: a hole would want its block when the disk is full.
            file.write_all(&[0xff; FILE_BYTES])?;
        }
        let slot = SLOT_AT[(self.state.generation % 2) as usize];
        file.seek(SeekFrom::Start(slot))?;
        file.write_all(&encode(self.state))?;
        file.sync_all()
    }
}

fn encode(state: State) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend(MAGIC);
    slot.extend(state.generation.to_le_bytes());
    slot.extend(state.readings.to_le_bytes());
    slot.extend(state.last.to_le_bytes());
    let checksum = crc32(&slot);
    slot.extend(checksum.to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<State> {
    let (body, checksum) = slot.split_at_checked(SLOT_BYTES - 4)?;
    if !body.starts_with(MAGIC) || checksum != crc32(body).to_le_bytes() {
        return None;
    }
    let word = |at: usize| body.get(at..at + 8)?.try_into().ok();
    Some(State {
        generation: u64::from_le_bytes(word(8)?),
        readings: u64::from_le_bytes(word(16)?),
        last: i64::from_le_bytes(word(24)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_count_survives_and_a_torn_slot_costs_only_the_newest_addition() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lost");
        assert_eq!(LossCount::open(&path).readings(), 0);
        let mut count = LossCount::open(&path);
        count.add(5, at(10));
        count.add(7, at(20));
        let again = LossCount::open(&path);
        assert_eq!((again.readings(), again.last()), (12, Some(at(20))));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), FILE_BYTES as u64);

        let mut bytes = std::fs::read(&path).unwrap();
        let newest = SLOT_AT[(again.state.generation % 2) as usize] as usize;
        bytes[newest + 20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(LossCount::open(&path).readings(), 5);
    }

    #[test]
    fn a_count_that_cannot_be_written_is_written_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("missing/lost");
        let mut count = LossCount::open(&path);
        count.add(3, at(1));
        assert_eq!(count.readings(), 3);
        std::fs::create_dir(dir.path().join("missing")).unwrap();
        count.add(0, at(2));
        assert_eq!(LossCount::open(&path).readings(), 3);
    }
}
