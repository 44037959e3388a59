//! How many keys a VM knows of each quota.

use std::collections::BTreeMap;

/// Counted anew by each tick.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// By the hash that tells quotas apart: with each window that an override has, a quota has one more.
    by_quota: BTreeMap<u64, Known>,
}

#[derive(Debug, Default)]
struct Known {
    name: Box<str>,
    keys: u64,
}

impl Keys {
    /// Nothing is counted yet.
    pub(super) fn begin(&mut self) {
        for known in self.by_quota.values_mut() {
            known.keys = 0;
        }
    }

    /// A key is known.
    pub(super) fn count(&mut self, quota: u64) {
        if let Some(known) = self.by_quota.get_mut(&quota) {
            known.keys += 1;
        }
    }

    /// What the quota is called: said before its keys are counted.
    pub(super) fn name(&mut self, quota: u64, name: &str) {
        self.by_quota.entry(quota).or_insert_with(|| Known {
            name: name.into(),
            keys: 0,
        });
    }

    /// What was counted. A name may come more than once.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.by_quota
            .values()
            .map(|known| (&*known.name, known.keys))
    }
}
