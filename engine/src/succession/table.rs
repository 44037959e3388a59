//! The table in shared data.
//!
//! ```text
//! dubbo-policy/1/in_force   "dpf" | format 1 | entries of 32 bytes:
//!     place 8 | generation 8 | revision 8 | since, on the monotonic clock 8
//! ```
//!
//! Other builds of the module read it, too: a format that changes needs another key, and cuts the succession.

use crate::shared::{SetError, SharedData, StoreError, Versioned};
use crate::time::Nanos;

/// What is in force in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The fingerprint of the plugin, its root id and the policy's name.
    pub(super) place: u64,
    /// The load of the module.
    pub(super) generation: u64,
    /// The fingerprint of the policy's revision.
    pub(super) revision: u64,
    /// When a VM was told so.
    pub(super) since: Nanos,
}

/// The table as it was read.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    cas: Option<u32>,
}

impl Table {
    /// Reads it; nothing there is an empty table.
    pub(super) fn read(store: &mut dyn SharedData) -> Result<Table, StoreError> {
        Ok(match store.get(KEY)? {
            None => Table {
                entries: Vec::new(),
                cas: None,
            },
            Some(Versioned { value, cas }) => Table {
                entries: decode(&value)?,
                cas: Some(cas),
            },
        })
    }

    /// What is in force in a place.
    pub(super) fn get(&self, place: u64) -> Option<Entry> {
        self.entries
            .iter()
            .find(|entry| entry.place == place)
            .copied()
    }

    /// Writes the entry of a place. When somebody else has written since it was read, nothing happens: whoever looks again
    /// finds that and can do it again. A table that is full forgets its oldest entry.
    pub(super) fn put(
        mut self,
        entry: Entry,
        store: &mut dyn SharedData,
    ) -> Result<(), StoreError> {
        self.entries.retain(|other| other.place != entry.place);
        if self.entries.len() >= MAX_ENTRIES
            && let Some(oldest) = self.entries.iter().map(|entry| entry.since).min()
        {
            self.entries.retain(|entry| entry.since != oldest);
        }
        self.entries.push(entry);
        match store.set(KEY, &encode(&self.entries), self.cas) {
            Ok(()) | Err(SetError::CasMismatch) => Ok(()),
            Err(SetError::Failed) => Err(StoreError),
        }
    }
}

fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut value = FORMAT.to_vec();
    for entry in entries {
        for number in [entry.place, entry.generation, entry.revision, entry.since.0] {
            value.extend_from_slice(&number.to_le_bytes());
        }
    }
    value
}

fn decode(value: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let bytes = value.strip_prefix(&FORMAT).ok_or(StoreError)?;
    let (numbers, []) = bytes.as_chunks() else {
        return Err(StoreError);
    };
    let numbers: Vec<u64> = numbers.iter().map(|n| u64::from_le_bytes(*n)).collect();
    let (rows, []) = numbers.as_chunks() else {
        return Err(StoreError);
    };
    let entry = |[place, generation, revision, since]: &[u64; 4]| Entry {
        place: *place,
        generation: *generation,
        revision: *revision,
        since: Nanos(*since),
    };
    Ok(rows.iter().map(entry).collect())
}

const KEY: &str = "dubbo-policy/1/in_force";
const FORMAT: [u8; 4] = *b"dpf\x01";
/// One for each policy of each plugin that was ever loaded with this `vm_id`: 4 KiB at most.
const MAX_ENTRIES: usize = 128;
