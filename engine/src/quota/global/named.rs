//! What a key is called towards the service.

use core::hash::Hasher as _;
use std::sync::Arc;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::super::key::Key;
use super::super::limit::WhenFull;
use super::settings::Global;

/// Whose counters are charged, what they are called towards the service, and how much they may have.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Named<'a> {
    pub(in super::super) key: Key,
    pub(in super::super) global: &'a Arc<Global>,
    pub(in super::super) limit: u64,
    pub(in super::super) max_keys: u32,
    pub(in super::super) when_full: WhenFull,
    /// Counted apart from what is enforced.
    pub(in super::super) dry_run: bool,
}

/// A value as part of a descriptor. Callers choose some of them, and the service is not to be given what it cannot store.
pub(super) fn short(value: &str) -> String {
    if value.len() <= MAX_VALUE {
        return value.to_owned();
    }
    let mut hash = SipHasher13::new();
    hash.write(value.as_bytes());
    let hash = hash.finish128().as_u128();
    let beginning = value
        .get(..value.floor_char_boundary(KEPT))
        .unwrap_or_default();
    format!("{beginning}#{hash:032x}")
}

/// The same on all nodes, so the hash is not seeded: whoever finds two long values with one hash shares a counter with
/// himself.
const MAX_VALUE: usize = 256;
const KEPT: usize = 200;
