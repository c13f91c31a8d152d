//! Looking at a write-ahead log before SQLite does.
//!
//! SQLite reads a log up to the first frame whose checksum is wrong and forgets the rest without a
//! word: right after a power cut, where only the last, unfinished transaction looks like that, and
//! wrong for a flipped bit in the middle, where everything after it had been confirmed. A frame's
//! checksum goes on from that of the frame before it, so a frame behind the bad one still proves
//! itself by the checksum that is stored in its predecessor.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::pages::PAGE;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const FRAME: usize = FRAME_HEADER + PAGE;
/// The last bit tells the byte order of the checksums.
const MAGIC: u32 = 0x377f_0682;

/// The log of a database file.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

type Sum = (u32, u32);

struct Frame {
    page: u32,
    /// Whether it ends a transaction.
    commits: bool,
    salt: [u8; 8],
    sum: Sum,
    /// The checksum that follows from a predecessor's.
    bytes: Vec<u8>,
}

/// Whether something in the log is broken that no power cut breaks.
pub(super) fn is_damaged(log: &mut File) -> io::Result<bool> {
    let mut reader = BufReader::new(log);
    let Some(header) = read::<HEADER>(&mut reader)? else { return Ok(false) };
    let big_endian = header[3] & 1 == 1;
    let sum = checksum(big_endian, (0, 0), &header[..24]);
    let sound = u32_at(&header, 0) & !1 == MAGIC && sum == sum_at(&header, 24);
    let mut previous = sum;
    let mut salt = sound.then(|| salt_at(&header, 16));
    let mut broken = !sound;
    while let Some(frame) = next(&mut reader)? {
        if frame.salt != *salt.get_or_insert(frame.salt) {
            // What is left of the log's earlier life.
            if sound && !broken {
                return Ok(false);
            }
            previous = frame.sum;
            continue;
        }
        let proven = checksum(big_endian, previous, &frame.bytes) == frame.sum;
        if proven && broken {
            return Ok(true);
        }
        broken |= !proven;
        previous = frame.sum;
    }
    Ok(false)
}

/// Where the newest committed version of each page is. Frames of the log's earlier life, told by
/// their salt, are older than the database file and do not count.
pub(super) fn frames(log: &mut File) -> io::Result<BTreeMap<u32, u64>> {
    log.seek(SeekFrom::Start(HEADER as u64))?;
    let mut reader = BufReader::new(log);
    let mut found = BTreeMap::new();
    let mut uncommitted = BTreeMap::new();
    let mut salt = None;
    let mut at = HEADER as u64;
    while let Some(frame) = next(&mut reader)? {
        // A flipped bit in one salt must not end the list: the frames around it agree.
        if frame.salt == *salt.get_or_insert(frame.salt) && frame.page != 0 {
            uncommitted.insert(frame.page, at + FRAME_HEADER as u64);
            if frame.commits {
                found.append(&mut uncommitted);
            }
        }
        at += FRAME as u64;
    }
    Ok(found)
}

fn next(reader: &mut impl Read) -> io::Result<Option<Frame>> {
    let Some(frame) = read::<FRAME>(reader)? else { return Ok(None) };
    let mut bytes = frame[..8].to_vec();
    bytes.extend(&frame[FRAME_HEADER..]);
    Ok(Some(Frame {
        page: u32_at(&frame, 0),
        commits: u32_at(&frame, 4) != 0,
        salt: salt_at(&frame, 8),
        sum: sum_at(&frame, 16),
        bytes,
    }))
}

/// A whole block, or nothing at the end of the file.
fn read<const N: usize>(reader: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut block = [0; N];
    match reader.read_exact(&mut block) {
        Ok(()) => Ok(Some(block)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// SQLite's file format, section 4.2.
fn checksum(big_endian: bool, (mut s0, mut s1): Sum, bytes: &[u8]) -> Sum {
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for eight in bytes.chunks_exact(8) {
        s0 = s0.wrapping_add(word(&eight[..4])).wrapping_add(s1);
        s1 = s1.wrapping_add(word(&eight[4..])).wrapping_add(s0);
    }
    (s0, s1)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn sum_at(bytes: &[u8], at: usize) -> Sum {
    (u32_at(bytes, at), u32_at(bytes, at + 4))
}

fn salt_at(bytes: &[u8], at: usize) -> [u8; 8] {
    std::array::from_fn(|index| bytes[at + index])
}
