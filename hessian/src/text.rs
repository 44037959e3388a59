use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use crate::units;

/// A string as it stands on the wire: Java's form of UTF-8, its chunks joined.
///
/// Java writes one to three bytes for each UTF-16 unit, so a character beyond U+FFFF is two surrogates of three bytes
/// each, which UTF-8 forbids, and a surrogate may stand alone. For every other string the bytes are plain UTF-8.
#[derive(Clone, Eq)]
pub struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    units: usize,
}

/// A surrogate without its other half: the string has no UTF-8 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoneSurrogate;

impl<'a> Text<'a> {
    /// `bytes` must have been walked over as `units` units.
    pub(crate) fn borrowed(bytes: &'a [u8], units: usize) -> Self {
        Text {
            bytes: Cow::Borrowed(bytes),
            units,
        }
    }

    pub(crate) fn push_chunk(&mut self, bytes: &[u8], units: usize) {
        self.bytes.to_mut().extend_from_slice(bytes);
        self.units += units;
    }

    /// The text of these UTF-16 units; surrogates may stand alone.
    pub fn from_utf16(units: impl IntoIterator<Item = u16>) -> Text<'static> {
        let mut bytes = Vec::new();
        let mut count = 0;
        for unit in units {
            units::push_unit(&mut bytes, unit);
            count += 1;
        }
        Text {
            bytes: Cow::Owned(bytes),
            units: count,
        }
    }

    /// The wire's bytes, without tags, chunks joined.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The length in UTF-16 units, as Java counts it.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The text; borrowed unless surrogate pairs had to be joined.
    pub fn to_str(&self) -> Result<Cow<'_, str>, LoneSurrogate> {
        match core::str::from_utf8(&self.bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => join_surrogates(&self.bytes).map(Cow::Owned),
        }
    }

    /// The text, with U+FFFD for each lone surrogate.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        self.to_str().unwrap_or_else(|LoneSurrogate| {
            let chars = char::decode_utf16(units::utf16(&self.bytes));
            Cow::Owned(
                chars
                    .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            )
        })
    }

    /// The text, borrowed from the input unless it had chunks or surrogate pairs to join.
    #[inline(always)]
    pub fn into_str(self) -> Result<Cow<'a, str>, LoneSurrogate> {
        if let Cow::Borrowed(bytes) = self.bytes
            && let Ok(text) = core::str::from_utf8(bytes)
        {
            return Ok(Cow::Borrowed(text));
        }
        join_surrogates(&self.bytes).map(Cow::Owned)
    }

    /// The same text, independent of the input.
    pub fn into_owned(self) -> Text<'static> {
        Text {
            bytes: Cow::Owned(self.bytes.into_owned()),
            units: self.units,
        }
    }

    fn is_ascii(&self) -> bool {
        self.bytes.len() == self.units
    }
}

/// Borrows unless a character beyond U+FFFF has to become two surrogates.
impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        let bytes = if units::is_plain(text) {
            Cow::Borrowed(text.as_bytes())
        } else {
            let mut bytes = Vec::new();
            units::push_str(&mut bytes, text);
            Cow::Owned(bytes)
        };
        Text {
            bytes,
            units: text.encode_utf16().count(),
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        self.bytes == other.bytes
    }
}

/// By bytes, which is not the order that Java sorts strings in.
impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Equal as text, whatever the bytes.
impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        if self.is_ascii() {
            self.as_bytes() == other.as_bytes()
        } else {
            units::utf16(&self.bytes).eq(other.encode_utf16())
        }
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str_lossy(), f)
    }
}

impl fmt::Display for LoneSurrogate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a surrogate pair, but found a lone surrogate")
    }
}

impl core::error::Error for LoneSurrogate {}

#[cold]
fn join_surrogates(bytes: &[u8]) -> Result<String, LoneSurrogate> {
    char::decode_utf16(units::utf16(bytes))
        .collect::<Result<_, _>>()
        .map_err(|_| LoneSurrogate)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PAIR: &[u8] = &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80];
    const LONE: &[u8] = &[b'a', 0xed, 0xa0, 0xbd, b'!'];

    #[test]
    fn plain_text_is_borrowed() {
        let text = Text::borrowed("h\u{e9}\u{5317}".as_bytes(), 3);
        assert!(matches!(
            text.to_str(),
            Ok(Cow::Borrowed("h\u{e9}\u{5317}"))
        ));
    }

    #[test]
    fn surrogate_pairs_are_joined() {
        let text = Text::borrowed(PAIR, 2);
        assert_eq!(text.to_str().as_deref(), Ok("\u{1f600}"));
        assert_eq!(text, "\u{1f600}");
        assert_eq!(text, Text::from("\u{1f600}"));
        assert_eq!(text.units(), 2);
    }

    #[test]
    fn pairs_split_over_chunks_are_joined() {
        let (high, low) = PAIR.split_at(3);
        let mut text = Text::borrowed(high, 1);
        text.push_chunk(low, 1);
        assert_eq!(text, "\u{1f600}");
        assert_eq!(text.as_bytes(), PAIR);
    }

    #[test]
    fn a_lone_surrogate_is_reported_and_replaced_only_on_demand() {
        let text = Text::borrowed(LONE, 3);
        assert_eq!(text.to_str(), Err(LoneSurrogate));
        assert_eq!(text.to_str_lossy(), "a\u{fffd}!");
        assert_ne!(text, "a\u{fffd}!");
    }

    #[test]
    fn comparison_is_by_text() {
        assert_eq!(Text::from("abc"), "abc");
        assert_ne!(Text::from("abc"), "abd");
        assert_ne!(Text::from("abc"), "ab");
        assert_ne!(Text::from("\u{e9}"), "e");
        assert_eq!(Text::from(""), "");
    }

    #[test]
    fn text_of_utf16_units_is_the_same_text() {
        for text in ["", "abc", "h\u{e9}\u{5317}", "\u{1f600}"] {
            let from_units = Text::from_utf16(text.encode_utf16());
            assert_eq!(from_units, Text::from(text));
            assert_eq!(from_units.units(), text.encode_utf16().count());
        }
        assert_eq!(
            Text::from_utf16([0x61, 0xd83d, 0x21]),
            Text::borrowed(LONE, 3)
        );
    }

    #[test]
    fn owned_text_is_the_same_text() {
        let text = Text::borrowed(PAIR, 2);
        assert_eq!(text.clone().into_owned(), text);
    }
}
