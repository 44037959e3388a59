//! What a quota says, without which calls it is for.

use crate::time::Nanos;

/// One entry of `quotas` in the configuration, as far as counting goes. Which attributes `per` stands for, and which calls
/// an override is for, is the policy's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Names the quota in rules, metrics and refusals.
    pub name: String,
    /// So much may be charged in a window, for each key. 0 blocks; at most [`Quota::MAX_LIMIT`].
    pub limit: u64,
    /// At least a second.
    pub window: Nanos,
    /// How windows follow each other.
    pub algorithm: Algorithm,
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

/// What an override puts in the place of a quota's limit and window. What it does not name it takes from the quota, when
/// the configuration is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Override {
    /// Nothing is charged.
    Unlimited,
    /// Another rate; another window is counted on its own.
    Rate {
        /// In the place of [`Quota::limit`].
        limit: u64,
        /// In the place of [`Quota::window`].
        window: Nanos,
    },
}
