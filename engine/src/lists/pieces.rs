//! A list's compiled entries on their way from the VM that has fetched them to the others.
//!
//! ```text
//! "dpi" | format 1 | version 8 | publisher 8 | up to 1 MiB of the entries
//! ```
//!
//! One piece a tick: to copy a mebibyte takes about as long as a call may wait. The record names a version when all of
//! its pieces are there, and the digest of the whole; so a publisher that is gone in the middle leaves nothing behind that
//! anybody would take.

use std::rc::Rc;

use super::entries::{Entries, Kind};
use super::slot::{Record, Slot};
use super::source::digest;
use crate::shared::{SetError, SharedData, StoreError};
use crate::time::Nanos;

/// Bytes of the entries in one piece.
pub(super) const PIECE: usize = 1 << 20;
/// Compiled entries of more bytes are not published.
pub(super) const MAX_PIECES: usize = 64;

/// Entries that are being published.
#[derive(Debug)]
pub(super) struct Publisher {
    entries: Rc<Entries>,
    version: u64,
    nonce: u64,
    next: usize,
}

impl Publisher {
    pub(super) fn new(entries: Rc<Entries>, version: u64, nonce: u64) -> Publisher {
        Publisher {
            entries,
            version,
            nonce,
            next: 0,
        }
    }

    /// Whether there is no more room for entries of this size.
    pub(super) fn is_too_long(entries: &Entries) -> bool {
        entries.bytes().len() > MAX_PIECES * PIECE
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn entries(&self) -> &Rc<Entries> {
        &self.entries
    }

    /// Writes the next piece. Whether it was the last.
    pub(super) fn step(
        &mut self,
        store: &mut dyn SharedData,
        slot: Slot,
    ) -> Result<bool, StoreError> {
        let bytes = self.entries.bytes();
        let start = self.next * PIECE;
        let piece = bytes.get(start..).unwrap_or_default();
        let piece = piece.get(..PIECE).unwrap_or(piece);
        let mut value = Vec::with_capacity(HEAD + piece.len());
        value.extend_from_slice(&head(self.version, self.nonce));
        value.extend_from_slice(piece);
        overwrite(store, &slot.piece_key(self.version, self.next), &value)?;
        self.next += 1;
        Ok(self.next * PIECE >= bytes.len())
    }

    /// What the record has to say of the entries.
    pub(super) fn describe(&self, record: &mut Record) {
        let bytes = self.entries.bytes();
        record.version = self.version;
        record.publisher = self.nonce;
        record.length = bytes.len() as u64;
        record.digest = digest(bytes);
    }
}

/// Whatever stands there: a piece that was written for an earlier version, or by somebody who is gone.
fn overwrite(store: &mut dyn SharedData, key: &str, value: &[u8]) -> Result<(), StoreError> {
    // The host copies the old piece out to tell its number, so it is tried without first.
    match store.set(key, value, None) {
        Ok(()) => return Ok(()),
        Err(SetError::CasMismatch) => {}
        Err(SetError::Failed) => return Err(StoreError),
    }
    let cas = store.get(key)?.map(|found| found.cas);
    store.set(key, value, cas).map_err(|_| StoreError)
}

/// Entries that are being read.
#[derive(Debug)]
pub(super) struct Loader {
    version: u64,
    publisher: u64,
    length: usize,
    digest: u64,
    fetched: Nanos,
    bytes: Vec<u8>,
}

/// What a step of a [`Loader`] has brought.
#[derive(Debug)]
pub(super) enum Loaded {
    /// A piece; more will come.
    Part,
    /// All of it.
    Whole(Entries),
    /// The pieces are not those that the record speaks of.
    Torn,
}

impl Loader {
    /// Of the version that the record speaks of; `None` if it cannot have been written by this module.
    pub(super) fn new(record: &Record) -> Option<Loader> {
        let length = usize::try_from(record.length).ok()?;
        (record.version > 0 && length <= MAX_PIECES * PIECE).then(|| Loader {
            version: record.version,
            publisher: record.publisher,
            length,
            digest: record.digest,
            fetched: record.fetched,
            bytes: Vec::with_capacity(length),
        })
    }

    /// What is loaded: its version, its publisher, and when it was fetched.
    pub(super) fn of(&self) -> (u64, u64, Nanos) {
        (self.version, self.publisher, self.fetched)
    }

    /// Reads the next piece.
    pub(super) fn step(
        &mut self,
        store: &mut dyn SharedData,
        slot: Slot,
        kind: Kind,
    ) -> Result<Loaded, StoreError> {
        let index = self.bytes.len() / PIECE;
        let found = store.get(&slot.piece_key(self.version, index))?;
        let head = head(self.version, self.publisher);
        let wanted = (self.length - self.bytes.len()).min(PIECE);
        let piece = found
            .as_ref()
            .and_then(|found| found.value.strip_prefix(&head));
        let Some(piece) = piece.filter(|piece| piece.len() == wanted) else {
            return Ok(Loaded::Torn);
        };
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() < self.length {
            return Ok(Loaded::Part);
        }
        let bytes = core::mem::take(&mut self.bytes);
        if digest(&bytes) != self.digest {
            return Ok(Loaded::Torn);
        }
        Ok(Entries::from_bytes(kind, bytes).map_or(Loaded::Torn, Loaded::Whole))
    }
}

const HEAD: usize = 20;

fn head(version: u64, publisher: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let parts = [
        &FORMAT[..],
        &version.to_le_bytes(),
        &publisher.to_le_bytes(),
    ];
    for (to, from) in head.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    head
}

const FORMAT: [u8; 4] = *b"dpi\x01";
