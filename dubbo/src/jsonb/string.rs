//! Strings in all their forms.

use alloc::string::String;

use hessian::Text;

use super::reader::Reader;
use super::{Error, ErrorKind, number};

/// A string as it stands on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Str<'a> {
    form: Form,
    bytes: &'a [u8],
    /// Where the bytes stand in the body.
    offset: usize,
}

/// How the characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `49`-`78` and `79`: a byte each.
    Latin1,
    /// `7a`
    Utf8,
    /// `7b`: in the order that a mark says, big-endian without one.
    Utf16,
    /// `7c`
    Utf16Le,
    /// `7d`
    Utf16Be,
}

/// Whether `tag` begins a string that is read here. GB 18030 is not: Java writes it only when it is told to.
pub(crate) fn is_string(tag: u8) -> bool {
    matches!(tag, 0x49..=0x7d)
}

/// The text of the string that must come next.
pub(crate) fn text<'a>(reader: &mut Reader<'a>) -> Result<Text<'a>, Error> {
    Str::read(reader)?.text()
}

impl<'a> Str<'a> {
    /// The string that must come next.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let tag = reader.peek()?;
        let form = match tag {
            0x49..=0x79 => Form::Latin1,
            0x7a => Form::Utf8,
            0x7b => Form::Utf16,
            0x7c => Form::Utf16Le,
            0x7d => Form::Utf16Be,
            _ => return Err(reader.unexpected("a string")),
        };
        reader.u8()?;
        let length = match tag {
            0x49..=0x78 => usize::from(tag - 0x49),
            _ => number::length(reader)?,
        };
        let offset = reader.offset();
        Ok(Str {
            form,
            bytes: reader.take(length)?,
            offset,
        })
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// Bytes that are no characters. Surrogates may stand alone.
    pub(crate) fn text(self) -> Result<Text<'a>, Error> {
        match self.form {
            Form::Latin1 if self.bytes.is_ascii() => self.utf8(),
            Form::Latin1 => {
                let text: String = self.bytes.iter().map(|&byte| char::from(byte)).collect();
                Ok(Text::from(text.as_str()).into_owned())
            }
            Form::Utf8 => self.utf8(),
            Form::Utf16 => match self.bytes {
                [0xff, 0xfe, bytes @ ..] => self.utf16(bytes, u16::from_le_bytes),
                [0xfe, 0xff, bytes @ ..] => self.utf16(bytes, u16::from_be_bytes),
                bytes => self.utf16(bytes, u16::from_be_bytes),
            },
            Form::Utf16Le => self.utf16(self.bytes, u16::from_le_bytes),
            Form::Utf16Be => self.utf16(self.bytes, u16::from_be_bytes),
        }
    }

    /// The text of a key.
    ///
    /// # Errors
    ///
    /// What [`Str::text`] says, and keys that Java takes for others: [`ErrorKind::AmbiguousKey`].
    pub(crate) fn key(self) -> Result<Text<'a>, Error> {
        let ambiguous = match self.form {
            Form::Latin1 => self.bytes.iter().any(|byte| matches!(byte, 0x00 | 0xff)),
            // These two become strings of wide characters whatever is in them, so `path` equals no `path`.
            Form::Utf8 => self.bytes.is_ascii(),
            Form::Utf16Le => {
                let (units, _) = self.bytes.as_chunks();
                units.iter().all(|&unit| u16::from_le_bytes(unit) < 0x80)
            }
            Form::Utf16 | Form::Utf16Be => false,
        };
        if ambiguous {
            return Err(self.fail(ErrorKind::AmbiguousKey, 0));
        }
        self.text()
    }

    fn utf8(self) -> Result<Text<'a>, Error> {
        match core::str::from_utf8(self.bytes) {
            Ok(text) => Ok(Text::from(text)),
            Err(error) => {
                let at = error.valid_up_to();
                let found = self.bytes.get(at).copied().unwrap_or_default();
                Err(self.fail(ErrorKind::BadUtf8 { found }, at))
            }
        }
    }

    fn utf16(self, bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<Text<'static>, Error> {
        let (units, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(self.fail(ErrorKind::BadUtf16, self.bytes.len()));
        }
        Ok(Text::from_utf16(units.iter().map(|&bytes| unit(bytes))))
    }

    fn fail(self, kind: ErrorKind, at: usize) -> Error {
        Error {
            kind,
            offset: self.offset + at,
        }
    }
}
