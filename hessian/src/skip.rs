use crate::decode::Decoder;
use crate::error::{Error, ErrorKind};
use crate::stack::Open;
use crate::tag::Tag;

impl Decoder<'_> {
    /// Steps over one value of any kind, with the class definitions before and in it.
    pub fn skip(&mut self) -> Result<(), Error> {
        // A copy of its own, which the loop can keep in registers.
        let mut reader = self.reader;
        let Decoder {
            stack: outer,
            tables,
            limits,
            ..
        } = self;
        outer.clear();
        let mut open = Open::Values(1);
        loop {
            let ended = match &mut open {
                Open::Values(0) => true,
                Open::Values(left) => {
                    *left -= 1;
                    false
                }
                Open::ValuesToEnd => reader.eat(b'Z'),
                Open::Key => {
                    open = Open::ValueOfKey;
                    reader.eat(b'Z')
                }
                Open::ValueOfKey => {
                    open = Open::Key;
                    false
                }
            };
            if ended {
                match outer.pop() {
                    Some(next) => open = next,
                    None => break,
                }
                continue;
            }
            let mut offset = reader.offset();
            let mut tag = reader.tag()?;
            // A definition is no value: one must follow in the same place, and no end.
            while tag == Tag::Class {
                reader = tables.read_class(reader)?;
                offset = reader.offset();
                tag = reader.tag()?;
            }
            let inner = match tag {
                Tag::Null | Tag::Bool(_) => continue,
                Tag::Int(len) | Tag::Long(len) | Tag::Double(len) | Tag::Date(len) => {
                    reader.take(len.into())?;
                    continue;
                }
                Tag::String(length) => {
                    reader.skip_string_behind(length)?;
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
                Tag::ObjectShort(class) => Open::Values(tables.fields(class.into(), offset)?),
                Tag::Object => Open::Values(tables.read_object(&mut reader)?),
                Tag::Map => Open::Key,
                Tag::TypedMap => {
                    (reader, _) = tables.read_type(reader)?;
                    Open::Key
                }
                Tag::ListShort(count) => Open::Values(count.into()),
                Tag::ListFixed => Open::Values(reader.count()?),
                Tag::ListOpen => Open::ValuesToEnd,
                Tag::TypedListShort(count) => {
                    (reader, _) = tables.read_type(reader)?;
                    Open::Values(count.into())
                }
                Tag::TypedListFixed => {
                    (reader, _) = tables.read_type(reader)?;
                    Open::Values(reader.count()?)
                }
                Tag::TypedListOpen => {
                    (reader, _) = tables.read_type(reader)?;
                    Open::ValuesToEnd
                }
                Tag::Class | Tag::End | Tag::Unassigned => return Err(reader.unexpected("a value")),
            };
            let limit = limits.depth;
            if outer.len() >= limit {
                return Err(Error {
                    kind: ErrorKind::TooDeep { limit },
                    offset,
                });
            }
            tables.add_ref();
            outer.push(open);
            open = inner;
        }
        self.reader = reader;
        Ok(())
    }
}
