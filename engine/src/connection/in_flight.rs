//! What a side of a connection waits for: calls, heartbeats, and the heartbeats that stand for denied calls.
//!
//! Ids are opaque and chosen by the caller: they repeat, and a heartbeat may carry the id of a call in flight. So every id
//! has a queue, and of an answer its event bit tells whether it is a call's or a heartbeat's.

use core::hash::{BuildHasher, Hasher};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

use dubbo::RequestId;

use super::facts::mix;
use crate::time::Nanos;

/// One request whose answer has not come yet.
#[derive(Debug)]
pub(crate) struct Pending<C, D> {
    /// When the request went on.
    pub(crate) since: Nanos,
    pub(crate) awaited: Awaited<C, D>,
    /// Numbers the requests of a side.
    order: u64,
}

/// What the answer will be an answer to.
#[derive(Debug)]
pub(crate) enum Awaited<C, D> {
    /// A call that went on to the provider.
    Call(C),
    /// A heartbeat of the peer's own.
    Heartbeat,
    /// The heartbeat that was sent in the place of a denied call; its answer becomes the refusal.
    Denial(D),
}

/// What tells the queues of one id apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Call,
    Heartbeat,
    Denial,
}

impl<C, D> Awaited<C, D> {
    fn class(&self) -> Class {
        match self {
            Awaited::Call(_) => Class::Call,
            Awaited::Heartbeat => Class::Heartbeat,
            Awaited::Denial(_) => Class::Denial,
        }
    }
}

/// The requests of one side that wait for an answer from the other.
#[derive(Debug)]
pub(crate) struct InFlight<C, D> {
    queues: HashMap<(RequestId, Class), Queue<C, D>, Seed>,
    /// The denials among them, oldest first.
    denials: BTreeMap<u64, RequestId>,
    len: usize,
    next_order: u64,
}

/// Requests of one kind with one id. Nearly every queue has one entry; the rest allocates only when it is used.
#[derive(Debug)]
struct Queue<C, D> {
    first: Pending<C, D>,
    rest: VecDeque<Pending<C, D>>,
}

/// Hashes ids, which callers choose, with a number that they do not know.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl BuildHasher for Seed {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher(self.0)
    }
}

struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<C, D> InFlight<C, D> {
    /// Nothing in flight. `seed` must not be known to callers.
    pub(crate) fn new(seed: u64) -> InFlight<C, D> {
        InFlight {
            queues: HashMap::with_hasher(Seed(seed)),
            denials: BTreeMap::new(),
            len: 0,
            next_order: 0,
        }
    }

    /// The number of requests that wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a request behind those with the same id.
    pub(crate) fn push(&mut self, id: RequestId, since: Nanos, awaited: Awaited<C, D>) {
        let order = self.next_order;
        self.next_order += 1;
        self.len += 1;
        if matches!(awaited, Awaited::Denial(_)) {
            self.denials.insert(order, id);
        }
        let pending = Pending {
            since,
            awaited,
            order,
        };
        match self.queues.entry((id, pending.awaited.class())) {
            Entry::Vacant(entry) => {
                entry.insert(Queue {
                    first: pending,
                    rest: VecDeque::new(),
                });
            }
            Entry::Occupied(mut entry) => entry.get_mut().rest.push_back(pending),
        }
    }

    /// Takes out what an answer with this id and event bit answers: the first of its kind.
    pub(crate) fn take(&mut self, id: RequestId, event: bool) -> Option<Pending<C, D>> {
        if !event {
            return self.take_first((id, Class::Call));
        }
        let order = |class| self.queues.get(&(id, class)).map(|queue| queue.first.order);
        let class = match (order(Class::Heartbeat), order(Class::Denial)) {
            (Some(heartbeat), Some(denial)) if heartbeat < denial => Class::Heartbeat,
            (Some(_), None) => Class::Heartbeat,
            _ => Class::Denial,
        };
        self.take_first((id, class))
    }

    /// Takes out the denial that has waited longest.
    pub(crate) fn take_oldest_denial(&mut self) -> Option<(RequestId, Pending<C, D>)> {
        let (_, &id) = self.denials.first_key_value()?;
        self.take_first((id, Class::Denial))
            .map(|pending| (id, pending))
    }

    /// Since when the oldest call or heartbeat has waited; a look at all of them.
    pub(crate) fn oldest(&self) -> Option<Nanos> {
        let queues = self.queues.iter();
        queues
            .filter(|((_, class), _)| *class != Class::Denial)
            .map(|(_, queue)| queue.first.since)
            .min()
    }

    /// Since when the oldest denial has waited.
    pub(crate) fn oldest_denial(&self) -> Option<Nanos> {
        let (_, &id) = self.denials.first_key_value()?;
        let queue = self.queues.get(&(id, Class::Denial))?;
        Some(queue.first.since)
    }

    /// Takes out what has waited since `since` or longer, and returns the calls. A denial is never forgotten: without its
    /// refusal, a heartbeat's answer would look like success to its caller.
    pub(crate) fn forget(&mut self, since: Nanos) -> Vec<C> {
        let old = |queue: &Queue<C, D>| queue.first.since <= since;
        let keys = self
            .queues
            .iter()
            .filter(|((_, class), queue)| *class != Class::Denial && old(queue));
        let keys: Vec<_> = keys.map(|(key, _)| *key).collect();
        let mut calls = Vec::new();
        for key in keys {
            while self.queues.get(&key).is_some_and(old) {
                match self.take_first(key).map(|taken| taken.awaited) {
                    Some(Awaited::Call(call)) => calls.push(call),
                    Some(_) => {}
                    None => break,
                }
            }
        }
        calls
    }

    /// The calls that wait, when nothing will be answered any more.
    pub(crate) fn drain_calls(&mut self) -> impl Iterator<Item = C> {
        self.len = 0;
        self.denials.clear();
        self.queues
            .drain()
            .map(|(_, queue)| queue)
            .flat_map(|queue| core::iter::once(queue.first).chain(queue.rest))
            .filter_map(|pending| match pending.awaited {
                Awaited::Call(call) => Some(call),
                Awaited::Heartbeat | Awaited::Denial(_) => None,
            })
    }

    fn take_first(&mut self, key: (RequestId, Class)) -> Option<Pending<C, D>> {
        let Entry::Occupied(mut entry) = self.queues.entry(key) else {
            return None;
        };
        let Queue { first, rest } = entry.get_mut();
        let taken = match rest.pop_front() {
            Some(second) => core::mem::replace(first, second),
            None => entry.remove().first,
        };
        self.len -= 1;
        self.denials.remove(&taken.order);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{Awaited, InFlight};
    use crate::time::Nanos;
    use dubbo::RequestId;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ID: RequestId = RequestId(7);

    fn names(
        in_flight: &mut InFlight<&'static str, &'static str>,
        taken: &[(RequestId, bool)],
    ) -> Vec<&'static str> {
        taken
            .iter()
            .map(|(id, event)| match in_flight.take(*id, *event) {
                None => "nothing",
                Some(pending) => match pending.awaited {
                    Awaited::Call(name) | Awaited::Denial(name) => name,
                    Awaited::Heartbeat => "heartbeat",
                },
            })
            .collect()
    }

    #[test]
    fn one_id_in_flight_three_times_is_answered_in_order() {
        let mut in_flight = InFlight::new(1);
        for name in ["first", "second", "third"] {
            in_flight.push(ID, Nanos(1), Awaited::Call(name));
        }
        let got = names(&mut in_flight, &[(ID, false); 4]);
        assert_eq!(got, ["first", "second", "third", "nothing"]);
        assert_eq!(in_flight.len(), 0);
    }

    #[test]
    fn the_event_bit_selects_among_requests_with_one_id() {
        let mut in_flight = InFlight::new(1);
        in_flight.push(ID, Nanos(1), Awaited::Call("call"));
        in_flight.push(ID, Nanos(1), Awaited::Heartbeat);
        in_flight.push(ID, Nanos(1), Awaited::Denial("denial"));
        let got = names(
            &mut in_flight,
            &[(ID, true), (ID, true), (ID, true), (ID, false)],
        );
        assert_eq!(got, ["heartbeat", "denial", "nothing", "call"]);
    }

    #[test]
    fn the_oldest_denial_is_found_behind_a_heartbeat_with_its_id() {
        let mut in_flight: InFlight<(), &str> = InFlight::new(1);
        in_flight.push(ID, Nanos(1), Awaited::Heartbeat);
        in_flight.push(ID, Nanos(1), Awaited::Denial("older"));
        in_flight.push(RequestId(0), Nanos(1), Awaited::Denial("younger"));
        let mut oldest = || match in_flight.take_oldest_denial()?.1.awaited {
            Awaited::Denial(name) => Some(name),
            _ => None,
        };
        assert_eq!(
            [oldest(), oldest(), oldest()],
            [Some("older"), Some("younger"), None]
        );
        assert_eq!(in_flight.len(), 1);
    }
}
