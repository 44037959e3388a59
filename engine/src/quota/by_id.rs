//! Tables over keys, whose names are seeded hashes already.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;

use super::key::Id;

/// A table by key. Nothing is hashed again: nobody outside knows where a key stands.
pub(super) type ById<T> = HashMap<Id, T, BuildHasherDefault<First>>;

/// Takes the first eight bytes for the hash.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct First(u64);

impl Hasher for First {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    /// Of an array's length, which is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
