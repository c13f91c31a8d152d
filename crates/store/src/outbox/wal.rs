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
/// A log with checksums of little-endian words.
const MAGIC: u32 = 0x377f_0682;
/// A log with checksums of big-endian words.
const MAGIC_BIG: u32 = 0x377f_0683;

/// The log of a database file.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

type Sum = (u32, u32);
type Salt = [u8; 8];

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

struct Frame {
    page: u32,
    /// Where the page is in the log.
    page_at: u64,
    /// Whether it ends a transaction.
    commits: bool,
    /// Whether it says itself that it belongs to this life of the log.
    has_salt: bool,
    /// Whether its checksum follows from that of a live frame before it. Salts are not part of it.
    proven: bool,
}

impl Frame {
    /// Whether it belongs to this life of the log, even if its salt or its page has changed.
    fn is_live(&self) -> bool {
        self.has_salt || self.proven
    }
}

/// Whether something in the log is broken that no power cut breaks: a frame or the header does not
/// fit, and a frame behind it proves itself. (A power cut that writes the frames of its unfinished
/// transaction out of order looks the same. Then nothing that was confirmed is missing from what
/// can be saved.)
pub(super) fn is_damaged(log: &mut File) -> io::Result<bool> {
    let Some(mut life) = Life::begin(log)? else { return Ok(false) };
    let mut broken = !life.header_is_sound;
    while let Some(frame) = life.next()? {
        if frame.has_salt && frame.proven && broken {
            return Ok(true);
        }
        broken |= !(frame.has_salt && frame.proven);
    }
    Ok(false)
}

/// Where the newest committed version of each page is.
pub(super) fn frames(log: &mut File) -> io::Result<BTreeMap<u32, u64>> {
    let mut found = BTreeMap::new();
    let mut uncommitted = BTreeMap::new();
    let Some(mut life) = Life::begin(log)? else { return Ok(found) };
    while let Some(frame) = life.next()? {
        if frame.page != 0 && frame.is_live() {
            uncommitted.insert(frame.page, frame.page_at);
        }
        if frame.commits && frame.is_live() {
            found.append(&mut uncommitted);
        }
    }
    Ok(found)
}

/// The frames since the log was last begun anew. What lies behind them is left from its earlier
/// life, is in the database file already, and has another salt.
struct Life<'f> {
    reader: BufReader<&'f mut File>,
    header_is_sound: bool,
    salt: Salt,
    /// The checksum of the frame before, by its own account; none where that one is not live.
    previous: Option<Sum>,
    at: u64,
}

impl<'f> Life<'f> {
    /// `None` where not even the header is complete.
    fn begin(log: &'f mut File) -> io::Result<Option<Self>> {
        log.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(log);
        let Some(header) = read::<HEADER>(&mut reader)? else { return Ok(None) };
        let sum = sum_at(&header, 24);
        let header_is_sound = match u32_at(&header, 0) {
            MAGIC => checksum(Order::Little, (0, 0), &header[..24]) == sum,
            MAGIC_BIG => checksum(Order::Big, (0, 0), &header[..24]) == sum,
            _ => false,
        };
        let mut salt = salt_at(&header, 16);
        if !header_is_sound {
            // It may be the header's salt that is wrong, or that of the first frame: two of three.
            let first = read::<FRAME>(&mut reader)?.map(|frame| salt_at(&frame, 8));
            let second = read::<FRAME>(&mut reader)?.map(|frame| salt_at(&frame, 8));
            if first.is_some() && first == second {
                salt = first.unwrap_or(salt);
            }
            reader.seek(SeekFrom::Start(HEADER as u64))?;
        }
        Ok(Some(Self { reader, header_is_sound, salt, previous: Some(sum), at: HEADER as u64 }))
    }

    fn next(&mut self) -> io::Result<Option<Frame>> {
        let Some(bytes) = read::<FRAME>(&mut self.reader)? else { return Ok(None) };
        let sum = sum_at(&bytes, 16);
        // In either byte order: the bit that tells which one may be the one that has flipped.
        let proven = self.previous.is_some_and(|previous| {
            [Order::Little, Order::Big].into_iter().any(|order| {
                let head = checksum(order, previous, &bytes[..8]);
                checksum(order, head, &bytes[FRAME_HEADER..]) == sum
            })
        });
        let frame = Frame {
            page: u32_at(&bytes, 0),
            page_at: self.at + FRAME_HEADER as u64,
            commits: u32_at(&bytes, 4) != 0,
            has_salt: salt_at(&bytes, 8) == self.salt,
            proven,
        };
        self.previous = frame.is_live().then_some(sum);
        self.at += FRAME as u64;
        Ok(Some(frame))
    }
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
fn checksum(order: Order, (mut s0, mut s1): Sum, bytes: &[u8]) -> Sum {
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        match order {
            Order::Little => u32::from_le_bytes(four),
            Order::Big => u32::from_be_bytes(four),
        }
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

fn salt_at(bytes: &[u8], at: usize) -> Salt {
    std::array::from_fn(|index| bytes[at + index])
}
