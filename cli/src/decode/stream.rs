use std::io::{self, Read};

use dubbo::{Call, CallError, Frame, HEAD_LEN, Head, Kind, Limits, answer};

use super::anomaly::{Anomaly, MAX_REQUEST};

/// One direction of a connection, cut into frames. Holds one request of at most [`MAX_REQUEST`] bytes; of answers and of
/// longer requests it keeps the first bytes only.
pub(super) struct Stream<R> {
    input: R,
    /// How much of the input has been read.
    offset: u64,
    /// What is kept of the frame.
    buffer: Vec<u8>,
}

/// What stands next in the stream.
pub(super) enum Piece<'a> {
    /// A frame. At the end of the input it may be cut off.
    Frame(Recorded<'a>),
    /// Bytes that are no frame. Nothing is known of what follows them.
    NoFrame { offset: u64, anomaly: Anomaly },
}

/// A frame with a whole head.
pub(super) struct Recorded<'a> {
    /// Where it begins in the input.
    pub(super) offset: u64,
    /// How many of its bytes the input has.
    pub(super) found: u64,
    pub(super) head: Head,
    /// Head and body; see [`Stream`].
    kept: &'a [u8],
}

impl<R: Read> Stream<R> {
    pub(super) fn new(input: R) -> Self {
        Stream {
            input,
            offset: 0,
            buffer: Vec::new(),
        }
    }

    /// The next frame; none at the end of the input.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        let offset = self.offset;
        self.buffer.clear();
        self.keep(HEAD_LEN as u64)?;
        let start = self.buffer.as_slice();
        if start.is_empty() {
            return Ok(None);
        }
        let head = match start.first_chunk::<HEAD_LEN>() {
            Some(head) => Head::parse(head).map(Some),
            // What cannot become a head is told before it is one.
            None => Head::check_start(start).map(|()| None),
        };
        let no_frame = |anomaly| Ok(Some(Piece::NoFrame { offset, anomaly }));
        let head = match head {
            Ok(Some(head)) => head,
            Ok(None) => return no_frame(Anomaly::truncated(self.offset, HEAD_LEN, start.len())),
            Err(error) => return no_frame(Anomaly::frame(offset, error)),
        };
        let body_len = u64::from(head.body_len);
        let kept = kept_body(&head).min(body_len);
        self.keep(kept)?;
        self.skip(body_len - kept)?;
        Ok(Some(Piece::Frame(Recorded {
            offset,
            found: self.offset - offset,
            head,
            kept: &self.buffer,
        })))
    }

    /// Reads at most so many bytes. The buffer grows by what comes, not by what a head promises.
    fn keep(&mut self, len: u64) -> io::Result<()> {
        let mut input = self.input.by_ref().take(len);
        self.offset += input.read_to_end(&mut self.buffer)? as u64;
        Ok(())
    }

    fn skip(&mut self, len: u64) -> io::Result<()> {
        let mut input = self.input.by_ref().take(len);
        self.offset += io::copy(&mut input, &mut io::sink())?;
        Ok(())
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

impl<'a> Recorded<'a> {
    /// The whole request; none for answers, for requests that are too long, and for those that are cut off.
    pub(super) fn request(&self) -> Option<Frame<'a>> {
        let whole = self.kept.len() == self.head.frame_len();
        match self.head.kind {
            Kind::Request { .. } if whole => Some(Frame {
                head: self.head,
                bytes: self.kept,
            }),
            _ => None,
        }
    }

    /// What a whole request asks for, unless it is an event.
    pub(super) fn call(&self) -> Option<Result<Call<'a>, CallError>> {
        let frame = self.request().filter(|frame| !frame.head.event)?;
        let serialization = frame.head.serialization;
        Some(Call::parse(frame.body(), serialization, Limits::default()))
    }

    /// The first bytes of the body.
    pub(super) fn body_start(&self) -> &'a [u8] {
        self.kept.get(HEAD_LEN..).unwrap_or_default()
    }

    /// Whether the input has all of it.
    pub(super) fn is_whole(&self) -> bool {
        self.found == self.head.frame_len() as u64
    }
}
