//! Under tight budgets and timers, with connections that come and go, every call ends once and nothing is left over.

use dubbo::{Frame, Kind, Parsed};
use engine::{ConnectionId, Peers, Side, Worker};
use proptest::prelude::*;
use serde_json::json;

use crate::memory::Memory;
use crate::play::policy;
use crate::support::{Counted, now};
use crate::traffic::{bytes, sent, side};

/// Something that happens to a worker with several connections.
#[derive(Debug, Clone)]
enum Happening {
    /// The next so many bytes of what one side of a connection sends.
    Data(usize, Side, usize),
    /// Time passes.
    Millis(u64),
    /// A peer goes away without a word.
    Gone(usize),
}

/// What one side of a connection is still to send, and what of it was taken before the connection had to close.
struct Stream {
    to_send: Vec<u8>,
    taken: usize,
}

const CONNECTIONS: usize = 4;

fn happening() -> impl Strategy<Value = Happening> {
    let connection = 0..CONNECTIONS;
    prop_oneof![
        20 => (connection.clone(), side(), 1..40_000usize)
            .prop_map(|(connection, side, len)| Happening::Data(connection, side, len)),
        20 => (connection.clone(), side(), 1..300usize)
            .prop_map(|(connection, side, len)| Happening::Data(connection, side, len)),
        4 => (0..200u64).prop_map(Happening::Millis),
        2 => (0..8_000u64).prop_map(Happening::Millis),
        1 => connection.prop_map(Happening::Gone),
    ]
}

/// A stream of frames, some of them long, one after the other without an end.
fn stream() -> impl Strategy<Value = Stream> {
    let frame = prop_oneof![
        8 => sent().prop_map(|sent| sent.bytes()),
        1 => Just(bytes(json!({"call": {
            "id": 1, "service": "lab.Service", "method": "hello", "args": ["x".repeat(60_000)],
        }}))),
        1 => Just(bytes(json!({"answer": {"id": 1, "value": "x".repeat(20_000)}}))),
    ];
    prop::collection::vec(frame, 40).prop_map(|frames| Stream {
        to_send: frames.concat(),
        taken: 0,
    })
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes to send", self.to_send.len())
    }
}

impl Stream {
    /// The calls that came whole.
    fn calls(&self) -> i64 {
        let mut calls = 0;
        let mut rest = &self.to_send[..self.taken];
        while let Parsed::Whole(frame, behind) = Frame::parse(rest).unwrap() {
            let request = matches!(frame.head.kind, Kind::Request { .. });
            calls += i64::from(request && !frame.head.event);
            rest = behind;
        }
        calls
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn under_tight_budgets_every_call_ends_once_and_nothing_stays(
        mut streams in prop::collection::vec((stream(), stream()), CONNECTIONS),
        happenings in prop::collection::vec(happening(), 1..120),
    ) {
        let limits = json!({
            "max_frame_bytes": 65_536, "held_bytes_per_worker": 100_000,
            "calls_in_flight_per_connection": 20, "calls_in_flight_per_worker": 30,
            "frame_timeout": "3s", "denial_timeout": "2s", "forget_calls_after": "4s",
        });
        let mut worker = policy(json!({"protocol": {"limits": limits}}));
        let mut shared = Memory::default();
        let mut counted = Counted::default();
        let mut open = [true; CONNECTIONS];
        let id = |connection| ConnectionId(u32::try_from(connection).unwrap());
        for connection in 0..CONNECTIONS {
            worker.open(id(connection), Peers::default());
        }
        let mut millis = 0;
        for happening in happenings {
            match happening {
                Happening::Data(connection, from, len) if open[connection] => {
                    let (downstream, upstream) = &mut streams[connection];
                    let stream = if from == Side::Downstream { downstream } else { upstream };
                    let end = stream.to_send.len().min(stream.taken + len);
                    let bytes = stream.to_send[stream.taken..end].to_vec();
                    let closed_before = counted_closed(&mut worker, &mut counted);
                    let effects = worker.data(id(connection), from, bytes, false, now(millis), &mut shared);
                    let closes_now = counted_closed(&mut worker, &mut counted) > closed_before;
                    // A connection that was condemned earlier takes nothing any more.
                    if effects.close.is_none() || closes_now {
                        stream.taken = end;
                    }
                    if effects.close.is_some() {
                        open[connection] = false;
                        worker.closed(id(connection), now(millis));
                    }
                }
                Happening::Data(..) => {}
                Happening::Gone(connection) => {
                    open[connection] = false;
                    worker.closed(id(connection), now(millis));
                }
                Happening::Millis(passed) => {
                    millis += passed;
                    for doomed in worker.tick(now(millis), &mut shared) {
                        open[doomed.0 as usize] = false;
                        worker.closed(doomed, now(millis));
                    }
                }
            }
        }
        for connection in 0..CONNECTIONS {
            worker.closed(id(connection), now(millis));
        }
        worker.tick(now(millis), &mut shared);
        prop_assert!(!worker.busy());
        counted.take(&mut worker);
        prop_assert_eq!(counted.sum("held_bytes"), 0);
        prop_assert_eq!(counted.sum("calls_in_flight"), 0);
        let calls: i64 = streams
            .iter()
            .map(|(downstream, upstream)| downstream.calls() + upstream.calls())
            .sum();
        prop_assert_eq!(counted.sum("dubbo_policy_requests_total"), calls);
    }
}

fn counted_closed(worker: &mut Worker, counted: &mut Counted) -> i64 {
    counted.take(worker);
    counted.sum("dubbo_policy_connections_closed_total")
}
