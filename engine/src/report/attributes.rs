//! Attributes as OTLP has them, into a byte buffer.

use crate::protobuf::{Writer, field_len, varint_len};

/// The `repeated KeyValue attributes` of a resource, a scope or a record.
///
/// What takes a key is always inlined: with the key's length known, its copy is a few moves, and a record takes half the time.
#[derive(Debug)]
pub(super) struct Attributes<'b> {
    pub(super) out: Writer<'b>,
    /// The number of the attributes' field in their message.
    pub(super) field: u8,
}

impl Attributes<'_> {
    /// `AnyValue.string_value`; an empty one is left out, a long one is cut.
    #[inline(always)]
    pub(super) fn text(&mut self, key: &str, text: &str) {
        if text.len() > MAX_TEXT {
            self.joined(key, &[text]);
        } else if !text.is_empty() {
            self.key(key, field_len(text.len()));
            self.out.bytes(1, text.as_bytes());
        }
    }

    /// `AnyValue.string_value`, joined from pieces; each is cut if it is long.
    pub(super) fn joined(&mut self, key: &str, pieces: &[&str]) {
        let len = pieces.iter().map(|piece| cut_len(piece)).sum();
        self.key(key, field_len(len));
        self.out.length(1, len);
        pieces.iter().for_each(|piece| self.cut(piece));
    }

    /// `AnyValue.bool_value`, when it is true.
    pub(super) fn flag(&mut self, key: &str, set: bool) {
        if set {
            self.key(key, 2);
            self.out.uint(2, 1);
        }
    }

    /// `AnyValue.int_value`.
    #[inline(always)]
    pub(super) fn int(&mut self, key: &str, n: u64) {
        let n = n.min(i64::MAX as u64);
        self.key(key, 1 + varint_len(n));
        self.out.uint(3, n);
    }

    /// `AnyValue.double_value`.
    #[inline(always)]
    pub(super) fn double(&mut self, key: &str, n: f64) {
        self.key(key, 9);
        self.out.fixed64(4, n.to_bits());
    }

    /// `AnyValue.array_value` of strings; an empty one is left out, a long one is cut, as are its texts.
    pub(super) fn list(&mut self, key: &str, texts: &[&str]) {
        if texts.is_empty() {
            return;
        }
        let texts = texts.get(..MAX_TEXTS).unwrap_or(texts);
        let len = texts
            .iter()
            .map(|text| field_len(field_len(cut_len(text))))
            .sum();
        self.key(key, field_len(len));
        self.out.length(5, len);
        for text in texts {
            let len = cut_len(text);
            self.out.length(1, field_len(len));
            self.out.length(1, len);
            self.cut(text);
        }
    }

    /// A `KeyValue { string key = 1; AnyValue value = 2; }` whose value takes `value_len` bytes; they must follow.
    #[inline(always)]
    fn key(&mut self, key: &str, value_len: usize) {
        self.out
            .length(self.field, field_len(key.len()) + field_len(value_len));
        self.out.bytes(1, key.as_bytes());
        self.out.length(2, value_len);
    }

    /// A text, or its beginning and a sign that it was cut.
    fn cut(&mut self, text: &str) {
        if text.len() <= MAX_TEXT {
            self.out.0.extend_from_slice(text.as_bytes());
        } else {
            let kept = text
                .get(..text.floor_char_boundary(MAX_TEXT))
                .unwrap_or_default();
            self.out.0.extend_from_slice(kept.as_bytes());
            self.out.0.extend_from_slice(CUT.as_bytes());
        }
    }
}

/// What [`Attributes::cut`] writes.
fn cut_len(text: &str) -> usize {
    if text.len() <= MAX_TEXT {
        return text.len();
    }
    text.floor_char_boundary(MAX_TEXT) + CUT.len()
}

/// Texts come from callers; a name that is longer helps nobody.
const MAX_TEXT: usize = 512;
const MAX_TEXTS: usize = 16;
const CUT: &str = "…";
