//! One VM's part in a node's global quotas: the keys that it charges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::charge::Why;
use super::super::key::{Id, Key};
use super::super::limit::WhenFull;
use super::asks::{AskId, Asked, Sent};
use super::health::{Health, Standing};
use super::known::{Known, Refusal};
use super::named::Named;
use crate::lists::Notice;
use crate::shared::SharedData;
use crate::time::{Nanos, Now};

/// The global quotas, as one VM sees them.
#[derive(Debug, Clone)]
pub struct Globals {
    /// Spreads what several nodes would do at the same time.
    pub(super) random: u64,
    pub(super) services: Vec<Health>,
    /// By a seeded hash, so callers cannot choose who are neighbours here.
    pub(super) keys: BTreeMap<Id, Known>,
    /// The keys to look at in the next tick.
    pub(super) hot: BTreeSet<Id>,
    pub(super) sent: BTreeMap<AskId, Sent>,
    pub(super) asks: u64,
    pub(super) asked: Asked,
    pub(super) notices: Vec<Notice>,
    pub(super) swept: Nanos,
}

/// What one charge took.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Taken {
    id: Id,
    number: u64,
    amount: u64,
}

impl Globals {
    pub(in super::super) fn new(random: u64) -> Globals {
        Globals {
            random,
            services: Vec::new(),
            keys: BTreeMap::new(),
            hot: BTreeSet::new(),
            sent: BTreeMap::new(),
            asks: 0,
            asked: Asked::default(),
            notices: Vec::new(),
            swept: Nanos(0),
        }
    }

    /// Learns what a key is called. `per` are the attributes that tell keys apart, with their values.
    pub(in super::super) fn know<V: AsRef<str>>(
        &mut self,
        named: Named<'_>,
        per: impl Iterator<Item = (impl Into<String>, V)>,
    ) {
        let known = self.keys.get_mut(&named.key.id);
        if let Some(known) = known {
            known.limit = named.limit;
            if Arc::ptr_eq(&known.global, named.global) {
                return;
            }
            // Another policy: what it says of the quota goes on from here.
            let demand = known.demand;
            *known = Known::new(named, per);
            known.demand = demand;
        } else if self.keys.len() < MAX_KEYS {
            self.keys.insert(named.key.id, Known::new(named, per));
        } else {
            self.know_common(&Known::new(named, per));
        }
    }

    /// Charges a key that [`Globals::know`] was told of. One that finds no room shares the common counters.
    pub(in super::super) fn take(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        key: Key,
        amount: u64,
    ) -> Result<Taken, Why> {
        let mut taken = self.take_from(store, now, key.id, amount);
        if taken == Err(Refusal::Full) {
            if let Some(known) = self.keys.get(&key.id).cloned() {
                self.know_common(&known);
            }
            taken = self.take_from(store, now, key.common(), amount);
        }
        match taken {
            Ok((id, number)) => Ok(Taken { id, number, amount }),
            Err(Refusal::Limited | Refusal::Full) => Err(Why::Limited),
            Err(Refusal::Unavailable) => Err(Why::Unavailable),
        }
    }

    /// Takes back a charge of a call that does not go on.
    pub(in super::super) fn give_back(&mut self, taken: &Taken) {
        if let Some(known) = self.keys.get_mut(&taken.id) {
            known.give_back(taken.number, taken.amount);
            self.hot.insert(taken.id);
        }
    }

    fn take_from(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        id: Id,
        amount: u64,
    ) -> Result<(Id, u64), Refusal> {
        // Unknown where the table is full.
        let Some(known) = self.keys.get_mut(&id) else {
            return Err(Refusal::Full);
        };
        let service = |health: &&Health| health.service == known.global.service;
        let health = self.services.iter().find(service);
        let is_up = health.is_none_or(|health| health.standing() != Standing::Down);
        self.hot.insert(id);
        let number = known.take(store, now, amount, is_up)?;
        Ok((id, number))
    }

    fn know_common(&mut self, one: &Known) {
        // With room for the common counters alone, a key that must not share them is refused there, too.
        if one.when_full == WhenFull::Deny {
            return;
        }
        let known = self.keys.get(&one.key.common());
        if known.is_none_or(|known| !Arc::ptr_eq(&known.global, &one.global)) {
            self.keys.insert(one.key.common(), one.common());
        }
    }
}

/// So many keys one VM knows at a time; what is not charged for some seconds is forgotten.
const MAX_KEYS: usize = 20_000;
