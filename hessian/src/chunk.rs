//! Strings and binary data: one chunk, or several of which the last has a tag of its own.

use crate::error::{Error, ErrorKind};
use crate::reader::Reader;
use crate::tag::{Length, Tag};
use crate::text::Text;
use crate::units;

impl<'a> Reader<'a> {
    /// The string whose first chunk's tag has just been read.
    #[inline(always)]
    pub(crate) fn text_behind(&mut self, length: Length) -> Result<Text<'a>, Error> {
        let (units, last) = self.length(length)?;
        let text = Text::borrowed(self.units(units)?, units);
        if last {
            Ok(text)
        } else {
            self.join_chunks(text)
        }
    }

    /// Nearly all strings have one chunk: what joins more stays out of their way.
    #[cold]
    fn join_chunks(&mut self, mut text: Text<'a>) -> Result<Text<'a>, Error> {
        loop {
            let (units, last) = self.next_string_chunk()?;
            text.push_chunk(self.units(units)?, units);
            if last {
                return Ok(text);
            }
        }
    }

    /// Steps over the string whose first chunk's tag has just been read.
    #[inline(always)]
    pub(crate) fn skip_string_behind(&mut self, length: Length) -> Result<(), Error> {
        let (units, mut last) = self.length(length)?;
        self.units(units)?;
        while !last {
            let units;
            (units, last) = self.next_string_chunk()?;
            self.units(units)?;
        }
        Ok(())
    }

    /// Steps over the binary data whose first chunk's tag has just been read.
    #[inline(always)]
    pub(crate) fn skip_binary_behind(&mut self, length: Length) -> Result<(), Error> {
        let (len, mut last) = self.length(length)?;
        self.take(len)?;
        while !last {
            let Tag::Binary(length) = self.tag()? else {
                return Err(self.unexpected("binary data's next chunk"));
            };
            let len;
            (len, last) = self.length(length)?;
            self.take(len)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn next_string_chunk(&mut self) -> Result<(usize, bool), Error> {
        match self.tag()? {
            Tag::String(length) => self.length(length),
            _ => Err(self.unexpected("a string's next chunk")),
        }
    }

    /// A chunk's length, and whether it is the last one.
    #[inline(always)]
    fn length(&mut self, length: Length) -> Result<(usize, bool), Error> {
        Ok(match length {
            Length::Short(len) => (len.into(), true),
            Length::Medium(high) => (u16::from_be_bytes([high, self.u8()?]).into(), true),
            Length::Long { last } => (u16::from_be_bytes(self.array()?).into(), last),
        })
    }

    #[inline(always)]
    fn units(&mut self, units: usize) -> Result<&'a [u8], Error> {
        match units::byte_len(self.rest(), units) {
            Ok(len) => self.take(len),
            Err(at) => Err(self.bad_text(at)),
        }
    }

    #[cold]
    fn bad_text(self, at: usize) -> Error {
        let kind = match self.rest().get(at) {
            Some(&found) => ErrorKind::BadUtf8 { found },
            None => ErrorKind::Truncated,
        };
        Error {
            kind,
            offset: self.offset() + at,
        }
    }
}
