//! The newest frames, bounded in number and size.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{MOST_BYTES, MOST_FRAMES};

/// The number of the first frame of a run. The one before it is that of the state at its start.
pub(super) const FIRST: u64 = 1;

/// Frames in the order of their numbers.
#[derive(Debug)]
pub(super) struct Ring {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the first one.
    first: u64,
}

impl Default for Ring {
    fn default() -> Self {
        Self { frames: VecDeque::new(), bytes: 0, first: FIRST }
    }
}

impl Ring {
    /// The number of the frame to come.
    pub(super) fn next(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while self.frames.len() > 1 && (self.frames.len() > MOST_FRAMES || self.bytes > MOST_BYTES)
        {
            self.bytes -= self.frames.pop_front().map_or(0, |frame| frame.len());
            self.first += 1;
        }
    }

    /// The frame of a number; none if it was dropped or is to come.
    pub(super) fn get(&self, number: u64) -> Option<Bytes> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.frames.get(index).cloned()
    }

    /// Whether whoever wants this number next has missed nothing.
    pub(super) fn can_go_on_at(&self, number: u64) -> bool {
        (self.first..=self.next()).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_newest_frames_within_its_bounds() {
        let mut ring = Ring::default();
        for number in FIRST..1000 {
            assert_eq!(ring.next(), number);
            ring.push(Bytes::from(vec![0; 1000]));
        }
        assert_eq!(ring.frames.len(), MOST_FRAMES);
        assert!(ring.get(999).is_some() && ring.get(1000).is_none());
        let oldest = 1000 - MOST_FRAMES as u64;
        assert!(ring.get(oldest).is_some() && ring.get(oldest - 1).is_none());
        assert!(ring.can_go_on_at(oldest) && ring.can_go_on_at(1000));
        assert!(!ring.can_go_on_at(oldest - 1) && !ring.can_go_on_at(1001));

        ring.push(Bytes::from(vec![0; MOST_BYTES - 1000]));
        assert_eq!((ring.frames.len(), ring.bytes), (2, MOST_BYTES));
        ring.push(Bytes::from(vec![0; 2 * MOST_BYTES]));
        assert_eq!(ring.frames.len(), 1, "the newest frame is held, however large it is");
        assert_eq!(ring.bytes, 2 * MOST_BYTES);
    }
}
