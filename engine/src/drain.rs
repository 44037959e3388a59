//! Closing many connections, little by little.
//!
//! ```text
//!  0    1/30                              3/4            1   of the drain's time
//!  │wait │ so many as the line says, idle  │ whoever is   │ all
//!  │     │ ones, the longest idle first    │ idle         │
//! ```

use crate::connection::CloseReason;
use crate::time::Nanos;

/// Connections that have to go.
#[derive(Debug)]
pub(crate) struct Drain {
    pub(crate) reason: CloseReason,
    /// Only those of this root context.
    pub(crate) origin: Option<u32>,
    /// When it began.
    since: Nanos,
    /// When the last one is gone, after `since`.
    over: Nanos,
    /// Connections at its beginning.
    at_first: usize,
}

impl Drain {
    pub(crate) fn new(
        reason: CloseReason,
        origin: Option<u32>,
        since: Nanos,
        over: Nanos,
        at_first: usize,
    ) -> Drain {
        Drain {
            reason,
            origin,
            since,
            over,
            at_first,
        }
    }

    /// How many may still be open, if enough are idle. A short wait comes first: what looks like a succession may be two
    /// workers that are told of two changes at different times.
    pub(crate) fn may_stay(&self, now: Nanos) -> usize {
        let elapsed = (now - self.since).0;
        let (wait, end) = (self.over.0 / 30, self.over.0 / 4 * 3);
        if elapsed < wait {
            return usize::MAX;
        }
        let share = u128::from(end.saturating_sub(elapsed)) * self.at_first as u128;
        usize::try_from(share.div_ceil(u128::from(end - wait).max(1))).unwrap_or(usize::MAX)
    }

    /// Whether whoever becomes idle has to go at once.
    pub(crate) fn hurries(&self, now: Nanos) -> bool {
        (now - self.since) >= Nanos(self.over.0 / 4 * 3)
    }

    /// Whether those in use have to go, too.
    pub(crate) fn is_over(&self, now: Nanos) -> bool {
        (now - self.since) >= self.over
    }
}
