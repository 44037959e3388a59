//! Whole numbers: the smaller, the shorter.

use super::reader::Reader;
use super::{Error, ErrorKind};

/// A whole number, as wide as its writer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Int(i32),
    Long(i64),
}

/// The longest form of a whole number.
pub(crate) const LONGEST: usize = 9;

/// The number that comes next; none, and nothing consumed, if something else does.
///
/// ```text
/// f0-ff 00-2f: -16..47     30-3f b: -2^11..2^11-1     40-47 b b: -2^18..2^18-1     48 b b b b
/// d8-ef: -8..15            c8-d7 b                    c0-c7 b b                    be, 8 bytes; bf, 4 bytes
/// bd b: a byte             bc b b: a short
/// ```
pub(crate) fn whole(reader: &mut Reader<'_>) -> Result<Option<Whole>, Error> {
    let tag = reader.peek()?;
    let mut behind = *reader;
    behind.u8()?;
    let number = match tag {
        0x00..=0x48 | 0xf0..=0xff => Whole::Int(int_behind(&mut behind, tag)?),
        0xd8..=0xef => Whole::Long(i64::from(tag) - 0xe0),
        0xc8..=0xd7 => {
            let low = behind.u8()?;
            Whole::Long((i64::from(tag) - 0xd0) * 0x100 + i64::from(low))
        }
        0xc0..=0xc7 => {
            let low = u16::from_be_bytes(*behind.array()?);
            Whole::Long((i64::from(tag) - 0xc4) * 0x1_0000 + i64::from(low))
        }
        0xbc => Whole::Int(i16::from_be_bytes(*behind.array()?).into()),
        0xbd => Whole::Int(i8::from_be_bytes(*behind.array()?).into()),
        0xbe => Whole::Long(i64::from_be_bytes(*behind.array()?)),
        0xbf => Whole::Long(i32::from_be_bytes(*behind.array()?).into()),
        _ => return Ok(None),
    };
    *reader = behind;
    Ok(Some(number))
}

/// A whole number, which must come next.
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), Error> {
    match whole(reader)? {
        Some(_) => Ok(()),
        None => Err(reader.unexpected("a whole number")),
    }
}

/// Whether `tag` begins a number as [`int`] reads it.
pub(crate) fn is_int(tag: u8) -> bool {
    matches!(tag, 0x00..=0x48 | 0xf0..=0xff)
}

/// A 32-bit number in the form that lengths and symbols have.
pub(crate) fn int(reader: &mut Reader<'_>) -> Result<i32, Error> {
    if !is_int(reader.peek()?) {
        return Err(reader.unexpected("an int"));
    }
    let tag = reader.u8()?;
    int_behind(reader, tag)
}

/// A length: an int that is not negative. What it promises need not be there.
pub(crate) fn length(reader: &mut Reader<'_>) -> Result<usize, Error> {
    let offset = reader.offset();
    let found = int(reader)?;
    usize::try_from(found).map_err(|_| Error {
        kind: ErrorKind::NegativeLength { found },
        offset,
    })
}

fn int_behind(reader: &mut Reader<'_>, tag: u8) -> Result<i32, Error> {
    Ok(match tag {
        0x30..=0x3f => (i32::from(tag) - 0x38) * 0x100 + i32::from(reader.u8()?),
        0x40..=0x47 => {
            let low = u16::from_be_bytes(*reader.array()?);
            (i32::from(tag) - 0x44) * 0x1_0000 + i32::from(low)
        }
        0x48 => i32::from_be_bytes(*reader.array()?),
        _ => i8::from_be_bytes([tag]).into(),
    })
}
