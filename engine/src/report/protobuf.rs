//! As much of the protobuf wire format as OTLP needs: fields and attributes into a byte buffer, and varints out of an answer.
//!
//! Lengths are computed before a field is written, so nothing is built up beside the buffer and nothing moves.

/// Appends fields; every length and number is a varint of 7 bits a byte, the low ones first.
#[derive(Debug)]
pub(super) struct Writer<'b>(pub(super) &'b mut Vec<u8>);

impl Writer<'_> {
    /// Wire type 0.
    #[inline(always)]
    pub(super) fn uint(&mut self, field: u8, n: u64) {
        self.0.push(field << 3 | VARINT);
        self.varint(n);
    }

    /// Wire type 1.
    #[inline(always)]
    pub(super) fn fixed64(&mut self, field: u8, n: u64) {
        self.0.push(field << 3 | FIXED64);
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    /// Wire type 2.
    #[inline(always)]
    pub(super) fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.length(field, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The head of a field of wire type 2; so many bytes must follow.
    #[inline(always)]
    pub(super) fn length(&mut self, field: u8, len: usize) {
        let tag = field << 3 | LENGTH;
        match u8::try_from(len) {
            Ok(short @ ..0x80) => self.0.extend_from_slice(&[tag, short]),
            _ => {
                self.0.push(tag);
                self.varint(len as u64);
            }
        }
    }

    fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        self.0.push((n & 0x7f) as u8);
    }
}

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

/// What a field of wire type 2 with `len` bytes takes, tag and length included.
pub(super) fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

fn varint_len(n: u64) -> usize {
    (n | 1).ilog2() as usize / 7 + 1
}

/// One field of a message that came from outside.
pub(super) enum Field<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 2.
    Bytes(&'a [u8]),
    /// Wire types 1 and 5, which nothing that is read here has.
    Fixed,
}

/// The fields of a message, until its end or the first byte that is none.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let field = match (tag & 7) as u8 {
            VARINT => Field::Varint(self.varint()?),
            FIXED64 => self.take(8).map(|_| Field::Fixed)?,
            FIXED32 => self.take(4).map(|_| Field::Fixed)?,
            LENGTH => {
                let len = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(len)?)
            }
            _ => return None,
        };
        Some((tag >> 3, field))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }
}

/// Texts come from callers; a name that is longer helps nobody.
const MAX_TEXT: usize = 512;
const MAX_TEXTS: usize = 16;
const CUT: &str = "…";
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;
