//! What the VMs of a process hold of one key at a time.

use super::cells::Cells;
use crate::time::Nanos;

/// A share for each VM that has calls in flight: what it has taken out of the limit, used or not. The sum is what counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shares {
    /// Calls of this key may be in flight among the common ones, of keys that found no room, from before it had its own.
    pub(super) beside: bool,
    pub(super) of: Vec<Share>,
}

/// What one VM has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) nonce: u64,
    pub(super) taken: u64,
    /// When the VM last said so.
    pub(super) at: Nanos,
}

impl Shares {
    /// All that is taken.
    pub(super) fn taken(&self) -> u64 {
        self.sum(|_| true)
    }

    /// What VMs but this one have taken.
    pub(super) fn of_others(&self, nonce: u64) -> u64 {
        self.sum(|share| share.nonce != nonce)
    }

    fn sum(&self, counted: impl Fn(&Share) -> bool) -> u64 {
        let shares = self.of.iter().filter(|share| counted(share));
        shares.fold(0, |sum, share| sum.saturating_add(share.taken))
    }

    /// The VM has taken this much from now on.
    pub(super) fn set(&mut self, nonce: u64, taken: u64, at: Nanos) {
        self.of.retain(|share| share.nonce != nonce);
        if taken > 0 {
            self.of.push(Share { nonce, taken, at });
        }
    }

    /// Drops the shares of VMs that are gone.
    pub(super) fn roll(&mut self, cells: &Cells) {
        self.of
            .retain(|share| !cells.is_gone(share.nonce, share.at));
    }
}
