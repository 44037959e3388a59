//! Numbers: the tag's own bits are the highest ones of the short forms.

use crate::error::{Error, ErrorKind};
use crate::reader::Reader;
use crate::tag::Tag;

impl Reader<'_> {
    /// An int tag with its number.
    #[inline(always)]
    pub(crate) fn int(&mut self) -> Result<i32, Error> {
        let tag = self.u8()?;
        match Tag::of(tag) {
            Tag::Int(_) => self.int_behind(tag),
            _ => Err(self.unexpected("an int")),
        }
    }

    /// A count of values, each of which takes a byte or more.
    #[inline(always)]
    pub(crate) fn count(&mut self) -> Result<u32, Error> {
        let offset = self.offset();
        let found = self.int()?;
        let left = self.rest().len();
        match u32::try_from(found) {
            Ok(count) if count as usize <= left => Ok(count),
            Ok(_) => Err(Error {
                kind: ErrorKind::Truncated,
                offset: self.offset() + left,
            }),
            Err(_) => Err(Error {
                kind: ErrorKind::NegativeLength { found },
                offset,
            }),
        }
    }

    /// The int whose tag has just been read: one byte (-16..=47), two, three or five.
    #[inline(always)]
    pub(crate) fn int_behind(&mut self, tag: u8) -> Result<i32, Error> {
        let high = i32::from(tag);
        Ok(match tag {
            0x80..=0xbf => high - 0x90,
            0xc0..=0xcf => (high - 0xc8) << 8 | i32::from(self.u8()?),
            0xd0..=0xd7 => (high - 0xd4) << 16 | i32::from(u16::from_be_bytes(self.array()?)),
            _ => i32::from_be_bytes(self.array()?),
        })
    }

    /// The long whose tag has just been read: one byte (-8..=15), two, three, five or nine.
    #[inline(always)]
    pub(crate) fn long_behind(&mut self, tag: u8) -> Result<i64, Error> {
        let high = i64::from(tag);
        Ok(match tag {
            0xd8..=0xef => high - 0xe0,
            0xf0..=0xff => (high - 0xf8) << 8 | i64::from(self.u8()?),
            0x38..=0x3f => (high - 0x3c) << 16 | i64::from(u16::from_be_bytes(self.array()?)),
            0x59 => i32::from_be_bytes(self.array()?).into(),
            _ => i64::from_be_bytes(self.array()?),
        })
    }

    /// The double whose tag has just been read.
    #[inline(always)]
    pub(crate) fn double_behind(&mut self, tag: u8) -> Result<f64, Error> {
        Ok(match tag {
            0x5b => 0.0,
            0x5c => 1.0,
            0x5d => i8::from_be_bytes(self.array()?).into(),
            0x5e => i16::from_be_bytes(self.array()?).into(),
            // Java computes this product in double precision; a division would round otherwise.
            0x5f => 0.001 * f64::from(i32::from_be_bytes(self.array()?)),
            _ => f64::from_be_bytes(self.array()?),
        })
    }
}
