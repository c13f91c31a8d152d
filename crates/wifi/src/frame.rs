//! Frames: how a payload travels.
//!
//! ```text
//!  0        2          4           6        8         10
//!  │ "HM"   │ command  │ sequence  │ CRC    │ length  │ payload … │ tag, 16 bytes, when encrypted
//!                                                     └─ or, extended: 14 more bytes of header first
//! ```
//! All integers are big-endian. The length counts header and payload; **the tag lies beyond it**, and
//! so whether one follows is nothing that a frame tells: both ends know it. The CRC is CRC-16/MODBUS of
//! the payload as it travels, without the tag. Source: `protocol/wifi.md` 1.2 and 1.3.

use std::fmt;

use crc::{CRC_16_MODBUS, Crc};

/// Bytes of the header that every frame begins with.
pub const HEADER_LEN: usize = 10;
/// Bytes of the header of an extended frame.
pub const EXTENDED_HEADER_LEN: usize = 24;
/// Bytes of the authentication tag behind an encrypted payload.
pub const TAG_LEN: usize = 16;

const MAGIC: [u8; 2] = *b"HM";
/// What stands between the two headers of an extended frame: its own length, inferred.
const EXTENSION_LEN: u16 = 14;
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);

/// What a frame is about. An answer's number is the request's less 0x0100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command(pub u16);

impl Command {
    /// Information: versions, serials, encryption.
    pub const INFORMATION: Self = Self(0xA301);
    /// Heartbeat.
    pub const HEARTBEAT: Self = Self(0xA302);
    /// Readings in the older way.
    pub const OLDER_READINGS: Self = Self(0xA303);
    /// The alarm list.
    pub const ALARMS: Self = Self(0xA304);
    /// A command to the DTU.
    pub const COMMAND: Self = Self(0xA305);
    /// How a command fares.
    pub const COMMAND_STATUS: Self = Self(0xA306);
    /// Configuration.
    pub const CONFIGURATION: Self = Self(0xA309);
    /// Readings.
    pub const READINGS: Self = Self(0xA311);
    /// Network.
    pub const NETWORK: Self = Self(0xA314);
    /// The power curve of a day.
    pub const POWER_HISTORY: Self = Self(0xA315);
    /// The energy of days.
    pub const ENERGY_HISTORY: Self = Self(0xA316);
    /// The gateway of hybrid inverters.
    pub const GATEWAY: Self = Self(0xDB01);
    /// Its network.
    pub const GATEWAY_NETWORK: Self = Self(0xDB06);
    /// What is registered at it.
    pub const REGISTERED: Self = Self(0xC302);
    /// Data of one hybrid inverter.
    pub const HYBRID: Self = Self(0xC303);

    /// The command of the answer to this request.
    pub const fn answer(self) -> Self {
        Self(self.0.wrapping_sub(0x0100))
    }

    /// Whether its frames have the extended header: those of hybrid inverters.
    pub const fn is_extended(self) -> bool {
        matches!(self.0 >> 8, 0xDA | 0xDB | 0xC2 | 0xC3)
    }

    /// Whether an encrypting DTU encrypts it. Information never is (V 4), as the key is made from it,
    /// nor are extended frames (one source). A heartbeat is open; we send none.
    pub const fn is_sealed(self) -> bool {
        !self.is_extended() && !matches!(self.0, 0xA201 | 0xA301)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The further fields of an extended frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The gateway, 0 when asking which one it is.
    pub gateway: u64,
    /// 255 for the gateway itself, 1 for what is behind it (one source).
    pub number: u16,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// More bytes must come before anything can be said.
    #[error("the frame ends after {found} of {wanted} bytes")]
    Incomplete {
        /// Bytes there.
        found: usize,
        /// Bytes wanted.
        wanted: usize,
    },
    /// Not what this protocol begins with.
    #[error("it begins with {0:02x?} and not with \"HM\"")]
    Magic([u8; 2]),
    /// A length that does not even hold the header.
    #[error("it claims a length of {0} bytes, less than its own header")]
    Length(u16),
    /// A damaged payload.
    #[error("its checksum is {found:04x} where {wanted:04x} is right")]
    Checksum {
        /// As sent.
        found: u16,
        /// As computed.
        wanted: u16,
    },
}

/// What every frame begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is about.
    pub command: Command,
    /// Chosen by the client, repeated by the answer.
    pub sequence: u16,
    crc: u16,
    length: u16,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`FrameError::Magic`] or [`FrameError::Length`].
    pub fn decode(bytes: [u8; HEADER_LEN]) -> Result<Self, FrameError> {
        let [m0, m1, c0, c1, s0, s1, k0, k1, l0, l1] = bytes;
        if [m0, m1] != MAGIC {
            return Err(FrameError::Magic([m0, m1]));
        }
        let header = Self {
            command: Command(u16::from_be_bytes([c0, c1])),
            sequence: u16::from_be_bytes([s0, s1]),
            crc: u16::from_be_bytes([k0, k1]),
            length: u16::from_be_bytes([l0, l1]),
        };
        if usize::from(header.length) < header.len() {
            return Err(FrameError::Length(header.length));
        }
        Ok(header)
    }

    /// Bytes after this header that its length counts: the rest of an extended header, the payload.
    pub const fn rest_len(&self) -> usize {
        // `decode` has seen that the length holds the header.
        self.length as usize - HEADER_LEN
    }

    /// Bytes of the tag that follow, if frames of this command are sealed at all on this connection.
    /// An empty payload has none (one source).
    pub fn tag_len(&self, sealing: bool) -> usize {
        if sealing && self.command.is_sealed() && self.rest_len() > 0 { TAG_LEN } else { 0 }
    }

    const fn len(&self) -> usize {
        if self.command.is_extended() { EXTENDED_HEADER_LEN } else { HEADER_LEN }
    }
}

/// A frame: a payload, sealed or not, and what it is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is about.
    pub command: Command,
    /// Chosen by the client, repeated by the answer.
    pub sequence: u16,
    /// In extended frames.
    pub route: Option<Route>,
    /// A protobuf message, or its ciphertext.
    pub payload: Vec<u8>,
    /// With a ciphertext.
    pub tag: Option<[u8; TAG_LEN]>,
}

/// A payload may hold a password of the owner's: it is counted, not shown.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("command", &self.command)
            .field("sequence", &self.sequence)
            .field("route", &self.route)
            .field("payload_len", &self.payload.len())
            .field("sealed", &self.tag.is_some())
            .finish()
    }
}

impl Frame {
    /// A plain frame.
    pub const fn plain(command: Command, sequence: u16, payload: Vec<u8>) -> Self {
        Self { command, sequence, route: None, payload, tag: None }
    }

    /// The bytes on the wire.
    ///
    /// # Panics
    /// With a payload of 64 kB and more, which no message of this protocol comes near.
    pub fn encode(&self) -> Vec<u8> {
        let route = self.route.filter(|_| self.command.is_extended());
        let header_len = if route.is_some() { EXTENDED_HEADER_LEN } else { HEADER_LEN };
        let length = u16::try_from(header_len + self.payload.len())
            .expect("a message of this protocol is far below 64 kB");
        let mut bytes = Vec::with_capacity(usize::from(length) + TAG_LEN);
        bytes.extend(MAGIC);
        bytes.extend(self.command.0.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(checksum(&self.payload).to_be_bytes());
        bytes.extend(length.to_be_bytes());
        if let Some(route) = route {
            bytes.extend(EXTENSION_LEN.to_be_bytes());
            bytes.extend(route.gateway.to_be_bytes());
            bytes.extend([0, 0]);
            bytes.extend(route.number.to_be_bytes());
        }
        bytes.extend(&self.payload);
        bytes.extend(self.tag.iter().flatten());
        bytes
    }

    /// The frame of a header and of the bytes that follow it: [`Header::rest_len`] of them and those
    /// of a tag, or none of a tag.
    ///
    /// # Errors
    /// [`FrameError::Incomplete`] when bytes are missing, [`FrameError::Checksum`] when they are
    /// damaged.
    pub fn decode(header: Header, rest: &[u8]) -> Result<Self, FrameError> {
        let incomplete = |wanted| FrameError::Incomplete { found: rest.len(), wanted };
        let (counted, beyond) =
            rest.split_at_checked(header.rest_len()).ok_or(incomplete(header.rest_len()))?;
        let tag = match beyond {
            [] => None,
            tag => Some(tag.try_into().map_err(|_| incomplete(header.rest_len() + TAG_LEN))?),
        };
        let (extension, payload) = counted.split_at(header.len() - HEADER_LEN);
        let wanted = checksum(payload);
        if header.crc != wanted {
            return Err(FrameError::Checksum { found: header.crc, wanted });
        }
        let route = extension.try_into().ok().map(|extension: [u8; 14]| {
            let [_, _, g0, g1, g2, g3, g4, g5, g6, g7, _, _, n0, n1] = extension;
            Route {
                gateway: u64::from_be_bytes([g0, g1, g2, g3, g4, g5, g6, g7]),
                number: u16::from_be_bytes([n0, n1]),
            }
        });
        let Header { command, sequence, .. } = header;
        Ok(Self { command, sequence, route, payload: payload.to_vec(), tag })
    }

    /// The first frame in a buffer, and how many bytes it takes. `sealing` says whether this
    /// connection encrypts.
    ///
    /// # Errors
    /// Every [`FrameError`]; with [`FrameError::Incomplete`] the same buffer may become a frame.
    pub fn decode_from(buffer: &[u8], sealing: bool) -> Result<(Self, usize), FrameError> {
        let Some((header, rest)) = buffer.split_first_chunk() else {
            return Err(FrameError::Incomplete { found: buffer.len(), wanted: HEADER_LEN });
        };
        let header = Header::decode(*header)?;
        let wanted = header.rest_len() + header.tag_len(sealing);
        let rest = rest
            .get(..wanted)
            .ok_or(FrameError::Incomplete { found: buffer.len(), wanted: HEADER_LEN + wanted })?;
        Ok((Self::decode(header, rest)?, HEADER_LEN + wanted))
    }
}

/// CRC-16/MODBUS. It is stored high byte first, other than on a Modbus line.
pub fn checksum(bytes: &[u8]) -> u16 {
    CRC.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_does_not_show_its_payload() {
        let frame = Frame::plain(Command::CONFIGURATION.answer(), 7, b"geheim".to_vec());
        let shown = format!("{frame:?}");
        assert!(shown.contains("A209") && !shown.contains("geheim") && !shown.contains("103"));
    }

    #[test]
    fn information_and_hybrids_are_never_sealed() {
        assert!(!Command::INFORMATION.is_sealed() && !Command::INFORMATION.answer().is_sealed());
        assert!(!Command::HYBRID.is_sealed() && Command::HYBRID.answer().is_extended());
        assert!(Command::READINGS.is_sealed() && Command::READINGS.answer().is_sealed());
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let commands = prop_oneof![
            Just(Command::READINGS),
            Just(Command::GATEWAY),
            Just(Command::INFORMATION)
        ];
        let payload = proptest::collection::vec(any::<u8>(), 0..300);
        (commands, any::<u16>(), any::<u64>(), any::<u16>(), payload, any::<[u8; 16]>()).prop_map(
            |(command, sequence, gateway, number, payload, tag)| Frame {
                command,
                sequence,
                route: command.is_extended().then_some(Route { gateway, number }),
                tag: (command.is_sealed() && !payload.is_empty()).then_some(tag),
                payload,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_sent_is_received(frame in any_frame(), behind: Vec<u8>) {
            let sealing = frame.tag.is_some();
            let bytes = frame.encode();
            let received = Frame::decode_from(&[&bytes[..], &behind].concat(), sealing);
            prop_assert_eq!(received, Ok((frame, bytes.len())));
        }

        #[test]
        fn a_frame_cut_short_wants_more_and_a_bit_flipped_in_the_payload_is_noticed(
            frame in any_frame(),
            at: prop::sample::Index,
            bit in 0..8,
        ) {
            let sealing = frame.tag.is_some();
            let mut bytes = frame.encode();
            let cut = at.index(bytes.len());
            let incomplete =
                matches!(Frame::decode_from(&bytes[..cut], sealing), Err(FrameError::Incomplete { .. }));
            prop_assert!(incomplete);
            let payload = bytes.len() - frame.payload.len() - frame.tag.map_or(0, |tag| tag.len());
            prop_assume!(!frame.payload.is_empty());
            bytes[payload + at.index(frame.payload.len())] ^= 1u8 << bit;
            let noticed =
                matches!(Frame::decode_from(&bytes, sealing), Err(FrameError::Checksum { .. }));
            prop_assert!(noticed);
        }

        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes: Vec<u8>, sealing: bool) {
            let _ = Frame::decode_from(&bytes, sealing);
            let _ = Frame::decode_from(&[b"HM", &bytes[..]].concat(), sealing);
        }
    }
}
