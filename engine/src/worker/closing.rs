//! Which connections a worker closes without a word from them: for its budget, and because they have to go.

use core::cmp::Reverse;

use super::{ConnectionId, Entry, Worker};
use crate::connection::CloseReason;
use crate::drain::Drain;
use crate::time::Nanos;

/// A connection that holds less than this is never closed for the worker's budget: one caller must not be able to close
/// the others.
const SMALL: usize = 64 * 1024;

/// So many connections are closed in one tick. Envoy closes those that a callback has named when the callback is over, and each from within the
/// callbacks of the one before: a thousand of them overflow the stack (seen on 1.40), and that traps the VM with all its connections.
const CLOSES_A_TICK: usize = 64;

impl Worker {
    /// Closes all connections, or those of one root context, from ticks: idle ones first, the last ones after `over`, and not
    /// many at once, so that their clients do not come back all at once. Without effect on a drain for the same reason that
    /// runs. How many that will be.
    pub fn drain(
        &mut self,
        reason: CloseReason,
        origin: Option<u32>,
        now: Nanos,
        over: Nanos,
    ) -> usize {
        let same = |drain: &Drain| (drain.reason, drain.origin) == (reason, origin);
        let of = |entry: &&Entry| origin.is_none_or(|origin| entry.origin == origin);
        let count = self.connections.values().filter(of).count();
        let any = count > 0 || origin.is_none();
        if any && !self.drains.iter().any(same) {
            self.drains
                .push(Drain::new(reason, origin, now, over, count));
        }
        count
    }

    /// Lets the connections stay that a drain for this reason has not closed yet.
    pub fn stop_drain(&mut self, reason: CloseReason) {
        self.drains.retain(|drain| drain.reason != reason);
    }

    /// Goes on with the drains.
    pub(super) fn tick_drains(&mut self, now: Nanos) {
        self.hurries = false;
        for drain in core::mem::take(&mut self.drains) {
            let done = self.drain_some(&drain, now);
            // A root context that has to leave gets no new connections here; a whole worker may.
            if !done || drain.origin.is_none() {
                self.drains.push(drain);
            }
        }
    }

    /// The connections to close in this tick.
    pub(super) fn take_doomed(&mut self) -> Vec<ConnectionId> {
        self.doomed.retain(|id| self.connections.contains_key(id));
        let later = self.doomed.split_off(self.doomed.len().min(CLOSES_A_TICK));
        core::mem::replace(&mut self.doomed, later)
    }

    /// Closes as many as a drain wants to be closed by now. Whether none is left.
    fn drain_some(&mut self, drain: &Drain, now: Nanos) -> bool {
        let mine = self.connections.iter().filter(|(_, entry)| {
            !entry.connection.is_closing()
                && drain.origin.is_none_or(|origin| entry.origin == origin)
        });
        let (mut idle, used): (Vec<_>, Vec<_>) = mine
            .map(|(id, entry)| (entry.active, *id, entry.connection.is_idle()))
            .partition(|(_, _, idle)| *idle);
        let open = idle.len() + used.len();
        let excess = open.saturating_sub(drain.may_stay(now));
        self.hurries |= drain.hurries(now) && !drain.is_over(now) && !used.is_empty();
        idle.sort_unstable();
        if drain.is_over(now) {
            idle.extend(used);
        }
        for (_, id, _) in idle.into_iter().take(excess) {
            self.doom(id, drain.reason);
        }
        open == 0
    }

    /// Closes the connections that hold most, the oldest first among equals, until the budget is kept. Small ones are
    /// left alone, even if all of them together are above the budget: one caller must not be able to close the others.
    pub(super) fn relieve(&mut self) {
        while self.held > self.common.policy.limits.held_bytes_per_worker {
            let largest = self
                .connections
                .iter()
                .filter(|(_, entry)| entry.held >= SMALL)
                .max_by_key(|(_, entry)| (entry.held, Reverse(entry.connection.held_since())))
                .map(|(id, _)| *id);
            let Some(id) = largest else { return };
            self.doom(id, CloseReason::HELD_BYTES);
            self.settle(id);
        }
    }

    pub(super) fn doom(&mut self, id: ConnectionId, reason: CloseReason) {
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.connection.close(reason, &mut self.common.metrics);
            self.doomed.push(id);
        }
    }
}
