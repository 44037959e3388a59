//! An account of its own of what was granted, to judge the quotas by.

use std::collections::{BTreeMap, HashMap};

use engine::quota::{Algorithm, Kind, Quota, Rate};
use engine::time::Now;

/// What was granted, by (quota, value of its `per` attribute) and slot.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    granted: HashMap<(String, String), BTreeMap<u64, u64>>,
}

impl Judge {
    /// `amount` was granted at `now`.
    pub(crate) fn grant(&mut self, quota: &Quota, value: &str, amount: u64, now: Now) {
        let slots = self
            .granted
            .entry((quota.name.clone(), value.into()))
            .or_default();
        *slots.entry(slot(quota, now)).or_default() += amount;
    }

    /// What the window that ends with the slot of `now` has used.
    pub(crate) fn used(&self, quota: &Quota, value: &str, now: Now) -> u64 {
        let last = slot(quota, now);
        let Some(slots) = self.granted.get(&(quota.name.clone(), value.into())) else {
            return 0;
        };
        slots
            .range((last + 1).saturating_sub(ring(quota))..=last)
            .map(|(_, n)| n)
            .sum()
    }

    /// All that was ever granted of a quota.
    pub(crate) fn total(&self, quota: &Quota) -> u64 {
        let of_quota = self
            .granted
            .iter()
            .filter(|((name, _), _)| *name == quota.name);
        of_quota.flat_map(|(_, slots)| slots.values()).sum()
    }

    /// Fails when any window of any key has more than the limit.
    pub(crate) fn assert_never_above(&self, quota: &Quota) {
        for ((name, value), slots) in &self.granted {
            for first in slots.keys().filter(|_| *name == quota.name) {
                let sum: u64 = slots
                    .range(first..&(first + ring(quota)))
                    .map(|(_, n)| n)
                    .sum();
                assert!(
                    sum <= rate(quota).limit,
                    "{name}/{value}: {sum} of {} from slot {first}: {slots:?}",
                    rate(quota).limit
                );
            }
        }
    }
}

fn slot(quota: &Quota, now: Now) -> u64 {
    match rate(quota).algorithm {
        Algorithm::Rolling => now.mono.0 / (rate(quota).window.0 / 10),
        Algorithm::Fixed => now.wall / rate(quota).window.0,
    }
}

fn ring(quota: &Quota) -> u64 {
    match rate(quota).algorithm {
        Algorithm::Rolling => 10,
        Algorithm::Fixed => 1,
    }
}

/// The quota's rate: the judge knows no others.
pub(crate) fn rate(quota: &Quota) -> &Rate {
    match &quota.kind {
        Kind::Rate(rate) => rate,
        Kind::InFlight(_) | Kind::Global(_) => panic!("not a rate: {quota:?}"),
    }
}
