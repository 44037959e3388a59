use std::collections::BTreeMap;
use std::io;

use super::Seen;

/// One direction of a connection: segments in, the bytes of the stream in their order out.
///
/// - Sequence numbers wrap around; what lies further behind than the largest window is taken for new.
/// - Of bytes that come twice the first ones count, as with Linux.
/// - A segment that begins ahead of what is known waits for what is missing, for as long as [`MAX_WAITING`] and
///   [`MAX_PIECES`] allow; then, and at the end, what is missing is a gap. So is what the capture cut off of a packet.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The sequence number that stands next; none before the first segment.
    next: Option<u32>,
    /// The sequence number of the connection's first byte, if its SYN was captured.
    first: Option<u32>,
    /// Bytes of the stream so far, gaps included.
    position: u64,
    /// What waits for something before it: where it begins, each behind the end of the one before.
    ahead: BTreeMap<u64, Piece>,
    /// Bytes that wait.
    waiting: usize,
    /// Where the stream ends.
    end: Option<u64>,
}

/// Bytes, or how many are lost.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    lost: u64,
    seen: Seen,
}

/// What stands next in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    Bytes(&'a [u8]),
    /// So many bytes are not in the capture.
    Gap(u64),
}

/// What takes the chunks.
pub(super) type Deliver<'d> = dyn FnMut(Chunk<'_>, Seen) -> io::Result<()> + 'd;

impl Flow {
    /// The SYN of the connection.
    pub(super) fn begin(&mut self, sequence: u32) {
        let first = sequence.wrapping_add(1);
        if self.next.is_none() {
            self.first = Some(first);
            self.next = Some(first);
        }
    }

    /// Whether a SYN with this number begins another connection.
    pub(super) fn is_another(&self, sequence: u32) -> bool {
        match self.first {
            Some(first) => first != sequence.wrapping_add(1),
            // A SYN behind data of the same connection does not come.
            None => self.next.is_some(),
        }
    }

    /// Whether the stream's first byte is known.
    pub(super) fn has_beginning(&self) -> bool {
        self.first.is_some()
    }

    /// Whether all of the stream has been delivered.
    pub(super) fn has_ended(&self) -> bool {
        self.end == Some(self.position)
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes a segment: its payload, and how many bytes behind that the capture cut off.
    pub(super) fn segment(
        &mut self,
        sequence: u32,
        payload: &[u8],
        lost: usize,
        seen: Seen,
        deliver: &mut Deliver<'_>,
    ) -> io::Result<()> {
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next);
        let behind = next.wrapping_sub(sequence);
        let mut start = self.position;
        let mut payload = payload;
        let mut lost = lost as u64;
        if behind != 0 && behind < LARGEST_WINDOW {
            let known = behind as usize;
            lost = lost.saturating_sub(known.saturating_sub(payload.len()) as u64);
            payload = payload.get(known..).unwrap_or_default();
        } else {
            start += u64::from(ahead);
        }
        if start == self.position && self.ahead.is_empty() {
            // Nothing waits and nothing is missing, so nothing has to be kept.
            self.advance(payload.len() as u64);
            if !payload.is_empty() {
                deliver(Chunk::Bytes(payload), seen)?;
            }
            if lost > 0 {
                self.advance(lost);
                deliver(Chunk::Gap(lost), seen)?;
            }
            return Ok(());
        }
        let cut = start + payload.len() as u64;
        self.insert(start, cut, |from, to| Piece {
            bytes: part(payload, from - start, to - start).to_vec(),
            lost: 0,
            seen,
        });
        self.insert(cut, cut + lost, |from, to| Piece {
            bytes: Vec::new(),
            lost: to - from,
            seen,
        });
        self.drain(deliver)?;
        while self.waiting > MAX_WAITING || self.ahead.len() > MAX_PIECES {
            self.give_up(deliver)?;
        }
        Ok(())
    }

    /// The stream ends behind a segment with this number and so many bytes.
    pub(super) fn finish(&mut self, sequence: u32, len: usize) {
        let end = sequence.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        let ahead = end.wrapping_sub(self.next.unwrap_or(end));
        if self.end.is_none() && ahead < LARGEST_WINDOW {
            self.end = Some(self.position + u64::from(ahead));
        }
    }

    /// No more segments come: what still waits has gaps before it, and so has the end. `seen` is the last packet.
    pub(super) fn flush(&mut self, seen: Seen, deliver: &mut Deliver<'_>) -> io::Result<()> {
        while !self.ahead.is_empty() {
            self.give_up(deliver)?;
        }
        let missing = self.end.map_or(0, |end| end.saturating_sub(self.position));
        if missing > 0 {
            self.advance(missing);
            deliver(Chunk::Gap(missing), seen)?;
        }
        Ok(())
    }

    fn advance(&mut self, len: u64) {
        self.position += len;
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers wrap")]
        let len = len as u32;
        self.next = self.next.map(|next| next.wrapping_add(len));
    }

    /// Keeps what of `start..end` does not wait already.
    fn insert(&mut self, start: u64, end: u64, piece: impl Fn(u64, u64) -> Piece) {
        let mut at = start;
        while at < end {
            let before = self.ahead.range(..=at).next_back();
            let known_to = before.map_or(0, |(from, piece)| from + piece.len());
            if known_to > at {
                at = known_to;
                continue;
            }
            let next = self.ahead.range(at..).next();
            let to = next.map_or(end, |(from, _)| end.min(*from));
            let piece = piece(at, to);
            self.waiting += piece.bytes.len();
            self.ahead.insert(at, piece);
            at = to;
        }
    }

    /// Delivers what has nothing missing before it.
    fn drain(&mut self, deliver: &mut Deliver<'_>) -> io::Result<()> {
        while let Some(entry) = self.ahead.first_entry()
            && *entry.key() <= self.position
        {
            let piece = entry.remove();
            self.waiting -= piece.bytes.len();
            self.advance(piece.len());
            let chunk = match piece.lost {
                0 => Chunk::Bytes(&piece.bytes),
                lost => Chunk::Gap(lost),
            };
            deliver(chunk, piece.seen)?;
        }
        Ok(())
    }

    /// What is missing before the first piece that waits will not come.
    fn give_up(&mut self, deliver: &mut Deliver<'_>) -> io::Result<()> {
        if let Some((start, piece)) = self.ahead.first_key_value() {
            let (missing, seen) = (start.saturating_sub(self.position), piece.seen);
            self.advance(missing);
            deliver(Chunk::Gap(missing), seen)?;
        }
        self.drain(deliver)
    }
}

impl Piece {
    fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.lost
    }
}

fn part(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(place(from)..place(to)).unwrap_or_default()
}

/// TCP's largest window is a little less. What lies so far behind is no retransmission.
const LARGEST_WINDOW: u32 = 1 << 30;
/// Bytes that wait in one direction.
const MAX_WAITING: usize = 4 << 20;
/// Pieces that wait in one direction.
const MAX_PIECES: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::{Chunk, Flow, LARGEST_WINDOW, MAX_PIECES, MAX_WAITING};
    use crate::decode::capture::Seen;

    /// What a flow delivers: bytes, and where so many are missing.
    #[derive(Default)]
    struct Delivered {
        bytes: Vec<u8>,
        gaps: Vec<(usize, u64)>,
    }

    impl Delivered {
        fn segment(&mut self, flow: &mut Flow, sequence: u32, payload: &[u8]) {
            flow.segment(sequence, payload, 0, Seen::default(), &mut |chunk, _| {
                self.take(&chunk);
                Ok(())
            })
            .expect("nothing fails");
        }

        fn flush(&mut self, flow: &mut Flow) {
            flow.flush(Seen::default(), &mut |chunk, _| {
                self.take(&chunk);
                Ok(())
            })
            .expect("nothing fails");
        }

        fn take(&mut self, chunk: &Chunk<'_>) {
            match chunk {
                Chunk::Bytes(bytes) => self.bytes.extend_from_slice(bytes),
                Chunk::Gap(len) => self.gaps.push((self.bytes.len(), *len)),
            }
        }
    }

    /// A stream, a sequence number, the places where its segments begin, further segments over those, and an order.
    fn streams() -> impl Strategy<Value = (Vec<u8>, u32, Vec<(usize, usize)>)> {
        let data = prop::collection::vec(any::<u8>(), 1..600);
        let near_the_end = (0..2000_u32).prop_map(|back| u32::MAX - back);
        let begin = prop_oneof![any::<u32>(), near_the_end];
        let cuts = prop::collection::vec(any::<Index>(), 0..12);
        let over = prop::collection::vec((any::<Index>(), 0..200_usize), 0..12);
        (data, begin, cuts, over).prop_flat_map(|(data, begin, cuts, over)| {
            let len = data.len();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(len)).collect();
            cuts.extend([0, len]);
            cuts.sort_unstable();
            let whole = cuts.windows(2).map(|pair| (pair[0], pair[1]));
            let over = over.iter().map(|(at, more)| {
                let at = at.index(len);
                (at, (at + more).min(len))
            });
            let segments: Vec<_> = whole.chain(over).collect();
            (Just(data), Just(begin), Just(segments).prop_shuffle())
        })
    }

    proptest! {
        #[test]
        fn segments_in_any_order_give_the_stream((data, begin, segments) in streams()) {
            let mut flow = Flow::default();
            flow.begin(begin.wrapping_sub(1));
            let mut delivered = Delivered::default();
            for (from, to) in segments {
                let sequence = begin.wrapping_add(u32::try_from(from).unwrap());
                delivered.segment(&mut flow, sequence, &data[from..to]);
            }
            flow.finish(begin.wrapping_add(u32::try_from(data.len()).unwrap()), 0);
            prop_assert!(flow.has_ended());
            prop_assert_eq!(delivered.bytes, data);
            prop_assert!(delivered.gaps.is_empty());
            prop_assert_eq!(flow.waiting(), 0);
        }

        /// Whatever is missing, the rest is delivered in its order, and all that is missing is told.
        #[test]
        fn what_no_segment_has_is_a_gap((data, begin, segments) in streams(), lost in any::<Index>()) {
            let (lost_from, lost_to) = segments[lost.index(segments.len())];
            let mut flow = Flow::default();
            flow.begin(begin.wrapping_sub(1));
            let mut delivered = Delivered::default();
            let mut has = vec![false; data.len()];
            for (from, to) in segments {
                // Only what does not touch the lost bytes comes.
                if to > lost_from && from < lost_to {
                    continue;
                }
                has[from..to].fill(true);
                let sequence = begin.wrapping_add(u32::try_from(from).unwrap());
                delivered.segment(&mut flow, sequence, &data[from..to]);
            }
            flow.finish(begin.wrapping_add(u32::try_from(data.len()).unwrap()), 0);
            delivered.flush(&mut flow);
            let expected: Vec<u8> = data.iter().zip(&has).filter_map(|(byte, has)| has.then_some(*byte)).collect();
            prop_assert_eq!(&delivered.bytes, &expected);
            let missing: u64 = delivered.gaps.iter().map(|(_, len)| len).sum();
            prop_assert_eq!(missing, (data.len() - expected.len()) as u64);
            prop_assert!(flow.has_ended());
        }
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_and_in_pieces() {
        let mut flow = Flow::default();
        flow.begin(u32::MAX);
        let mut delivered = Delivered::default();
        let megabyte = vec![b'x'; 1 << 20];
        for number in 0..16 {
            delivered.segment(&mut flow, 1 + (number << 20), &megabyte);
            assert!(flow.waiting() <= MAX_WAITING);
        }
        assert_eq!(
            (delivered.bytes.len(), delivered.gaps),
            (16 << 20, vec![(0, 1)])
        );

        let mut flow = Flow::default();
        flow.begin(u32::MAX);
        let mut delivered = Delivered::default();
        for number in 0..20_000 {
            delivered.segment(&mut flow, 1 + 2 * number, b"x");
            assert!(flow.ahead.len() <= MAX_PIECES);
        }
        delivered.flush(&mut flow);
        assert_eq!(
            (delivered.bytes.len(), delivered.gaps.len()),
            (20_000, 20_000)
        );
    }

    #[test]
    fn what_lies_far_behind_is_new_and_what_lies_a_little_behind_is_old() {
        let mut flow = Flow::default();
        let mut delivered = Delivered::default();
        delivered.segment(&mut flow, 1_000_000, b"first");
        delivered.segment(&mut flow, 999_000, b"old");
        assert_eq!(delivered.bytes, b"first");
        let far = 1_000_005_u32.wrapping_sub(LARGEST_WINDOW + 1);
        delivered.segment(&mut flow, far, b"new");
        delivered.flush(&mut flow);
        assert_eq!(delivered.bytes, b"firstnew");
        assert_eq!(delivered.gaps, [(5, u64::from(u32::MAX - LARGEST_WINDOW))]);
    }
}
