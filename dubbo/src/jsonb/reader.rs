//! A cursor over one value, which it cannot leave.

use super::{Error, ErrorKind};

/// What is left of a value, and where it stands in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// The bytes of a value that begins at `offset` of the body.
    pub(crate) fn new(rest: &'a [u8], offset: usize) -> Self {
        Reader { rest, offset }
    }

    /// Takes a value from behind its length: four bytes, big endian. A length of zero has no value behind it.
    pub(crate) fn value(&mut self) -> Result<Reader<'a>, Error> {
        let offset = self.offset;
        let found = i32::from_be_bytes(*self.array()?);
        match usize::try_from(found) {
            Ok(length @ 1..) => {
                let offset = self.offset;
                Ok(Reader::new(self.take(length)?, offset))
            }
            Ok(_) => Err(self.fail(ErrorKind::Truncated)),
            Err(_) => Err(Error {
                kind: ErrorKind::NegativeLength { found },
                offset,
            }),
        }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<(), Error> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.fail(ErrorKind::TrailingBytes))
        }
    }

    pub(crate) fn peek(&self) -> Result<u8, Error> {
        let first = self.rest.first().copied();
        first.ok_or_else(|| self.fail(ErrorKind::Truncated))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|&[byte]| byte)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let Some((array, rest)) = self.rest.split_first_chunk() else {
            return Err(self.missing());
        };
        self.rest = rest;
        self.offset += N;
        Ok(array)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.missing());
        };
        self.rest = rest;
        self.offset += length;
        Ok(taken)
    }

    /// Consumes `tag` if it is next.
    pub(crate) fn eat(&mut self, tag: u8) -> bool {
        let found = self.rest.first() == Some(&tag);
        if found {
            // One byte is there.
            let _ = self.u8();
        }
        found
    }

    /// What is wrong with the tag that comes next.
    pub(crate) fn unexpected(&self, expected: &'static str) -> Error {
        match self.peek() {
            Ok(found) => self.fail(ErrorKind::UnexpectedTag { expected, found }),
            Err(error) => error,
        }
    }

    pub(crate) fn fail(&self, kind: ErrorKind) -> Error {
        Error {
            kind,
            offset: self.offset,
        }
    }

    /// More bytes are wanted than there are.
    fn missing(&self) -> Error {
        Error {
            kind: ErrorKind::Truncated,
            offset: self.offset + self.rest.len(),
        }
    }
}
