//! A policy at work on frames that were seen elsewhere.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

use dubbo::{HEAD_LEN, Head, Kind, RequestId, Serialization, Status};
use engine::metrics::{Decision as Outcome, Direction as ListenerDirection};
use engine::policy::Policy;
use engine::report::Node;
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Identity, Judged, Peers, Side, Worker};

use crate::decode::{Direction, Place, Recorded};
use crate::shared::Memory;

/// The same policy for captures and for the bytes of one side, which show less.
pub(super) struct Players {
    pub(super) captures: Player,
    pub(super) streams: Player,
}

impl Players {
    /// For what stands there.
    pub(super) fn at(&mut self, place: Option<&Place>) -> &mut Player {
        match place {
            Some(_) => &mut self.captures,
            None => &mut self.streams,
        }
    }

    /// All connections are over.
    pub(super) fn end_all(&mut self) {
        self.captures.end_all();
        self.streams.end_all();
    }
}

/// A worker as in the module, fed frame by frame. What it refuses was answered by a provider in the capture, and is
/// answered here by the heartbeat that the module sends instead.
pub(super) struct Player {
    pub(super) policy: Rc<Policy>,
    worker: Worker,
    shared: Memory,
    /// By the connection's number in the capture.
    open: HashMap<u64, ConnectionId>,
    connections: u32,
    clock: Clock,
}

/// The time of the capture.
#[derive(Debug, Default)]
struct Clock {
    /// The first time that was seen; none while there is none.
    first: Option<Nanos>,
    now: Nanos,
    ticked: Nanos,
}

impl Player {
    pub(super) fn new(policy: Policy) -> Player {
        let policy = Rc::new(policy);
        let identity = Identity {
            node: Node {
                id: String::new(),
                cluster: String::new(),
                direction: ListenerDirection::Inbound,
                vm_nonce: 1,
            },
            plugin: String::new(),
            random: [0; 16],
        };
        let mut worker = Worker::new(Rc::clone(&policy), identity);
        worker.trail();
        Player {
            policy,
            worker,
            shared: Memory::default(),
            open: HashMap::new(),
            connections: 0,
            clock: Clock::default(),
        }
    }

    /// How long the capture has lasted; none if its times are not known.
    pub(super) fn elapsed(&self) -> Option<Nanos> {
        Some(self.clock.now - self.clock.first?)
    }

    /// Takes a frame, of an answer its beginning, and returns what was decided.
    pub(super) fn frame(
        &mut self,
        place: Option<&Place>,
        direction: Direction,
        frame: &Recorded<'_>,
    ) -> Vec<Judged> {
        let now = self.now(place);
        let number = place.map_or(0, |place| place.connection.number);
        let id = match self.open.get(&number) {
            Some(id) => *id,
            None => self.connect(number, place),
        };
        let from = match direction {
            Direction::ToProvider => Side::Downstream,
            Direction::ToClient => Side::Upstream,
        };
        let Some(bytes) = whole(frame) else {
            return Vec::new();
        };
        let closes = self.data(id, from, bytes, now);
        let judged = self.worker.trail();
        for call in judged.iter().filter(|call| !call.one_way) {
            let refused = call.outcome != Outcome::Allowed;
            // In a stream of one side no answers come, and what waits for one is bounded.
            if refused {
                self.data(id, from.other(), answer(call.id, true), now);
            } else if place.is_none() {
                self.data(id, from.other(), answer(call.id, false), now);
            }
        }
        if closes {
            self.end(number);
        }
        judged
    }

    /// A connection is over.
    pub(super) fn end(&mut self, number: u64) {
        if let Some(id) = self.open.remove(&number) {
            let now = self.clock.now();
            self.worker.closed(id, now);
        }
    }

    /// All connections are over.
    fn end_all(&mut self) {
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter().for_each(|number| self.end(number));
    }

    fn connect(&mut self, number: u64, place: Option<&Place>) -> ConnectionId {
        let id = ConnectionId(self.connections);
        self.connections = self.connections.wrapping_add(1);
        let client: Option<SocketAddr> = place.map(|place| place.connection.client);
        let provider = place.map(|place| place.connection.provider);
        let peers = Peers {
            client,
            listener: provider,
            provider,
        };
        self.worker.open(id, peers);
        self.open.insert(number, id);
        id
    }

    /// Whether the connection has to be closed.
    fn data(&mut self, id: ConnectionId, from: Side, bytes: Vec<u8>, now: Now) -> bool {
        let shared = &mut self.shared;
        let effects = self.worker.data(id, from, bytes, false, now, shared);
        effects.close.is_some()
    }

    fn now(&mut self, place: Option<&Place>) -> Now {
        let time = place.and_then(|place| place.time);
        let nanos = time.and_then(|time| u64::try_from(time.as_nanosecond()).ok());
        if let Some(nanos) = nanos {
            self.clock.first.get_or_insert(Nanos(nanos));
            // Packets may be out of order by a little.
            self.clock.now = self.clock.now.max(Nanos(nanos));
        }
        let now = self.clock.now();
        if self.clock.now - self.clock.ticked >= TICK {
            self.clock.ticked = self.clock.now;
            for id in self.worker.tick(now, &mut self.shared) {
                self.worker.closed(id, now);
                self.open.retain(|_, open| *open != id);
            }
        }
        now
    }
}

impl Clock {
    fn now(&self) -> Now {
        Now {
            mono: self.now,
            wall: self.now.0,
        }
    }
}

/// As often as a worker ticks that has something to do.
const TICK: Nanos = Nanos::from_millis(50);

/// The bytes of a whole request; those of an answer's beginning as an answer of their own, because its end is not kept.
fn whole(frame: &Recorded<'_>) -> Option<Vec<u8>> {
    match frame.head.kind {
        Kind::Request { .. } => frame.request().map(|request| request.bytes.to_vec()),
        Kind::Answer { .. } => {
            let body = frame.body_start();
            let head = Head {
                body_len: u32::try_from(body.len()).ok()?,
                ..frame.head
            };
            Some([&head.encode()[..], body].concat())
        }
    }
}

/// The answer to a heartbeat, or an answer that is null.
fn answer(id: RequestId, event: bool) -> Vec<u8> {
    const NULL: &[u8] = b"N";
    const NULL_VALUE: &[u8] = b"\x92";
    let body = if event { NULL } else { NULL_VALUE };
    let head = Head {
        kind: Kind::Answer { status: Status::OK },
        event,
        serialization: Serialization::HESSIAN2,
        id,
        body_len: 1,
    };
    let head: [u8; HEAD_LEN] = head.encode();
    [&head[..], body].concat()
}
