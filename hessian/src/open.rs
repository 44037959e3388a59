use alloc::vec::Vec;

use crate::error::ErrorKind;
use crate::reader::Reader;

/// What is still to come of a list, map or object that has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Open {
    /// So many values.
    Values(u32),
    /// Values until `Z`.
    ValuesToEnd,
    /// A key, or `Z`.
    Key,
    /// The value of the key just read.
    ValueOfKey,
}

impl Open {
    /// What is still to come after the next value; or, if there is none, nothing, and an end marker is consumed.
    #[inline(always)]
    pub(crate) fn next(self, reader: &mut Reader<'_>) -> Option<Open> {
        match self {
            Open::Values(left) => left.checked_sub(1).map(Open::Values),
            Open::ValuesToEnd => (!reader.eat(b'Z')).then_some(Open::ValuesToEnd),
            Open::Key => (!reader.eat(b'Z')).then_some(Open::ValueOfKey),
            Open::ValueOfKey => Some(Open::Key),
        }
    }
}

/// What is open around the innermost one. The first few need no allocation.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    limit: usize,
    len: usize,
    near: [Open; NEAR],
    far: Vec<Open>,
}

impl Outer {
    pub(crate) fn new(limit: usize) -> Self {
        Outer {
            limit,
            len: 0,
            near: [Open::Values(0); NEAR],
            far: Vec::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, open: Open) -> Result<(), ErrorKind> {
        if self.len >= self.limit {
            return Err(ErrorKind::TooDeep { limit: self.limit });
        }
        match self.near.get_mut(self.len) {
            Some(place) => *place = open,
            None => self.far.push(open),
        }
        self.len += 1;
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Open> {
        self.len = self.len.checked_sub(1)?;
        match self.near.get(self.len) {
            Some(open) => Some(*open),
            None => self.far.pop(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.far.clear();
    }
}

/// Arguments of real calls seldom nest deeper.
const NEAR: usize = 16;
