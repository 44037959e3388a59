use std::io::{self, Read};

/// Why a capture cannot be read on, and where.
#[derive(Debug)]
pub(super) enum Broken {
    Read(io::Error),
    At { offset: u64, what: String },
}

impl Broken {
    pub(super) fn at(offset: u64, what: impl Into<String>) -> Broken {
        Broken::At {
            offset,
            what: what.into(),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Read(error)
    }
}

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Broken::Read(error) => error.fmt(f),
            Broken::At { offset, what } => write!(f, "{what} at byte {offset}"),
        }
    }
}

/// Bytes of a file, and where in it they stand.
pub(super) struct Source<R> {
    input: R,
    /// How much has been read.
    pub(super) offset: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Source<R> {
        Source { input, offset: 0 }
    }

    /// The next bytes; none at the end of the file.
    pub(super) fn next<const N: usize>(&mut self, what: &str) -> Result<Option<[u8; N]>, Broken> {
        let mut bytes = Vec::with_capacity(N);
        self.append(&mut bytes, N)?;
        match bytes.as_slice().try_into() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => Err(self.ends_in(what)),
        }
    }

    /// Replaces what stands in `buffer` by so many bytes. It grows by what comes, not by what is asked for.
    pub(super) fn fill(
        &mut self,
        buffer: &mut Vec<u8>,
        len: usize,
        what: &str,
    ) -> Result<(), Broken> {
        buffer.clear();
        self.append(buffer, len)?;
        if buffer.len() < len {
            return Err(self.ends_in(what));
        }
        Ok(())
    }

    /// Steps over so many bytes.
    pub(super) fn skip(&mut self, len: usize, what: &str) -> Result<(), Broken> {
        let mut input = self.input.by_ref().take(len as u64);
        let skipped = io::copy(&mut input, &mut io::sink())?;
        self.offset += skipped;
        if skipped < len as u64 {
            return Err(self.ends_in(what));
        }
        Ok(())
    }

    fn append(&mut self, buffer: &mut Vec<u8>, len: usize) -> io::Result<()> {
        let mut input = self.input.by_ref().take(len as u64);
        self.offset += input.read_to_end(buffer)? as u64;
        Ok(())
    }

    fn ends_in(&self, what: &str) -> Broken {
        Broken::at(self.offset, format!("the file ends inside {what}"))
    }
}

/// How a file writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Big => u16::from_be_bytes(bytes),
            Order::Little => u16::from_le_bytes(bytes),
        }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Big => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        }
    }

    pub(super) fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Order::Big => i64::from_be_bytes(bytes),
            Order::Little => i64::from_le_bytes(bytes),
        }
    }
}

/// The fields at the beginning of a record, one after the other. What is missing reads as nothing.
pub(super) struct Fields<'a> {
    pub(super) rest: &'a [u8],
    pub(super) order: Order,
}

impl<'a> Fields<'a> {
    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| self.order.u16(bytes))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| self.order.u32(bytes))
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }
}
