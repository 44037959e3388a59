use crate::decode::Decoder;
use crate::error::Error;
use crate::tag::Tag;
use crate::text::Text;

/// What a stream's next value is, as far as a reader that has a type in mind tells values apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Ahead<'a> {
    /// Null.
    Null,
    /// A number or a truth value.
    Number,
    /// A string.
    Text,
    /// A value that has been read before.
    Ref,
    /// An object of this class.
    Object(Text<'a>),
    /// A list of this type.
    TypedList(Text<'a>),
    /// Anything else.
    Other,
}

impl<'a> Decoder<'a> {
    /// What the next value is. Nothing is consumed.
    pub fn ahead(&self) -> Result<Ahead<'a>, Error> {
        Ok(match Tag::of(self.reader.peek()?) {
            Tag::Null => Ahead::Null,
            Tag::Bool(_) | Tag::Int(_) | Tag::Long(_) | Tag::Double(_) => Ahead::Number,
            Tag::String(_) => Ahead::Text,
            Tag::Ref => Ahead::Ref,
            _ => self.clone().named_ahead()?,
        })
    }

    /// The same for values that refer to the tables, or put something into them.
    fn named_ahead(mut self) -> Result<Ahead<'a>, Error> {
        let (reader, tables) = (&mut self.reader, &mut self.tables);
        let mut offset = reader.offset();
        let mut tag = reader.tag()?;
        while tag == Tag::Class {
            (*reader, _) = tables.read_class(*reader)?;
            offset = reader.offset();
            tag = reader.tag()?;
        }
        let class = match tag {
            Tag::ObjectShort(class) => class.into(),
            Tag::Object => reader.int()?,
            Tag::TypedListShort(_) | Tag::TypedListFixed | Tag::TypedListOpen => {
                let (_, place) = tables.read_type(*reader)?;
                let name = tables.type_name(place).cloned();
                return Ok(name.map_or(Ahead::Other, Ahead::TypedList));
            }
            _ => return Ok(Ahead::Other),
        };
        // Whether there is such a class.
        tables.fields(class, offset)?;
        let definition = usize::try_from(class)
            .ok()
            .and_then(|place| tables.definitions.get(place));
        Ok(definition.map_or(Ahead::Other, |it| Ahead::Object(it.name.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_next_value_is_told_without_consuming_it() {
        let text = Text::from;
        for (bytes, ahead) in [
            (&b"N"[..], Ahead::Null),
            (b"T", Ahead::Number),
            (b"\x90", Ahead::Number),
            (b"\x5b", Ahead::Number),
            (b"L\0\0\0\0\0\0\0\0", Ahead::Number),
            (b"\x01a", Ahead::Text),
            (b"\x21a", Ahead::Other),
            (b"K\0\0\0\0", Ahead::Other),
            (b"C\x01a\x90N", Ahead::Other),
            (b"C\x01a\x90C\x01b\x90\x61", Ahead::Object(text("b"))),
            (b"C\x01a\x90O\x90", Ahead::Object(text("a"))),
            (b"\x71\x02[tN", Ahead::TypedList(text("[t"))),
            (b"U\x02[tZ", Ahead::TypedList(text("[t"))),
            (b"V\x02[t\x90", Ahead::TypedList(text("[t"))),
            (b"\x79N", Ahead::Other),
            (b"M\x01tZ", Ahead::Other),
        ] {
            let decoder = Decoder::new(bytes, Limits::default());
            assert_eq!(decoder.ahead(), Ok(ahead), "{bytes:02x?}");
            assert_eq!((decoder.offset(), decoder.definitions().len()), (0, 0));
        }
        for bytes in [&b""[..], b"C\x01a\x90", b"\x60", b"O\x91", b"\x71\x90"] {
            assert!(Decoder::new(bytes, Limits::default()).ahead().is_err());
        }
    }

    #[test]
    fn what_was_defined_before_is_known() {
        let mut decoder = Decoder::new(b"C\x01a\x90\x60\x60Q\x90", Limits::default());
        decoder.skip().expect("an object");
        assert_eq!(decoder.ahead(), Ok(Ahead::Object(Text::from("a"))));
        decoder.skip().expect("an object");
        assert_eq!(decoder.ahead(), Ok(Ahead::Ref));
    }
}
