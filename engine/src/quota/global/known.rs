//! A key as one VM knows it: what it is called towards the service, how it is used, and what the VM holds of it.

use std::sync::Arc;

use super::super::key::{Id, Key};
use super::super::limit::WhenFull;
use super::demand::Demand;
use super::named::{Named, short};
use super::pool::{self, Bucket, Change, Entry, Place};
use super::settings::{Global, WhenUnavailable};
use crate::shared::{SharedData, StoreError};
use crate::time::{Nanos, Now};

/// A key of a global quota that this VM has charged.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) key: Key,
    pub(super) global: Arc<Global>,
    /// The descriptor's entries.
    pub(super) entries: Vec<(String, String)>,
    pub(super) limit: u64,
    place: Place,
    capacity: usize,
    pub(super) when_full: WhenFull,
    pub(super) demand: Demand,
    held: Held,
    /// Calls are refused until then, without a look at shared data, and why.
    refused: Option<(Nanos, Refusal)>,
    /// When it was charged last.
    pub(super) touched: Nanos,
    /// What was admitted without shared data since the last look, so that the next share is as large.
    spent: u64,
}

/// What a VM has taken from the pool for its next calls.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    /// The window that it is of.
    number: u64,
    count: u64,
}

/// Why a charge is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing is left that this node may admit.
    Limited,
    /// The service is away, and the quota says that nothing goes on then; or shared data is.
    Unavailable,
    /// The key is new, and there are `max_keys` others. It shares the common one.
    Full,
}

/// What an ask is to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) number: u64,
    pub(super) hits: u64,
}

/// What a look at a key found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Ask(Want),
    /// Another look is needed at the next tick.
    Again,
    /// There is nothing to do until the key is charged, or the service has answered.
    Rest,
}

impl Known {
    /// `per` are the attributes that tell keys apart, with their values.
    pub(super) fn new<V: AsRef<str>>(
        named: Named<'_>,
        per: impl Iterator<Item = (impl Into<String>, V)>,
    ) -> Known {
        let mut entries = vec![named.global.entry(named.dry_run)];
        entries.extend(per.map(|(attribute, value)| (attribute.into(), short(value.as_ref()))));
        let (place, capacity) = Place::of(named.key, named.max_keys);
        Known {
            key: named.key,
            global: Arc::clone(named.global),
            entries,
            limit: named.limit,
            place,
            capacity,
            when_full: named.when_full,
            demand: Demand::default(),
            held: Held::default(),
            refused: None,
            touched: Nanos(0),
            spent: 0,
        }
    }

    /// The counters of those of its quota that found no room; they have the quota's own limit.
    pub(super) fn common(&self) -> Known {
        let id = self.key.common();
        let key = Key { id, ..self.key };
        let named = Named {
            key,
            global: &self.global,
            limit: self.global.limit.into(),
            max_keys: 0,
            when_full: self.when_full,
            dry_run: false,
        };
        let mut common = Known::new(named, core::iter::once(("shared", "true")));
        common.entries.splice(..1, self.entries.first().cloned());
        common
    }

    /// Takes `amount`, from what this VM holds or from the pool. The window that it counts in.
    pub(super) fn take(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        amount: u64,
        is_up: bool,
    ) -> Result<u64, Refusal> {
        self.touched = now.mono;
        self.demand.largest = self.demand.largest.max(amount);
        let number = pool::number(self.global.unit.window(), now);
        if self.held.number >= number && self.held.count >= amount {
            self.held.count -= amount;
            self.spent = self.spent.saturating_add(amount);
            return Ok(self.held.number);
        }
        if let Some((until, why)) = self.refused
            && now.mono < until
        {
            self.demand.refused = self.demand.refused.saturating_add(amount);
            return Err(why);
        }
        self.refused = None;
        match self.take_from_pool(store, now, amount, is_up) {
            Ok(Ok(held)) => {
                self.held = held;
                self.spent = self.spent.saturating_add(amount);
                Ok(held.number)
            }
            Ok(Err(why)) => {
                if why != Refusal::Full {
                    self.demand.refused = self.demand.refused.saturating_add(amount);
                    self.refused = Some((now.mono + REFUSED_FOR, why));
                }
                Err(why)
            }
            Err(StoreError) => Err(Refusal::Unavailable),
        }
    }

    /// Gives back what a call took that does not go on, for the next one.
    pub(super) fn give_back(&mut self, number: u64, amount: u64) {
        if self.held.number == number {
            self.held.count = self.held.count.saturating_add(amount);
        }
    }

    /// Looks at what the node has left of the key, and claims the next ask if it is time for one.
    pub(super) fn look(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        may_ask: bool,
        patience: Nanos,
    ) -> Result<Look, StoreError> {
        let idle = now.mono - self.touched >= IDLE;
        let Known {
            ref mut demand,
            ref mut held,
            key: Key { id, quota },
            limit,
            capacity,
            ..
        } = *self;
        let window = self.global.unit.window();
        let looked = pool::change(store, now, self.place, |bucket| {
            let fresh = pool::number(window, now);
            if bucket.find(id).is_none() {
                // Nothing was admitted in this window, at most refused.
                demand.look(fresh, 0, now.mono);
                if demand.refused == 0 || live(bucket, quota, id) >= capacity || !may_ask {
                    return Change::Keep((Look::Rest, false));
                }
                bucket.0.push(Entry {
                    number: fresh,
                    credit: demand.credit(limit),
                    ..empty(window, id, quota)
                });
            }
            let Some(entry) = bucket.find(id) else {
                return Change::Keep((Look::Rest, false));
            };
            let returned = idle && held.number == entry.number && held.count > 0;
            if returned {
                entry.used = entry.used.saturating_sub(held.count);
            }
            demand.look(entry.number, entry.used, now.mono);
            let busy = now.mono < entry.asked_until;
            let hits = wanted(entry, demand, limit);
            let look = match hits {
                // An ask that has become superfluous, or one of another VM.
                _ if entry.is_exhausted() || hits == 0 => Look::Rest,
                _ if busy || !may_ask => Look::Again,
                hits => {
                    entry.asked_until = now.mono + patience;
                    let number = entry.number;
                    Look::Ask(Want { number, hits })
                }
            };
            match look {
                Look::Ask(_) => Change::Write((look, returned)),
                _ if returned => Change::Write((look, returned)),
                _ => Change::Keep((look, returned)),
            }
        });
        let (look, returned) = looked?;
        if returned {
            self.held.count = 0;
        }
        self.spent /= 2;
        let holds = self.held.count > 0 && self.held.number >= pool::number(window, now);
        Ok(match look {
            Look::Rest if holds => Look::Again,
            other => other,
        })
    }

    /// Enters an answer: `granted` of what was wanted, or nothing; and what the service has left.
    pub(super) fn answered(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        want: Want,
        granted: bool,
        remaining: u64,
    ) -> Result<(), StoreError> {
        self.settle(store, now, want, |entry| {
            if granted {
                entry.granted = entry.granted.saturating_add(want.hits);
            }
            entry.remaining = Some(remaining);
        })
    }

    /// An ask has come to nothing: others may ask.
    pub(super) fn failed(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        want: Want,
    ) -> Result<(), StoreError> {
        self.settle(store, now, want, |_| {})
    }

    fn settle(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        want: Want,
        mut enter: impl FnMut(&mut Entry),
    ) -> Result<(), StoreError> {
        self.refused = None;
        let id = self.key.id;
        pool::change(store, now, self.place, |bucket| {
            let entry = bucket.find(id).filter(|entry| entry.number == want.number);
            // What was granted for a window that is over is of no use any more.
            let Some(entry) = entry else {
                return Change::Keep(());
            };
            entry.asked_until = Nanos(0);
            enter(entry);
            Change::Write(())
        })
    }

    fn take_from_pool(
        &self,
        store: &mut dyn SharedData,
        now: Now,
        amount: u64,
        is_up: bool,
    ) -> Result<Result<Held, Refusal>, StoreError> {
        let Key { id, quota } = self.key;
        let window = self.global.unit.window();
        pool::change(store, now, self.place, |bucket| {
            if bucket.find(id).is_none() {
                if live(bucket, quota, id) >= self.capacity && id != self.key.common() {
                    return Change::Keep(Err(match self.when_full {
                        WhenFull::Deny => Refusal::Limited,
                        WhenFull::Share => Refusal::Full,
                    }));
                }
                bucket.0.push(Entry {
                    number: pool::number(window, now),
                    credit: self.demand.credit(self.limit),
                    ..empty(window, id, quota)
                });
            }
            let Some(entry) = bucket.find(id) else {
                return Change::Keep(Err(Refusal::Unavailable));
            };
            let room = self.room(entry, is_up);
            if room < amount {
                let away = !is_up && self.global.when_unavailable == WhenUnavailable::Deny;
                return Change::Keep(Err(if away {
                    Refusal::Unavailable
                } else {
                    Refusal::Limited
                }));
            }
            // As much as was needed lately, but never so much that other VMs go short.
            let spare = (self.spent / 2).min((room - amount) / SHARES);
            entry.used = entry.used.saturating_add(amount).saturating_add(spare);
            Change::Write(Ok(Held {
                number: entry.number,
                count: spare,
            }))
        })
        .map(|taken| {
            taken.map(|taken| Held {
                // What is left of the same window's last share is not lost.
                count: taken
                    .count
                    .saturating_add(if self.held.number == taken.number {
                        self.held.count
                    } else {
                        0
                    }),
                ..taken
            })
        })
    }

    /// What may still be admitted by this node.
    fn room(&self, entry: &Entry, is_up: bool) -> u64 {
        let granted = match entry.remaining {
            Some(_) => entry.granted,
            None => entry.granted.max(if is_up { entry.credit } else { 0 }),
        };
        let may = match self.global.when_unavailable {
            _ if is_up => granted.min(self.limit),
            WhenUnavailable::Local(limit) => granted.max(limit).min(self.limit),
            WhenUnavailable::Allow => u64::MAX,
            WhenUnavailable::Deny => granted.min(self.limit),
        };
        may.saturating_sub(entry.used)
    }
}

/// How much to ask for, so that the node has a lease at hand; 0 when it has half of one.
///
/// A refused ask is counted by the service all the same, and what it counts nobody gets. So no ask is for more than was last
/// known to remain.
fn wanted(entry: &Entry, demand: &Demand, limit: u64) -> u64 {
    let lease = demand.lease(limit);
    let ahead = entry.granted.saturating_sub(entry.used);
    if entry.remaining.is_some() && ahead > lease / 2 {
        return 0;
    }
    let target = entry.used.saturating_add(lease);
    let hits = target.saturating_sub(entry.granted);
    hits.min(entry.remaining.unwrap_or(limit))
}

/// How many keys of a quota have counters of their own, but for this one.
fn live(bucket: &Bucket, quota: u64, id: Id) -> usize {
    let others = bucket.0.iter();
    let others = others.filter(|entry| entry.quota == quota && entry.id != [quota; 2]);
    others.filter(|entry| entry.id != id).count()
}

fn empty(window: Nanos, id: Id, quota: u64) -> Entry {
    Entry {
        window,
        id,
        quota,
        number: 0,
        used: 0,
        granted: 0,
        credit: 0,
        remaining: None,
        asked_until: Nanos(0),
    }
}

/// A VM takes at most so much of what the node has, so that the others have some, too.
const SHARES: u64 = 8;
/// Less than the time between two ticks: what an answer brings is seen soon, and a flood costs little.
const REFUSED_FOR: Nanos = Nanos::from_millis(20);
/// What a VM holds of a key that is not charged for so long goes back.
const IDLE: Nanos = Nanos::from_millis(40);
