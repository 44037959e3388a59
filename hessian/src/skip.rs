use crate::decode::Decoder;
use crate::definition::Definition;
use crate::error::Error;
use crate::open::Open;
use crate::reader::Reader;
use crate::tag::{Length, Tag};

/// What looks on while a value is stepped over. Skipping has none, so the hooks must cost nothing when they are empty.
pub(crate) trait Watch<'a> {
    /// A class has been defined.
    fn defined(&mut self, definition: &Definition<'a>);
    /// A value, key or element begins in what `open` says.
    fn value(&mut self, open: Open);
    /// A string's tag has been read: the watch reads the rest, or steps over it.
    fn string(&mut self, reader: &mut Reader<'a>, length: Length) -> Result<(), Error>;
    /// A list, a map or an object begins: what comes next is in it.
    fn begin(&mut self, named: Named);
    /// The innermost of those has ended.
    fn end(&mut self);
}

/// What says of which kind a list, a map or an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Nothing.
    Not,
    /// A list's or map's type, by its place.
    Type(usize),
    /// An object's class, by its index.
    Class(i32),
}

/// Nobody looks on.
struct Unwatched;

impl<'a> Decoder<'a> {
    /// Steps over one value of any kind, with the class definitions before and in it.
    pub fn skip(&mut self) -> Result<(), Error> {
        // Most values of a call are strings, which need nothing of what follows.
        if let Tag::String(length) = Tag::of(self.reader.peek()?) {
            self.reader.tag()?;
            return self.reader.skip_string_behind(length);
        }
        self.walk(&mut Unwatched)
    }

    /// Steps over one value under the eyes of a watch.
    pub(crate) fn walk(&mut self, watch: &mut impl Watch<'a>) -> Result<(), Error> {
        // A copy of its own, which the loop can keep in registers.
        let mut reader = self.reader;
        let Decoder { outer, tables, .. } = self;
        outer.clear();
        let mut open = Open::Values(1);
        loop {
            let before = open;
            match open.next(&mut reader) {
                Some(after) => open = after,
                None => match outer.pop() {
                    Some(around) => {
                        watch.end();
                        open = around;
                        continue;
                    }
                    None => break,
                },
            }
            watch.value(before);
            let mut offset = reader.offset();
            let mut tag = reader.tag()?;
            // A definition is no value: one must follow in the same place, and no end.
            while tag == Tag::Class {
                let definition;
                (reader, definition) = tables.read_class(reader)?;
                watch.defined(definition);
                offset = reader.offset();
                tag = reader.tag()?;
            }
            let mut named = Named::Not;
            let inner = match tag {
                Tag::Null | Tag::Bool(_) => continue,
                Tag::Int(len) | Tag::Long(len) | Tag::Double(len) | Tag::Date(len) => {
                    reader.take(len.into())?;
                    continue;
                }
                Tag::String(length) => {
                    watch.string(&mut reader, length)?;
                    continue;
                }
                Tag::Binary(length) => {
                    reader.skip_binary_behind(length)?;
                    continue;
                }
                Tag::Ref => {
                    tables.read_ref(&mut reader)?;
                    continue;
                }
                Tag::ObjectShort(index) => {
                    named = Named::Class(index.into());
                    Open::Values(tables.fields(index.into(), offset)?)
                }
                Tag::Object => {
                    let behind_tag = reader.offset();
                    let index = reader.int()?;
                    named = Named::Class(index);
                    Open::Values(tables.fields(index, behind_tag)?)
                }
                Tag::Map => Open::Key,
                Tag::TypedMap => {
                    let place;
                    (reader, place) = tables.read_type(reader)?;
                    named = Named::Type(place);
                    Open::Key
                }
                Tag::ListShort(count) => Open::Values(count.into()),
                Tag::ListFixed => Open::Values(reader.count()?),
                Tag::ListOpen => Open::ValuesToEnd,
                Tag::TypedListShort(count) => {
                    let place;
                    (reader, place) = tables.read_type(reader)?;
                    named = Named::Type(place);
                    Open::Values(count.into())
                }
                Tag::TypedListFixed => {
                    let place;
                    (reader, place) = tables.read_type(reader)?;
                    named = Named::Type(place);
                    Open::Values(reader.count()?)
                }
                Tag::TypedListOpen => {
                    let place;
                    (reader, place) = tables.read_type(reader)?;
                    named = Named::Type(place);
                    Open::ValuesToEnd
                }
                Tag::Class | Tag::End | Tag::Unassigned => return Err(reader.unexpected("a value")),
            };
            outer.push(open).map_err(|kind| Error { kind, offset })?;
            tables.add_ref();
            watch.begin(named);
            open = inner;
        }
        self.reader = reader;
        Ok(())
    }
}

impl<'a> Watch<'a> for Unwatched {
    #[inline(always)]
    fn defined(&mut self, _: &Definition<'a>) {}

    #[inline(always)]
    fn value(&mut self, _: Open) {}

    #[inline(always)]
    fn string(&mut self, reader: &mut Reader<'a>, length: Length) -> Result<(), Error> {
        reader.skip_string_behind(length)
    }

    #[inline(always)]
    fn begin(&mut self, _: Named) {}

    #[inline(always)]
    fn end(&mut self) {}
}

#[cfg(test)]
mod tests {
    use crate::{Decoder, Limits};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn depth_is_the_callers_to_set() {
        let skip = |depth: usize, limit| {
            let mut bytes = b"\x79".repeat(depth);
            bytes.push(b'N');
            let limits = Limits {
                depth: limit,
                ..Limits::default()
            };
            Decoder::new(&bytes, limits)
                .skip()
                .map_err(|error| error.kind.name())
        };
        assert_eq!(skip(0, 0), Ok(()));
        assert_eq!(skip(1, 0), Err("too_deep"));
        assert_eq!(skip(256, 256), Ok(()));
        assert_eq!(skip(257, 256), Err("too_deep"));
        assert_eq!(skip(1_000_000, 1_000_000), Ok(()));
    }

    #[test]
    fn definitions_may_stand_before_any_value_but_not_before_an_end() {
        let definition = b"C\x01c\x91\x01f";
        for (before, behind) in [
            (&b""[..], &b"N"[..]),
            (b"W", b"NZ"),
            (b"H", b"NNZ"),
            (b"HN", b"NZ"),
            (b"\x7aN", b"\x60N"),
        ] {
            for times in 1..3 {
                let bytes = [before, &definition.repeat(times), behind].concat();
                let mut decoder = Decoder::new(&bytes, Limits::default());
                assert_eq!(decoder.skip(), Ok(()));
                assert!(decoder.is_empty());
                assert_eq!(decoder.names().count(), times);
            }
        }
        for before in [&b"W"[..], b"H", b"HN", b""] {
            let bytes = [before, definition, b"Z"].concat();
            let error = Decoder::new(&bytes, Limits::default())
                .skip()
                .expect_err("an end is no value");
            assert_eq!(
                (error.kind.name(), error.offset),
                ("unexpected_tag", bytes.len() - 1)
            );
        }
    }

    #[test]
    fn references_reach_what_has_begun_and_no_further() {
        for (bytes, valid) in [
            (&b"yQ\x90"[..], true),
            (b"yQ\x91", false),
            (b"zHZQ\x91", true),
            (b"HQ\x90Q\x90Z", true),
            (b"C\0\x91\0\x60Q\x90", true),
            (b"z\x01aQ\x91", false),
            (b"z\x21aQ\x91", false),
            (b"zJ\0\0\0\0\0\0\0\0Q\x91", false),
            (b"yQ\x8f", false),
            (b"Q\x90", false),
        ] {
            let result = Decoder::new(bytes, Limits::default()).skip();
            let expected = if valid { Ok(()) } else { Err("unknown_ref") };
            assert_eq!(
                result.map_err(|error| error.kind.name()),
                expected,
                "{bytes:02x?}"
            );
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod steps {
    use super::{Length, Named, Watch};
    use crate::open::Open;
    use crate::reader::Reader;
    use crate::{Decoder, Definition, Error, Limits};
    use proptest::prelude::*;

    /// Counts what is done while values are stepped over.
    #[derive(Default)]
    struct Steps(usize);

    impl<'a> Watch<'a> for Steps {
        fn defined(&mut self, definition: &Definition<'a>) {
            self.0 += 1 + definition.field_count();
        }

        fn value(&mut self, _: Open) {
            self.0 += 1;
        }

        fn string(&mut self, reader: &mut Reader<'a>, length: Length) -> Result<(), Error> {
            reader.skip_string_behind(length)
        }

        fn begin(&mut self, _: Named) {}

        fn end(&mut self) {
            self.0 += 1;
        }
    }

    /// Bytes that begin, end and refer to values more often than others do.
    fn byte() -> impl Strategy<Value = u8> {
        let tags = prop::sample::select(
            b"CNZHMUVWXOQR\x57\x60\x61\x70\x78\x79\x7a\x90\x91\x92\x01a".to_vec(),
        );
        prop_oneof![6 => tags, 1 => any::<u8>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

        #[test]
        fn values_take_no_more_than_two_steps_a_byte(bytes in prop::collection::vec(byte(), 0..400)) {
            let mut steps = Steps::default();
            let mut decoder = Decoder::new(&bytes, Limits::default());
            while !decoder.is_empty() && decoder.walk(&mut steps).is_ok() {}
            prop_assert!(steps.0 <= 2 * bytes.len(), "{} steps for {} bytes", steps.0, bytes.len());
        }
    }
}
