//! The counters that share one value of shared data.
//!
//! ```text
//! bucket   "dpq" | format 1 | mono 8 | wall 8 | entry*
//! entry    kind 1 | id 16 | quota 8 | counts (kind 10: rolling, 1: fixed) or shares (kind 2)
//! counts   window 8 | head 8 | opened 8 | count 8 x kind
//! shares   beside 1 | n 8 | share x n
//! share    nonce of a VM 8 | taken 8 | at 8
//! ```
//!
//! Numbers are little endian; times are nanoseconds. A value of any other shape is not ours to overwrite: it is answered
//! like shared data that cannot be read.

use super::cells::Cells;
use super::charge::Charge;
use super::counts::{Counts, SLOTS, ring};
use super::key::{Id, Key};
use super::limit::{Algorithm, InFlight, Kind, Rate, WhenFull};
use super::shares::{Share, Shares};
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

/// What is counted of one key, or of all keys that found no room ([`Key::common`]).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: Id,
    quota: u64,
    tally: Tally,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tally {
    Counts(Counts),
    Shares(Shares),
}

/// What a VM asks a bucket for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'c> {
    pub(super) charge: &'c Charge<'c>,
    /// What is needed, and what would be better.
    pub(super) amount: u64,
    pub(super) wanted: u64,
    /// What the VM has left of an earlier lease, and gives back.
    pub(super) rest: Option<Receipt>,
    /// What the VM's calls hold of the key's own share, and of the common one.
    pub(super) used: u64,
    pub(super) used_in_common: u64,
}

/// What was taken, and where it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) id: Id,
    pub(super) slot: u64,
    /// Of a rate: the tenth of the window in which it is good.
    pub(super) good_in: u64,
    /// What was taken of a rate, or the VM's whole share of what may be in flight.
    pub(super) amount: u64,
}

impl Bucket {
    pub(super) fn new(now: Now) -> Bucket {
        Bucket {
            now,
            entries: Vec::new(),
        }
    }

    /// The time that it goes by.
    pub(super) fn now(&self) -> Now {
        self.now
    }

    /// Brings the bucket to `now`, unless it is there already, and drops what has nothing left to say.
    pub(super) fn roll(&mut self, now: Now, cells: &Cells) {
        if now.mono > self.now.mono {
            self.now = now;
        }
        for entry in &mut self.entries {
            match &mut entry.tally {
                Tally::Counts(counts) => counts.roll(self.now),
                Tally::Shares(shares) => shares.roll(cells),
            }
        }
        self.entries.retain(|entry| entry.tally.used() > 0);
    }

    /// Takes what is asked for, or says how much there is. There is nothing for a new key that finds no room.
    pub(super) fn take(&mut self, ask: &Ask<'_>, nonce: u64) -> Result<Receipt, u64> {
        match ask.charge.kind {
            Kind::Rate(rate) => self.take_rate(ask, rate),
            Kind::InFlight(limit) => self.take_slots(ask, limit, nonce),
            // Counted elsewhere: there is nothing to be had here.
            Kind::Global(_) => Err(0),
        }
    }

    fn take_rate(&mut self, ask: &Ask<'_>, rate: &Rate) -> Result<Receipt, u64> {
        if let Some(rest) = &ask.rest {
            self.give_back(rest);
        }
        let now = self.now;
        let common = ask.charge.key.common();
        // What a key used while it had to share stands in the common counters only: it takes all of them along.
        let entry = self.entry(ask.charge, |common| match common {
            Some(Tally::Counts(counts)) => Tally::Counts(*counts),
            _ => Tally::Counts(Counts::new(rate.algorithm, rate.window, now)),
        });
        let Some(Entry {
            id,
            tally: Tally::Counts(counts),
            ..
        }) = entry
        else {
            return Err(0);
        };
        let room = rate.limit.saturating_sub(counts.used());
        if ask.amount > room {
            return Err(room);
        }
        // The common counters are for many keys, each of which would keep a little.
        let amount = match *id == common {
            true => ask.amount,
            false => ask.wanted.min(room),
        };
        Ok(Receipt {
            id: *id,
            slot: counts.add(amount),
            good_in: counts.head_tenth(),
            amount,
        })
    }

    fn take_slots(&mut self, ask: &Ask<'_>, limit: &InFlight, nonce: u64) -> Result<Receipt, u64> {
        let at = self.now.mono;
        let common = ask.charge.key.common();
        let in_common = self.find(common).map_or(0, |entry| entry.tally.used());
        let entry = self.entry(ask.charge, |common| {
            Tally::Shares(Shares {
                beside: common.is_some(),
                of: Vec::new(),
            })
        });
        let Some(Entry {
            id,
            tally: Tally::Shares(shares),
            ..
        }) = entry
        else {
            return Err(0);
        };
        shares.beside &= in_common > 0;
        let (used, wanted, elsewhere) = match (*id == common, shares.beside) {
            (true, _) => (ask.used_in_common, ask.amount, 0),
            // Some of the calls that share may be this key's.
            (false, true) => (ask.used, ask.wanted, in_common),
            (false, false) => (ask.used, ask.wanted, 0),
        };
        let others = shares.of_others(nonce).saturating_add(elsewhere);
        let room = limit.limit.saturating_sub(others).saturating_sub(used);
        if ask.amount > room {
            return Err(room);
        }
        let taken = used.saturating_add(wanted.min(room));
        shares.set(nonce, taken, at);
        Ok(Receipt {
            id: *id,
            slot: 0,
            good_in: 0,
            amount: taken,
        })
    }

    /// Takes back what was taken, because it does not serve.
    pub(super) fn undo(&mut self, ask: &Ask<'_>, receipt: &Receipt, nonce: u64) {
        match ask.charge.kind {
            Kind::Rate(_) => self.give_back(receipt),
            Kind::InFlight(_) => {
                let used = match receipt.id == ask.charge.key.common() {
                    true => ask.used_in_common,
                    false => ask.used,
                };
                self.say(receipt.id, ask.charge.key.quota, used, nonce);
            }
            Kind::Global(_) => {}
        }
    }

    /// Takes back what is left of a lease.
    pub(super) fn give_back(&mut self, rest: &Receipt) {
        if let Some(Entry {
            tally: Tally::Counts(counts),
            ..
        }) = self.find(rest.id)
        {
            counts.take_back(rest.slot, rest.amount);
        }
    }

    /// A VM's share is this from now on, whatever room there is: its calls are in flight.
    pub(super) fn say(&mut self, id: Id, quota: u64, used: u64, nonce: u64) {
        let at = self.now.mono;
        match self.find(id) {
            Some(Entry {
                tally: Tally::Shares(shares),
                ..
            }) => shares.set(nonce, used, at),
            Some(_) => {}
            None if used == 0 => {}
            None => {
                let mut shares = Shares {
                    beside: true,
                    of: Vec::with_capacity(1),
                };
                shares.set(nonce, used, at);
                let tally = Tally::Shares(shares);
                self.entries.push(Entry { id, quota, tally });
            }
        }
    }

    fn find(&mut self, id: Id) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// What is counted of a charge's key, or what it has to share. `new` makes it, given what the key had to share so far.
    fn entry(
        &mut self,
        charge: &Charge<'_>,
        new: impl FnOnce(Option<&Tally>) -> Tally,
    ) -> Option<&mut Entry> {
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
            shared => {
                let shared = shared.and_then(|shared| self.entries.get(shared));
                let tally = new(shared.map(|entry| &entry.tally));
                self.entries.push(Entry { id, quota, tally });
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

impl Tally {
    fn used(&self) -> u64 {
        match self {
            Tally::Counts(counts) => counts.used(),
            Tally::Shares(shares) => shares.taken(),
        }
    }
}

impl Entry {
    fn decode(bytes: &mut &[u8]) -> Result<Entry, StoreError> {
        let [kind] = take(bytes)?;
        let id = [number(bytes)?, number(bytes)?];
        let quota = number(bytes)?;
        let tally = match kind {
            ROLLING => Tally::Counts(decode_counts(bytes, Algorithm::Rolling)?),
            FIXED => Tally::Counts(decode_counts(bytes, Algorithm::Fixed)?),
            SHARES => Tally::Shares(decode_shares(bytes)?),
            _ => return Err(StoreError),
        };
        Ok(Entry { id, quota, tally })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let [low, high] = self.id;
        out.push(match &self.tally {
            Tally::Counts(counts) => match counts.algorithm {
                Algorithm::Rolling => ROLLING,
                Algorithm::Fixed => FIXED,
            },
            Tally::Shares(_) => SHARES,
        });
        for number in [low, high, self.quota] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        match &self.tally {
            Tally::Counts(counts) => {
                for number in [counts.window.0, counts.head, counts.opened.0] {
                    out.extend_from_slice(&number.to_le_bytes());
                }
                for (count, _) in counts.slots.iter().zip(0..ring(counts.algorithm)) {
                    out.extend_from_slice(&count.to_le_bytes());
                }
            }
            Tally::Shares(shares) => {
                out.push(u8::from(shares.beside));
                out.extend_from_slice(&(shares.of.len() as u64).to_le_bytes());
                for share in &shares.of {
                    for number in [share.nonce, share.taken, share.at.0] {
                        out.extend_from_slice(&number.to_le_bytes());
                    }
                }
            }
        }
    }
}

fn decode_counts(bytes: &mut &[u8], algorithm: Algorithm) -> Result<Counts, StoreError> {
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
    Ok(counts)
}

fn decode_shares(bytes: &mut &[u8]) -> Result<Shares, StoreError> {
    let beside = match take(bytes)? {
        [0] => false,
        [1] => true,
        _ => return Err(StoreError),
    };
    let mut of = Vec::new();
    for _ in 0..number(bytes)? {
        of.push(Share {
            nonce: number(bytes)?,
            taken: number(bytes)?,
            at: Nanos(number(bytes)?),
        });
    }
    Ok(Shares { beside, of })
}

/// The kinds of entries.
const ROLLING: u8 = 10;
const FIXED: u8 = 1;
const SHARES: u8 = 2;

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
