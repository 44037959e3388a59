//! As much of the protobuf wire format as is needed without generated types: fields into a byte buffer, and fields out of an answer.
//!
//! Lengths are computed before a field is written, so nothing is built up beside the buffer and nothing moves.

/// Appends fields; every length and number is a varint of 7 bits a byte, the low ones first.
#[derive(Debug)]
pub(crate) struct Writer<'b>(pub(crate) &'b mut Vec<u8>);

impl Writer<'_> {
    /// Wire type 0.
    #[inline(always)]
    pub(crate) fn uint(&mut self, field: u8, n: u64) {
        self.0.push(field << 3 | VARINT);
        self.varint(n);
    }

    /// Wire type 1.
    #[inline(always)]
    pub(crate) fn fixed64(&mut self, field: u8, n: u64) {
        self.0.push(field << 3 | FIXED64);
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    /// Wire type 2.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.length(field, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The head of a field of wire type 2; so many bytes must follow.
    #[inline(always)]
    pub(crate) fn length(&mut self, field: u8, len: usize) {
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

/// What a field of wire type 2 with `len` bytes takes, tag and length included.
pub(crate) fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

pub(crate) fn varint_len(n: u64) -> usize {
    (n | 1).ilog2() as usize / 7 + 1
}

/// One field of a message that came from outside.
pub(crate) enum Field<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 2.
    Bytes(&'a [u8]),
    /// Wire types 1 and 5, which nothing that is read here has.
    Fixed,
}

/// The fields of a message, until its end or the first byte that is none.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

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

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;
