use crate::error::Error;
use crate::limits::Limits;
use crate::reader::Reader;
use crate::stack::Stack;
use crate::tables::Tables;
use crate::tag::Tag;
use crate::text::Text;

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
            tables: Tables::new(limits),
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
        self.tables.names()
    }

    /// Reads a string, and nothing else that Java would convert to one.
    pub fn string(&mut self) -> Result<Text<'a>, Error> {
        match self.reader.tag()? {
            Tag::String(length) => self.reader.text_behind(length),
            _ => Err(self.reader.unexpected("a string")),
        }
    }

    /// Reads a string or null.
    pub fn string_or_null(&mut self) -> Result<Option<Text<'a>>, Error> {
        match self.reader.tag()? {
            Tag::Null => Ok(None),
            Tag::String(length) => self.reader.text_behind(length).map(Some),
            _ => Err(self.reader.unexpected("a string or null")),
        }
    }

    /// Reads a 32-bit number, and nothing else that Java would convert to one.
    pub fn int(&mut self) -> Result<i32, Error> {
        self.reader.int()
    }

    /// Reads one value; what is no scalar is stepped over.
    pub fn scalar(&mut self) -> Result<Scalar<'a>, Error> {
        let mut reader = self.reader;
        let tag = reader.u8()?;
        let scalar = match Tag::of(tag) {
            Tag::Null => Scalar::Null,
            Tag::Bool(value) => Scalar::Bool(value),
            Tag::Int(_) => Scalar::Int(reader.int_behind(tag)?),
            Tag::Long(_) => Scalar::Long(reader.long_behind(tag)?),
            Tag::Double(_) => Scalar::Double(reader.double_behind(tag)?),
            Tag::String(length) => Scalar::String(reader.text_behind(length)?),
            _ => {
                self.skip()?;
                return Ok(Scalar::Other);
            }
        };
        self.reader = reader;
        Ok(scalar)
    }

    /// Enters a map: `H` (`None`) or `M` with its type name. Pairs follow until [`Decoder::end`].
    pub fn begin_map(&mut self) -> Result<Option<Text<'a>>, Error> {
        self.tables.add_ref();
        match self.reader.tag()? {
            Tag::Map => Ok(None),
            Tag::TypedMap => {
                let (reader, name) = self.tables.read_type(self.reader)?;
                self.reader = reader;
                Ok(Some(name.clone()))
            }
            _ => Err(self.reader.unexpected("a map")),
        }
    }

    /// Enters a list, typed or not.
    pub fn begin_list(&mut self) -> Result<ListLen, Error> {
        let tag = self.reader.tag()?;
        match tag {
            Tag::TypedListShort(_) | Tag::TypedListFixed | Tag::TypedListOpen => {
                (self.reader, _) = self.tables.read_type(self.reader)?;
            }
            Tag::ListShort(_) | Tag::ListFixed | Tag::ListOpen => {}
            _ => return Err(self.reader.unexpected("a list")),
        }
        self.tables.add_ref();
        Ok(match tag {
            Tag::TypedListShort(count) | Tag::ListShort(count) => ListLen::Fixed(count.into()),
            Tag::TypedListFixed | Tag::ListFixed => ListLen::Fixed(self.reader.count()? as usize),
            _ => ListLen::UntilEnd,
        })
    }

    /// Consumes the end marker `Z` of a map or list if it is next.
    pub fn end(&mut self) -> bool {
        self.reader.eat(b'Z')
    }
}
