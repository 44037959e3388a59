use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::stack::Stack;
use crate::tables::Tables;
use crate::tag::{Length, Tag};
use crate::text::Text;
use crate::units;

/// One Hessian stream: a sequence of values that share class definitions, type names and back references.
///
/// Nothing is allocated before a class definition or a type name is met, values nest deeper than 16, or a string comes
/// in several chunks.
///
/// ```
/// let mut stream = hessian::Decoder::new(b"\x03abc\x91N", hessian::Limits::default());
/// assert_eq!(stream.string()?, "abc");
/// assert_eq!(stream.int()?, 1);
/// stream.skip()?;
/// assert!(stream.is_empty());
/// # Ok::<(), hessian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) tables: Tables<'a>,
    pub(crate) limits: Limits,
    pub(crate) stack: Stack,
}

/// A value as [`Decoder::scalar`] returns it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `N`
    Null,
    /// `T` or `F`
    Bool(bool),
    /// A 32-bit number.
    Int(i32),
    /// A 64-bit number.
    Long(i64),
    /// A floating point number.
    Double(f64),
    /// A string.
    String(Text<'a>),
    /// A date, binary data, a list, a map, an object, a back reference, or anything behind a class definition: stepped
    /// over.
    Other,
}

/// How many values a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListLen {
    /// So many; no end marker follows them.
    Fixed(usize),
    /// As many as come before `Z` ([`Decoder::end`]).
    UntilEnd,
}

impl<'a> Decoder<'a> {
    /// Reads the stream in `bytes` from its beginning.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Decoder {
            reader: Reader::new(bytes),
            tables: Tables::default(),
            limits,
            stack: Stack::new(),
        }
    }

    /// How many bytes have been consumed.
    pub fn offset(&self) -> usize {
        self.reader.offset()
    }

    /// The bytes that have not been consumed.
    pub fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// Whether all bytes have been consumed.
    pub fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// The tag of what comes next.
    pub fn peek(&self) -> Result<u8, Error> {
        self.reader.peek()
    }

    /// The names of the classes and types that the stream has named so far, in its order: each class definition and
    /// each type that is not a reference to an earlier one.
    pub fn names(&self) -> impl Iterator<Item = &Text<'a>> {
        self.tables.names.iter()
    }

    /// Reads a string, and nothing else that Java would convert to one.
    pub fn string(&mut self) -> Result<Text<'a>, Error> {
        match self.tag()? {
            Tag::String(length) => self.text(length),
            _ => Err(self.reader.unexpected("a string")),
        }
    }

    /// Reads a string or null.
    pub fn string_or_null(&mut self) -> Result<Option<Text<'a>>, Error> {
        match self.tag()? {
            Tag::Null => Ok(None),
            Tag::String(length) => self.text(length).map(Some),
            _ => Err(self.reader.unexpected("a string or null")),
        }
    }

    /// Reads a 32-bit number, and nothing else that Java would convert to one.
    pub fn int(&mut self) -> Result<i32, Error> {
        let byte = self.peek()?;
        match self.tag()? {
            Tag::Int(_) => self.int_after(byte),
            _ => Err(self.reader.unexpected("an int")),
        }
    }

    /// Reads one value; what is no scalar is stepped over.
    pub fn scalar(&mut self) -> Result<Scalar<'a>, Error> {
        let byte = self.peek()?;
        Ok(match Tag::of(byte) {
            Tag::Null => {
                self.tag()?;
                Scalar::Null
            }
            Tag::Bool(value) => {
                self.tag()?;
                Scalar::Bool(value)
            }
            Tag::Int(_) => {
                self.tag()?;
                Scalar::Int(self.int_after(byte)?)
            }
            Tag::Long(_) => {
                self.tag()?;
                Scalar::Long(self.long_after(byte)?)
            }
            Tag::Double(_) => {
                self.tag()?;
                Scalar::Double(self.double_after(byte)?)
            }
            Tag::String(_) => Scalar::String(self.string()?),
            _ => {
                self.skip()?;
                Scalar::Other
            }
        })
    }

    /// Enters a map: `H` (`None`) or `M` with its type name. Pairs follow until [`Decoder::end`].
    pub fn begin_map(&mut self) -> Result<Option<Text<'a>>, Error> {
        match self.tag()? {
            Tag::Map => {
                self.tables.refs += 1;
                Ok(None)
            }
            Tag::TypedMap => {
                self.tables.refs += 1;
                self.type_name().map(|name| Some(name.clone()))
            }
            _ => Err(self.reader.unexpected("a map")),
        }
    }

    /// Enters a list, typed or not.
    pub fn begin_list(&mut self) -> Result<ListLen, Error> {
        let tag = self.tag()?;
        match tag {
            Tag::TypedListShort(_) | Tag::TypedListFixed | Tag::TypedListOpen => {
                self.type_name()?;
            }
            Tag::ListShort(_) | Tag::ListFixed | Tag::ListOpen => {}
            _ => return Err(self.reader.unexpected("a list")),
        }
        self.tables.refs += 1;
        Ok(match tag {
            Tag::TypedListShort(count) | Tag::ListShort(count) => ListLen::Fixed(count.into()),
            Tag::TypedListFixed | Tag::ListFixed => ListLen::Fixed(self.count()? as usize),
            _ => ListLen::UntilEnd,
        })
    }

    /// Consumes the end marker `Z` of a map or list if it is next.
    pub fn end(&mut self) -> bool {
        self.reader.eat(b'Z')
    }

    #[inline]
    pub(crate) fn tag(&mut self) -> Result<Tag, Error> {
        self.reader.u8().map(Tag::of)
    }

    /// The number whose tag `byte` was just read.
    fn int_after(&mut self, byte: u8) -> Result<i32, Error> {
        let tag = i32::from(byte);
        Ok(match byte {
            0x80..=0xbf => tag - 0x90,
            0xc0..=0xcf => (tag - 0xc8) << 8 | i32::from(self.reader.u8()?),
            0xd0..=0xd7 => (tag - 0xd4) << 16 | i32::from(u16::from_be_bytes(self.reader.array()?)),
            _ => i32::from_be_bytes(self.reader.array()?),
        })
    }

    fn long_after(&mut self, byte: u8) -> Result<i64, Error> {
        let tag = i64::from(byte);
        Ok(match byte {
            0xd8..=0xef => tag - 0xe0,
            0xf0..=0xff => (tag - 0xf8) << 8 | i64::from(self.reader.u8()?),
            0x38..=0x3f => (tag - 0x3c) << 16 | i64::from(u16::from_be_bytes(self.reader.array()?)),
            0x59 => i32::from_be_bytes(self.reader.array()?).into(),
            _ => i64::from_be_bytes(self.reader.array()?),
        })
    }

    fn double_after(&mut self, byte: u8) -> Result<f64, Error> {
        Ok(match byte {
            0x5b => 0.0,
            0x5c => 1.0,
            0x5d => i8::from_be_bytes(self.reader.array()?).into(),
            0x5e => i16::from_be_bytes(self.reader.array()?).into(),
            0x5f => 0.001 * f64::from(i32::from_be_bytes(self.reader.array()?)),
            _ => f64::from_be_bytes(self.reader.array()?),
        })
    }

    /// The string whose tag was just read.
    fn text(&mut self, length: Length) -> Result<Text<'a>, Error> {
        let (units, mut last) = self.length(length)?;
        let mut text = Text::borrowed(self.units(units)?, units);
        while !last {
            let Tag::String(length) = self.tag()? else {
                return Err(self.reader.unexpected(NEXT_STRING_CHUNK));
            };
            let units;
            (units, last) = self.length(length)?;
            text.push_chunk(self.units(units)?, units);
        }
        Ok(text)
    }

    /// A chunk's length, and whether it is the last one.
    #[inline]
    pub(crate) fn length(&mut self, length: Length) -> Result<(usize, bool), Error> {
        Ok(match length {
            Length::Short(len) => (len.into(), true),
            Length::Medium(high) => (u16::from_be_bytes([high, self.reader.u8()?]).into(), true),
            Length::Long { last } => (u16::from_be_bytes(self.reader.array()?).into(), last),
        })
    }

    #[inline]
    pub(crate) fn units(&mut self, units: usize) -> Result<&'a [u8], Error> {
        match units::byte_len(self.rest(), units) {
            Ok(len) => self.reader.take(len),
            Err((kind, at)) => Err(Error {
                kind,
                offset: self.offset() + at,
            }),
        }
    }

    /// A count of values, each of which takes a byte or more.
    pub(crate) fn count(&mut self) -> Result<u32, Error> {
        let offset = self.offset();
        let found = self.int()?;
        let fail = |kind| Err(Error { kind, offset });
        match u32::try_from(found) {
            Err(_) => fail(ErrorKind::NegativeLength { found }),
            Ok(count) if count as usize > self.rest().len() => fail(ErrorKind::Truncated),
            Ok(count) => Ok(count),
        }
    }

    /// A type: its name, or the index of an earlier one.
    pub(crate) fn type_name(&mut self) -> Result<&Text<'a>, Error> {
        let offset = self.offset();
        let byte = self.peek()?;
        let known = self.tables.types.len();
        let index = match self.tag()? {
            Tag::String(length) => {
                let name = self.text(length)?;
                let limit = self.limits.types;
                if known >= limit {
                    return Err(Error {
                        kind: ErrorKind::TooManyTypes { limit },
                        offset,
                    });
                }
                self.tables.define_type(name);
                i32::try_from(known).unwrap_or(i32::MAX)
            }
            Tag::Int(_) => self.int_after(byte)?,
            _ => return Err(self.reader.unexpected("a type")),
        };
        self.tables.type_name(index).ok_or(Error {
            kind: ErrorKind::UnknownType { index, known },
            offset,
        })
    }
}

pub(crate) const NEXT_STRING_CHUNK: &str = "the string's next chunk";
