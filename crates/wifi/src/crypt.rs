//! Encryption: AES-128-GCM with a key that the DTU hands out in clear.
//!
//! It keeps a curious neighbour out of nothing and is here because newer firmware wants it
//! (`protocol/wifi.md` 2). The nonce is made of command, sequence and seed: a client that starts its
//! sequence at the same number again uses nonces twice, so ours starts at random.

use std::fmt;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use sha2::{Digest, Sha256};

use crate::frame::{Command, Frame, TAG_LEN};

/// The 16 bytes that a DTU sends with its information, and from which key and nonces are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 16]);

impl Seed {
    /// A seed from the field of the message, `None` unless it is 16 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl From<[u8; 16]> for Seed {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(hidden)")
    }
}

/// The key of one DTU until it changes its seed.
#[derive(Clone)]
pub struct Key {
    seed: Seed,
    cipher: Aes128Gcm,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// A frame that was not sealed with this key, or was changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be decrypted with the key that the DTU gave")]
pub struct NotOurs;

impl Key {
    /// The key of a seed.
    pub fn new(seed: Seed) -> Self {
        let [key, _] = halves(thrice(&seed.0));
        Self { seed, cipher: Aes128Gcm::new(&key.into()) }
    }

    /// The seed it was made from.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The frame with its payload encrypted, if frames of its command are.
    #[must_use]
    pub fn seal(&self, mut frame: Frame) -> Frame {
        if frame.command.is_sealed() && !frame.payload.is_empty() {
            let (nonce, about) = self.nonce(frame.command, frame.sequence);
            let tag = self
                .cipher
                .encrypt_inout_detached(&nonce.into(), &about, frame.payload.as_mut_slice().into())
                .expect("a payload is far below the 64 GB that GCM can take");
            frame.tag = Some(tag.into());
        }
        frame
    }

    /// The frame with its payload decrypted, if it was encrypted.
    ///
    /// # Errors
    /// [`NotOurs`].
    pub fn open(&self, mut frame: Frame) -> Result<Frame, NotOurs> {
        let Some(tag) = frame.tag.take() else { return Ok(frame) };
        let (nonce, about) = self.nonce(frame.command, frame.sequence);
        let tag: [u8; TAG_LEN] = tag;
        self.cipher
            .decrypt_inout_detached(
                &nonce.into(),
                &about,
                frame.payload.as_mut_slice().into(),
                &tag.into(),
            )
            .map_err(|_| NotOurs)?;
        Ok(frame)
    }

    /// The nonce of a frame, and the bytes that are authenticated with it.
    fn nonce(&self, command: Command, sequence: u16) -> ([u8; 12], [u8; 4]) {
        // Little-endian, other than in the header.
        let [c0, c1] = command.0.to_le_bytes();
        let [s0, s1] = sequence.to_le_bytes();
        let about = [c0, c1, s0, s1];
        let [_, second] = halves(thrice(&[&about[..], &self.seed.0].concat()));
        let [_, _, _, _, nonce @ ..] = second;
        (nonce, about)
    }
}

/// SHA-256 of SHA-256 of SHA-256.
fn thrice(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(Sha256::digest(bytes))).into()
}

fn halves(hash: [u8; 32]) -> [[u8; 16]; 2] {
    let (halves, _) = hash.as_chunks();
    [halves[0], halves[1]]
}

#[cfg(test)]
impl Key {
    pub(crate) fn nonce_of(&self, command: Command, sequence: u16) -> ([u8; 12], [u8; 4]) {
        self.nonce(command, sequence)
    }

    pub(crate) fn key_of(seed: &[u8]) -> [u8; 32] {
        thrice(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neither_seed_nor_key_is_shown() {
        let key = Key::new(Seed::from([0xAB; 16]));
        assert_eq!(format!("{key:?} {:?}", key.seed()), "Key(hidden) Seed(hidden)");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_with_its_key_only(
            payload in proptest::collection::vec(any::<u8>(), 1..200),
            sequence: u16,
            seed: [u8; 16],
            other: [u8; 16],
        ) {
            prop_assume!(seed != other);
            let frame = Frame::plain(Command::READINGS, sequence, payload);
            let key = Key::new(seed.into());
            let sealed = key.seal(frame.clone());
            prop_assert_ne!(&sealed.payload, &frame.payload);
            prop_assert_eq!(Key::new(other.into()).open(sealed.clone()), Err(NotOurs));
            let late = Frame { sequence: sequence.wrapping_add(1), ..sealed.clone() };
            prop_assert_eq!(key.open(late), Err(NotOurs), "an answer to another request");
            prop_assert_eq!(key.open(sealed), Ok(frame));
        }
    }
}
