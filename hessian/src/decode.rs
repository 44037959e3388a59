use crate::definition::Definition;
use crate::error::Error;
use crate::limits::Limits;
use crate::open::Outer;
use crate::reader::Reader;
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
    pub(crate) outer: Outer,
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
            outer: Outer::new(limits.depth),
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

    /// The class definitions that the stream has made so far, in its order.
    pub fn definitions(&self) -> impl ExactSizeIterator<Item = &Definition<'a>> {
        self.tables.definitions.iter()
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
                let (reader, place) = self.tables.read_type(self.reader)?;
                self.reader = reader;
                Ok(self.tables.type_name(place).cloned())
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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn decoder(bytes: &[u8]) -> Decoder<'_> {
        Decoder::new(bytes, Limits::default())
    }

    #[test]
    fn a_string_is_nothing_that_java_would_convert_to_one() {
        for other in [
            &b"N"[..],
            b"T",
            b"F",
            b"\x90",
            b"\xe0",
            b"\x5b",
            b"C\0\x90\x03abc",
            b"\x23abc",
            b"Q\x90",
            b"H",
        ] {
            let error = decoder(other).string().expect_err("no string");
            assert_eq!((error.kind.name(), error.offset), ("unexpected_tag", 0));
        }
        assert_eq!(decoder(b"\x03abc").string().expect("a string"), "abc");
    }

    #[test]
    fn a_string_or_null_is_one_of_the_two() {
        assert_eq!(decoder(b"N").string_or_null(), Ok(None));
        assert_eq!(decoder(b"\0").string_or_null(), Ok(Some(Text::from(""))));
        assert!(decoder(b"\x90").string_or_null().is_err());
    }

    #[test]
    fn an_int_is_nothing_that_java_would_convert_to_one() {
        for other in [&b"N"[..], b"T", b"\xe1", b"\x5c", b"\x011", b"C\0\x90\x91"] {
            assert_eq!(
                decoder(other).int().expect_err("no int").kind.name(),
                "unexpected_tag"
            );
        }
    }

    #[test]
    fn chunks_of_a_string_are_joined() {
        for last in [&b"S\0\x01c"[..], b"\x01c", b"\x30\x01c"] {
            let bytes = [b"R\0\x01aR\0\0R\0\x01b", last].concat();
            let mut decoder = decoder(&bytes);
            let text = decoder.string().expect("a string");
            assert_eq!((text.as_bytes(), text.units()), (&b"abc"[..], 3));
            assert!(decoder.is_empty());
        }
    }

    #[test]
    fn what_is_no_scalar_is_stepped_over() {
        let others = [
            &b"\x21a"[..],
            b"K\0\0\0\0",
            b"\x79N",
            b"HZ",
            b"C\0\x90\x60",
            b"C\0\x90\x03abc",
            b"M\x01aZ",
        ];
        for other in others {
            let bytes = [other, b"T"].concat();
            let mut decoder = decoder(&bytes);
            assert_eq!(decoder.scalar(), Ok(Scalar::Other));
            assert_eq!(
                decoder.scalar(),
                Ok(Scalar::Bool(true)),
                "behind {other:02x?}"
            );
            assert!(decoder.is_empty());
        }
    }

    #[test]
    fn maps_are_walked_through() {
        let mut decoder = decoder(b"M\x01tM\x90ZNZH\x01k\x91Z");
        assert_eq!(decoder.begin_map(), Ok(Some(Text::from("t"))));
        assert_eq!(
            decoder.begin_map(),
            Ok(Some(Text::from("t"))),
            "by reference"
        );
        assert!(decoder.end());
        assert!(!decoder.end());
        assert_eq!(decoder.scalar(), Ok(Scalar::Null));
        assert!(decoder.end());
        assert_eq!(decoder.begin_map(), Ok(None));
        assert_eq!(decoder.string().expect("a key"), "k");
        assert_eq!(decoder.int(), Ok(1));
        assert!(decoder.end());
        assert!(decoder.is_empty());
    }

    #[test]
    fn lists_are_walked_into() {
        let table: [(&[u8], ListLen); 6] = [
            (b"\x72\x01tNN", ListLen::Fixed(2)),
            (b"\x7aNN", ListLen::Fixed(2)),
            (b"V\x01t\x92NN", ListLen::Fixed(2)),
            (b"X\x92NN", ListLen::Fixed(2)),
            (b"U\x01tNNZ", ListLen::UntilEnd),
            (b"WNNZ", ListLen::UntilEnd),
        ];
        for (bytes, len) in table {
            let mut decoder = decoder(bytes);
            assert_eq!(decoder.begin_list(), Ok(len));
            assert!(decoder.rest().starts_with(b"NN"));
        }
        assert!(decoder(b"H").begin_list().is_err());
        assert_eq!(
            decoder(b"X\x93NN")
                .begin_list()
                .map_err(|error| error.kind.name()),
            Err("truncated")
        );
    }

    #[test]
    fn definitions_say_their_class_place_and_fields() {
        let bytes = b"WC\x01a\x92\x01x\x00NC\x01b\x90N\x71\x01tC\x01a\x91R\0\x01yS\0\x01z\x60NNZ";
        let mut decoder = decoder(bytes);
        assert_eq!(decoder.definitions().len(), 0);
        decoder.skip().expect("a value");
        let expected: [(&str, usize, &[&str]); 3] =
            [("a", 1, &["x", ""]), ("b", 9, &[]), ("a", 17, &["yz"])];
        assert_eq!(decoder.definitions().len(), expected.len());
        for (definition, (name, offset, fields)) in decoder.definitions().zip(expected) {
            assert_eq!(definition.name, name);
            assert_eq!(definition.offset, offset);
            assert_eq!(bytes[offset], b'C');
            assert_eq!(definition.field_count(), fields.len());
            assert!(
                definition
                    .fields()
                    .eq(fields.iter().map(|name| Text::from(*name)))
            );
        }
        let names = decoder.names().map(Text::as_bytes);
        assert!(names.eq([&b"a"[..], b"b", b"t", b"a"]));
    }

    #[test]
    fn tables_run_across_the_values_of_a_stream() {
        let mut decoder =
            decoder(b"C\x01a\x91\x01xN\x60\x71\x01tN\x71\x90NC\x01b\x90\x61M\x01uZQ\x94");
        while !decoder.is_empty() {
            decoder.skip().expect("a value");
        }
        assert!(
            decoder
                .names()
                .map(Text::as_bytes)
                .eq([b"a", b"t", b"b", b"u"])
        );
    }
}
