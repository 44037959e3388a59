//! The few shapes that are written, byte for byte as Java writes them.

use alloc::vec::Vec;

use crate::units;

/// Appends values to a buffer as one Hessian stream.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    classes: i32,
}

impl<'a> Writer<'a> {
    /// Begins a stream at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Writer { out, classes: 0 }
    }

    /// `N`
    pub fn null(&mut self) {
        self.out.push(b'N');
    }

    /// A 32-bit number, in the shortest of its four forms.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ranges bound each byte"
    )]
    pub fn int(&mut self, value: i32) {
        let [_, high, middle, low] = value.to_be_bytes();
        match value {
            -0x10..=0x2f => self.out.push((value + 0x90) as u8),
            -0x800..=0x7ff => self.out.extend([0xc8_u8.wrapping_add(middle), low]),
            -0x4_0000..=0x3_ffff => self.out.extend([0xd4_u8.wrapping_add(high), middle, low]),
            _ => {
                self.out.push(b'I');
                self.out.extend(value.to_be_bytes());
            }
        }
    }

    /// A string: one to three bytes a UTF-16 unit, in chunks of at most 0x8000 units that never split a surrogate pair.
    pub fn string(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let (chunk, units, after) = split_chunk(rest);
            self.string_head(units, after.is_empty());
            units::push_str(self.out, chunk);
            if after.is_empty() {
                return;
            }
            rest = after;
        }
    }

    /// Begins an untyped map: keys and values follow, then [`Writer::end`].
    pub fn begin_map(&mut self) {
        self.out.push(b'H');
    }

    /// Ends a map.
    pub fn end(&mut self) {
        self.out.push(b'Z');
    }

    /// Defines `class` and begins an object of it: one value for each field follows.
    pub fn object(&mut self, class: &str, fields: &[&str]) {
        self.out.push(b'C');
        self.string(class);
        self.int(i32::try_from(fields.len()).unwrap_or(i32::MAX));
        fields.iter().for_each(|field| self.string(field));
        match u8::try_from(self.classes) {
            Ok(index @ 0..=15) => self.out.push(0x60 + index),
            _ => {
                self.out.push(b'O');
                self.int(self.classes);
            }
        }
        self.classes += 1;
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a chunk has at most 0x8000 units"
    )]
    fn string_head(&mut self, units: usize, last: bool) {
        let [high, low] = (units as u16).to_be_bytes();
        match units {
            _ if !last => self.out.extend([b'R', high, low]),
            0..=0x1f => self.out.push(low),
            0x20..=0x3ff => self.out.extend([0x30 + high, low]),
            _ => self.out.extend([b'S', high, low]),
        }
    }
}

/// The longest beginning of `text` that fits a chunk, its units, and the rest.
fn split_chunk(text: &str) -> (&str, usize, &str) {
    let mut units = 0;
    for (at, char) in text.char_indices() {
        if units + char.len_utf16() > CHUNK {
            let (chunk, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            return (chunk, units, rest);
        }
        units += char.len_utf16();
    }
    (text, units, "")
}

/// What Java's writers use, in UTF-16 units.
const CHUNK: usize = 0x8000;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use crate::{Decoder, Limits};

    fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut Writer::new(&mut bytes));
        bytes
    }

    #[test]
    fn an_exception_is_a_definition_and_an_object() {
        let bytes = written(|out| {
            out.object("java.lang.RuntimeException", &["detailMessage"]);
            out.string("no");
        });
        assert_eq!(
            bytes,
            b"C\x1ajava.lang.RuntimeException\x91\x0ddetailMessage\x60\x02no"
        );
    }

    #[test]
    fn objects_of_many_classes_name_their_own() {
        let bytes = written(|out| (0..20).for_each(|_| out.object("a", &[])));
        let mut decoder = Decoder::new(&bytes, Limits::default());
        (0..20).for_each(|_| decoder.skip().expect("an object"));
        assert!(bytes.ends_with(b"C\x01a\x90O\xa3"));
        assert!(decoder.is_empty());
    }

    #[test]
    fn ints_take_the_shortest_form() {
        let table: [(i32, &[u8]); 12] = [
            (-16, &[0x80]),
            (47, &[0xbf]),
            (-17, &[0xc7, 0xef]),
            (48, &[0xc8, 0x30]),
            (-2048, &[0xc0, 0x00]),
            (2047, &[0xcf, 0xff]),
            (-2049, &[0xd3, 0xf7, 0xff]),
            (2048, &[0xd4, 0x08, 0x00]),
            (-262_144, &[0xd0, 0x00, 0x00]),
            (262_143, &[0xd7, 0xff, 0xff]),
            (-262_145, &[0x49, 0xff, 0xfb, 0xff, 0xff]),
            (262_144, &[0x49, 0x00, 0x04, 0x00, 0x00]),
        ];
        for (value, bytes) in table {
            assert_eq!(written(|out| out.int(value)), bytes, "{value}");
            assert_eq!(Decoder::new(bytes, Limits::default()).int(), Ok(value));
        }
    }

    #[test]
    fn a_map_is_its_pairs_between_two_bytes() {
        let bytes = written(|out| {
            out.begin_map();
            out.string("k");
            out.null();
            out.end();
        });
        assert_eq!(bytes, b"H\x01kNZ");
    }

    #[test]
    fn a_chunk_ends_before_a_pair_that_does_not_fit() {
        let text = "a".repeat(CHUNK - 1) + "\u{1f600}";
        let bytes = written(|out| out.string(&text));
        assert!(bytes.starts_with(b"R\x7f\xffa"));
        assert!(bytes.ends_with(b"\x02\xed\xa0\xbd\xed\xb8\x80"));
        assert_eq!(
            Decoder::new(&bytes, Limits::default())
                .string()
                .expect("a string"),
            text.as_str()
        );
    }
}
