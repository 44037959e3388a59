//! Whose counters are charged.

use super::charge::{Charge, Refused};
use super::limit::Quota;
use super::store::{SharedData, StoreError};
use crate::time::{Nanos, Now};

/// Names the counters of one quota for one set of values of its `per` attributes, the same in all VMs of a process and in
/// no other. A caller cannot choose values that share a key, or a bucket, with somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Seeded hash of everything that tells counters apart.
    pub(super) id: u128,
    /// Seeded hash of what tells quotas apart.
    pub(super) quota: u64,
}

/// What a VM keeps to find its policy's counters in shared data.
#[derive(Debug, Clone)]
pub struct Counters {
    plugin: String,
    policy: String,
    random: [u8; 16],
}

impl Counters {
    /// The counters that `policy`, loaded by the plugin `plugin` (Envoy's `plugin_name`), owns. `random` must not be
    /// predictable: it becomes the seed of all VMs, if this one is the first to need a seed.
    pub fn new(plugin: &str, policy: &str, random: [u8; 16]) -> Counters {
        Counters {
            plugin: plugin.into(),
            policy: policy.into(),
            random,
        }
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
    /// `window` is the override's or the quota's. What a dry run charges is counted apart.
    ///
    /// # Errors
    /// When the seed of keys cannot be read from shared data: the quota is unavailable.
    pub fn key<'v>(
        &mut self,
        quota: &Quota,
        window: Nanos,
        dry_run: bool,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<Key, StoreError> {
        let _ = (quota, window, dry_run, values.into_iter().count());
        let _ = (
            &self.counters.plugin,
            &self.counters.policy,
            self.counters.random,
        );
        Err(StoreError)
    }

    /// Charges all of `charges`, or none of them.
    ///
    /// # Errors
    /// The first charge that could not be made, and why.
    pub fn charge_all(&mut self, now: Now, charges: &[Charge<'_>]) -> Result<(), Refused> {
        super::charge::charge_all(self.store, now, charges)
    }
}
