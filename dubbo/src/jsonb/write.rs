//! The little of fastjson2's JSONB that refusals are made of, as Dubbo 3.3.6 frames it: each value behind its length.

use alloc::vec::Vec;

/// Begins a value with a type: the type's name, a number for it, the value.
pub(crate) const TYPED: u8 = 0x92;
/// Begins an object: keys and values follow, then [`OBJECT_END`].
pub(crate) const OBJECT: u8 = 0xa6;
pub(crate) const OBJECT_END: u8 = 0xa5;
/// Begins a number of one byte.
pub(crate) const INT8: u8 = 0xbd;

/// Appends a value behind its length of four bytes, big endian.
pub(crate) fn value(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; LENGTH]);
    write(out);
    let length = u32::try_from(out.len() - start - LENGTH).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + LENGTH) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends a string as Java does: a byte a character where Latin-1 has them all (`49+n` up to 47, `79 n` above), and UTF-8
/// (`7a n`) otherwise. A string of Latin-1 characters that is written as UTF-8 equals no other for fastjson2.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let latin1 = || text.chars().map(|char| u8::try_from(char).ok());
    if latin1().any(|byte| byte.is_none()) {
        out.push(UTF8);
        length(out, text.len());
        out.extend(text.bytes());
        return;
    }
    let len = latin1().count();
    match u8::try_from(len) {
        Ok(len @ ..=SHORT_MAX) => out.push(SHORT + len),
        _ => {
            out.push(LATIN1);
            length(out, len);
        }
    }
    out.extend(latin1().flatten());
}

/// A length as JSONB's int: one byte up to 2f, `38+high low` up to 7ff, `48` and four bytes above.
fn length(out: &mut Vec<u8>, length: usize) {
    let [b3, b2, high, low] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    match length {
        0..=0x2f => out.push(low),
        0x30..=0x7ff => out.extend([0x38 + high, low]),
        _ => out.extend([0x48, b3, b2, high, low]),
    }
}

const LENGTH: usize = 4;
const SHORT: u8 = 0x49;
const SHORT_MAX: u8 = 47;
const LATIN1: u8 = 0x79;
const UTF8: u8 = 0x7a;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn written(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        string(&mut out, text);
        out
    }

    /// The length's forms are those of fastjson2's JSONB; the short strings were seen in frames of Dubbo 3.3.6.
    #[test]
    fn strings_have_the_form_of_their_length() {
        assert_eq!(written(""), b"\x49");
        assert_eq!(written("0.0.0"), b"\x4e0.0.0");
        assert_eq!(written("lab.UserService"), b"\x58lab.UserService");
        for (len, head) in [
            (47, b"\x78".as_slice()),
            (48, b"\x79\x38\x30"),
            (255, b"\x79\x38\xff"),
            (256, b"\x79\x39\x00"),
            (2047, b"\x79\x3f\xff"),
            (2048, b"\x79\x48\x00\x00\x08\x00"),
        ] {
            let text = "x".repeat(len);
            assert_eq!(written(&text), [head, text.as_bytes()].concat(), "{len}");
        }
    }

    #[test]
    fn what_is_not_latin1_is_utf8() {
        assert_eq!(written("é"), b"\x4a\xe9");
        assert_eq!(written("\u{ff}\u{100}"), b"\x7a\x04\xc3\xbf\xc4\x80");
        assert_eq!(written("\u{1f600}"), b"\x7a\x04\xf0\x9f\x98\x80");
    }

    #[test]
    fn a_value_stands_behind_its_length() {
        let mut out = b"before".to_vec();
        value(&mut out, |out| out.extend([INT8, 4]));
        assert_eq!(out, b"before\0\0\0\x02\xbd\x04");
    }
}
