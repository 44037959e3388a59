//! What the calls of this VM hold while they are in flight, and the share that it has taken for them.
//!
//! A share is taken out of the limit when the calls of this VM need it, and what they no longer hold is given back by the next
//! tick. Until then it serves other calls of this VM.

use std::collections::BTreeMap;

use super::bucket::Receipt;
use super::by_id::ById;
use super::charge::{Charge, Look};
use super::hold::{Ended, Hold, Ticket};
use super::key::{Id, Key};
use super::keys::Keys;
use super::limit::InFlight;
use super::table::Place;
use crate::time::Nanos;

/// All that the calls of one VM hold.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// By the key that counts: its own, or the common one of those that found no room.
    shares: ById<Share>,
    /// By when they end at the latest.
    held: BTreeMap<Ticket, Held>,
    serial: u64,
    ended: Ended,
    /// Shares in places where a new configuration does not look for them.
    moved: Vec<(Place, Say)>,
}

/// What this VM has of one key.
#[derive(Debug, Clone)]
struct Share {
    place: Place,
    quota: u64,
    limit: u64,
    /// What it has taken out of the limit.
    taken: u64,
    /// What its calls hold.
    used: u64,
    /// What was charged since the last tick.
    recent: u64,
    /// When the room was found to be no more than this.
    short: Option<(Nanos, u64)>,
    /// What stands in shared data is not known: others have taken this VM for gone, or a write may have failed.
    unsure: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    id: Id,
    amount: u64,
}

/// What a VM has to say in shared data about one of its shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Say {
    pub(super) id: Id,
    pub(super) quota: u64,
    pub(super) used: u64,
}

impl Slots {
    /// Whether the charge can be met, or must be refused, without a look at shared data.
    pub(super) fn look(&self, charge: &Charge<'_>, limit: &InFlight, now: Nanos) -> Look {
        let Some(share) = self.shares.get(&charge.key.id) else {
            return Look::Ask;
        };
        if share.limit != limit.limit || share.unsure {
            return Look::Ask;
        }
        if share.taken - share.used.min(share.taken) >= charge.amount {
            return Look::Enough;
        }
        match share.short {
            Some((when, room)) if now - when < MEMORY && charge.amount > room => Look::Refuse,
            _ => Look::Ask,
        }
    }

    /// Lets a call hold what it is charged of the share `id`, which has enough. One that is not answered holds it without
    /// a [`Hold`], for its time.
    pub(super) fn hold(
        &mut self,
        id: Id,
        charge: &Charge<'_>,
        limit: &InFlight,
        now: Nanos,
        holds: &mut Vec<Hold>,
    ) -> bool {
        let Some(share) = self.shares.get_mut(&id) else {
            return false;
        };
        let used = share.used.saturating_add(charge.amount);
        if used > share.taken {
            return false;
        }
        share.used = used;
        share.recent = share.recent.saturating_add(charge.amount);
        let time = match charge.one_way {
            true => limit.oneway_hold,
            false => limit.max_hold,
        };
        let ticket = (now + time, self.serial);
        self.serial = self.serial.wrapping_add(1);
        let amount = charge.amount;
        self.held.insert(ticket, Held { id, amount });
        if !charge.one_way {
            holds.push(Hold::new(ticket, &self.ended));
        }
        true
    }

    /// Gives back what calls no longer hold, to be used again by this VM.
    pub(super) fn settle(&mut self, now: Nanos) {
        for ticket in self.ended.take() {
            if let Some(held) = self.held.remove(&ticket) {
                self.free(held);
            }
        }
        while let Some(entry) = self.held.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let held = entry.remove();
            self.free(held);
        }
    }

    fn free(&mut self, held: Held) {
        if let Some(share) = self.shares.get_mut(&held.id) {
            share.used = share.used.saturating_sub(held.amount);
            share.short = None;
        }
    }

    /// What calls hold of the share `id`.
    pub(super) fn used(&self, id: Id) -> u64 {
        self.shares.get(&id).map_or(0, |share| share.used)
    }

    /// How much to take for a charge of `amount` when there are `live` VMs, beyond what is in use.
    pub(super) fn wanted(&self, id: Id, limit: &InFlight, amount: u64, live: u64) -> u64 {
        let recent = self.shares.get(&id).map_or(0, |share| share.recent);
        amount.max(recent.min(limit.limit / live.saturating_mul(100)))
    }

    /// The share of `receipt` has been taken.
    pub(super) fn took(&mut self, charge: &Charge<'_>, limit: &InFlight, receipt: &Receipt) {
        let share = self.share(charge, limit, receipt.id);
        share.taken = receipt.amount;
        share.unsure = false;
        share.short = None;
    }

    /// What stands in shared data of this charge's shares is not known.
    pub(super) fn doubt(&mut self, charge: &Charge<'_>, limit: &InFlight, receipt: &Receipt) {
        self.share(charge, limit, receipt.id).unsure = true;
    }

    /// Nor of any other share: others have taken this VM for gone.
    pub(super) fn doubt_all(&mut self) {
        for share in self.shares.values_mut() {
            share.unsure = true;
        }
    }

    /// There was no more than `room` for the charge.
    pub(super) fn short(&mut self, charge: &Charge<'_>, limit: &InFlight, now: Nanos, room: u64) {
        if self.shares.len() < MOST || self.shares.contains_key(&charge.key.id) {
            self.share(charge, limit, charge.key.id).short = Some((now, room));
        }
    }

    fn share(&mut self, charge: &Charge<'_>, limit: &InFlight, id: Id) -> &mut Share {
        let Key { quota, .. } = charge.key;
        let share = self.shares.entry(id).or_insert_with(|| Share {
            place: Place::of(charge.key, charge.quota.max_keys),
            quota,
            limit: limit.limit,
            taken: 0,
            used: 0,
            recent: 0,
            short: None,
            unsure: false,
        });
        share.limit = limit.limit;
        let place = Place::of(charge.key, charge.quota.max_keys);
        if share.place != place {
            let left = core::mem::replace(&mut share.place, place);
            self.moved.push((left, Say { id, quota, used: 0 }));
        }
        share
    }

    /// What has to be said in shared data, with its place: shares that are larger than what is held of them.
    pub(super) fn tick(&mut self, now: Nanos, keys: &mut Keys) -> Vec<(Place, Say)> {
        self.settle(now);
        let mut say = core::mem::take(&mut self.moved);
        self.shares.retain(|id, share| {
            share.recent = 0;
            if share.used > 0 {
                keys.count(share.quota);
            }
            if share.taken > share.used || share.unsure {
                let (quota, used) = (share.quota, share.used);
                say.push((
                    share.place,
                    Say {
                        id: *id,
                        quota,
                        used,
                    },
                ));
                return true;
            }
            share.used > 0
        });
        say
    }

    /// It was said.
    pub(super) fn said(&mut self, place: Place, said: &Say) {
        if let Some(share) = self.shares.get_mut(&said.id)
            && share.place == place
        {
            share.taken = said.used;
            share.unsure = false;
            if share.used == 0 {
                self.shares.remove(&said.id);
            }
        }
    }

    /// It could not be said: so by the next tick.
    pub(super) fn unsaid(&mut self, place: Place, unsaid: &Say) {
        if let Some(share) = self.shares.get_mut(&unsaid.id)
            && share.place == place
        {
            share.unsure = true;
        }
    }

    /// Whether something is held, or has to be given back.
    pub(super) fn busy(&self) -> bool {
        !self.shares.is_empty()
    }
}

/// So long it is remembered that there was no room: others may give back what they hold at any time.
const MEMORY: Nanos = Nanos::from_millis(1);

/// Keys without room that are remembered.
const MOST: usize = 16_384;
