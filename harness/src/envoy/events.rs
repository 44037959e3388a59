//! Time, and what happens by itself: ticks, answers of clusters, queues that wake a root.

use std::time::Duration;

use crate::connection::{ConnectionId, Peer};
use crate::context::{Context, Timer};
use crate::envoy::Envoy;

/// Something that time brings about on a thread.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Tick {
    due: u64,
    thread: usize,
    root: u32,
}

impl Envoy {
    /// Lets simulated time pass, with every tick and answer that falls into it, in order; what is
    /// due at one moment runs in the order of the threads.
    pub fn advance(&mut self, by: Duration) {
        let until = self.host.borrow().now + by.as_nanos() as u64;
        loop {
            let tick = self.next_tick().filter(|tick| tick.due <= until);
            let answer = self.next_answer().filter(|due| *due <= until);
            let due = match (tick, answer) {
                (None, None) => break,
                (Some(tick), Some(answer)) => tick.due.min(answer),
                (Some(Tick { due, .. }), None) | (None, Some(due)) => due,
            };
            let mut host = self.host.borrow_mut();
            host.now = host.now.max(due);
            drop(host);
            match tick {
                Some(tick) if answer.is_none_or(|answer| tick.due < answer) => {
                    self.threads[tick.thread].vm.on_tick(tick.root);
                }
                _ => {}
            }
            self.settle();
        }
        self.host.borrow_mut().now = until;
        self.settle();
    }

    /// Fires every armed timer now, as if its time had come: what a module leaves for its ticks is
    /// done, and no time has passed.
    pub fn tick(&mut self) {
        for Tick { thread, root, .. } in self.ticks() {
            self.threads[thread].vm.on_tick(root);
            self.settle();
        }
    }

    /// Lets everything happen that can without time passing.
    pub(super) fn settle(&mut self) {
        loop {
            for index in 0..self.threads.len() {
                self.threads[index].vm.retire();
                self.run_after_calls(index);
                self.note_trap(index);
            }
            if !self.wake() && !self.answer() && !self.read_rest() {
                break;
            }
        }
    }

    /// Reads on where a connection was resumed; false when there is nothing to read.
    fn read_rest(&mut self) -> bool {
        let open = (0..self.connections.len()).filter(|index| !self.connections[*index].closed);
        let ids: Vec<ConnectionId> = open.map(ConnectionId).collect();
        ids.into_iter()
            .any(|id| self.read(id, Peer::Client) | self.read(id, Peer::Provider))
    }

    /// Tells one root that its queue holds something; false when there is none.
    fn wake(&mut self) -> bool {
        let Some((registrant, queue)) = self.host.borrow_mut().wakes.pop_front() else {
            return false;
        };
        if let Some(thread) = self
            .threads
            .iter_mut()
            .find(|t| t.vm.number() == registrant.vm)
        {
            thread.vm.on_queue_ready(registrant.root, queue);
        }
        true
    }

    /// Delivers the first answer that is due; false when there is none.
    fn answer(&mut self) -> bool {
        let mut host = self.host.borrow_mut();
        let now = host.now;
        let due = host
            .pending
            .iter()
            .enumerate()
            .filter(|(_, pending)| pending.due <= now);
        let Some((first, _)) = due.min_by_key(|(_, pending)| pending.due) else {
            return false;
        };
        let pending = host.pending.remove(first);
        drop(host);
        if let Some(thread) = self
            .threads
            .iter_mut()
            .find(|t| t.vm.number() == pending.vm)
        {
            thread
                .vm
                .on_answer(pending.root, pending.token, pending.answer);
        }
        true
    }

    fn next_answer(&self) -> Option<u64> {
        self.host
            .borrow()
            .pending
            .iter()
            .map(|pending| pending.due)
            .min()
    }

    fn next_tick(&mut self) -> Option<Tick> {
        self.ticks().into_iter().min()
    }

    /// The armed timers of all living VMs.
    fn ticks(&mut self) -> Vec<Tick> {
        let threads = self.threads.iter_mut().enumerate();
        let alive = threads.filter(|(_, thread)| thread.vm.trap().is_none());
        let mut ticks = Vec::new();
        for (thread, running) in alive {
            for (root, context) in &running.vm.state().contexts {
                if let Context::Root(context) = context
                    && let Some(Timer { due, .. }) = context.timer
                {
                    ticks.push(Tick {
                        due,
                        thread,
                        root: *root,
                    });
                }
            }
        }
        ticks
    }
}
