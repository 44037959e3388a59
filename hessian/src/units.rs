//! Strings are counted in UTF-16 units and written as one to three bytes a unit, so their end is found by walking.
//!
//! | unit | bytes |
//! |---|---|
//! | `0000-007f` | `0xxxxxxx` |
//! | `0080-07ff` | `110xxxxx 10xxxxxx` |
//! | `0800-ffff` | `1110xxxx 10xxxxxx 10xxxxxx`, surrogates too |

use alloc::vec::Vec;

/// The length in bytes of the first `units` units of `bytes`; or else where the byte stands that is wrong, which is the
/// end of `bytes` when it is missing.
#[inline(always)]
pub(crate) fn byte_len(bytes: &[u8], units: usize) -> Result<usize, usize> {
    // Most strings are names: short and ASCII. They are done here, inlined; all others where `scan` is.
    let mut at = 0;
    if units < BLOCK {
        while let Some(word) = bytes.get(at..).unwrap_or_default().first_chunk() {
            let run = ascii_run(word);
            if units - at <= run {
                return Ok(units);
            }
            at += run;
            if run < WORD {
                break;
            }
        }
    }
    scan(bytes, at, units)
}

/// [`byte_len`], given that the first `at` units are ASCII.
#[inline(never)]
fn scan(bytes: &[u8], mut at: usize, units: usize) -> Result<usize, usize> {
    // Each unit takes a byte or more: a length that the input cannot hold ends here.
    if units > bytes.len() {
        return Err(bytes.len());
    }
    let mut left = units - at;
    while left > 0 {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest {
            [0x00..=0x7f, ..] => {
                let run = ascii_step(rest).min(left);
                at += run;
                left -= run;
            }
            _ => {
                at += wide_unit(rest).map_err(|wrong| at + wrong)?;
                left -= 1;
            }
        }
    }
    Ok(at)
}

/// How many ASCII bytes stand at the beginning of `bytes`, as far as one step can tell.
#[inline(always)]
fn ascii_step(bytes: &[u8]) -> usize {
    if bytes.first_chunk::<BLOCK>().is_some_and(is_ascii) {
        return BLOCK;
    }
    match bytes.first_chunk() {
        Some(word) => ascii_run(word),
        None => bytes.iter().take_while(|byte| byte.is_ascii()).count(),
    }
}

#[inline(always)]
fn is_ascii(block: &[u8; BLOCK]) -> bool {
    let (words, _) = block.as_chunks();
    words.iter().fold(0, |all, word| all | high_bits(word)) == 0
}

/// How many ASCII bytes stand at the beginning of a word.
#[inline(always)]
fn ascii_run(word: &[u8; WORD]) -> usize {
    (high_bits(word).trailing_zeros() / 8) as usize
}

/// Not zero in the bytes that are not ASCII, the first byte being the lowest.
#[inline(always)]
fn high_bits(word: &[u8; WORD]) -> u64 {
    u64::from_le_bytes(*word) & 0x8080_8080_8080_8080
}

/// The length of the unit of two or three bytes at the beginning of `bytes`; or else where the wrong byte stands.
#[inline(always)]
fn wide_unit(bytes: &[u8]) -> Result<usize, usize> {
    match *bytes {
        [0xc2..=0xdf, 0x80..=0xbf, ..] => Ok(2),
        [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..] | [0xe1..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..] => Ok(3),
        [0xe0, 0xa0..=0xbf, ..] | [0xe1..=0xef, 0x80..=0xbf, ..] => Err(2),
        [0xc2..=0xef, ..] => Err(1),
        _ => Err(0),
    }
}

/// The units of bytes that [`byte_len`] accepted.
pub(crate) fn utf16(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let low = |byte: u8| u16::from(byte & 0x3f);
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let unit;
        (unit, rest) = match *rest {
            [first @ 0xe0..=0xff, second, third, ref after @ ..] => (
                u16::from(first & 0x0f) << 12 | low(second) << 6 | low(third),
                after,
            ),
            [first @ 0xc0..=0xdf, second, ref after @ ..] => {
                (u16::from(first & 0x1f) << 6 | low(second), after)
            }
            [first, ref after @ ..] => (u16::from(first), after),
            [] => return None,
        };
        Some(unit)
    })
}

/// Appends `text` in this form: a character beyond U+FFFF becomes two surrogates.
pub(crate) fn push_str(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.encode_utf16().for_each(|unit| push_unit(out, unit));
    }
}

/// Whether `text` has the same bytes in this form as in UTF-8.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte < FOUR_BYTES)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "each byte takes the bits that are its own"
)]
pub(crate) fn push_unit(out: &mut Vec<u8>, unit: u16) {
    let low = |bits: u16| 0x80 | (bits & 0x3f) as u8;
    match unit {
        0x0000..=0x007f => out.push(unit as u8),
        0x0080..=0x07ff => out.extend([0xc0 | (unit >> 6) as u8, low(unit)]),
        0x0800..=0xffff => out.extend([0xe0 | (unit >> 12) as u8, low(unit >> 6), low(unit)]),
    }
}

const WORD: usize = 8;
/// Long ASCII runs go by blocks, at the speed of memory.
const BLOCK: usize = 32;
/// The lead bytes from here on begin the four-byte forms of UTF-8.
const FOUR_BYTES: u8 = 0xf0;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_width_is_measured_after_runs_of_ascii_of_every_length() {
        for run in 0..70 {
            for (wide, units, len) in [
                ("", 0, 0),
                ("\u{e9}", 1, 2),
                ("\u{5317}", 1, 3),
                ("\u{7ff}\u{ffff}z", 3, 6),
            ] {
                let mut bytes = std::vec![b'a'; run];
                bytes.extend(wide.as_bytes());
                assert_eq!(byte_len(&bytes, run + units), Ok(run + len));
                bytes.extend([b'a'; 40]);
                assert_eq!(
                    byte_len(&bytes, run + units),
                    Ok(run + len),
                    "with more behind"
                );
                assert_eq!(byte_len(&bytes, run), Ok(run), "stops before");
            }
        }
    }

    #[test]
    fn a_length_beyond_the_input_is_a_missing_byte_at_its_end() {
        for len in 0..70 {
            let bytes = std::vec![b'a'; len];
            assert_eq!(byte_len(&bytes, len + 1), Err(len));
        }
        assert_eq!(byte_len("\u{5317}\u{5317}".as_bytes(), 3), Err(6));
    }

    #[test]
    fn wrong_bytes_are_named_by_place() {
        let table: [(&[u8], usize); 12] = [
            (&[0x80], 0),
            (&[0xbf, 0x80], 0),
            (&[0xc0, 0x80], 0),
            (&[0xc1, 0xbf], 0),
            (&[0xc2, 0x41], 1),
            (&[0xe0, 0x9f, 0x80], 1),
            (&[0xe1, 0x80, 0x41], 2),
            (&[0xe1, 0xc0, 0x80], 1),
            (&[0xf0, 0x9f, 0x98, 0x80], 0),
            (&[0xff], 0),
            (&[0xc2], 1),
            (&[0xef, 0xbf], 2),
        ];
        for (wrong, place) in table {
            for run in [0, 1, 7, 8, 9, 31, 32, 33, 100] {
                let mut bytes = std::vec![b'a'; run];
                bytes.extend(wrong);
                assert_eq!(
                    byte_len(&bytes, run + 1),
                    Err(run + place),
                    "{wrong:02x?} after {run}"
                );
            }
        }
    }

    #[test]
    fn units_are_read_back_as_they_were_written() {
        let mut bytes = Vec::new();
        (0..=u16::MAX).for_each(|unit| push_unit(&mut bytes, unit));
        assert_eq!(byte_len(&bytes, 0x1_0000), Ok(bytes.len()));
        assert!(utf16(&bytes).eq(0..=u16::MAX));
    }
}
