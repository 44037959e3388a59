//! What came of a call, from the first bytes of the answer's body; the rest streams by unread.

use crate::{Serialization, Status};

/// How many bytes of a body [`kind`] may ask for.
pub const PROBE: usize = 1;

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// A value came back.
    Value,
    /// Null came back; `void` methods too.
    Null,
    /// The service threw.
    Exception,
    /// The call failed before or beside the service: the status is not [`Status::OK`].
    Error(Status),
    /// Status OK, with a body that this crate does not read.
    Unknown,
}

/// The kind of an answer, from its status and the first bytes of its body.
///
/// A hessian2 body begins with a compact int: 0 exception, 1 value, 2 null, and 3, 4, 5 the same with attachments behind.
/// `None` asks for more: at most [`PROBE`] bytes are looked at. At the end of a shorter body the answer is
/// [`AnswerKind::Unknown`].
pub fn kind(
    status: Status,
    serialization: Serialization,
    first_bytes: &[u8],
) -> Option<AnswerKind> {
    if status != Status::OK {
        return Some(AnswerKind::Error(status));
    }
    if serialization != Serialization::HESSIAN2 {
        return Some(AnswerKind::Unknown);
    }
    Some(match first_bytes.first()? {
        0x90 | 0x93 => AnswerKind::Exception,
        0x91 | 0x94 => AnswerKind::Value,
        0x92 | 0x95 => AnswerKind::Null,
        _ => AnswerKind::Unknown,
    })
}
