//! The counters that share one value of shared data.
//!
//! ```text
//! bucket   "dpq" | format 1 | mono 8 | wall 8 | entry*
//! entry    slots 1 (10: rolling, 1: fixed) | id 16 | quota 8 | window 8 | head 8 | opened 8 | count 8 x slots
//! ```
//!
//! Numbers are little endian; times are nanoseconds. A value of any other shape is not ours to overwrite: it is answered
//! like shared data that cannot be read.

use super::charge::Charge;
use super::counts::{Counts, SLOTS, ring};
use super::key::{Id, Key};
use super::limit::{Algorithm, Kind, Rate, WhenFull};
use super::table;
use crate::shared::StoreError;
use crate::time::{Nanos, Now};

/// A bucket as it stands, or as it is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    /// The newest reading of the clocks that has changed the bucket. A VM whose own reading is older goes by this one:
    /// counters may have left by it already.
    now: Now,
    entries: Vec<Entry>,
}

/// The counters of one key, or of all keys that found no room ([`Key::common`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    id: Id,
    quota: u64,
    counts: Counts,
}

/// Where a charge was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    id: Id,
    slot: u64,
    amount: u64,
}

impl Bucket {
    pub(super) fn new(now: Now) -> Bucket {
        Bucket {
            now,
            entries: Vec::new(),
        }
    }

    /// Brings the bucket to `now`, unless it is there already, and drops the counters that have nothing left to say.
    pub(super) fn roll(&mut self, now: Now) {
        if now.mono > self.now.mono {
            self.now = now;
        }
        for entry in &mut self.entries {
            entry.counts.roll(self.now);
        }
        self.entries.retain(|entry| entry.counts.used() > 0);
    }

    /// Counts a charge; `None` when the limit does not allow it, or when its key is new and finds no room.
    pub(super) fn charge(&mut self, charge: &Charge<'_>) -> Option<Receipt> {
        let Kind::Rate(rate) = charge.kind else {
            return None;
        };
        let entry = self.entry(charge, rate)?;
        let used = entry.counts.used().saturating_add(charge.amount);
        (used <= rate.limit).then(|| Receipt {
            id: entry.id,
            slot: entry.counts.add(charge.amount),
            amount: charge.amount,
        })
    }

    /// Takes back what is left of a charge.
    pub(super) fn take_back(&mut self, receipt: &Receipt) {
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.id == receipt.id) {
            entry.counts.take_back(receipt.slot, receipt.amount);
        }
    }

    /// The counters of a charge's key, or those that it has to share.
    fn entry(&mut self, charge: &Charge<'_>, rate: &Rate) -> Option<&mut Entry> {
        let Key { id, quota } = charge.key;
        let common = charge.key.common();
        let place = |entries: &[Entry], id| entries.iter().position(|entry| entry.id == id);
        if let Some(own) = place(&self.entries, id) {
            return self.entries.get_mut(own);
        }
        let of_quota = |entry: &&Entry| entry.quota == quota && entry.id != common;
        let live = self.entries.iter().filter(of_quota).count();
        let full = live >= table::capacity(charge.quota.max_keys);
        let shared = place(&self.entries, common);
        let id = match charge.quota.when_full {
            WhenFull::Deny if full => return None,
            WhenFull::Share if full => common,
            _ => id,
        };
        match shared {
            Some(shared) if id == common => self.entries.get_mut(shared),
            // What a key used while it had to share stands in the common counters only: it takes all of them along.
            shared => {
                let taken = shared.and_then(|shared| self.entries.get(shared));
                let counts = taken.map_or_else(
                    || Counts::new(rate.algorithm, rate.window, self.now),
                    |common| common.counts,
                );
                self.entries.push(Entry { id, quota, counts });
                self.entries.last_mut()
            }
        }
    }

    /// Reads a bucket.
    pub(super) fn decode(mut bytes: &[u8]) -> Result<Bucket, StoreError> {
        let bytes = &mut bytes;
        if take::<4>(bytes)? != FORMAT {
            return Err(StoreError);
        }
        let now = Now {
            mono: Nanos(number(bytes)?),
            wall: number(bytes)?,
        };
        let mut entries = Vec::with_capacity(bytes.len() / ROLLING_LEN + 1);
        while !bytes.is_empty() {
            entries.push(Entry::decode(bytes)?);
        }
        Ok(Bucket { now, entries })
    }

    /// The bytes that [`decode`](Bucket::decode) reads.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN + self.entries.len() * ROLLING_LEN);
        out.extend_from_slice(&FORMAT);
        out.extend_from_slice(&self.now.mono.0.to_le_bytes());
        out.extend_from_slice(&self.now.wall.to_le_bytes());
        for entry in &self.entries {
            entry.encode(&mut out);
        }
        out
    }
}

impl Entry {
    fn decode(bytes: &mut &[u8]) -> Result<Entry, StoreError> {
        let algorithm = match take(bytes)? {
            [10] => Algorithm::Rolling,
            [1] => Algorithm::Fixed,
            _ => return Err(StoreError),
        };
        let id = [number(bytes)?, number(bytes)?];
        let quota = number(bytes)?;
        let mut counts = Counts {
            algorithm,
            window: Nanos(number(bytes)?),
            head: number(bytes)?,
            opened: Nanos(number(bytes)?),
            slots: [0; SLOTS],
        };
        for (count, _) in counts.slots.iter_mut().zip(0..ring(algorithm)) {
            *count = number(bytes)?;
        }
        Ok(Entry { id, quota, counts })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let Counts {
            algorithm,
            window,
            head,
            opened,
            ref slots,
        } = self.counts;
        out.push(match algorithm {
            Algorithm::Rolling => 10,
            Algorithm::Fixed => 1,
        });
        let [low, high] = self.id;
        for number in [low, high, self.quota, window.0, head, opened.0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for (count, _) in slots.iter().zip(0..ring(algorithm)) {
            out.extend_from_slice(&count.to_le_bytes());
        }
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], StoreError> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(StoreError)?;
    *bytes = rest;
    Ok(*taken)
}

fn number(bytes: &mut &[u8]) -> Result<u64, StoreError> {
    take(bytes).map(u64::from_le_bytes)
}

/// Three letters that tell our values from others', and the number of this format.
const FORMAT: [u8; 4] = *b"dpq\x01";

const HEADER_LEN: usize = FORMAT.len() + 2 * size_of::<u64>();

/// Of an entry with all its slots.
const ROLLING_LEN: usize = 1 + (6 + SLOTS) * size_of::<u64>();
