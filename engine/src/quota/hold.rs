//! What a call holds while it is in flight, and how it is given back.

use core::cell::Cell;
use core::fmt;
use std::rc::Rc;

use crate::time::Nanos;

/// Names what one call holds: when it ends at the latest, and a number of its own.
pub(super) type Ticket = (Nanos, u64);

/// What a call holds of one quota. It is given back when this is dropped, once, however the call ends; or before, when
/// the quota's time for it is over.
pub struct Hold {
    ticket: Ticket,
    ended: Ended,
}

/// The holds that were dropped, until somebody looks.
#[derive(Clone, Default)]
pub(super) struct Ended(Rc<Cell<Vec<Ticket>>>);

impl Hold {
    pub(super) fn new(ticket: Ticket, ended: &Ended) -> Hold {
        Hold {
            ticket,
            ended: ended.clone(),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut ended = self.ended.0.take();
        ended.push(self.ticket);
        self.ended.0.set(ended);
    }
}

impl Ended {
    /// What was dropped since the last time.
    pub(super) fn take(&self) -> Vec<Ticket> {
        self.0.take()
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.ticket).finish()
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ended")
    }
}
