//! What the VMs of a process know of one fetched list: a record in shared data.
//!
//! ```text
//! dubbo-policy/1/list/SLOT          "dpl" | format 1 | numbers of the record, 8 bytes each | etag
//! dubbo-policy/1/list/SLOT/BANK/N   the entries in pieces, see `pieces`
//! ```
//!
//! Shared data is never freed, so there is a fixed number of slots. A list takes the first free one of a few that its
//! identity leads to; one that nobody has touched for long is free again.

use super::source::Identity;
use crate::shared::{SetError, SharedData, StoreError};
use crate::time::Nanos;

/// The record of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// Whose it is.
    pub(super) identity: Identity,
    /// Counts the contents that were published; 0 before the first.
    pub(super) version: u64,
    /// Who published, so that pieces of two publishers are told apart.
    pub(super) publisher: u64,
    /// Bytes of the compiled entries.
    pub(super) length: u64,
    /// The digest of those.
    pub(super) digest: u64,
    /// How many entries were good.
    pub(super) good: u64,
    /// How many were skipped.
    pub(super) bad: u64,
    /// The digest of the body that they were compiled from; 0 when the entries have to be published anew.
    pub(super) content: u64,
    /// The last good fetch, on the monotonic clock; 0 before the first.
    pub(super) fetched: Nanos,
    /// The same on the wall clock.
    pub(super) fetched_wall: u64,
    /// When the next fetch is due.
    pub(super) next: Nanos,
    /// Fetches that have failed since the last good one.
    pub(super) failures: u64,
    /// When the record was written.
    pub(super) touched: Nanos,
    /// The server's name for the content; empty when it gave none.
    pub(super) etag: String,
}

/// The place of a list's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(pub(super) u8);

impl Record {
    /// Whether the list was fetched within `expire_after`.
    pub(super) fn is_fresh(&self, now: Nanos, expire_after: Nanos) -> bool {
        self.fetched != Nanos(0) && now - self.fetched <= expire_after
    }

    fn encode(&self) -> Vec<u8> {
        let numbers = [
            self.identity[0],
            self.identity[1],
            self.version,
            self.publisher,
            self.length,
            self.digest,
            self.good,
            self.bad,
            self.content,
            self.fetched.0,
            self.fetched_wall,
            self.next.0,
            self.failures,
            self.touched.0,
        ];
        let mut value = FORMAT.to_vec();
        for number in numbers {
            value.extend_from_slice(&number.to_le_bytes());
        }
        value.extend_from_slice(self.etag.as_bytes());
        value
    }

    fn decode(value: &[u8]) -> Option<Record> {
        let rest = value.strip_prefix(&FORMAT)?;
        let (numbers, etag) = rest.split_first_chunk::<{ 14 * 8 }>()?;
        let &[
            id_0,
            id_1,
            version,
            publisher,
            length,
            digest,
            good,
            bad,
            content,
            fetched,
            fetched_wall,
            next,
            failures,
            touched,
        ] = numbers.as_chunks::<8>().0
        else {
            return None;
        };
        let number = u64::from_le_bytes;
        Some(Record {
            identity: [number(id_0), number(id_1)],
            version: number(version),
            publisher: number(publisher),
            length: number(length),
            digest: number(digest),
            good: number(good),
            bad: number(bad),
            content: number(content),
            fetched: Nanos(number(fetched)),
            fetched_wall: number(fetched_wall),
            next: Nanos(number(next)),
            failures: number(failures),
            touched: Nanos(number(touched)),
            etag: str::from_utf8(etag).ok()?.to_owned(),
        })
    }
}

impl Slot {
    /// The slot of this list, which is taken for it if it has none yet. `None` when all that it could have are others'.
    pub(super) fn find(
        store: &mut dyn SharedData,
        identity: Identity,
        now: Nanos,
    ) -> Result<Option<Slot>, StoreError> {
        let mut free = None;
        for slot in Slot::candidates(identity) {
            let found = store.get(&slot.key())?;
            let record = found
                .as_ref()
                .and_then(|found| Record::decode(&found.value));
            match (&found, record) {
                (_, Some(record)) if record.identity == identity => return Ok(Some(slot)),
                (None, _) => _ = free.get_or_insert((slot, None)),
                (Some(found), Some(record)) if now - record.touched > ABANDONED => {
                    free.get_or_insert((slot, Some(found.cas)));
                }
                // Somebody else's, or nothing that this module writes.
                (Some(_), _) => {}
            }
        }
        let Some((slot, cas)) = free else {
            return Ok(None);
        };
        let record = Record {
            identity,
            touched: now,
            ..Record::default()
        };
        match store.set(&slot.key(), &record.encode(), cas) {
            Ok(()) => Ok(Some(slot)),
            // By another VM, most likely for the same list: the next look finds out.
            Err(SetError::CasMismatch) => Ok(None),
            Err(SetError::Failed) => Err(StoreError),
        }
    }

    fn candidates(identity: Identity) -> impl Iterator<Item = Slot> {
        let [first, _] = identity.map(|half| half.to_le_bytes());
        first.into_iter().map(Slot)
    }

    /// The record; `None` when the slot is another list's by now.
    pub(super) fn read(
        self,
        store: &mut dyn SharedData,
        identity: Identity,
    ) -> Result<Option<(Record, u32)>, StoreError> {
        let found = store.get(&self.key())?;
        Ok(found.and_then(|found| {
            let record = Record::decode(&found.value)?;
            (record.identity == identity).then_some((record, found.cas))
        }))
    }

    /// Puts `record` in the place of the one that was read with `cas`. Whether it was still that.
    pub(super) fn write(
        self,
        store: &mut dyn SharedData,
        record: &Record,
        cas: u32,
    ) -> Result<bool, StoreError> {
        match store.set(&self.key(), &record.encode(), Some(cas)) {
            Ok(()) => Ok(true),
            Err(SetError::CasMismatch) => Ok(false),
            Err(SetError::Failed) => Err(StoreError),
        }
    }

    /// Also the name of the lock on fetching it.
    pub(super) fn name(self) -> String {
        format!("list/{}", self.0)
    }

    fn key(self) -> String {
        format!("dubbo-policy/1/list/{}", self.0)
    }

    /// The key of a piece. Versions take turns at two banks, so that one is whole while another is written.
    pub(super) fn piece_key(self, version: u64, index: usize) -> String {
        format!("dubbo-policy/1/list/{}/{}/{index}", self.0, version % 2)
    }
}

const FORMAT: [u8; 4] = *b"dpl\x01";

/// A record is written at every fetch, good or not, and fetches are at most an hour apart.
const ABANDONED: Nanos = Nanos::from_secs(3 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record {
            identity: [1, 2],
            version: 3,
            publisher: 4,
            length: 5,
            digest: 6,
            good: 7,
            bad: 8,
            content: 9,
            fetched: Nanos(10),
            fetched_wall: 11,
            next: Nanos(12),
            failures: 13,
            touched: Nanos(14),
            etag: "W/\"a\"".to_owned(),
        };
        assert_eq!(Record::decode(&record.encode()), Some(record.clone()));
        for cut in 0..14 * 8 + 4 {
            assert_eq!(Record::decode(record.encode().get(..cut).unwrap()), None);
        }
    }
}
