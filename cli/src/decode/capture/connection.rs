use std::io;
use std::net::SocketAddr;

use dubbo::{Head, Kind};

use super::Seen;
use super::flow::{Chunk, Flow};
use super::segment::Segment;
use crate::decode::anomaly::Anomaly;
use crate::decode::cutter::Cutter;
use crate::decode::line::{self, Direction, Place};
use crate::decode::piece::Piece;
use crate::decode::sink::Sink;

/// A TCP connection, or the part of it that a capture has.
///
/// It is taken for Dubbo when one side's first bytes are a frame's; what the other side has said by then is told, too. Of a
/// connection whose beginning is not in the capture, a segment must begin like a frame.
pub(super) struct Connection {
    about: About,
    halves: [Half; 2],
    /// The last packet.
    pub(super) last: Seen,
    /// Memory, as it was counted last.
    pub(super) held: usize,
}

struct About {
    number: u64,
    /// A half is known by the end that sends.
    ends: [SocketAddr; 2],
    /// Which end is the client, as soon as that is known.
    client: Option<usize>,
    dubbo: bool,
}

/// What one end sends.
#[derive(Default)]
struct Half {
    flow: Flow,
    reader: Reader,
}

#[derive(Default)]
struct Reader {
    /// None before the first bytes.
    cutter: Option<Cutter<Seen>>,
    /// Said before the connection was known to be Dubbo.
    no_frame: Option<(u64, Anomaly, Seen)>,
}

impl Connection {
    pub(super) fn new(number: u64, ends: [SocketAddr; 2], ports: &[u16]) -> Connection {
        let is_listed = |end: &SocketAddr| ports.contains(&end.port());
        Connection {
            about: About {
                number,
                ends,
                client: ends.iter().position(is_listed).map(|provider| 1 - provider),
                dubbo: !ports.is_empty(),
            },
            halves: Default::default(),
            last: Seen::default(),
            held: 0,
        }
    }

    /// Whether a segment begins another connection between the same ends.
    pub(super) fn is_over(&self, segment: &Segment<'_>) -> bool {
        let half = self.halves.get(self.about.sender(segment));
        segment.syn && half.is_some_and(|half| half.flow.is_another(segment.sequence))
    }

    pub(super) fn is_dubbo(&self) -> bool {
        self.about.dubbo
    }

    /// Its number in the capture.
    pub(super) fn number(&self) -> u64 {
        self.about.number
    }

    /// Bytes that it holds.
    pub(super) fn count_held(&self) -> usize {
        let held = |half: &Half| {
            let cutter = half.reader.cutter.as_ref();
            half.flow.waiting() + cutter.map_or(0, Cutter::held)
        };
        self.halves.iter().map(held).sum()
    }

    /// Takes a segment of this connection.
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        seen: Seen,
        output: &mut dyn Sink,
    ) -> io::Result<()> {
        self.last = seen;
        let about = &mut self.about;
        let from = about.sender(segment);
        let [first, second] = &mut self.halves;
        let (half, other) = if from == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let mut sequence = segment.sequence;
        if segment.syn {
            half.flow.begin(sequence);
            sequence = sequence.wrapping_add(1);
            about.client = Some(from);
            if let Some(acknowledged) = segment.ack {
                // The provider's; the client's SYN may not be in the capture.
                other.flow.begin(acknowledged.wrapping_sub(1));
                about.client = Some(1 - from);
            }
        }
        let begins = half.flow.has_beginning();
        let Half { flow, reader } = half;
        flow.segment(
            sequence,
            segment.payload,
            segment.lost,
            seen,
            &mut |chunk, seen| reader.chunk(chunk, seen, begins, from, about, output),
        )?;
        if segment.fin {
            flow.finish(sequence, segment.payload.len() + segment.lost);
        }
        if flow.has_ended() {
            reader.end(from, about, output)?;
        }
        self.tell_no_frames(output)
    }

    /// No more segments come.
    pub(super) fn finish(&mut self, output: &mut dyn Sink) -> io::Result<()> {
        let about = &mut self.about;
        for (from, half) in self.halves.iter_mut().enumerate() {
            let begins = half.flow.has_beginning();
            let Half { flow, reader } = half;
            flow.flush(self.last, &mut |chunk, seen| {
                reader.chunk(chunk, seen, begins, from, about, output)
            })?;
            reader.end(from, about, output)?;
        }
        self.tell_no_frames(output)
    }

    fn tell_no_frames(&mut self, output: &mut dyn Sink) -> io::Result<()> {
        if !self.about.dubbo {
            return Ok(());
        }
        for (from, half) in self.halves.iter_mut().enumerate() {
            if let Some((offset, anomaly, seen)) = half.reader.no_frame.take() {
                let place = self.about.place(from, seen, None);
                output.take(Some(&place), Piece::NoFrame { offset, anomaly })?;
            }
        }
        Ok(())
    }
}

impl About {
    fn sender(&self, segment: &Segment<'_>) -> usize {
        usize::from(self.ends.first() != Some(&segment.from))
    }

    /// The place of something that `from` sent, with the head that stands there.
    fn place(&mut self, from: usize, seen: Seen, head: Option<&Head>) -> Place {
        let client = *self
            .client
            .get_or_insert_with(|| guess_client(self.ends, from, head));
        let [first, second] = self.ends;
        let (client_end, provider) = if client == 0 {
            (first, second)
        } else {
            (second, first)
        };
        Place {
            time: seen.time,
            packet: seen.packet,
            connection: line::Connection {
                number: self.number,
                client: client_end,
                provider,
            },
            direction: if from == client {
                Direction::ToProvider
            } else {
                Direction::ToClient
            },
        }
    }
}

/// Who is the client of a connection whose beginning is not known: who calls. Without a call it is who has the higher port.
fn guess_client(ends: [SocketAddr; 2], from: usize, head: Option<&Head>) -> usize {
    match head.map(|head| (head.kind, head.event)) {
        Some((Kind::Request { .. }, false)) => from,
        Some((Kind::Answer { .. }, false)) => 1 - from,
        _ => {
            let [first, second] = ends.map(|end| end.port());
            usize::from(first < second)
        }
    }
}

impl Reader {
    fn chunk(
        &mut self,
        chunk: Chunk<'_>,
        seen: Seen,
        begins: bool,
        from: usize,
        about: &mut About,
        output: &mut dyn Sink,
    ) -> io::Result<()> {
        let cutter = self.cutter.get_or_insert_with(|| {
            if begins {
                Cutter::new()
            } else {
                Cutter::in_the_middle()
            }
        });
        let no_frame = &mut self.no_frame;
        let aligned = !about.dubbo;
        let mut take = |piece: Piece<'_>, seen| match piece {
            Piece::NoFrame { offset, anomaly } if !about.dubbo => {
                *no_frame = Some((offset, anomaly, seen));
                Ok(())
            }
            piece => {
                about.dubbo = true;
                let place = about.place(from, seen, piece.head());
                output.take(Some(&place), piece)
            }
        };
        match chunk {
            Chunk::Bytes(bytes) => cutter.data(bytes, seen, aligned, &mut take)?,
            Chunk::Gap(len) => cutter.gap(len, seen, &mut take)?,
        }
        about.dubbo |= cutter.looks_like_dubbo();
        Ok(())
    }

    fn end(&mut self, from: usize, about: &mut About, output: &mut dyn Sink) -> io::Result<()> {
        let Some(cutter) = &mut self.cutter else {
            return Ok(());
        };
        cutter.end(&mut |piece, seen| {
            if !about.dubbo {
                return Ok(());
            }
            let place = about.place(from, seen, piece.head());
            output.take(Some(&place), piece)
        })
    }
}
