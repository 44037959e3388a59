//! What a quota says, without which calls it is for.

use std::sync::Arc;

use super::global::Global;
use crate::time::Nanos;

/// One entry of `quotas` in the configuration, as far as counting goes. Which attributes `per` stands for, and which calls
/// an override is for, is the policy's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Names the quota in rules, metrics and refusals.
    pub name: String,
    /// What is limited, and how far.
    pub kind: Kind,
    /// The attributes whose values make a key, in their dotted spelling.
    pub per: Vec<String>,
    /// So many keys are counted on their own at a time (exactly so below [`Quota::EXACT_KEYS`], else by buckets).
    pub max_keys: u32,
    /// What happens to a new key when there are `max_keys` live ones.
    pub when_full: WhenFull,
}

impl Quota {
    /// Limits are whole numbers that JSON can carry: up to 2^53.
    pub const MAX_LIMIT: u64 = 1 << 53;
    /// From here on, keys are spread over several buckets, and each bucket has its share of `max_keys`.
    pub const EXACT_KEYS: u32 = 128;

    /// By which service it is counted, if several Envoys share it.
    pub fn global(&self) -> Option<&Global> {
        match &self.kind {
            Kind::Global(rate) => Some(&rate.global),
            Kind::Rate(_) | Kind::InFlight(_) => None,
        }
    }
}

/// What a quota limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Calls in a time.
    Rate(Rate),
    /// Calls at a time.
    InFlight(InFlight),
    /// Calls in a time, at several Envoys.
    Global(GlobalRate),
}

/// A limit of what is charged in a window at all Envoys that share a rate limit service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalRate {
    /// So much may be charged in a window, for each key. 0 blocks.
    pub limit: u32,
    /// By which service, in which windows.
    pub global: Arc<Global>,
}

/// A limit of what is charged in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So much may be charged in a window, for each key. 0 blocks; at most [`Quota::MAX_LIMIT`].
    pub limit: u64,
    /// At least a second.
    pub window: Nanos,
    /// How windows follow each other.
    pub algorithm: Algorithm,
}

/// A limit of calls that are being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// So much may be held at a time, for each key. 0 blocks; at most [`Quota::MAX_LIMIT`].
    pub limit: u64,
    /// A call that is not answered gives back what it holds after this time.
    pub max_hold: Nanos,
    /// So long a one-way call holds what it takes: nothing tells when it ends.
    pub oneway_hold: Nanos,
}

impl Kind {
    /// How much, for each key.
    pub fn limit(&self) -> u64 {
        match self {
            Kind::Rate(rate) => rate.limit,
            Kind::InFlight(in_flight) => in_flight.limit,
            Kind::Global(global) => global.limit.into(),
        }
    }
}

/// How windows follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// In slots of a tenth of the window, on the monotonic clock: no ten consecutive slots have more than the limit.
    Rolling,
    /// One after the other, aligned to the UTC epoch: no window has more than the limit.
    Fixed,
}

/// What happens to a new key when there is no room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// It is counted together with the others that found no room.
    Share,
    /// It is refused.
    Deny,
}

/// What an override puts in the place of a quota's limit. What it does not name it takes from the quota, when the
/// configuration is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Override {
    /// Nothing is charged.
    Unlimited,
    /// Another limit of the same kind. Another window is counted on its own.
    Limit(Kind),
}
