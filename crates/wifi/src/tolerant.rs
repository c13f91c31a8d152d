//! Decoding that one odd field does not spoil.
//!
//! A protobuf library gives up on a whole message when one field has another wire type than
//! expected, and firmware versions do differ in that (`protocol/wifi.md` 3). So a message is sifted
//! first: what its definition does not know, or knows in another form, is left out. Text is defined
//! as bytes, since devices send text that is no UTF-8; [`text`](crate::message::text) makes it
//! readable.

use prost::Message;

/// Which fields a message has. Made from `proto/` by the build script.
pub trait Shape {
    /// All of them.
    const FIELDS: &'static [Field];
}

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As it is tagged on the wire.
    pub number: u32,
    /// How it travels.
    pub kind: Kind,
}

/// How a field travels.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A varint.
    Number,
    /// Varints, one by one or several packed.
    Numbers,
    /// Bytes, or text.
    Bytes,
    /// A message with these fields.
    Message(&'static [Field]),
}

/// Bytes that are no protobuf message, whatever its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is no protobuf message")]
pub struct DecodeError;

/// Decodes a message. Fields that do not fit are as if they had not been sent.
///
/// # Errors
/// [`DecodeError`] when the bytes do not even fall into fields.
pub fn decode<M: Message + Default + Shape>(bytes: &[u8]) -> Result<M, DecodeError> {
    let mut kept = Vec::with_capacity(bytes.len());
    sift(bytes, M::FIELDS, &mut kept)?;
    M::decode(kept.as_slice()).map_err(|_| DecodeError)
}

/// Groups are long out of use. Ours end here, so that no input makes a deep recursion.
const DEEPEST_GROUP: u32 = 8;

/// Copies the fields that fit.
fn sift(mut bytes: &[u8], fields: &[Field], kept: &mut Vec<u8>) -> Result<(), DecodeError> {
    while !bytes.is_empty() {
        let whole = bytes;
        let (number, wire) = tag(&mut bytes)?;
        let content = value(&mut bytes, number, wire, DEEPEST_GROUP)?;
        let Some(field) = fields.iter().find(|field| field.number == number) else { continue };
        let whole = &whole[..whole.len() - bytes.len()];
        match (field.kind, wire) {
            (Kind::Number | Kind::Numbers, Wire::Varint) | (Kind::Bytes, Wire::Length) => {
                kept.extend(whole);
            }
            (Kind::Numbers, Wire::Length) if is_packed(content) => kept.extend(whole),
            (Kind::Message(fields), Wire::Length) => {
                let mut inner = Vec::with_capacity(content.len());
                if sift(content, fields, &mut inner).is_ok() {
                    prost::encoding::encode_key(
                        number,
                        prost::encoding::WireType::LengthDelimited,
                        kept,
                    );
                    prost::encoding::encode_varint(inner.len() as u64, kept);
                    kept.extend(inner);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Varint,
    Fixed64,
    Length,
    Group,
    GroupEnd,
    Fixed32,
}

fn tag(bytes: &mut &[u8]) -> Result<(u32, Wire), DecodeError> {
    let key = u32::try_from(varint(bytes)?).map_err(|_| DecodeError)?;
    let wire = match key & 7 {
        0 => Wire::Varint,
        1 => Wire::Fixed64,
        2 => Wire::Length,
        3 => Wire::Group,
        4 => Wire::GroupEnd,
        5 => Wire::Fixed32,
        _ => return Err(DecodeError),
    };
    match key >> 3 {
        0 => Err(DecodeError),
        number => Ok((number, wire)),
    }
}

/// Takes the value of a field; of bytes and messages it returns the content.
fn value<'a>(
    bytes: &mut &'a [u8],
    number: u32,
    wire: Wire,
    depth: u32,
) -> Result<&'a [u8], DecodeError> {
    match wire {
        Wire::Varint => varint(bytes).map(|_| &[][..]),
        Wire::Fixed64 => take(bytes, 8),
        Wire::Fixed32 => take(bytes, 4),
        Wire::Length => {
            let length = usize::try_from(varint(bytes)?).map_err(|_| DecodeError)?;
            take(bytes, length)
        }
        Wire::Group if depth > 0 => loop {
            match tag(bytes)? {
                (end, Wire::GroupEnd) if end == number => return Ok(&[]),
                (inner, wire) => value(bytes, inner, wire, depth - 1)?,
            };
        },
        Wire::Group | Wire::GroupEnd => Err(DecodeError),
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], DecodeError> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(DecodeError)?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    prost::encoding::decode_varint(bytes).map_err(|_| DecodeError)
}

fn is_packed(mut content: &[u8]) -> bool {
    while !content.is_empty() {
        if varint(&mut content).is_err() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{PowerHistory, Readings};
    use proptest::prelude::*;

    #[test]
    fn a_field_of_another_type_loses_itself_only() {
        // 2: text where a number should be; 13: a message where a number should be; 9: a number
        // where a message should be; 3: as it should be.
        let bytes = [0x12, 2, b'h', b'i', 0x6a, 2, 0x08, 0x01, 0x48, 0x05, 0x18, 4];
        let readings: Readings = decode(&bytes).unwrap();
        assert_eq!(readings, Readings { page_count: Some(4), ..Readings::default() });
    }

    #[test]
    fn an_inner_message_that_is_none_loses_itself_only() {
        let bytes = [0x4a, 2, 0xff, 0xff, 0x4a, 2, 0x60, 1];
        let readings: Readings = decode(&bytes).unwrap();
        assert_eq!(readings.single_phase.len(), 1);
        assert_eq!(readings.single_phase[0].link_status, Some(1));
    }

    #[test]
    fn numbers_come_packed_or_one_by_one() {
        let packed: PowerHistory = decode(&[0x6a, 3, 1, 2, 3]).unwrap();
        let single: PowerHistory = decode(&[0x68, 1, 0x68, 2, 0x68, 3]).unwrap();
        assert_eq!(packed.powers, [1, 2, 3]);
        assert_eq!(packed, single);
    }

    #[test]
    fn a_group_of_an_unknown_field_is_stepped_over() {
        // 40: group { 1: 5 }, then 3: 4.
        let readings: Readings = decode(&[0xc3, 0x02, 0x08, 5, 0xc4, 0x02, 0x18, 4]).unwrap();
        assert_eq!(readings.page_count, Some(4));
        let endless = [0x0b; 10_000];
        assert_eq!(decode::<Readings>(&endless), Err(DecodeError));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes: Vec<u8>) {
            let _ = decode::<Readings>(&bytes);
            let _ = decode::<PowerHistory>(&bytes);
        }

        #[test]
        fn whatever_falls_into_fields_is_decoded(
            fields in proptest::collection::vec((1u32..50, 0u8..6, any::<[u8; 8]>()), 0..40),
        ) {
            let mut bytes = Vec::new();
            for (number, kind, content) in fields {
                let wire = match kind { 0 | 1 => 0, 2 => 1, 3 => 5, _ => 2 };
                prost::encoding::encode_varint(u64::from(number << 3 | wire), &mut bytes);
                match wire {
                    0 => prost::encoding::encode_varint(u64::from_le_bytes(content), &mut bytes),
                    1 => bytes.extend(content),
                    5 => bytes.extend(&content[..4]),
                    _ => { bytes.push(8); bytes.extend(content); }
                }
            }
            prop_assert!(decode::<Readings>(&bytes).is_ok());
        }
    }
}
