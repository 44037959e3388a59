//! Strings that stand once and are referred to by number: keys, and names of types. Both share one table.

use alloc::vec::Vec;

use super::reader::Reader;
use super::string::{Str, is_string};
use super::{Error, ErrorKind, number};

/// The symbols of one value so far, by ascending number.
#[derive(Clone, Debug)]
pub(crate) struct Symbols<'a> {
    known: Vec<Symbol<'a>>,
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Symbol<'a> {
    number: i32,
    string: Str<'a>,
    /// Whether it has stood as the name of a type.
    is_type: bool,
}

impl<'a> Symbols<'a> {
    pub(crate) fn new(limit: usize) -> Self {
        Symbols {
            known: Vec::new(),
            limit,
        }
    }

    /// A key behind its `7f`: a string and its number, or the number of an earlier one.
    pub(crate) fn key(&mut self, reader: &mut Reader<'a>) -> Result<Str<'a>, Error> {
        if is_string(reader.peek()?) {
            return self.define(reader, false);
        }
        self.refer(reader).map(|symbol| symbol.string)
    }

    /// The name of a type behind its `92`, and whether it is the first time that it stands there as one. An `7f` before it
    /// says nothing.
    pub(crate) fn type_name(&mut self, reader: &mut Reader<'a>) -> Result<(Str<'a>, bool), Error> {
        reader.eat(super::SYMBOL);
        if is_string(reader.peek()?) {
            return Ok((self.define(reader, true)?, true));
        }
        let symbol = self.refer(reader)?;
        let first = !symbol.is_type;
        symbol.is_type = true;
        Ok((symbol.string, first))
    }

    fn define(&mut self, reader: &mut Reader<'a>, is_type: bool) -> Result<Str<'a>, Error> {
        let string = Str::read(reader)?;
        let offset = reader.offset();
        let fail = |kind| Error { kind, offset };
        let number = number::int(reader)?;
        let last = self.known.last().map_or(-1, |symbol| symbol.number);
        if number <= last {
            return Err(fail(ErrorKind::SymbolOrder { number }));
        }
        let limit = self.limit;
        if self.known.len() >= limit {
            return Err(fail(ErrorKind::TooManySymbols { limit }));
        }
        self.known.push(Symbol {
            number,
            string,
            is_type,
        });
        Ok(string)
    }

    fn refer(&mut self, reader: &mut Reader<'a>) -> Result<&mut Symbol<'a>, Error> {
        let offset = reader.offset();
        let number = number::int(reader)?;
        let found = self
            .known
            .binary_search_by_key(&number, |symbol| symbol.number);
        let symbol = found.ok().and_then(|at| self.known.get_mut(at));
        symbol.ok_or(Error {
            kind: ErrorKind::UnknownSymbol { number },
            offset,
        })
    }
}
