use alloc::vec::Vec;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::tag::Tag;
use crate::text::Text;

/// What a stream has defined so far, for what follows to refer to.
#[derive(Clone, Debug)]
pub(crate) struct Tables<'a> {
    limits: Limits,
    /// Names of classes and types, in stream order.
    names: Vec<Text<'a>>,
    /// For each class definition, its number of fields.
    classes: Vec<u32>,
    /// For each type, its place in `names`.
    types: Vec<usize>,
    /// Lists, maps and objects that have begun. Strings, dates and binary data cannot be referred to.
    refs: usize,
}

impl<'a> Tables<'a> {
    pub(crate) fn new(limits: Limits) -> Self {
        Tables {
            limits,
            names: Vec::new(),
            classes: Vec::new(),
            types: Vec::new(),
            refs: 0,
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &Text<'a>> {
        self.names.iter()
    }

    /// Counts a list, map or object that begins.
    #[inline]
    pub(crate) fn add_ref(&mut self) {
        self.refs += 1;
    }

    /// A class definition behind its `C`: the name, a count, and so many names of fields.
    ///
    /// Takes and returns the reader, so that the caller's need not live in memory.
    #[inline(never)]
    pub(crate) fn read_class(&mut self, mut reader: Reader<'a>) -> Result<Reader<'a>, Error> {
        let offset = reader.offset();
        let limit = self.limits.classes;
        if self.classes.len() >= limit {
            return Err(Error {
                kind: ErrorKind::TooManyClasses { limit },
                offset,
            });
        }
        let Tag::String(length) = reader.tag()? else {
            return Err(reader.unexpected("a class name"));
        };
        let name = reader.text_behind(length)?;
        let offset = reader.offset();
        let fields = reader.count()?;
        let limit = self.limits.fields;
        if fields as usize > limit {
            return Err(Error {
                kind: ErrorKind::TooManyFields { limit },
                offset,
            });
        }
        for _ in 0..fields {
            let Tag::String(length) = reader.tag()? else {
                return Err(reader.unexpected("a field name"));
            };
            reader.skip_string_behind(length)?;
        }
        self.names.push(name);
        self.classes.push(fields);
        Ok(reader)
    }

    /// A type: its name, or the index of an earlier one.
    #[inline(never)]
    pub(crate) fn read_type(
        &mut self,
        mut reader: Reader<'a>,
    ) -> Result<(Reader<'a>, &Text<'a>), Error> {
        let offset = reader.offset();
        let fail = |kind| Err(Error { kind, offset });
        let known = self.types.len();
        let tag = reader.u8()?;
        match Tag::of(tag) {
            Tag::String(length) => {
                let limit = self.limits.types;
                if known >= limit {
                    return fail(ErrorKind::TooManyTypes { limit });
                }
                let name = reader.text_behind(length)?;
                self.types.push(self.names.len());
                Ok((reader, self.names.push_mut(name)))
            }
            Tag::Int(_) => {
                let index = reader.int_behind(tag)?;
                match entry(&self.types, index).and_then(|&name| self.names.get(name)) {
                    Some(name) => Ok((reader, name)),
                    None => fail(ErrorKind::UnknownType { index, known }),
                }
            }
            _ => Err(reader.unexpected("a type")),
        }
    }

    /// The class index of an object behind its `O`; returns the number of its fields.
    #[inline(always)]
    pub(crate) fn read_object(&self, reader: &mut Reader<'a>) -> Result<u32, Error> {
        let offset = reader.offset();
        let class = reader.int()?;
        self.fields(class, offset)
    }

    /// The number of fields of a class that is named at `offset`.
    #[inline]
    pub(crate) fn fields(&self, class: i32, offset: usize) -> Result<u32, Error> {
        entry(&self.classes, class).copied().ok_or_else(|| {
            let kind = ErrorKind::UnknownClass {
                index: class,
                known: self.classes.len(),
            };
            Error { kind, offset }
        })
    }

    /// The index of a back reference behind its `Q`.
    #[inline(always)]
    pub(crate) fn read_ref(&self, reader: &mut Reader<'a>) -> Result<(), Error> {
        let offset = reader.offset();
        let index = reader.int()?;
        match usize::try_from(index) {
            Ok(place) if place < self.refs => Ok(()),
            _ => Err(Error {
                kind: ErrorKind::UnknownRef {
                    index,
                    known: self.refs,
                },
                offset,
            }),
        }
    }
}

fn entry<T>(table: &[T], index: i32) -> Option<&T> {
    table.get(usize::try_from(index).ok()?)
}
