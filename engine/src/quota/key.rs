//! Whose counters are charged.

use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::books::Books;
use super::charge::{Charge, Refused, Why, charge_all};
use super::global::{Globals, Named, Taken};
use super::hold::Hold;
use super::limit::{Algorithm, Kind, Quota};
use super::seed::{self, Seed};
use crate::shared::{SharedData, StoreError};
use crate::time::{Nanos, Now};

/// Names the counters of one quota for one set of values of its `per` attributes, the same in all VMs of a process and in
/// no other. A caller cannot choose values that share a key, or a bucket, with somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Hash of everything that tells counters apart.
    pub(super) id: Id,
    /// Hash of what tells quotas apart: all but the values.
    pub(super) quota: u64,
}

/// A seeded 128-bit hash, low half first.
pub(super) type Id = [u64; 2];

impl Key {
    /// Names what the keys of a bucket share that found no room.
    pub(super) fn common(self) -> Id {
        [self.quota; 2]
    }
}

/// What a VM keeps to find its policy's counters in shared data, and what it has taken of them.
#[derive(Debug)]
pub struct Counters {
    plugin: String,
    policy: String,
    random: Seed,
    /// What the VMs agreed on, once this one has needed it.
    seed: Option<Seed>,
    /// What is hashed next: one long write costs a third of many short ones.
    scratch: Vec<u8>,
    books: Books,
    globals: Globals,
}

impl Counters {
    /// The counters that `policy`, loaded by the plugin `plugin` (Envoy's `plugin_name`), owns. `random` must not be
    /// predictable: it becomes the seed of all VMs, if this one is the first to need a seed. `nonce` is this VM's alone.
    pub fn new(plugin: &str, policy: &str, random: [u8; 16], nonce: u64) -> Counters {
        let mut scratch = Vec::new();
        push(&mut scratch, plugin);
        push(&mut scratch, policy);
        let mut hash = SipHasher13::new();
        hash.write(&scratch);
        let of_policy = hash.finish128().h1;
        Counters {
            books: Books::new(of_policy, nonce),
            plugin: plugin.into(),
            policy: policy.into(),
            random,
            seed: None,
            scratch,
            globals: Globals::new(half(random)),
        }
    }

    /// Gives back what is no longer needed, and tells the other VMs that this one is there.
    pub fn tick(&mut self, now: Now, store: &mut dyn SharedData) {
        self.books.tick(store, now);
    }

    /// How many keys this VM knew at its last tick, by the names of their quotas. A name may come more than once.
    pub fn keys(&self) -> impl Iterator<Item = (&str, u64)> {
        self.books.keys()
    }

    /// Whether a tick should come soon, in 50 ms.
    pub fn busy(&self) -> bool {
        self.books.busy() || self.globals.is_busy()
    }

    /// What is shared with other Envoys.
    pub fn globals(&mut self) -> &mut Globals {
        &mut self.globals
    }

    /// The counters, within reach for one callback.
    pub fn open<'a>(&'a mut self, store: &'a mut dyn SharedData) -> Ledger<'a> {
        Ledger {
            counters: self,
            store,
        }
    }
}

/// Counters within reach: what `Policy::decide` charges.
pub struct Ledger<'a> {
    counters: &'a mut Counters,
    store: &'a mut dyn SharedData,
}

impl Ledger<'_> {
    /// The key of `quota` for a call whose `per` attributes have `values` (in the order of `per`, absent ones empty).
    /// `kind` is the override's or the quota's. What a dry run charges is counted apart.
    ///
    /// # Errors
    /// When the seed of keys cannot be read from shared data: the quota is unavailable.
    pub fn key<V: AsRef<str>>(
        &mut self,
        quota: &Quota,
        kind: &Kind,
        dry_run: bool,
        values: impl IntoIterator<Item = V, IntoIter: Clone>,
    ) -> Result<Key, StoreError> {
        let seed = self.seed()?;
        let Counters {
            plugin,
            policy,
            scratch,
            ..
        } = &mut *self.counters;
        scratch.clear();
        push(scratch, plugin);
        push(scratch, policy);
        push(scratch, &quota.name);
        let (window, tag) = match kind {
            Kind::Rate(rate) => match rate.algorithm {
                Algorithm::Rolling => (rate.window, 0),
                Algorithm::Fixed => (rate.window, 1),
            },
            Kind::InFlight(_) => (Nanos::default(), 2),
            Kind::Global(rate) => (rate.global.unit.window(), 3),
        };
        scratch.extend_from_slice(&window.0.to_le_bytes());
        scratch.extend_from_slice(&[tag, u8::from(dry_run)]);
        for attribute in &quota.per {
            push(scratch, attribute);
        }
        let mut hash = SipHasher13::new_with_key(&seed);
        hash.write(scratch);
        let of_quota = hash.finish128();
        let values = values.into_iter();
        scratch.clear();
        for value in values.clone() {
            push(scratch, value.as_ref());
        }
        hash.write(scratch);
        let id = hash.finish128();
        let key = Key {
            id: [id.h1, id.h2],
            quota: of_quota.h1,
        };
        if let Kind::Global(rate) = kind {
            let named = Named {
                key,
                global: &rate.global,
                limit: rate.limit.into(),
                max_keys: quota.max_keys,
                when_full: quota.when_full,
                dry_run,
            };
            let per = quota.per.iter().zip(values);
            self.counters.globals.know(named, per);
        }
        Ok(key)
    }

    /// Charges all of `charges`, or none of them. Two charges of one key add up. What comes back is held of quotas that
    /// limit calls in flight, until it is dropped.
    ///
    /// # Errors
    /// The first charge that could not be made, and why.
    pub fn charge_all(&mut self, now: Now, charges: &[Charge<'_>]) -> Result<Vec<Hold>, Refused> {
        let is_global = |charge: &&Charge<'_>| matches!(charge.kind, Kind::Global(_));
        if !charges.iter().any(|charge| is_global(&charge)) {
            return charge_all(&mut self.counters.books, self.store, now, charges);
        }
        let mut taken = Vec::new();
        let charged = self
            .charge_globals(now, charges, &mut taken)
            .and_then(|()| {
                let (places, others): (Vec<_>, Vec<_>) = charges
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(_, charge)| !is_global(&charge))
                    .unzip();
                let others: Vec<Charge<'_>> = others;
                charge_all(&mut self.counters.books, self.store, now, &others).map_err(|refused| {
                    Refused {
                        index: places.get(refused.index).copied().unwrap_or_default(),
                        ..refused
                    }
                })
            });
        if charged.is_err() {
            let globals = &mut self.counters.globals;
            taken.iter().for_each(|taken| globals.give_back(taken));
        }
        charged
    }

    fn charge_globals(
        &mut self,
        now: Now,
        charges: &[Charge<'_>],
        taken: &mut Vec<Taken>,
    ) -> Result<(), Refused> {
        let globals = &mut self.counters.globals;
        for (index, charge) in charges.iter().enumerate() {
            if matches!(charge.kind, Kind::Global(_)) {
                let one = if charge.amount > charge.kind.limit() {
                    Err(Why::Limited)
                } else {
                    globals.take(self.store, now, charge.key, charge.amount)
                };
                taken.push(one.map_err(|why| Refused { index, why })?);
            }
        }
        Ok(())
    }

    fn seed(&mut self) -> Result<Seed, StoreError> {
        match self.counters.seed {
            Some(seed) => Ok(seed),
            None => {
                let seed = seed::agree(self.store, self.counters.random)?;
                self.counters.seed = Some(seed);
                Ok(seed)
            }
        }
    }
}

/// Half of the random bytes.
fn half([a, b, c, d, e, f, g, h, ..]: Seed) -> u64 {
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Adds a text so that no two sequences of them look the same.
fn push(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(END);
}

/// Stands in no UTF-8 text.
const END: u8 = 0xff;
