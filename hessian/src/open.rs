use alloc::vec::Vec;

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

/// The values that are open around the innermost one. The first few need no allocation.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    len: usize,
    near: [Open; NEAR],
    far: Vec<Open>,
}

impl Stack {
    pub(crate) fn new() -> Self {
        Stack {
            len: 0,
            near: [Open::Values(0); NEAR],
            far: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn push(&mut self, open: Open) {
        match self.near.get_mut(self.len) {
            Some(slot) => *slot = open,
            None => self.far.push(open),
        }
        self.len += 1;
    }

    #[inline]
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
