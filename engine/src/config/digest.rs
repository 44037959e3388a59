//! The revision: a hash of what a configuration says, however it is written.

use core::fmt::{self, Write};

use super::path::Path;
use crate::time::Nanos;

/// A sum of one hash for each value that was read, with its path: so the order of fields does not count, and a default
/// counts like the same value written out. Not a defence against configurations that are made to collide.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digest(u64);

/// What a value is, in the one form that all its spellings have.
#[derive(Debug)]
pub(super) enum Leaf<'a> {
    Text(&'a str),
    Flag(bool),
    Number(u64),
    Duration(Nanos),
    List(usize),
    Object,
}

impl Digest {
    /// Adds a value.
    pub(super) fn add(&mut self, path: &Path, leaf: Leaf<'_>) {
        let mut hash = Fnv::default();
        // Hashing text cannot fail.
        let _ = match leaf {
            Leaf::Text(text) => write!(hash, "{path}\0text {text}"),
            Leaf::Flag(flag) => write!(hash, "{path}\0flag {flag}"),
            Leaf::Number(number) => write!(hash, "{path}\0number {number}"),
            Leaf::Duration(Nanos(nanos)) => write!(hash, "{path}\0duration {nanos}"),
            Leaf::List(len) => write!(hash, "{path}\0list {len}"),
            Leaf::Object => write!(hash, "{path}\0object"),
        };
        self.0 = self.0.wrapping_add(mix(hash.0));
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", mix(self.0))
    }
}

/// FNV-1a of 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

/// The finalizer of SplitMix64: FNV's sums alone would cancel out where two values change places.
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
