//! What one VM has taken out of its policy's quotas, and what of it is in use.

use super::bucket::{Ask, Bucket, Receipt};
use super::cells::Cells;
use super::charge::{Charge, Draft, Look, Need, change};
use super::hold::Hold;
use super::keys::Keys;
use super::leases::Leases;
use super::limit::Kind;
use super::slots::{Say, Slots};
use super::table::Place;
use crate::shared::SharedData;
use crate::time::{Nanos, Now};

/// Of rates in leases, of what may be in flight in shares.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) cells: Cells,
    leases: Leases,
    slots: Slots,
    keys: Keys,
}

impl Books {
    pub(super) fn new(policy: u64, nonce: u64) -> Books {
        Books {
            cells: Cells::new(policy, nonce),
            leases: Leases::default(),
            slots: Slots::default(),
            keys: Keys::default(),
        }
    }

    /// Gives back what ended calls held.
    pub(super) fn settle(&mut self, now: Now) {
        self.slots.settle(now.mono);
    }

    /// Whether the charge can be met, or must be refused, without a look at shared data.
    pub(super) fn look(&mut self, charge: &Charge<'_>, now: Now) -> Look {
        match charge.kind {
            Kind::Rate(rate) => self.leases.look(charge, rate, now),
            // What others may take for gone is no good.
            Kind::InFlight(_) if !self.cells.is_known(now.mono) => Look::Ask,
            Kind::InFlight(limit) => self.slots.look(charge, limit, now.mono),
            // Counted elsewhere: nothing is granted here.
            Kind::Global(_) => Look::Refuse,
        }
    }

    /// Meets all charges by what was taken before; `None` if that is not enough for all of them together.
    pub(super) fn spend_all(&mut self, charges: &[Charge<'_>], now: Now) -> Option<Vec<Hold>> {
        let mut holds = Vec::new();
        for (index, charge) in charges.iter().enumerate() {
            let met = match charge.kind {
                Kind::Rate(rate) => self.leases.spend(charge, rate, now),
                Kind::InFlight(limit) => {
                    let id = charge.key.id;
                    self.slots.hold(id, charge, limit, now.mono, &mut holds)
                }
                Kind::Global(_) => false,
            };
            if !met {
                for charge in charges.iter().take(index) {
                    if let Kind::Rate(_) = charge.kind {
                        self.leases.unspend(charge);
                    }
                }
                // The holds are dropped, and so given back.
                drop(holds);
                self.settle(now);
                return None;
            }
        }
        Some(holds)
    }

    /// Makes this VM known to the others, before it takes anything.
    pub(super) fn announce(&mut self, store: &mut dyn SharedData, now: Now) {
        self.say_here(store, now, CALL_PAUSE);
    }

    fn say_here(&mut self, store: &mut dyn SharedData, now: Now, pause: Nanos) {
        // Where it fails, a VM goes on as long as the others cannot have given it up yet.
        if self.cells.say(store, now.mono, pause) == Ok(true) {
            self.slots.doubt_all();
        }
    }

    /// Whether a share may be taken: only by a VM that others miss when it is gone.
    pub(super) fn may_ask(&self, charge: &Charge<'_>, now: Now) -> bool {
        match charge.kind {
            Kind::Rate(_) => true,
            Kind::InFlight(_) => self.cells.is_known(now.mono),
            Kind::Global(_) => false,
        }
    }

    /// What to ask of a bucket for the charge. `now` is the bucket's time.
    pub(super) fn ask<'c>(&self, charge: &'c Charge<'c>, now: Now) -> Ask<'c> {
        let (key, amount, live) = (charge.key, charge.amount, self.cells.live());
        let ask = Ask {
            charge,
            amount,
            wanted: amount,
            rest: None,
            used: 0,
            used_in_common: 0,
        };
        match charge.kind {
            Kind::Rate(_) if !self.leases.has_room(key.id) => ask,
            Kind::Rate(rate) => Ask {
                wanted: self.leases.wanted(key.id, rate, now, amount, live),
                rest: self.leases.rest(key.id),
                ..ask
            },
            Kind::InFlight(limit) => Ask {
                wanted: self.slots.wanted(key.id, limit, amount, live),
                used: self.slots.used(key.id),
                used_in_common: self.slots.used(key.common()),
                ..ask
            },
            Kind::Global(_) => ask,
        }
    }

    /// Enters what was taken, and meets the needs by it.
    pub(super) fn spend_asked(
        &mut self,
        needs: &[Need<'_>],
        drafts: &[Draft<'_>],
        now: Now,
    ) -> Vec<Hold> {
        let mut holds = Vec::new();
        let taken = || drafts.iter().flat_map(|draft| &draft.taken);
        for Need { charge, .. } in needs {
            self.keys.name(charge.key.quota, &charge.quota.name);
            let taken = taken().find(|taken| taken.ask.charge.key == charge.key);
            let receipt = taken.map(|taken| taken.receipt);
            match charge.kind {
                Kind::Rate(rate) => {
                    if let Some(taken) = taken {
                        let (receipt, wanted) = (taken.receipt, taken.ask.wanted);
                        self.leases.took(charge, rate, now, receipt, wanted);
                    }
                    // A key that is not remembered has taken no more than it needs.
                    self.leases.spend(charge, rate, now);
                }
                Kind::InFlight(limit) => {
                    if let Some(receipt) = &receipt {
                        self.slots.took(charge, limit, receipt);
                    }
                    let id = receipt.map_or(charge.key.id, |receipt| receipt.id);
                    self.slots.hold(id, charge, limit, now.mono, &mut holds);
                }
                Kind::Global(_) => {}
            }
        }
        holds
    }

    /// A draft was to be written, and serves nothing.
    pub(super) fn doubt(&mut self, draft: &Draft<'_>) {
        for taken in &draft.taken {
            let charge = taken.ask.charge;
            match charge.kind {
                Kind::Rate(_) => self.leases.gave_back(charge.key.id),
                Kind::InFlight(limit) => self.slots.doubt(charge, limit, &taken.receipt),
                Kind::Global(_) => {}
            }
        }
    }

    /// There was no more than `room` for the charge.
    pub(super) fn short(&mut self, charge: &Charge<'_>, now: Now, room: u64) {
        match charge.kind {
            Kind::Rate(rate) => self.leases.short(charge, rate, now, room),
            Kind::InFlight(limit) => self.slots.short(charge, limit, now.mono, room),
            Kind::Global(_) => {}
        }
    }

    /// Gives back what is no longer needed, one compare-and-set a bucket, and says that this VM is there.
    pub(super) fn tick(&mut self, store: &mut dyn SharedData, now: Now) {
        self.say_here(store, now, TICK_PAUSE);
        self.keys.begin();
        let rests = self.leases.tick(now, &mut self.keys).into_iter();
        let shares = self.slots.tick(now.mono, &mut self.keys).into_iter();
        let mut edits: Vec<(Place, Edit)> = rests
            .map(|(place, rest)| (place, Edit::Rest(rest)))
            .chain(shares.map(|(place, say)| (place, Edit::Share(say))))
            .collect();
        edits.sort_by_key(|(place, _)| *place);
        let nonce = self.cells.nonce();
        for edits in edits.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((place, _)) = edits.first() else {
                continue;
            };
            let written = change(store, &place.name(), |bucket| {
                for (_, edit) in edits {
                    edit.make(bucket, nonce);
                }
            });
            for (_, edit) in edits {
                match edit {
                    Edit::Share(say) if written => self.slots.said(*place, say),
                    Edit::Share(say) => self.slots.unsaid(*place, say),
                    Edit::Rest(_) => {}
                }
            }
        }
    }

    /// How many keys this VM knew at its last tick, by the names of their quotas.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, u64)> {
        self.keys.iter()
    }

    /// Whether a tick should come soon: something may have to be given back.
    pub(super) fn busy(&self) -> bool {
        self.leases.busy() || self.slots.busy()
    }
}

/// What a tick changes in a bucket.
enum Edit {
    Rest(Receipt),
    Share(Say),
}

impl Edit {
    fn make(&self, bucket: &mut Bucket, nonce: u64) {
        match self {
            Edit::Rest(rest) => bucket.give_back(rest),
            Edit::Share(say) => bucket.say(say.id, say.quota, say.used, nonce),
        }
    }
}

/// A tick says that the VM is there, if nothing was said for so long.
const TICK_PAUSE: Nanos = Nanos::from_millis(450);

/// A call does so, where ticks do not come.
const CALL_PAUSE: Nanos = Nanos::from_secs(2);
