//! Stepping over values, with an eye on the names in them.

use alloc::vec::Vec;

use hessian::{Limits, Text};

use super::reader::Reader;
use super::string::{Str, is_string};
use super::symbols::Symbols;
use super::{Error, ErrorKind, NULL, OBJECT, OBJECT_END, REFERENCE, SYMBOL, TYPED, number};

/// A way through one value behind a length, which has symbols of its own.
#[derive(Debug)]
pub(crate) struct Walk<'a, 'f> {
    symbols: Symbols<'a>,
    limits: Limits,
    eye: Eye<'a, 'f>,
    /// Whether a symbol was met.
    pub(crate) symbolic: bool,
}

/// What is looked for.
#[derive(Debug)]
enum Eye<'a, 'f> {
    /// That there is nothing but what every reader of the grammar reads the same way. Java reads a type's value by the
    /// class: a list takes the length of binary data for a count of values, a map needs no `a6` before its first key. And a
    /// reference becomes whatever it refers to.
    Plain,
    /// Names of classes.
    Names(&'f mut Names<'a>),
}

/// The names of classes that a walk finds.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) found: Vec<Text<'a>>,
    /// Keys whose strings are names.
    pub(crate) keys: &'static [&'static str],
    /// Whether every string is a name.
    pub(crate) all_strings: bool,
}

/// An array or object whose end has not come yet.
#[derive(Clone, Copy, Debug)]
enum Open {
    /// So many values are left.
    Values(usize),
    /// A key comes next, or the end.
    Key,
    /// The value of a key comes next; whether it is a name if it is a string.
    Value { named: bool },
}

impl<'a, 'f> Walk<'a, 'f> {
    /// Through plain values only.
    pub(crate) fn plain(limits: Limits) -> Self {
        Walk {
            symbols: Symbols::new(limits.types),
            limits,
            eye: Eye::Plain,
            symbolic: false,
        }
    }

    /// Through any values, taking note of the names of classes.
    pub(crate) fn naming(limits: Limits, names: &'f mut Names<'a>) -> Self {
        Walk {
            eye: Eye::Names(names),
            ..Walk::plain(limits)
        }
    }

    /// The name of a type behind its `92`.
    pub(crate) fn type_name(&mut self, reader: &mut Reader<'a>) -> Result<Text<'a>, Error> {
        self.symbolic = true;
        self.symbols.type_name(reader)?.0.text()
    }

    /// A key that is a string or a symbol.
    pub(crate) fn key(&mut self, reader: &mut Reader<'a>) -> Result<Text<'a>, Error> {
        let string = match reader.peek()? {
            SYMBOL => {
                self.symbolic = true;
                reader.u8()?;
                self.symbols.key(reader)?
            }
            tag if is_string(tag) => Str::read(reader)?,
            _ => return Err(reader.unexpected("a string")),
        };
        string.key()
    }

    /// Steps over one value.
    pub(crate) fn value(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        let mut outer: Vec<Open> = Vec::new();
        let mut open = Open::Values(1);
        loop {
            let mut named = false;
            match &mut open {
                Open::Values(0) => match outer.pop() {
                    Some(around) => {
                        open = around;
                        continue;
                    }
                    None => return Ok(()),
                },
                Open::Values(left) => *left -= 1,
                Open::Key => {
                    if reader.eat(OBJECT_END) {
                        open = Open::Values(0);
                        continue;
                    }
                    match reader.peek()? {
                        tag if tag == SYMBOL || is_string(tag) => {
                            let named = self.names(reader)?;
                            open = Open::Value { named };
                            continue;
                        }
                        // Keys of Java's maps may be anything.
                        _ => open = Open::Value { named: false },
                    }
                }
                Open::Value { named: is_name } => {
                    named = *is_name;
                    open = Open::Key;
                }
            }
            let offset = reader.offset();
            let Some(inner) = self.one(reader, named)? else {
                continue;
            };
            let limit = self.limits.depth;
            if outer.len() >= limit {
                let kind = ErrorKind::TooDeep { limit };
                return Err(Error { kind, offset });
            }
            outer.push(open);
            open = inner;
        }
    }

    /// Reads a key, and whether its value may be the name of a class.
    fn names(&mut self, reader: &mut Reader<'a>) -> Result<bool, Error> {
        let key = self.key(reader)?;
        Ok(match &self.eye {
            Eye::Plain => false,
            Eye::Names(names) => key == "@type" || names.keys.iter().any(|name| key == *name),
        })
    }

    /// Steps over a value, or into it if it has values in it.
    fn one(&mut self, reader: &mut Reader<'a>, named: bool) -> Result<Option<Open>, Error> {
        while reader.peek()? == TYPED {
            self.typed(reader)?;
        }
        if is_string(reader.peek()?) {
            self.string(reader, named)?;
            return Ok(None);
        }
        if number::whole(reader)?.is_some() {
            return Ok(None);
        }
        let mut behind = *reader;
        match behind.u8()? {
            NULL | 0xb0..=0xb3 => {}
            OBJECT => {
                *reader = behind;
                return Ok(Some(Open::Key));
            }
            tag @ 0x94..=0xa4 => {
                let count = match tag {
                    0xa4 => number::length(&mut behind)?,
                    _ => usize::from(tag - 0x94),
                };
                // Each one takes a byte or more.
                let mut enough = behind;
                enough.take(count)?;
                *reader = behind;
                return Ok(Some(Open::Values(count)));
            }
            0x91 | 0xbb => {
                let length = number::length(&mut behind)?;
                behind.take(length)?;
            }
            // A character; a double, a float, a decimal, a big integer in a whole number.
            0x90 | 0xb4 | 0xb6 | 0xb8 | 0xba => number::skip(&mut behind)?,
            0xb5 | 0xab => {
                behind.take(8)?;
            }
            0xb7 | 0xa9 | 0xac | 0xad => {
                behind.take(4)?;
            }
            // A decimal: its scale and its digits.
            0xb9 => {
                number::skip(&mut behind)?;
                if behind.eat(0xbb) {
                    let length = number::length(&mut behind)?;
                    behind.take(length)?;
                } else {
                    number::skip(&mut behind)?;
                }
            }
            // Times: hour, minute, second, nanoseconds, with a date before them and a zone behind.
            0xa7 => {
                behind.take(3)?;
                number::skip(&mut behind)?;
            }
            0xa8 => {
                behind.take(7)?;
                number::skip(&mut behind)?;
            }
            0xaa => {
                behind.take(7)?;
                number::skip(&mut behind)?;
                Str::read(&mut behind)?;
            }
            // A moment: seconds and nanoseconds.
            0xae => {
                number::skip(&mut behind)?;
                number::skip(&mut behind)?;
            }
            REFERENCE if matches!(self.eye, Eye::Names(_)) => {
                Str::read(&mut behind)?;
            }
            _ => return Err(reader.unexpected("a value")),
        }
        *reader = behind;
        Ok(None)
    }

    fn typed(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        let offset = reader.offset();
        match &mut self.eye {
            Eye::Plain => Err(reader.unexpected("a plain value")),
            Eye::Names(names) => {
                reader.u8()?;
                let (name, first) = self.symbols.type_name(reader)?;
                if first {
                    names.add(name, self.limits, offset)?;
                }
                Ok(())
            }
        }
    }

    fn string(&mut self, reader: &mut Reader<'a>, named: bool) -> Result<(), Error> {
        let offset = reader.offset();
        let string = Str::read(reader)?;
        match &mut self.eye {
            // That it can be read later.
            Eye::Plain => string.text().map(drop),
            Eye::Names(names) if named || names.all_strings => {
                names.add(string, self.limits, offset)
            }
            Eye::Names(_) => Ok(()),
        }
    }
}

impl<'a> Names<'a> {
    fn add(&mut self, name: Str<'a>, limits: Limits, offset: usize) -> Result<(), Error> {
        let limit = limits.types;
        if self.found.len() >= limit {
            let kind = ErrorKind::TooManySymbols { limit };
            return Err(Error { kind, offset });
        }
        self.found.push(name.text()?);
        Ok(())
    }
}
