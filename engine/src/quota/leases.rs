//! What this VM has taken out of rates ahead of its calls, so that not every call has to look at shared data.
//!
//! A lease is counted when it is taken, and its tokens are good for one tenth of the window, in which they were counted.
//! What is left of it is given back when the key is next charged from another tenth, or by a tick. When there was not
//! enough, that is remembered to the end of the tenth, in which no room comes up but by what others give back.

use super::bucket::Receipt;
use super::by_id::ById;
use super::charge::{Charge, Look};
use super::counts::tenth;
use super::key::Id;
use super::keys::Keys;
use super::limit::Rate;
use super::table::Place;
use crate::time::{Nanos, Now};

/// The leases of one VM.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases {
    by_key: ById<Lease>,
    /// Whether something may be left of one of them.
    left: bool,
}

/// What this VM knows of one key.
#[derive(Debug, Clone)]
struct Lease {
    place: Place,
    quota: u64,
    rate: Rate,
    /// What was taken, and where it is counted; its amount is what is left.
    lease: Option<Receipt>,
    /// The limit by which it was taken.
    limit: u64,
    /// The last tenth in which the lease is good.
    good_in: u64,
    short: Option<Short>,
    /// What was charged in a tenth, and in the one before.
    tenth: u64,
    used: u64,
    used_before: u64,
    touched: Nanos,
}

/// There was no more than this much room.
#[derive(Debug, Clone, Copy)]
struct Short {
    room: u64,
    tenth: u64,
    limit: u64,
}

impl Leases {
    /// Whether the charge can be met, or must be refused, without a look at shared data.
    pub(super) fn look(&mut self, charge: &Charge<'_>, rate: &Rate, now: Now) -> Look {
        let Some(known) = self.by_key.get_mut(&charge.key.id) else {
            return Look::Ask;
        };
        known.touched = now.mono;
        let tenth = tenth(rate, now);
        if let Some(lease) = &known.lease
            && tenth <= known.good_in
            // By a limit that was lowered since, it might be too much.
            && known.limit <= rate.limit
            && lease.amount >= charge.amount
        {
            return Look::Enough;
        }
        match known.short {
            Some(short)
                if short.tenth == tenth
                    && short.limit == rate.limit
                    && charge.amount > short.room =>
            {
                Look::Refuse
            }
            _ => Look::Ask,
        }
    }

    /// Takes the charge out of the lease, which is good.
    pub(super) fn spend(&mut self, charge: &Charge<'_>, rate: &Rate, now: Now) -> bool {
        let Some(known) = self.by_key.get_mut(&charge.key.id) else {
            return false;
        };
        let Some(lease) = &mut known.lease else {
            return false;
        };
        let Some(left) = lease.amount.checked_sub(charge.amount) else {
            return false;
        };
        lease.amount = left;
        self.left |= left > 0;
        known.count(tenth(rate, now), charge.amount);
        true
    }

    /// Puts back what [`spend`](Leases::spend) took, because the call does not go on.
    pub(super) fn unspend(&mut self, charge: &Charge<'_>) {
        if let Some(known) = self.by_key.get_mut(&charge.key.id) {
            known.used = known.used.saturating_sub(charge.amount);
            if let Some(lease) = &mut known.lease {
                lease.amount = lease.amount.saturating_add(charge.amount);
                self.left = true;
            }
        }
    }

    /// What is left of the lease, if it was not used up; whoever asks gives it back.
    pub(super) fn rest(&self, key: Id) -> Option<Receipt> {
        let known = self.by_key.get(&key)?;
        known.lease.filter(|lease| lease.amount > 0)
    }

    /// How much to take for a charge of `amount` when there are `live` VMs: what this VM is likely to use in this tenth,
    /// but together no more than a hundredth of the limit, which may lie unused with some while others are short of it.
    pub(super) fn wanted(&self, key: Id, rate: &Rate, now: Now, amount: u64, live: u64) -> u64 {
        let tenth = tenth(rate, now);
        let used = self
            .by_key
            .get(&key)
            .map_or(0, |known| match tenth.checked_sub(known.tenth) {
                Some(1) => known.used,
                Some(2..) => 0,
                _ => known.used.max(known.used_before),
            });
        let share = rate.limit / live.saturating_mul(100);
        amount.max(used.min(share))
    }

    /// A lease was taken, in the place of what was left of the last one. Whether there is room to remember it.
    /// One that is smaller than what was `wanted` has left no room.
    pub(super) fn took(
        &mut self,
        charge: &Charge<'_>,
        rate: &Rate,
        now: Now,
        lease: Receipt,
        wanted: u64,
    ) {
        let tenth = tenth(rate, now);
        if let Some(known) = self.known(charge, rate, now) {
            known.limit = rate.limit;
            known.good_in = tenth.max(lease.good_in);
            known.lease = Some(lease);
            known.short = (lease.amount < wanted).then_some(Short {
                room: 0,
                tenth,
                limit: rate.limit,
            });
        }
    }

    /// Whatever was left is given back, or was tried to: it is not spent any more.
    pub(super) fn gave_back(&mut self, key: Id) {
        if let Some(known) = self.by_key.get_mut(&key) {
            known.lease = None;
        }
    }

    /// There was no more than `room` for the charge.
    pub(super) fn short(&mut self, charge: &Charge<'_>, rate: &Rate, now: Now, room: u64) {
        let tenth = tenth(rate, now);
        if let Some(known) = self.known(charge, rate, now) {
            known.short = Some(Short {
                room,
                tenth,
                limit: rate.limit,
            });
        }
    }

    /// Whether another key can be remembered.
    pub(super) fn has_room(&self, key: Id) -> bool {
        self.by_key.len() < MOST || self.by_key.contains_key(&key)
    }

    fn known(&mut self, charge: &Charge<'_>, rate: &Rate, now: Now) -> Option<&mut Lease> {
        if !self.has_room(charge.key.id) {
            return None;
        }
        let known = self.by_key.entry(charge.key.id).or_insert_with(|| Lease {
            place: Place::of(charge.key, charge.quota.max_keys),
            quota: charge.key.quota,
            rate: *rate,
            lease: None,
            limit: 0,
            good_in: 0,
            short: None,
            tenth: 0,
            used: 0,
            used_before: 0,
            touched: now.mono,
        });
        known.rate = *rate;
        known.touched = now.mono;
        Some(known)
    }

    /// Forgets the keys that are no longer charged, and answers what is to be given back, with its place.
    pub(super) fn tick(&mut self, now: Now, keys: &mut Keys) -> Vec<(Place, Receipt)> {
        let mut back = Vec::new();
        self.left = false;
        self.by_key.retain(|_, known| {
            let idle = now.mono - known.touched;
            let tenth = tenth(&known.rate, now);
            if let Some(lease) = known.lease
                && (tenth > known.good_in || idle >= IDLE)
            {
                if lease.amount > 0 {
                    back.push((known.place, lease));
                }
                known.lease = None;
            }
            self.left |= known.lease.is_some_and(|lease| lease.amount > 0);
            let forget = idle >= FORGET || tenth > known.tenth.saturating_add(1) && idle >= IDLE;
            let keep = known.lease.is_some() || !forget;
            if keep {
                keys.count(known.quota);
            }
            keep
        });
        back
    }

    /// Whether something may have to be given back.
    pub(super) fn busy(&self) -> bool {
        self.left
    }
}

impl Lease {
    fn count(&mut self, tenth: u64, amount: u64) {
        if tenth > self.tenth {
            self.used_before = match tenth - self.tenth {
                1 => self.used,
                _ => 0,
            };
            self.used = 0;
            self.tenth = tenth;
        }
        self.used = self.used.saturating_add(amount);
    }
}

/// What is left of a lease that nobody has charged for so long is given back, although it is still good.
const IDLE: Nanos = Nanos::from_secs(1);

/// A key that nobody has charged for so long is forgotten.
const FORGET: Nanos = Nanos::from_secs(5);

/// Keys that a VM remembers, two megabytes at most. The calls of others look at shared data, each of them.
const MOST: usize = 16_384;
