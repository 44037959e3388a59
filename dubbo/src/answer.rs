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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_first_byte_tells_a_hessian2_answer() {
        let of = |bytes: &[u8]| kind(Status::OK, Serialization::HESSIAN2, bytes);
        assert_eq!(of(b"\x91\x03bob"), Some(AnswerKind::Value));
        assert_eq!(of(b"\x94"), Some(AnswerKind::Value));
        assert_eq!(of(b"\x92"), Some(AnswerKind::Null));
        assert_eq!(of(b"\x95HZ"), Some(AnswerKind::Null));
        assert_eq!(of(b"\x90C"), Some(AnswerKind::Exception));
        assert_eq!(of(b"\x93C"), Some(AnswerKind::Exception));
        assert_eq!(of(b"\x96"), Some(AnswerKind::Unknown));
        assert_eq!(of(b"N"), Some(AnswerKind::Unknown));
        assert_eq!(of(b""), None);
    }

    #[test]
    fn a_status_needs_no_body() {
        for status in [30, 40, 70, 100, 255].map(Status) {
            assert_eq!(
                kind(status, Serialization::HESSIAN2, b""),
                Some(AnswerKind::Error(status))
            );
        }
    }

    #[test]
    fn bodies_that_are_not_read_are_unknown() {
        assert_eq!(
            kind(Status::OK, Serialization::from_flag(8), b"\x91"),
            Some(AnswerKind::Unknown)
        );
    }
}
