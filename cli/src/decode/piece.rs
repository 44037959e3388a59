use dubbo::{Call, CallError, Frame, HEAD_LEN, Head, Kind, Limits};

use super::anomaly::Anomaly;

/// What stands next in the stream.
pub(crate) enum Piece<'a> {
    /// A frame. At the end of the stream it may be cut off.
    Frame(Recorded<'a>),
    /// Bytes that are no frame. Nothing is known of what follows them.
    NoFrame { offset: u64, anomaly: Anomaly },
    /// Bytes that are missing, and such that cannot be read because of them.
    Skipped {
        offset: u64,
        len: u64,
        anomaly: Anomaly,
        /// The head behind them.
        before: Option<Head>,
    },
}

impl Piece<'_> {
    /// A head that is there, or next.
    pub(crate) fn head(&self) -> Option<&Head> {
        match self {
            Piece::Frame(frame) => Some(&frame.head),
            Piece::NoFrame { .. } => None,
            Piece::Skipped { before, .. } => before.as_ref(),
        }
    }
}

/// A frame with a whole head.
pub(crate) struct Recorded<'a> {
    /// Where it begins in the stream.
    pub(crate) offset: u64,
    /// How many of its bytes the stream has.
    pub(crate) found: u64,
    /// Where the first byte stands that is missing within it.
    pub(crate) lost_at: Option<u64>,
    /// Whether its beginning is a guess.
    pub(crate) guessed: bool,
    pub(crate) head: Head,
    /// Head and body; see [`Cutter`](super::cutter::Cutter).
    pub(crate) kept: &'a [u8],
}

impl<'a> Recorded<'a> {
    /// The whole request; none for answers, for requests that are too long, and for those of which something is missing.
    pub(crate) fn request(&self) -> Option<Frame<'a>> {
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
    pub(crate) fn call(&self) -> Option<Result<Call<'a>, CallError>> {
        let frame = self.request().filter(|frame| !frame.head.event)?;
        let serialization = frame.head.serialization;
        Some(Call::parse(frame.body(), serialization, Limits::default()))
    }

    /// The first bytes of the body.
    pub(crate) fn body_start(&self) -> &'a [u8] {
        self.kept.get(HEAD_LEN..).unwrap_or_default()
    }

    /// Whether the stream has all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.found == self.head.frame_len() as u64
    }
}
