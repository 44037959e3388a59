//! Strings are counted in UTF-16 units and written as one to three bytes a unit, so their end is found by walking.

use crate::error::ErrorKind;

/// The length in bytes of the first `units` UTF-16 units of `bytes`, or what is wrong and at which byte.
///
/// | unit | bytes |
/// |---|---|
/// | `0000-007f` | `0xxxxxxx` |
/// | `0080-07ff` | `110xxxxx 10xxxxxx` |
/// | `0800-ffff` | `1110xxxx 10xxxxxx 10xxxxxx`, surrogates too |
#[inline]
pub(crate) fn byte_len(bytes: &[u8], units: usize) -> Result<usize, (ErrorKind, usize)> {
    // Each unit takes a byte or more: a length that the input cannot hold ends here.
    if units > bytes.len() {
        return Err((ErrorKind::Truncated, bytes.len()));
    }
    let mut rest = bytes;
    let mut left = units;
    while left > 0 {
        let ascii = ascii_prefix(rest, left);
        if ascii > 0 {
            rest = rest.get(ascii..).unwrap_or_default();
            left -= ascii;
        } else {
            let len =
                wide_unit(rest).map_err(|(kind, at)| (kind, bytes.len() - rest.len() + at))?;
            rest = rest.get(len..).unwrap_or_default();
            left -= 1;
        }
    }
    Ok(bytes.len() - rest.len())
}

/// How many of the first `most` bytes are ASCII before the first that is not; a run may be cut short at a word's end.
#[inline]
fn ascii_prefix(bytes: &[u8], most: usize) -> usize {
    let mut run = 0;
    let mut rest = bytes.get(..most).unwrap_or(bytes);
    while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
        let (words, _) = block.as_chunks::<8>();
        if words
            .iter()
            .fold(0, |all, word| all | u64::from_le_bytes(*word))
            & HIGH_BITS
            != 0
        {
            break;
        }
        run += BLOCK;
        rest = after;
    }
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let high = u64::from_le_bytes(*word) & HIGH_BITS;
        if high != 0 {
            return run + (high.trailing_zeros() / 8) as usize;
        }
        run += 8;
        rest = after;
    }
    run + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

/// The length of the unit of two or three bytes at the beginning of `bytes`.
#[inline]
fn wide_unit(bytes: &[u8]) -> Result<usize, (ErrorKind, usize)> {
    let bad = |found, at| Err((ErrorKind::BadUtf8 { found }, at));
    match *bytes {
        [0xc2..=0xdf, 0x80..=0xbf, ..] => Ok(2),
        [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..] | [0xe1..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..] => Ok(3),
        []
        | [0xc2..=0xdf]
        | [0xe1..=0xef]
        | [0xe0, 0xa0..=0xbf]
        | [0xe0]
        | [0xe1..=0xef, 0x80..=0xbf] => Err((ErrorKind::Truncated, bytes.len())),
        [0xe0, 0xa0..=0xbf, third, ..] | [0xe1..=0xef, 0x80..=0xbf, third, ..] => bad(third, 2),
        [0xc2..=0xef, second, ..] => bad(second, 1),
        [first, ..] => bad(first, 0),
    }
}

/// The UTF-16 units of bytes that [`byte_len`] accepted.
pub(crate) fn utf16(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let low = |byte: u8| u16::from(byte & 0x3f);
        let (unit, after) = match *rest {
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
        rest = after;
        Some(unit)
    })
}

/// Appends `unit` in one to three bytes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each byte is masked or shifted to its bits"
)]
pub(crate) fn push(out: &mut alloc::vec::Vec<u8>, unit: u16) {
    match unit {
        0x0000..=0x007f => out.push(unit as u8),
        0x0080..=0x07ff => out.extend([0xc0 | (unit >> 6) as u8, 0x80 | (unit & 0x3f) as u8]),
        0x0800..=0xffff => out.extend([
            0xe0 | (unit >> 12) as u8,
            0x80 | (unit >> 6 & 0x3f) as u8,
            0x80 | (unit & 0x3f) as u8,
        ]),
    }
}

/// Bytes of text looked at in one step: long ASCII strings are scanned at the speed of memory.
const BLOCK: usize = 32;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
