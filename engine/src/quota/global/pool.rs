//! What a node may admit of each key in the current window: values of shared data, changed by compare-and-set.
//!
//! ```text
//! dubbo-policy/1/global/HHH   a bucket: 1024 of them, found by the key's hash
//! bucket   "dpg" | format 1 | entry*
//! entry    window 8 | id 16 | quota 8 | number 8 | used 8 | granted 8 | credit 8 | remaining 8 | asked_until 8
//! ```
//!
//! Numbers are little endian. A value of any other shape is not ours to overwrite.

use super::super::key::{Id, Key};
use crate::shared::{SetError, SharedData, StoreError};
use crate::time::{Nanos, Now};

/// What one key has of its current window, for all VMs of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) window: Nanos,
    pub(super) id: Id,
    pub(super) quota: u64,
    /// The window, counted from the UTC epoch.
    pub(super) number: u64,
    /// Admitted, or held by a VM to be admitted.
    pub(super) used: u64,
    /// What the service has granted.
    pub(super) granted: u64,
    /// What may be admitted before the service's first answer.
    pub(super) credit: u64,
    /// What the service had left when it last answered; `None` before that.
    pub(super) remaining: Option<u64>,
    /// While an ask is on its way, at most until then, nobody else asks.
    pub(super) asked_until: Nanos,
}

impl Entry {
    /// Whether the service has no more to give in this window.
    pub(super) fn is_exhausted(&self) -> bool {
        self.remaining == Some(0)
    }
}

/// The entries that share one value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bucket(pub(super) Vec<Entry>);

impl Bucket {
    /// The entry of a key, if its window is not over.
    pub(super) fn find(&mut self, id: Id) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.id == id)
    }

    /// Drops what is over.
    fn roll(&mut self, now: Now) {
        self.0.retain(|entry| {
            let number = number(entry.window, now);
            // Each VM reads the wall clock on its own, so one may see the old window a moment longer. A clock that was set
            // back further starts anew.
            entry.number == number || entry.number == number + 1
        });
    }

    fn decode(value: &[u8]) -> Result<Bucket, StoreError> {
        let bytes = value.strip_prefix(&FORMAT).ok_or(StoreError)?;
        let (entries, []) = bytes.as_chunks::<ENTRY_LEN>() else {
            return Err(StoreError);
        };
        Ok(Bucket(entries.iter().map(Entry::decode).collect()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(FORMAT.len() + self.0.len() * ENTRY_LEN);
        value.extend_from_slice(&FORMAT);
        for entry in &self.0 {
            for number in entry.numbers() {
                value.extend_from_slice(&number.to_le_bytes());
            }
        }
        value
    }
}

impl Entry {
    fn decode(bytes: &[u8; ENTRY_LEN]) -> Entry {
        let (words, _) = bytes.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mut next = || words.next().unwrap_or_default();
        Entry {
            window: Nanos(next()),
            id: [next(), next()],
            quota: next(),
            number: next(),
            used: next(),
            granted: next(),
            credit: next(),
            remaining: Some(next()).filter(|left| *left != UNKNOWN),
            asked_until: Nanos(next()),
        }
    }

    fn numbers(&self) -> [u64; ENTRY_LEN / 8] {
        let [low, high] = self.id;
        [
            self.window.0,
            low,
            high,
            self.quota,
            self.number,
            self.used,
            self.granted,
            self.credit,
            self.remaining.unwrap_or(UNKNOWN),
            self.asked_until.0,
        ]
    }
}

/// What a change makes of a bucket.
pub(super) enum Change<T> {
    /// It is to be written.
    Write(T),
    /// It stays as it is.
    Keep(T),
}

/// Changes the bucket of a key, anew whenever another VM was faster. `change` gets what is not over.
pub(super) fn change<T>(
    store: &mut dyn SharedData,
    now: Now,
    place: Place,
    mut change: impl FnMut(&mut Bucket) -> Change<T>,
) -> Result<T, StoreError> {
    let name = place.name();
    for _ in 0..TRIES {
        let (mut bucket, cas) = match store.get(&name)? {
            Some(found) => (Bucket::decode(&found.value)?, Some(found.cas)),
            None => (Bucket::default(), None),
        };
        bucket.roll(now);
        match change(&mut bucket) {
            Change::Keep(outcome) => return Ok(outcome),
            Change::Write(outcome) => match store.set(&name, &bucket.encode(), cas) {
                Ok(()) => return Ok(outcome),
                Err(SetError::CasMismatch) => {}
                Err(SetError::Failed) => return Err(StoreError),
            },
        }
    }
    Err(StoreError)
}

/// Which of the shared values holds a key's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Place {
    /// Where the entry of `key` stands, and how many of its quota's keys may stand there. A quota's keys are spread over as
    /// many buckets as `max_keys` needs.
    pub(super) fn of(key: Key, max_keys: u32) -> (Place, usize) {
        let wanted = (max_keys / KEYS_A_BUCKET).checked_ilog2().unwrap_or(0);
        let buckets = (1 << wanted).min(PLACES);
        let [low, _] = key.id;
        let bucket = low % u64::from(buckets);
        let place = key.quota.wrapping_add(bucket) % u64::from(PLACES);
        (Place(place), max_keys.div_ceil(buckets) as usize)
    }

    fn name(self) -> String {
        format!("dubbo-policy/1/global/{:03x}", self.0)
    }
}

/// The number of the window at `now`.
pub(super) fn number(window: Nanos, now: Now) -> u64 {
    now.wall / window.0.max(1)
}

const PLACES: u32 = 1024;
const KEYS_A_BUCKET: u32 = 32;
const FORMAT: [u8; 4] = *b"dpg\x01";
const ENTRY_LEN: usize = 10 * size_of::<u64>();
const UNKNOWN: u64 = u64::MAX;
/// As of charges to local quotas.
const TRIES: usize = 256;
