use crate::decode::{Decoder, NEXT_STRING_CHUNK};
use crate::error::{Error, ErrorKind};
use crate::stack::Open;
use crate::tag::{Length, Tag};

impl Decoder<'_> {
    /// Steps over one value of any kind, with the class definitions before and in it.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.stack.clear();
        let mut open = Open::Values(1);
        loop {
            let ended = match open {
                Open::Values(0) => true,
                Open::Values(left) => {
                    open = Open::Values(left - 1);
                    false
                }
                Open::ValuesToEnd => self.end(),
                Open::Key => {
                    open = Open::ValueOfKey;
                    self.end()
                }
                Open::ValueOfKey => {
                    open = Open::Key;
                    false
                }
            };
            if ended {
                match self.stack.pop() {
                    Some(outer) => open = outer,
                    None => return Ok(()),
                }
            } else if let Some(inner) = self.begin()? {
                let limit = self.limits.depth;
                if self.stack.len() >= limit {
                    return Err(self.error(ErrorKind::TooDeep { limit }));
                }
                self.tables.refs += 1;
                self.stack.push(open);
                open = inner;
            }
        }
    }

    /// Steps over a value, or over the beginning of one that holds others.
    #[inline]
    fn begin(&mut self) -> Result<Option<Open>, Error> {
        loop {
            return Ok(Some(match self.tag()? {
                Tag::Null | Tag::Bool(_) => return Ok(None),
                Tag::Int(len) | Tag::Long(len) | Tag::Double(len) | Tag::Date(len) => {
                    self.reader.take(len.into())?;
                    return Ok(None);
                }
                Tag::String(length) => {
                    self.skip_string(length)?;
                    return Ok(None);
                }
                Tag::Binary(length) => {
                    self.skip_binary(length)?;
                    return Ok(None);
                }
                Tag::Class => {
                    self.class()?;
                    continue;
                }
                Tag::ObjectShort(class) => Open::Values(self.fields(class.into())?),
                Tag::Object => {
                    let class = self.int()?;
                    Open::Values(self.fields(class)?)
                }
                Tag::Map => Open::Key,
                Tag::TypedMap => {
                    self.type_name()?;
                    Open::Key
                }
                Tag::ListShort(count) => Open::Values(count.into()),
                Tag::ListFixed => Open::Values(self.count()?),
                Tag::ListOpen => Open::ValuesToEnd,
                Tag::TypedListShort(count) => {
                    self.type_name()?;
                    Open::Values(count.into())
                }
                Tag::TypedListFixed => {
                    self.type_name()?;
                    Open::Values(self.count()?)
                }
                Tag::TypedListOpen => {
                    self.type_name()?;
                    Open::ValuesToEnd
                }
                Tag::Ref => {
                    self.reference()?;
                    return Ok(None);
                }
                Tag::End | Tag::Unassigned => return Err(self.reader.unexpected("a value")),
            }));
        }
    }

    #[inline]
    fn skip_string(&mut self, mut length: Length) -> Result<(), Error> {
        loop {
            let (units, last) = self.length(length)?;
            self.units(units)?;
            if last {
                return Ok(());
            }
            let Tag::String(next) = self.tag()? else {
                return Err(self.reader.unexpected(NEXT_STRING_CHUNK));
            };
            length = next;
        }
    }

    #[inline]
    fn skip_binary(&mut self, mut length: Length) -> Result<(), Error> {
        loop {
            let (bytes, last) = self.length(length)?;
            self.reader.take(bytes)?;
            if last {
                return Ok(());
            }
            let Tag::Binary(next) = self.tag()? else {
                return Err(self.reader.unexpected("the binary's next chunk"));
            };
            length = next;
        }
    }

    /// A class definition behind its `C`: name, count, and so many field names.
    #[inline(never)]
    fn class(&mut self) -> Result<(), Error> {
        let limit = self.limits.classes;
        if self.tables.classes.len() >= limit {
            return Err(self.error(ErrorKind::TooManyClasses { limit }));
        }
        let name = self.string()?;
        let fields = self.count()?;
        let limit = self.limits.fields;
        if fields as usize > limit {
            return Err(self.error(ErrorKind::TooManyFields { limit }));
        }
        for _ in 0..fields {
            match self.tag()? {
                Tag::String(length) => self.skip_string(length)?,
                _ => return Err(self.reader.unexpected("a field's name")),
            }
        }
        self.tables.define_class(name, fields);
        Ok(())
    }

    #[inline]
    fn fields(&self, class: i32) -> Result<u32, Error> {
        let known = self.tables.classes.len();
        self.tables.fields(class).ok_or_else(|| {
            self.error(ErrorKind::UnknownClass {
                index: class,
                known,
            })
        })
    }

    fn reference(&mut self) -> Result<(), Error> {
        let index = self.int()?;
        let known = self.tables.refs;
        match usize::try_from(index) {
            Ok(to) if to < known => Ok(()),
            _ => Err(self.error(ErrorKind::UnknownRef { index, known })),
        }
    }

    #[cold]
    fn error(&self, kind: ErrorKind) -> Error {
        Error {
            kind,
            offset: self.offset(),
        }
    }
}
