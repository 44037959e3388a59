use alloc::vec::Vec;
use core::iter;

use crate::definition::Definition;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::tag::Tag;
use crate::text::Text;

/// What a stream has defined so far, for what follows to refer to.
#[derive(Clone, Debug)]
pub(crate) struct Tables<'a> {
    pub(crate) limits: Limits,
    pub(crate) definitions: Vec<Definition<'a>>,
    types: Vec<Type<'a>>,
    /// Lists, maps and objects that have begun. Strings, dates and binary data cannot be referred to.
    refs: usize,
}

/// A type that a list or a map named.
#[derive(Clone, Debug)]
struct Type<'a> {
    name: Text<'a>,
    offset: usize,
}

impl<'a> Tables<'a> {
    pub(crate) fn new(limits: Limits) -> Self {
        Tables {
            limits,
            definitions: Vec::new(),
            types: Vec::new(),
            refs: 0,
        }
    }

    /// Names of classes and types, in stream order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Text<'a>> {
        let mut classes = self.definitions.iter().peekable();
        let mut types = self.types.iter().peekable();
        iter::from_fn(move || {
            let class_is_next = match (classes.peek(), types.peek()) {
                (Some(class), Some(ty)) => class.offset < ty.offset,
                (class, _) => class.is_some(),
            };
            if class_is_next {
                classes.next().map(|class| &class.name)
            } else {
                types.next().map(|ty| &ty.name)
            }
        })
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
    pub(crate) fn read_class(
        &mut self,
        mut reader: Reader<'a>,
    ) -> Result<(Reader<'a>, &Definition<'a>), Error> {
        let behind_tag = reader.offset();
        let limit = self.limits.classes;
        if self.definitions.len() >= limit {
            return Err(Error {
                kind: ErrorKind::TooManyClasses { limit },
                offset: behind_tag,
            });
        }
        let Tag::String(length) = reader.tag()? else {
            return Err(reader.unexpected("a class name"));
        };
        let name = reader.text_behind(length)?;
        let offset = reader.offset();
        let count = reader.count()?;
        let limit = self.limits.fields;
        if count as usize > limit {
            return Err(Error {
                kind: ErrorKind::TooManyFields { limit },
                offset,
            });
        }
        let behind_count = reader.rest();
        for _ in 0..count {
            let Tag::String(length) = reader.tag()? else {
                return Err(reader.unexpected("a field name"));
            };
            reader.skip_string_behind(length)?;
        }
        let len = behind_count.len() - reader.rest().len();
        let definition = Definition {
            name,
            offset: behind_tag.saturating_sub(1),
            count,
            fields: behind_count.get(..len).unwrap_or_default(),
        };
        Ok((reader, self.definitions.push_mut(definition)))
    }

    /// The name of the type that [`Tables::read_type`] found.
    pub(crate) fn type_name(&self, place: usize) -> Option<&Text<'a>> {
        self.types.get(place).map(|ty| &ty.name)
    }

    /// A type: its name, or the index of an earlier one. Returns its place among the types.
    #[inline(never)]
    pub(crate) fn read_type(
        &mut self,
        mut reader: Reader<'a>,
    ) -> Result<(Reader<'a>, usize), Error> {
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
                self.types.push(Type { name, offset });
                Ok((reader, known))
            }
            Tag::Int(_) => {
                let index = reader.int_behind(tag)?;
                match usize::try_from(index) {
                    Ok(place) if place < known => Ok((reader, place)),
                    _ => fail(ErrorKind::UnknownType { index, known }),
                }
            }
            _ => Err(reader.unexpected("a type")),
        }
    }

    /// The number of fields of a class that is named at `offset`.
    #[inline]
    pub(crate) fn fields(&self, class: i32, offset: usize) -> Result<u32, Error> {
        match entry(&self.definitions, class) {
            Some(definition) => Ok(definition.count),
            None => Err(Error {
                kind: ErrorKind::UnknownClass {
                    index: class,
                    known: self.definitions.len(),
                },
                offset,
            }),
        }
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
