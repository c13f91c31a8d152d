//! Reading a SQLite file that SQLite itself cannot read any more.
//!
//! Walks every page of the file for table leaves, whatever the header, the schema or the pages
//! above them say, and takes from them the rows that look like ours. The write-ahead log lies over
//! the file: the newest frame of a page counts. Whether a row is whole is for its checksum to say.
//!
//! Pages that were given free still hold rows that were delivered long ago. Delivering them again
//! changes nothing, which is why nobody needs to tell them apart here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::wal;

/// What SQLite has chosen by default since 2016, and so every outbox has.
pub(super) const PAGE: usize = 4096;
const LEAF: u8 = 0x0d;
/// The first page begins with the header of the file.
const HEADER: usize = 100;
/// No record is longer; a damaged length must not make us gather the whole file.
const LONGEST: usize = 64 << 20;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Other,
}

/// A row of some table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) values: Vec<Value>,
}

/// A database file with its log.
pub(super) struct Pages {
    file: Option<File>,
    log: Option<File>,
    in_file: u32,
    /// Where in the log the newest version of a page is.
    in_log: BTreeMap<u32, u64>,
}

impl Pages {
    /// Opens what there is of the two files.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = present(File::open(path))?;
        let mut log = present(File::open(wal::path_of(path)))?;
        let in_log = match &mut log {
            Some(log) => wal::frames(log)?,
            None => BTreeMap::new(),
        };
        let bytes = file.as_ref().map_or(Ok(0), |file| file.metadata().map(|data| data.len()))?;
        // A page that was cut off in the middle is read as far as it goes.
        let in_file = u32::try_from(bytes.div_ceil(PAGE as u64)).unwrap_or(u32::MAX);
        Ok(Self { file, log, in_file, in_log })
    }

    /// Hands every row of every leaf to `take`.
    pub(super) fn rows(&mut self, mut take: impl FnMut(Row) -> bool) -> io::Result<()> {
        // A damaged page number in the log must not make us count up to it.
        let beyond: Vec<u32> =
            self.in_log.keys().copied().filter(|number| *number > self.in_file).collect();
        for number in (1..=self.in_file).chain(beyond) {
            let Some(page) = self.page(number)? else { continue };
            let start = if number == 1 { HEADER } else { 0 };
            if page[start] != LEAF {
                continue;
            }
            let cells = usize::from(u16_at(&page, start + 3)).min(PAGE / 4);
            for cell in 0..cells {
                let pointer = start + 8 + 2 * cell;
                if pointer + 2 > PAGE {
                    break;
                }
                let at = usize::from(u16_at(&page, pointer));
                if let Some(row) = self.row(&page, at)?
                    && !take(row)
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Page `number` as the newest commit left it; `None` beyond the end.
    fn page(&mut self, number: u32) -> io::Result<Option<[u8; PAGE]>> {
        let (file, at) = match (self.in_log.get(&number), &mut self.log, &mut self.file) {
            (Some(at), Some(log), _) => (log, *at),
            (_, _, Some(file)) => (file, u64::from(number - 1) * PAGE as u64),
            _ => return Ok(None),
        };
        file.seek(SeekFrom::Start(at))?;
        let mut page = [0; PAGE];
        let mut filled = 0;
        while filled < PAGE {
            match file.read(&mut page[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok((filled > 0).then_some(page))
    }

    /// The row in the cell at this place, if it makes sense.
    fn row(&mut self, page: &[u8; PAGE], at: usize) -> io::Result<Option<Row>> {
        let Some((length, rest)) = page.get(at..).and_then(varint) else { return Ok(None) };
        let Some((id, rest)) = varint(rest) else { return Ok(None) };
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        if length > LONGEST {
            return Ok(None);
        }
        let local = local_bytes(length);
        let Some(start) = rest.get(..local) else { return Ok(None) };
        let mut payload = start.to_vec();
        if local < length {
            let Some(next) = rest.get(local..local + 4) else { return Ok(None) };
            self.overflow(u32_at(next, 0), length, &mut payload)?;
            if payload.len() < length {
                return Ok(None);
            }
        }
        Ok(values(&payload).map(|values| Row { id, values }))
    }

    /// Follows a chain of pages until the payload has its length.
    fn overflow(&mut self, first: u32, length: usize, payload: &mut Vec<u8>) -> io::Result<()> {
        let mut next = first;
        let mut seen = BTreeSet::new();
        // A damaged chain may bite its own tail.
        while payload.len() < length && next != 0 && seen.insert(next) {
            let Some(page) = self.page(next)? else { return Ok(()) };
            let wanted = (length - payload.len()).min(PAGE - 4);
            payload.extend(&page[4..4 + wanted]);
            next = u32_at(&page, 0);
        }
        Ok(())
    }
}

fn present(file: io::Result<File>) -> io::Result<Option<File>> {
    match file {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How much of a payload is in the cell itself (SQLite's file format, section 1.6).
fn local_bytes(length: usize) -> usize {
    const MOST: usize = PAGE - 35;
    const LEAST: usize = (PAGE - 12) * 32 / 255 - 23;
    if length <= MOST {
        return length;
    }
    let fitting = LEAST + (length - LEAST) % (PAGE - 4);
    if fitting <= MOST { fitting } else { LEAST }
}

fn values(payload: &[u8]) -> Option<Vec<Value>> {
    let (header, _) = varint(payload)?;
    let header = usize::try_from(header).ok()?;
    let mut types = payload.get(..header)?;
    types = varint(types)?.1;
    let mut body = payload.get(header..)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        let (kind, rest) = varint(types)?;
        types = rest;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            12.. => (kind - 12) / 2,
            _ => return None,
        };
        let (bytes, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
        body = rest;
        values.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(bytes)),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            13.. if kind % 2 == 1 => Value::Text(bytes.to_vec()),
            _ => Value::Other,
        });
    }
    Some(values)
}

fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    bytes.iter().fold(if negative { -1 } else { 0 }, |value, byte| value << 8 | i64::from(*byte))
}

/// SQLite's integers of one to nine bytes.
fn varint(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value: u64 = 0;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some(((value << 8 | u64::from(*byte)).cast_signed(), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value.cast_signed(), &bytes[index + 1..]));
        }
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_have_one_to_nine_bytes() {
        assert_eq!(varint(&[0x7f, 1]), Some((127, &[1][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((-1, &[][..])));
        assert_eq!(varint(&[0xff; 8]), None);
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(integer(&[0xff]), -1);
        assert_eq!(integer(&[0x01, 0x00]), 256);
        assert_eq!(integer(&[0xff, 0x00, 0x00]), -65_536);
    }
}
