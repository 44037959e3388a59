//! What one side of a connection sends.

use std::collections::VecDeque;

use crate::chance::Chance;
use crate::frames::{Frames, Made, What};

/// Frames without an end, of which some bytes have been taken.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    to_send: VecDeque<u8>,
    /// The frames that are not taken whole, with the bytes that are left of each.
    frames: VecDeque<(Made, usize)>,
    /// What comes behind it closes nothing any more.
    pub(crate) hostile: bool,
    /// The side has said that it ends.
    pub(crate) ended: bool,
}

impl Stream {
    /// The next so many bytes.
    pub(crate) fn peek(
        &mut self,
        len: usize,
        frames: &Frames,
        numbers: &mut u32,
        chance: &mut Chance,
    ) -> Vec<u8> {
        while self.to_send.len() < len {
            *numbers += 1;
            let made = frames.make(*numbers, chance);
            let bytes = frames.bytes(made);
            self.frames.push_back((made, bytes.len()));
            self.to_send.extend(bytes);
        }
        self.to_send.iter().take(len).copied().collect()
    }

    /// So many bytes were taken: the frames that are whole by now, up to the first that is none.
    pub(crate) fn take(&mut self, mut len: usize, enforces: bool, frames: &Frames) -> Vec<Made> {
        self.to_send.drain(..len);
        let mut whole = Vec::new();
        while let Some((made, left)) = self.frames.front_mut() {
            let what = frames.template(*made).what;
            self.hostile |= what == What::Hostile && len > 0;
            if *left > len {
                *left -= len;
                break;
            }
            len -= *left;
            self.hostile |= what == What::Unreadable && enforces;
            if !self.hostile {
                whole.push(*made);
            }
            self.frames.pop_front();
        }
        whole
    }

    /// How many bytes the next so many frames have, as far as they are made.
    pub(crate) fn len_of(&self, frames: usize) -> usize {
        self.frames.iter().take(frames).map(|(_, left)| left).sum()
    }
}
