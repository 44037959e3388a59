//! What came of a call, from the first bytes of the answer's body; the rest streams by unread.

use crate::jsonb::number::{self, Whole};
use crate::jsonb::reader::Reader;
use crate::{Serialization, Status};

/// How many bytes of a body [`kind`] may ask for: a length, and the longest whole number of JSONB.
pub const PROBE: usize = 4 + number::LONGEST;

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
/// A body begins with a type: 0 exception, 1 value, 2 null, and 3, 4, 5 the same with attachments behind. In hessian2 it is
/// a compact int, in fastjson2 any whole number behind its length.
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
    let number = match serialization {
        Serialization::HESSIAN2 => i64::from(*first_bytes.first()?) - HESSIAN2_ZERO,
        Serialization::FASTJSON2 => fastjson2_number(first_bytes)?,
        _ => return Some(AnswerKind::Unknown),
    };
    Some(match number {
        0 | 3 => AnswerKind::Exception,
        1 | 4 => AnswerKind::Value,
        2 | 5 => AnswerKind::Null,
        _ => AnswerKind::Unknown,
    })
}

/// The number behind a length; -1 for anything else, `None` if there are too few bytes to tell.
fn fastjson2_number(first_bytes: &[u8]) -> Option<i64> {
    let (length, value) = first_bytes.split_first_chunk()?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > number::LONGEST {
        return Some(NO_NUMBER);
    }
    let mut value = Reader::new(value.get(..length)?, 0);
    Some(match number::whole(&mut value) {
        Ok(Some(Whole::Int(number))) if value.is_empty() => number.into(),
        Ok(Some(Whole::Long(number))) if value.is_empty() => number,
        _ => NO_NUMBER,
    })
}

/// The compact int 0 of hessian2.
const HESSIAN2_ZERO: i64 = 0x90;
const NO_NUMBER: i64 = -1;

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
    fn a_number_behind_its_length_tells_a_fastjson2_answer() {
        let of = |bytes: &[u8]| kind(Status::OK, Serialization::FASTJSON2, bytes);
        // As Dubbo 3.3.6 writes it, and the shorter and longer forms that its reader takes as well.
        for number in 0..6_u8 {
            let expected = [AnswerKind::Exception, AnswerKind::Value, AnswerKind::Null]
                .into_iter()
                .cycle()
                .nth(number.into());
            for form in [
                &[0, 0, 0, 2, 0xbd, number][..],
                &[0, 0, 0, 1, number],
                &[0, 0, 0, 1, 0xe0 + number],
                &[0, 0, 0, 2, 0x38, number],
                &[0, 0, 0, 2, 0xd0, number],
                &[0, 0, 0, 3, 0xbc, 0, number],
                &[0, 0, 0, 3, 0x44, 0, number],
                &[0, 0, 0, 3, 0xc4, 0, number],
                &[0, 0, 0, 5, 0x48, 0, 0, 0, number],
                &[0, 0, 0, 5, 0xbf, 0, 0, 0, number],
                &[0, 0, 0, 9, 0xbe, 0, 0, 0, 0, 0, 0, 0, number],
            ] {
                assert_eq!(of(form), expected, "{form:02x?}");
                assert_eq!(of(&[form, b"more"].concat()), expected, "{form:02x?}");
                for len in 0..form.len() {
                    assert_eq!(of(form.get(..len).unwrap()), None, "{form:02x?}");
                }
                assert!(form.len() <= PROBE);
            }
        }
        for other in [
            &b"\0\0\0\0"[..],
            b"\0\0\0\x0a",
            b"\xff\xff\xff\xff",
            b"\0\0\0\x01\x06",
            b"\0\0\0\x01\xff",
            b"\0\0\0\x01\xaf",
            b"\0\0\0\x02\x4a1",
            b"\0\0\0\x02\x04\x04",
            b"\0\0\0\x01\xbd\x04",
        ] {
            assert_eq!(of(other), Some(AnswerKind::Unknown), "{other:02x?}");
        }
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
