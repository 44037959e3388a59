//! One worker from its beginning to its end, with connections that come and go.

use std::collections::HashMap;

use dubbo::{Frame, Kind, Parsed};
use engine::{CloseReason, ConnectionId, Edit, Peers, Side, Worker};

use crate::chance::Chance;
use crate::follower::Follower;
use crate::frames::{CALLERS_LANE, Fate, Frames, Made, What, find, number};
use crate::memory::Memory;
use crate::policies::{self, Known};
use crate::stream::Stream;
use crate::support::{Counted, now, worker};

pub(crate) struct Episode<'f> {
    frames: &'f Frames,
    chance: Chance,
    policies: Vec<Known>,
    /// The place of the one in force.
    policy: usize,
    worker: Worker,
    shared: Memory,
    connections: Vec<Connection>,
    next_connection: u32,
    numbers: u32,
    millis: u64,
    /// Calls that came whole.
    calls: i64,
    /// Those among them that some policy may refuse.
    refusable: i64,
    /// Calls that went on.
    passed: i64,
}

/// A connection, and both of its sides: what they send and what has arrived at their peers.
struct Connection {
    id: ConnectionId,
    sides: [SideOf; 2],
}

#[derive(Default)]
struct SideOf {
    stream: Stream,
    /// What of it arrives at its peer.
    onwards: Follower,
    /// The frames that came whole and may still go on, by their numbers.
    waiting: HashMap<u32, Made>,
    /// The last number that went on: nothing overtakes anything.
    last: [u32; 2],
    /// By id: two-way calls that may be refused, less refusals that have arrived.
    refusable: [i64; 4],
}

impl Connection {
    fn new(id: u32) -> Connection {
        Connection {
            id: ConnectionId(id),
            sides: Default::default(),
        }
    }
}

const CONNECTIONS: usize = 5;

/// Why a connection that is to be closed at the next tick takes nothing any more.
const DOOMED: [CloseReason; 3] = [
    CloseReason::HELD_BYTES,
    CloseReason::FRAME_TIMEOUT,
    CloseReason::DENIAL_TIMEOUT,
];

impl Episode<'_> {
    pub(crate) fn new(frames: &Frames, chance: Chance) -> Episode<'_> {
        let policies = policies::all();
        let mut episode = Episode {
            frames,
            chance,
            policy: 0,
            worker: worker(policies[0].policy.clone()),
            policies,
            shared: Memory::default(),
            connections: Vec::new(),
            next_connection: 0,
            numbers: 0,
            millis: 0,
            calls: 0,
            refusable: 0,
            passed: 0,
        };
        for _ in 0..CONNECTIONS {
            let connection = episode.open();
            episode.connections.push(connection);
        }
        episode
    }

    /// Something happens.
    pub(crate) fn operate(&mut self) {
        let at = self.chance.below(CONNECTIONS);
        match self.chance.below(100) {
            0..80 => self.data(at),
            80..95 => self.tick(),
            95..97 => self.update(),
            97 => self.end_of_stream(at),
            98 => self.reopen(at),
            _ => self
                .worker
                .set_provider(self.connections[at].id, "192.0.2.7:20880".parse().ok()),
        }
    }

    /// Everything ends. What is left over is an error; how many calls there were is not.
    pub(crate) fn end(mut self) -> u64 {
        for at in 0..CONNECTIONS {
            self.worker
                .closed(self.connections[at].id, now(self.millis));
        }
        assert_eq!(self.worker.tick(now(self.millis), &mut self.shared), []);
        let books = self.worker.reports().unwrap().books();
        // Denials that are summarized have a record for many of them.
        let summaries = i64::try_from(books.made + books.summarized).unwrap() - self.calls;
        assert!((0..=i64::try_from(books.summarized).unwrap()).contains(&summaries));
        let mut counted = Counted::default();
        counted.take(&mut self.worker);
        assert_eq!(counted.sum("held_bytes"), 0);
        assert_eq!(counted.sum("calls_in_flight"), 0);
        assert_eq!(counted.sum("_requests_total"), self.calls);
        let decided = |decision: &str| {
            counted.sum_of("_requests_total", &format!("decision=.={decision};.;"))
        };
        assert_eq!(decided("allowed"), self.passed);
        assert!(decided("denied") + decided("limited") <= self.refusable);
        u64::try_from(self.calls).unwrap()
    }

    fn open(&mut self) -> Connection {
        self.next_connection += 1;
        let connection = Connection::new(self.next_connection);
        let peers = Peers {
            client: "192.0.2.1:4000".parse().ok(),
            ..Peers::default()
        };
        self.worker.open(connection.id, peers);
        connection
    }

    /// A peer goes away without a word, and another connection comes.
    fn reopen(&mut self, at: usize) {
        self.worker
            .closed(self.connections[at].id, now(self.millis));
        self.connections[at] = self.open();
    }

    fn tick(&mut self) {
        self.millis += match self.chance.below(50) {
            0 => self.chance.below(6_000) as u64,
            _ => self.chance.below(100) as u64,
        };
        for doomed in self.worker.tick(now(self.millis), &mut self.shared) {
            let at = self.connections.iter().position(|open| open.id == doomed);
            self.reopen(at.expect("an open connection"));
        }
        // A collector that takes every batch, some of the time.
        let reports = self.worker.reports().unwrap();
        if !self.chance.once_in(4)
            && let Some(batch) = reports.due(now(self.millis))
        {
            reports.sent(batch.send, &[]);
        }
    }

    fn update(&mut self) {
        self.policy = self.chance.below(self.policies.len());
        self.worker
            .set_policy(self.policies[self.policy].policy.clone());
    }

    fn data(&mut self, at: usize) {
        let side = self.chance.below(2);
        let stream = &mut self.connections[at].sides[side].stream;
        if stream.ended {
            return;
        }
        let len = match self.chance.below(10) {
            0 => 1,
            1..4 => 1 + self.chance.below(30),
            4..7 => stream.len_of(1 + self.chance.below(3)).max(1),
            9 if self.chance.once_in(10) => 1 + self.chance.below(70_000),
            _ => 1 + self.chance.below(600),
        };
        let bytes = stream.peek(len, self.frames, &mut self.numbers, &mut self.chance);
        self.give(at, side, &bytes, false);
    }

    fn end_of_stream(&mut self, at: usize) {
        let side = self.chance.below(2);
        let sides = &mut self.connections[at].sides;
        if !core::mem::replace(&mut sides[side].stream.ended, true) {
            self.give(at, side, &[], true);
        }
        let sides = &self.connections[at].sides;
        if sides.iter().all(|side| side.stream.ended) {
            self.reopen(at);
        }
    }

    /// One side of a connection sends some bytes, which its stream has next.
    fn give(&mut self, at: usize, side: usize, bytes: &[u8], end: bool) {
        let from = [Side::Downstream, Side::Upstream][side];
        let id = self.connections[at].id;
        let now = now(self.millis);
        let effects = self
            .worker
            .data(id, from, bytes.to_vec(), end, now, &mut self.shared);
        let was_doomed = effects.close.is_some_and(|reason| DOOMED.contains(&reason));
        if !was_doomed {
            self.taken(at, side, bytes.len());
        }
        if effects.close.is_some() {
            self.worker.closed(id, now);
            self.connections[at] = self.open();
            return;
        }
        let output = match effects.edit {
            Edit::Keep => bytes.to_vec(),
            Edit::Replace(output) => output,
        };
        let onwards = &mut self.connections[at].sides[side].onwards;
        onwards.follow(&output);
        for frame in core::mem::take(&mut onwards.arrived) {
            self.arrived(at, side, &frame);
        }
    }

    /// The worker has taken so many bytes of a side.
    fn taken(&mut self, at: usize, side: usize, len: usize) {
        let enforces = self.policies[self.policy].enforces;
        let side = &mut self.connections[at].sides[side];
        for made in side.stream.take(len, enforces, self.frames) {
            let template = self.frames.template(made);
            self.calls += i64::from(template.what == What::Unreadable);
            if let What::Call(fate) = template.what {
                let refusable = fate != Fate::Passes;
                self.calls += 1;
                self.refusable += i64::from(refusable);
                side.refusable[made.id] += i64::from(refusable && template.is_two_way());
            }
            if matches!(template.what, What::Call(_) | What::Answer) {
                side.waiting.insert(made.number, made);
            }
        }
    }

    /// A whole frame has arrived at the peer of a side.
    fn arrived(&mut self, at: usize, side: usize, bytes: &[u8]) {
        let Known {
            enforces, rewrites, ..
        } = self.policies[self.policy];
        let Parsed::Whole(frame, []) = Frame::parse(bytes).unwrap() else {
            panic!("a frame arrives whole");
        };
        if find(frame.body(), "dubbo-policy: ").is_some() {
            let refusable = &mut self.connections[at].sides[1 - side].refusable;
            let left = &mut refusable[usize::try_from(frame.head.id.0).unwrap()];
            *left -= 1;
            assert!(*left >= 0, "a refusal of no call");
            return;
        }
        if frame.head.event {
            assert!(frame.body().len() <= 2, "an event of the module's own");
            return;
        }
        let is_call = matches!(frame.head.kind, Kind::Request { .. });
        let of = &mut self.connections[at].sides[side];
        let Some(number) = number(bytes) else {
            assert!(is_call && !enforces, "a frame has no number");
            self.passed += 1;
            return;
        };
        let made = of.waiting.remove(&number).expect("a frame goes on once");
        let template = self.frames.template(made);
        let last = &mut of.last[usize::from(is_call)];
        assert!(*last < number, "a frame has overtaken another");
        *last = number;
        match template.what {
            What::Call(fate) => {
                assert!(is_call);
                assert!(fate != Fate::Denied || !enforces, "a denied call goes on");
                self.passed += 1;
            }
            what => assert!(what == What::Answer && !is_call),
        }
        // Routes are for the client's calls.
        if is_call && rewrites && side == 0 {
            assert!(
                find(bytes, CALLERS_LANE).is_none(),
                "a caller chose its lane"
            );
        } else {
            assert_eq!(bytes, self.frames.bytes(made), "a frame has changed");
        }
    }
}
