//! One direction of a connection, cut into frames as its bytes come.

use std::io;

use dubbo::{FrameError, HEAD_LEN, Head, Kind, answer};

use super::anomaly::{Anomaly, MAX_REQUEST};
use super::guess::{first_head, likely_head};
use super::piece::{Piece, Recorded};

/// Cuts a stream into frames. Holds one request of at most [`MAX_REQUEST`] bytes; of answers and of longer requests it keeps
/// the first bytes only. `S` says when some bytes were seen.
///
/// Behind bytes that are no frame nothing is read: what follows them may be what an attacker wants to be read. Where bytes
/// are missing, and the stream's frames cannot be counted any more, the next bytes that look like a head are taken for one:
/// that is a guess, said with the frame.
pub(super) struct Cutter<S> {
    /// Where the next byte stands in the stream.
    offset: u64,
    state: State,
    /// The first bytes of the frame; while a head is looked for, the last ones that may be its beginning.
    buffer: Vec<u8>,
    /// Where the frame begins, or what is stepped over.
    begin: u64,
    seen: S,
    /// Bytes of the frame, or of what is stepped over, that are missing, and where the first of them stands.
    lost: u64,
    lost_at: u64,
    /// Whether frames were looked for, and nobody knows what is one.
    guessing: bool,
    /// Whether the next frame is such a guess.
    guessed: bool,
}

#[derive(Clone, Copy)]
enum State {
    /// A head stands next.
    Head,
    /// So much of a body stands next, of which so much is kept.
    Body { head: Head, left: u64, kept: u64 },
    /// Looks for a head.
    Search(Why),
    /// Nothing is read any more.
    Stopped,
}

/// Why a head is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The capture began behind the connection's beginning.
    MidConnection,
    /// Bytes are missing.
    Gap,
    /// What was taken for a frame is followed by something else.
    NoFrame(FrameError),
}

/// What takes the pieces, with when their first bytes were seen.
pub(super) type Take<'t, S> = dyn FnMut(Piece<'_>, S) -> io::Result<()> + 't;

impl<S: Copy + Default> Cutter<S> {
    /// A stream from its first byte on.
    pub(super) fn new() -> Self {
        Cutter {
            offset: 0,
            state: State::Head,
            buffer: Vec::new(),
            begin: 0,
            seen: S::default(),
            lost: 0,
            lost_at: 0,
            guessing: false,
            guessed: false,
        }
    }

    /// A stream from somewhere on.
    pub(super) fn in_the_middle() -> Self {
        Cutter {
            state: State::Search(Why::MidConnection),
            guessing: true,
            ..Cutter::new()
        }
    }

    /// Whether the stream, as far as it was read, may be Dubbo: it has a frame or begins like one.
    pub(super) fn looks_like_dubbo(&self) -> bool {
        match self.state {
            State::Head => self.buffer.len() > 1 && Head::check_start(&self.buffer).is_ok(),
            State::Body { .. } => true,
            State::Search(_) | State::Stopped => false,
        }
    }

    /// How much memory it holds.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Takes the next bytes of the stream. While `aligned`, a head is looked for nowhere but at their beginning.
    pub(super) fn data(
        &mut self,
        bytes: &[u8],
        seen: S,
        aligned: bool,
        take: &mut Take<'_, S>,
    ) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                State::Head => self.head_bytes(rest, seen, take)?,
                State::Body { head, left, kept } => {
                    self.body_bytes(rest, head, left, kept, take)?
                }
                State::Search(_) if aligned => self.look_at(rest, seen, take)?,
                State::Search(_) => self.search(rest, seen, take)?,
                State::Stopped => {
                    self.offset += rest.len() as u64;
                    return Ok(());
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// The next bytes of the stream are missing.
    pub(super) fn gap(&mut self, len: u64, seen: S, take: &mut Take<'_, S>) -> io::Result<()> {
        let mut missing = len;
        if let State::Body { head, left, .. } = self.state {
            let of_frame = missing.min(left);
            self.lose(of_frame);
            missing -= of_frame;
            let left = left - of_frame;
            self.state = State::Body {
                head,
                left,
                kept: 0,
            };
            if left == 0 {
                self.frame(head, take)?;
            }
        }
        if missing == 0 {
            return Ok(());
        }
        match self.state {
            State::Head | State::Body { .. } => {
                if self.buffer.is_empty() {
                    self.begin = self.offset;
                    self.seen = seen;
                }
                self.lost = 0;
                self.guessing = true;
                self.state = State::Search(Why::Gap);
            }
            State::Search(_) | State::Stopped => {}
        }
        self.buffer.clear();
        self.lose(missing);
        Ok(())
    }

    /// The stream ends.
    pub(super) fn end(&mut self, take: &mut Take<'_, S>) -> io::Result<()> {
        match self.state {
            State::Head if self.buffer.is_empty() => {}
            State::Head => {
                // What cannot become a head is told before it is one.
                let anomaly = match Head::check_start(&self.buffer) {
                    Ok(()) => Anomaly::truncated(self.offset, HEAD_LEN, self.buffer.len()),
                    Err(error) => Anomaly::frame(self.begin, error),
                };
                let offset = self.begin;
                take(Piece::NoFrame { offset, anomaly }, self.seen)?;
            }
            State::Body { head, .. } => self.frame(head, take)?,
            State::Search(why) => self.skipped(why, self.offset, None, take)?,
            State::Stopped => {}
        }
        self.state = State::Stopped;
        self.buffer = Vec::new();
        Ok(())
    }

    fn head_bytes(&mut self, bytes: &[u8], seen: S, take: &mut Take<'_, S>) -> io::Result<usize> {
        if self.buffer.is_empty() {
            self.begin = self.offset;
            self.seen = seen;
        }
        let used = bytes.len().min(HEAD_LEN - self.buffer.len());
        self.keep(bytes, used, used);
        let Some(head) = self.buffer.first_chunk::<HEAD_LEN>() else {
            return Ok(used);
        };
        match Head::parse(head) {
            Ok(head) => {
                let left = u64::from(head.body_len);
                let kept = kept_body(&head).min(left);
                self.state = State::Body { head, left, kept };
                if left == 0 {
                    self.frame(head, take)?;
                }
            }
            Err(error) if self.guessing => {
                // The guess was wrong, here or earlier. What was read of this head may hold the beginning of the next.
                self.state = State::Search(Why::NoFrame(error));
                self.lost = 0;
                let before = self.buffer.len() - used;
                self.offset = self.begin + before.max(1) as u64;
                let again = self
                    .buffer
                    .get(1..before.max(1))
                    .unwrap_or_default()
                    .to_vec();
                self.buffer = again;
                return Ok(if before == 0 { 1 } else { 0 });
            }
            Err(error) => {
                self.state = State::Stopped;
                let offset = self.begin;
                let anomaly = Anomaly::frame(offset, error);
                take(Piece::NoFrame { offset, anomaly }, self.seen)?;
            }
        }
        Ok(used)
    }

    fn body_bytes(
        &mut self,
        bytes: &[u8],
        head: Head,
        left: u64,
        kept: u64,
        take: &mut Take<'_, S>,
    ) -> io::Result<usize> {
        let within =
            |most: u64| usize::try_from(most).map_or(bytes.len(), |most| bytes.len().min(most));
        let (used, keep) = (within(left), within(kept));
        self.keep(bytes, used, keep);
        let left = left - used as u64;
        let kept = kept - keep as u64;
        self.state = State::Body { head, left, kept };
        if left == 0 {
            self.frame(head, take)?;
        }
        Ok(used)
    }

    /// Looks for a head at the beginning of some bytes, and steps over them if there is none.
    fn look_at(&mut self, bytes: &[u8], seen: S, take: &mut Take<'_, S>) -> io::Result<usize> {
        self.buffer.clear();
        self.see(seen);
        if likely_head(bytes).is_none() {
            self.offset += bytes.len() as u64;
            return Ok(bytes.len());
        }
        self.search(bytes, seen, take)
    }

    /// Looks for a head in what is kept and in some bytes, and steps over what stands before it.
    fn search(&mut self, bytes: &[u8], seen: S, take: &mut Take<'_, S>) -> io::Result<usize> {
        let State::Search(why) = self.state else {
            return Ok(0);
        };
        self.see(seen);
        let kept = self.buffer.len();
        let beginning = bytes.get(..HEAD_LEN - 1).unwrap_or(bytes);
        let joint = [&self.buffer, beginning].concat();
        let found = first_head(&joint, kept).or_else(|| {
            let (at, head) = first_head(bytes, bytes.len())?;
            Some((kept + at, head))
        });
        let Some((found, head)) = found else {
            // The last bytes may be the beginning of a head.
            let end = if bytes.len() < HEAD_LEN {
                &joint
            } else {
                bytes
            };
            let tail = end.len().saturating_sub(HEAD_LEN - 1);
            self.buffer = end.get(tail..).unwrap_or_default().to_vec();
            self.offset += bytes.len() as u64;
            return Ok(bytes.len());
        };
        let head_at = self.offset - kept as u64 + found as u64;
        self.skipped(why, head_at, Some(head), take)?;
        self.state = State::Head;
        self.guessed = true;
        self.lost = 0;
        // What was kept of the head goes on; the bytes have the rest of it.
        self.buffer.drain(..found.min(kept));
        self.begin = head_at;
        self.seen = seen;
        let used = found.saturating_sub(kept);
        self.offset += used as u64;
        Ok(used)
    }

    fn skipped(
        &mut self,
        why: Why,
        end: u64,
        before: Option<Head>,
        take: &mut Take<'_, S>,
    ) -> io::Result<()> {
        let len = end - self.begin;
        if len == 0 {
            return Ok(());
        }
        let offset = self.begin;
        let anomaly = match why {
            Why::NoFrame(error) => Anomaly::frame(offset, error),
            Why::Gap => Anomaly::gap(self.lost_at, self.lost),
            Why::MidConnection => Anomaly::mid_connection(offset, len),
        };
        let piece = Piece::Skipped {
            offset,
            len,
            anomaly,
            before,
        };
        take(piece, self.seen)
    }

    fn frame(&mut self, head: Head, take: &mut Take<'_, S>) -> io::Result<()> {
        self.state = State::Head;
        let frame = Recorded {
            offset: self.begin,
            found: self.offset - self.begin - self.lost,
            lost_at: (self.lost > 0).then_some(self.lost_at),
            guessed: self.guessed,
            head,
            kept: &self.buffer,
        };
        take(Piece::Frame(frame), self.seen)?;
        self.buffer.clear();
        self.buffer.shrink_to(MAX_IDLE);
        self.lost = 0;
        self.guessed = false;
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8], used: usize, keep: usize) {
        self.offset += used as u64;
        self.buffer
            .extend_from_slice(bytes.get(..keep).unwrap_or_default());
    }

    /// What is stepped over was seen when its first byte was.
    fn see(&mut self, seen: S) {
        if self.offset == self.begin {
            self.seen = seen;
        }
    }

    fn lose(&mut self, len: u64) {
        if self.lost == 0 {
            self.lost_at = self.offset;
        }
        self.lost += len;
        self.offset += len;
    }
}

/// How much of a body is worth keeping.
fn kept_body(head: &Head) -> u64 {
    match head.kind {
        Kind::Request { .. } if head.frame_len() > MAX_REQUEST => 0,
        Kind::Request { .. } => u64::MAX,
        Kind::Answer { .. } => answer::PROBE as u64,
    }
}

/// A buffer of more is given back.
const MAX_IDLE: usize = 64 * 1024;

#[cfg(test)]
mod tests;
