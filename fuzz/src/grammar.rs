//! The Hessian 2 grammar once more, written from its tag table alone: slow, recursive, and sharing no code with `hessian`.

use hessian::Limits;

/// A stream, read value by value.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    limits: Limits,
    /// Fields of each class.
    classes: Vec<usize>,
    types: usize,
    refs: usize,
    /// What of the stream hessian_rs cannot read, or not without harm.
    pub(crate) beyond_second: bool,
}

/// The bytes are no value.
#[derive(Debug)]
pub(crate) struct Wrong;

type Walked<T = ()> = Result<T, Wrong>;

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Walk {
            bytes,
            at: 0,
            limits,
            classes: Vec::new(),
            types: 0,
            refs: 0,
            beyond_second: false,
        }
    }

    /// One value, with the class definitions before it.
    pub(crate) fn value(&mut self, depth: usize) -> Walked {
        let mut tag = self.byte()?;
        while tag == b'C' {
            self.class()?;
            tag = self.byte()?;
        }
        match tag {
            0x00..=0x1f | 0x30..=0x33 | b'R' | b'S' => self.string(tag),
            0x20..=0x2f | 0x34..=0x37 | b'A' | b'B' => self.binary(tag),
            b'N' | b'T' | b'F' | 0x5b | 0x5c | 0x80..=0xbf | 0xd8..=0xef => Ok(()),
            0x5d | 0xc0..=0xcf | 0xf0..=0xff => self.skip(1),
            0x38..=0x3f | 0x5e | 0xd0..=0xd7 => self.skip(2),
            b'I' | b'K' | 0x59 | 0x5f => self.skip(4),
            b'L' | b'D' | b'J' => self.skip(8),
            b'H' => self.map(depth),
            b'M' => {
                self.ty()?;
                self.map(depth)
            }
            0x60..=0x6f => self.object(usize::from(tag - 0x60), depth),
            b'O' => {
                let class = self.count()?;
                self.object(class, depth)
            }
            b'Q' => {
                let index = self.count()?;
                right(index < self.refs)
            }
            0x78..=0x7f => self.list(Some(usize::from(tag - 0x78)), depth),
            b'X' => {
                let count = self.count()?;
                self.list(Some(count), depth)
            }
            b'W' => self.list(None, depth),
            0x70..=0x77 => {
                self.ty()?;
                self.list(Some(usize::from(tag - 0x70)), depth)
            }
            b'V' => {
                self.ty()?;
                let count = self.count()?;
                self.list(Some(count), depth)
            }
            b'U' => {
                self.ty()?;
                self.list(None, depth)
            }
            _ => Err(Wrong),
        }
    }

    fn begin(&mut self, depth: usize) -> Walked {
        self.refs += 1;
        self.beyond_second |= depth > 32;
        right(depth < self.limits.depth)
    }

    fn list(&mut self, count: Option<usize>, depth: usize) -> Walked {
        self.begin(depth)?;
        let mut left = count;
        while left != Some(0) && !(left.is_none() && self.eat(b'Z')) {
            self.value(depth + 1)?;
            left = left.map(|left| left - 1);
        }
        Ok(())
    }

    fn map(&mut self, depth: usize) -> Walked {
        self.begin(depth)?;
        while !self.eat(b'Z') {
            // It hashes keys by address, and compares those that are no scalars in ways that may panic.
            let plain = matches!(
                self.bytes.get(self.at),
                Some(0x00..=0x1f | 0x30..=0x33 | 0x80..=0xd7)
            );
            self.beyond_second |= !plain;
            self.value(depth + 1)?;
            self.value(depth + 1)?;
        }
        Ok(())
    }

    fn object(&mut self, class: usize, depth: usize) -> Walked {
        let fields = *self.classes.get(class).ok_or(Wrong)?;
        self.list(Some(fields), depth)
    }

    fn class(&mut self) -> Walked {
        right(self.classes.len() < self.limits.classes)?;
        self.name()?;
        let fields = self.count()?;
        right(fields <= self.limits.fields)?;
        for _ in 0..fields {
            self.name()?;
        }
        self.classes.push(fields);
        Ok(())
    }

    fn ty(&mut self) -> Walked {
        let at = self.at;
        match self.byte()? {
            tag @ (0x00..=0x1f | 0x30..=0x33 | b'R' | b'S') => {
                right(self.types < self.limits.types)?;
                self.string(tag)?;
                self.types += 1;
                Ok(())
            }
            _ => {
                self.at = at;
                let index = self.count()?;
                right(index < self.types)
            }
        }
    }

    fn name(&mut self) -> Walked {
        let tag = self.byte()?;
        self.string(tag)
    }

    /// An int that is not negative.
    fn count(&mut self) -> Walked<usize> {
        let number = match self.byte()? {
            tag @ 0x80..=0xbf => i32::from(tag) - 0x90,
            tag @ 0xc0..=0xcf => (i32::from(tag) - 0xc8) * 0x100 + i32::from(self.byte()?),
            tag @ 0xd0..=0xd7 => {
                let high = (i32::from(tag) - 0xd4) * 0x1_0000;
                high + i32::from(self.byte()?) * 0x100 + i32::from(self.byte()?)
            }
            b'I' => i32::from_be_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?]),
            _ => return Err(Wrong),
        };
        usize::try_from(number).map_err(|_| Wrong)
    }

    fn string(&mut self, mut tag: u8) -> Walked {
        loop {
            let units = match tag {
                0x00..=0x1f => usize::from(tag),
                0x30..=0x33 => usize::from(tag - 0x30) * 0x100 + usize::from(self.byte()?),
                b'R' | b'S' => self.long_len()?,
                _ => return Err(Wrong),
            };
            for _ in 0..units {
                self.unit()?;
            }
            if tag != b'R' {
                return Ok(());
            }
            tag = self.byte()?;
        }
    }

    /// One UTF-16 unit in one to three bytes, in its shortest form; surrogates are units like others.
    fn unit(&mut self) -> Walked {
        let first = self.byte()?;
        let mut low = || match self.byte()? {
            byte @ 0x80..=0xbf => Ok(u32::from(byte & 0x3f)),
            _ => Err(Wrong),
        };
        let (unit, least) = match first {
            0x00..=0x7f => (u32::from(first), 0),
            0xc0..=0xdf => (u32::from(first & 0x1f) << 6 | low()?, 0x80),
            0xe0..=0xef => (u32::from(first & 0x0f) << 12 | low()? << 6 | low()?, 0x800),
            _ => return Err(Wrong),
        };
        // It counts characters, not units, and knows no surrogates.
        self.beyond_second |= matches!(unit, 0xd800..=0xdfff);
        right(unit >= least)
    }

    fn binary(&mut self, mut tag: u8) -> Walked {
        loop {
            let len = match tag {
                0x20..=0x2f => usize::from(tag - 0x20),
                0x34..=0x37 => usize::from(tag - 0x34) * 0x100 + usize::from(self.byte()?),
                b'A' | b'B' => self.long_len()?,
                _ => return Err(Wrong),
            };
            self.skip(len)?;
            if tag != b'A' {
                return Ok(());
            }
            tag = self.byte()?;
        }
    }

    fn long_len(&mut self) -> Walked<usize> {
        let len = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        // It reads lengths of chunks as i16, and recurses from chunk to chunk.
        self.beyond_second |= len >= 0x8000 || len == 0;
        Ok(len)
    }

    fn byte(&mut self) -> Walked<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Wrong)?;
        self.at += 1;
        Ok(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn skip(&mut self, len: usize) -> Walked {
        self.at += len;
        right(self.at <= self.bytes.len())
    }
}

fn right(holds: bool) -> Walked {
    if holds { Ok(()) } else { Err(Wrong) }
}
