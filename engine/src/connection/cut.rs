//! Cuts the bytes of one side into frames, and reads every request, before anything is decided.
//!
//! Closing a connection throws away whatever the same callback would have released. So all of a callback's bytes are
//! looked at first: when one of them is no Dubbo, none of its calls is admitted, charged or reported as passed.

use core::ops::Range;

use dubbo::event::{self, Event};
use dubbo::{CallError, CallErrorKind, Frame, HEAD_LEN, Head, Kind, Serialization};

use super::memory::{Memory, Read};
use super::{CloseReason, Side};
use crate::policy::{Mode, Policy};

/// What tells frames from other bytes.
pub(super) const MAGIC_LEN: usize = 2;

/// Events are answered by a null; a longer one is nobody's.
const MAX_EVENT_ANSWER: usize = 1024;

/// A whole request that is a call, and what it says.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// Where it stands in the input.
    pub(crate) at: Range<usize>,
    pub(crate) frame: Frame<'a>,
    pub(crate) two_way: bool,
    pub(crate) read: Result<Read, CallError>,
}

/// A stretch of the input, in the order in which it came.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// A call.
    Call(Request<'a>),
    /// A whole request that is an event.
    Event {
        at: Range<usize>,
        head: Head,
        two_way: bool,
    },
    /// A whole answer to an event.
    EventAnswer { at: Range<usize>, head: Head },
    /// The head of an answer; its body follows as [`Piece::Body`].
    Answer { at: Range<usize>, head: Head },
    /// Some bytes of the body of the answer that is passing.
    Body { at: Range<usize> },
}

/// What [`cut`] found.
#[derive(Debug, Default)]
pub(crate) struct Cut<'a> {
    pub(crate) pieces: Vec<Piece<'a>>,
    /// Where the incomplete frame begins; the input's length if there is none.
    pub(crate) tail: usize,
    /// How many bytes the incomplete frame must have before it is worth looking at again.
    pub(crate) need: usize,
    /// Bytes of an answer's body that are still to come.
    pub(crate) body_left: u64,
    /// Why the connection has to be closed.
    pub(crate) error: Option<CloseReason>,
}

/// Cuts `input`, which begins with `body_left` bytes of an answer's body and then with a frame.
pub(crate) fn cut<'a>(
    input: &'a [u8],
    from: Side,
    body_left: u64,
    policy: &Policy,
    memory: &mut Memory,
) -> Cut<'a> {
    let mut cut = Cut {
        body_left,
        ..Cut::default()
    };
    while cut.tail < input.len() {
        match next(input, from, &mut cut, policy, memory) {
            Ok(Some(piece)) => cut.pieces.push(piece),
            Ok(None) => break,
            Err(reason) => {
                cut.error = Some(reason);
                break;
            }
        }
    }
    cut
}

/// Takes one piece from the input; none when what is left of it is not whole.
fn next<'a>(
    input: &'a [u8],
    from: Side,
    cut: &mut Cut<'a>,
    policy: &Policy,
    memory: &mut Memory,
) -> Result<Option<Piece<'a>>, CloseReason> {
    let rest = input.get(cut.tail..).unwrap_or_default();
    if cut.body_left > 0 {
        let len = usize::try_from(cut.body_left).map_or(rest.len(), |left| left.min(rest.len()));
        cut.body_left -= len as u64;
        return Ok(Some(Piece::Body { at: cut.take(len) }));
    }
    let Some(head) = rest.first_chunk::<HEAD_LEN>() else {
        // What cannot become a head any more is no reason to wait.
        Head::check_start(rest)?;
        cut.need = if rest.len() < MAGIC_LEN {
            MAGIC_LEN
        } else {
            HEAD_LEN
        };
        return Ok(None);
    };
    let head = Head::parse(head)?;
    let len = head.frame_len();
    match head.kind {
        Kind::Answer { .. } if !head.event => {
            cut.body_left = u64::from(head.body_len);
            let at = cut.take(HEAD_LEN);
            return Ok(Some(Piece::Answer { at, head }));
        }
        Kind::Answer { .. } if len > MAX_EVENT_ANSWER => {
            return Err(CloseReason::EVENT_ANSWER_TOO_LONG);
        }
        Kind::Request { .. } if len > policy.limits.max_frame_bytes => {
            return Err(CloseReason::FRAME_TOO_LONG);
        }
        _ => {}
    }
    let Some(bytes) = rest.get(..len) else {
        cut.need = len;
        return Ok(None);
    };
    let frame = Frame { head, bytes };
    let at = cut.take(len);
    Ok(Some(match head.kind {
        Kind::Answer { .. } => Piece::EventAnswer { at, head },
        Kind::Request { two_way } if head.event => {
            allowed_event(&frame, from)?;
            Piece::Event { at, head, two_way }
        }
        Kind::Request { two_way } => {
            let read = memory.read(frame.body(), head.serialization, policy);
            if let Err(error) = &read
                && !may_be_unreadable(&frame, error, policy)
            {
                return Err(CloseReason::call(error));
            }
            Piece::Call(Request {
                at,
                frame,
                two_way,
                read,
            })
        }
    }))
}

impl Cut<'_> {
    /// The next so many bytes of the input are dealt with.
    fn take(&mut self, len: usize) -> Range<usize> {
        let at = self.tail..self.tail + len;
        self.tail = at.end;
        at
    }
}

/// A client may send heartbeats; a provider may also say that it goes away. Providers read anything else as they like.
fn allowed_event(frame: &Frame<'_>, from: Side) -> Result<(), CloseReason> {
    match (event::kind(frame.body(), frame.head.serialization), from) {
        (Some(Event::Heartbeat), _) | (Some(_), Side::Upstream) => Ok(()),
        _ => Err(CloseReason::UNKNOWN_EVENT),
    }
}

/// Whether a call that cannot be read still has a fate other than the connection's end: with `mode: dry_run` it passes,
/// and in a serialization that refusals can be written in it is refused.
fn may_be_unreadable(frame: &Frame<'_>, error: &CallError, policy: &Policy) -> bool {
    policy.mode == Mode::DryRun
        || (error.kind == CallErrorKind::UnsupportedSerialization
            && takes_refusals(frame.head.serialization))
}

/// Whether refusals can be written in a serialization. A caller takes no exception in another one than its call's.
pub(super) fn takes_refusals(serialization: Serialization) -> bool {
    matches!(
        serialization,
        Serialization::HESSIAN2 | Serialization::FASTJSON2
    )
}

impl Piece<'_> {
    /// Whether an answer will be awaited.
    pub(crate) fn asks(&self) -> bool {
        match self {
            Piece::Call(request) => request.two_way,
            Piece::Event { two_way, .. } => *two_way,
            Piece::EventAnswer { .. } | Piece::Answer { .. } | Piece::Body { .. } => false,
        }
    }
}

impl Request<'_> {
    /// The serialization, as rules and reports name it.
    pub(crate) fn serialization_name(&self) -> &'static str {
        self.frame.head.serialization.name().unwrap_or("unknown")
    }
}
