//! Random traffic, cut anywhere: the cuts must not matter, and whatever comes, the books balance.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;

use std::collections::BTreeMap;
use std::rc::Rc;

use dubbo::{Frame, Kind, Parsed, RequestId};
use engine::metrics::{Direction, Kind as MetricKind};
use engine::report::Node;
use engine::time::{Nanos, Now};
use engine::{CloseReason, ConnectionId, Edit, Identity, Peers, Side, Worker, config};
use proptest::prelude::*;
use serde_json::{Value, json};

use memory::Memory;

/// What a peer sends. The other side of the connection may send the same, with the same ids.
#[derive(Debug, Clone)]
enum Sent {
    Call {
        id: u64,
        method: &'static str,
        one_way: bool,
        lane: bool,
    },
    Heartbeat {
        id: u64,
        one_way: bool,
    },
    Answer(Value),
}

/// The method that the policy denies. Its name stands nowhere but in calls.
const DENIED: &str = "forbidden";
/// The attachment that routes set, as callers may write it.
const CALLERS_LANE: &str = "Lane";

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        bytes(match self {
            Sent::Call {
                id,
                method,
                one_way,
                lane,
            } => json!({"call": {
                "id": id, "service": "lab.Service", "method": method, "one_way": one_way, "args": ["text"],
                "attachments": [[if *lane { CALLERS_LANE } else { "line" }, "of my own"]],
            }}),
            Sent::Heartbeat { id, one_way } => json!({"heartbeat": {"id": id, "one_way": one_way}}),
            Sent::Answer(answer) => answer.clone(),
        })
    }

    fn is_call(&self) -> bool {
        matches!(self, Sent::Call { .. })
    }

    fn is_allowed_call(&self) -> bool {
        matches!(self, Sent::Call { method, .. } if *method != DENIED)
    }

    fn asks(&self) -> bool {
        matches!(
            self,
            Sent::Call { one_way: false, .. } | Sent::Heartbeat { one_way: false, .. }
        )
    }

    /// The id of a call that has to be answered by a refusal.
    fn refused(&self) -> Option<RequestId> {
        match self {
            Sent::Call {
                id,
                method: DENIED,
                one_way: false,
                ..
            } => Some(RequestId(*id)),
            _ => None,
        }
    }
}

fn bytes(frame: Value) -> Vec<u8> {
    serde_json::from_value::<scenario::Frame>(frame)
        .unwrap()
        .bytes()
        .unwrap()
}

fn sent() -> impl Strategy<Value = Sent> {
    // Few ids, so that they repeat, meet, and answer what they should not.
    let id = 0..4u64;
    let method = prop::sample::select(vec!["hello", "list", DENIED, DENIED]);
    let answer = prop::sample::select(vec!["answer", "exception", "error", "heartbeat_answer"]);
    prop_oneof![
        4 => (id.clone(), method, prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(id, method, one_way, lane)| Sent::Call { id, method, one_way, lane }),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, one_way)| Sent::Heartbeat { id, one_way }),
        4 => (id, answer).prop_map(|(id, kind)| Sent::Answer(match kind {
            "answer" => json!({"answer": {"id": id, "value": "a value"}}),
            "exception" => json!({"exception": {"id": id, "text": "thrown"}}),
            "error" => json!({"error": {"id": id, "status": 70, "text": "wrong"}}),
            _ => json!({"heartbeat_answer": {"id": id}}),
        })),
    ]
}

/// What closes a connection.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        json!({"text": "status\r\n"}),
        json!({"hex": "dabc"}),
        json!({"head": {"flag": 0xc2, "id": 1, "len": -1}}),
        json!({"head": {"flag": 0xc2, "id": 1, "len": 70_000}}),
        json!({"head": {"flag": 0x22, "status": 20, "id": 1, "zeros": 1_025}}),
        json!({"head": {"flag": 0xc2, "id": 1, "body": "ff"}}),
        json!({"head": {"flag": 0xdf, "id": 1, "body": "4e"}}),
        json!({"event": {"id": 1, "body": "43"}}),
    ])
    .prop_map(bytes)
}

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Downstream, Side::Upstream])
}

fn policy(extra: Value) -> Worker {
    let mut config = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "rules": [{"name": "closed", "match": {"method": DENIED}, "deny": {}}],
        "protocol": {"limits": {"max_frame_bytes": 65_536}},
    });
    for (key, value) in extra.as_object().unwrap() {
        config[key] = value.clone();
    }
    let loaded = config::parse(config.to_string().as_bytes())
        .and_then(|node| config::load(&node))
        .unwrap();
    let identity = Identity {
        node: Node {
            id: "node".to_owned(),
            cluster: "cluster".to_owned(),
            direction: Direction::Inbound,
            vm_nonce: 1,
        },
        plugin: "plugin".to_owned(),
        random: [7; 16],
    };
    Worker::new(Rc::new(loaded.policy), identity)
}

/// Policies that let frames on as they are, write calls anew, and hold back what comes before the first call.
fn routes() -> impl Strategy<Value = Value> {
    let route = |set: Value| json!({"routes": [{"name": "route", "match": {"method": "hello"}, "set": set}]});
    prop::sample::select(vec![
        json!({}),
        route(json!({"attachments": {"lane": "ours"}})),
        route(json!({"connection_cluster": "canary"})),
    ])
}

fn now(millis: u64) -> Now {
    Now {
        mono: Nanos::from_secs(1_000) + Nanos::from_millis(millis),
        wall: 1_700_000_000_000_000_000 + millis * 1_000_000,
    }
}

/// Counters and gauges, by their names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted(BTreeMap<String, i64>);

impl Counted {
    fn take(&mut self, worker: &mut Worker) {
        worker.metrics().take(|update| {
            if update.kind != MetricKind::Histogram {
                *self.0.entry(update.name.to_owned()).or_default() += update.value;
            }
        });
    }

    fn sum(&self, metric: &str) -> i64 {
        let series = self.0.iter().filter(|(name, _)| name.ends_with(metric));
        series.map(|(_, value)| value).sum()
    }
}

/// One connection, and what came of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    to_provider: Vec<u8>,
    to_client: Vec<u8>,
    cluster: Option<Rc<str>>,
    closed: Option<CloseReason>,
    /// Requests that were still waited for in the end.
    waiting: i64,
    counted: Counted,
}

/// What the peers of a connection do, in order: send some bytes, and perhaps end.
type Script = Vec<(Side, Vec<u8>, bool)>;

/// Plays a script, each entry in one piece or cut into pieces of these sizes, again and again.
fn play(extra: &Value, script: &Script, cuts: &[usize]) -> Outcome {
    let mut worker = policy(extra.clone());
    let mut outcome = Outcome::default();
    let mut shared = Memory::default();
    let id = ConnectionId(1);
    worker.open(id, Peers::default());
    let mut cuts = cuts.iter().cycle();
    for (step, (from, bytes, ends)) in script.iter().enumerate() {
        let now = now(step as u64 * 10);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() || *ends {
            let len = cuts.next().map_or(rest.len(), |cut| rest.len().min(*cut));
            let (piece, behind) = rest.split_at(len);
            rest = behind;
            let last = *ends && rest.is_empty();
            let effects = worker.data(id, *from, piece.to_vec(), last, now, &mut shared);
            outcome.closed = outcome.closed.or(effects.close);
            outcome.cluster = outcome.cluster.or(effects.cluster);
            if effects.close.is_none() {
                let output = match from {
                    Side::Downstream => &mut outcome.to_provider,
                    Side::Upstream => &mut outcome.to_client,
                };
                match effects.edit {
                    Edit::Keep => output.extend(piece),
                    Edit::Replace(bytes) => output.extend(bytes),
                }
            }
            if last {
                break;
            }
        }
        assert_eq!(worker.tick(now), []);
    }
    outcome.counted.take(&mut worker);
    outcome.waiting = outcome.counted.sum("calls_in_flight");
    worker.closed(id, now(10_000));
    assert_eq!(worker.tick(now(10_000)), []);
    assert!(!worker.busy());
    outcome.counted.take(&mut worker);
    assert_eq!(outcome.counted.sum("held_bytes"), 0);
    assert_eq!(outcome.counted.sum("calls_in_flight"), 0);
    outcome
}

/// The frames of an output, which must all be whole.
fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while let Parsed::Whole(frame, rest) = Frame::parse(bytes).unwrap() {
        frames.push(frame);
        bytes = rest;
    }
    assert_eq!(bytes, b"", "a part of a frame went on");
    frames
}

fn count(frames: &[Frame<'_>], which: impl Fn(&Frame<'_>) -> bool) -> usize {
    frames.iter().filter(|frame| which(frame)).count()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// How many of the things that both sides send are such ones.
fn sum(turns: &[(Side, Vec<Sent>)], which: impl Fn(&Sent) -> bool) -> i64 {
    let sent = turns.iter().flat_map(|(_, sent)| sent);
    sent.map(|sent| i64::from(which(sent))).sum()
}

/// In the end nothing is waited for but what was neither answered nor refused.
fn check_waiting(outcome: &Outcome, turns: &[(Side, Vec<Sent>)]) -> Result<(), TestCaseError> {
    let answered = ["ok", "exception", "error"].map(|answer| {
        let series = outcome.counted.0.iter();
        let tag = format!("answer=.={answer};.;dubbo_policy_requests_total");
        let series = series.filter(|(name, _)| name.ends_with(&tag));
        series.map(|(_, value)| value).sum::<i64>()
    });
    let left = sum(turns, Sent::asks)
        - answered.iter().sum::<i64>()
        - sum(turns, |sent| sent.refused().is_some());
    let heartbeats = sum(turns, |sent| sent.asks() && !sent.is_call());
    prop_assert!((left - heartbeats..=left).contains(&outcome.waiting));
    Ok(())
}

/// Everything that one side sends is passed on, refused or dropped as it must be, by what comes out at its peer and at itself.
fn check_side(
    from: Side,
    turns: &[(Side, Vec<Sent>)],
    onwards: &[Frame<'_>],
    back: &[Frame<'_>],
    holds_early: bool,
) -> Result<(), TestCaseError> {
    let sent: Vec<&Sent> = turns
        .iter()
        .filter(|(side, _)| *side == from)
        .flat_map(|(_, sent)| sent)
        .collect();
    let is_request = |frame: &Frame<'_>| matches!(frame.head.kind, Kind::Request { .. });
    let allowed = sent.iter().filter(|sent| sent.is_allowed_call()).count();
    prop_assert_eq!(
        count(onwards, |frame| is_request(frame) && !frame.head.event),
        allowed
    );

    let mut refused: Vec<RequestId> = sent.iter().filter_map(|sent| sent.refused()).collect();
    let mut told: Vec<RequestId> = back
        .iter()
        .filter(|frame| contains(frame.body(), "rule=closed"))
        .map(|frame| frame.head.id)
        .collect();
    refused.sort();
    told.sort();
    prop_assert_eq!(&told, &refused);

    // Where calls choose the cluster, heartbeats wait until something goes on or comes: a call, an answer, the provider's own bytes.
    let (mut heartbeats, mut waiting, mut connected) = (0, 0, !holds_early);
    for (side, sent) in turns {
        if *side != from {
            connected |= !sent.is_empty();
            continue;
        }
        for sent in sent {
            let heartbeat = matches!(sent, Sent::Heartbeat { .. });
            let silent = matches!(
                sent,
                Sent::Call {
                    method: DENIED,
                    one_way: true,
                    ..
                }
            );
            let call = !heartbeat && !silent;
            waiting += usize::from(heartbeat);
            connected |= call;
            if call || (heartbeat && connected) {
                heartbeats += core::mem::take(&mut waiting);
            }
        }
    }
    prop_assert_eq!(
        count(onwards, |frame| is_request(frame) && frame.head.event),
        heartbeats + refused.len()
    );
    Ok(())
}

fn turns() -> impl Strategy<Value = Vec<(Side, Vec<Sent>)>> {
    prop::collection::vec((side(), prop::collection::vec(sent(), 1..8)), 1..8)
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        1 => Just(vec![1]),
        4 => prop::collection::vec(1..150usize, 1..10),
    ]
}

fn script(turns: &[(Side, Vec<Sent>)]) -> Script {
    let bytes = |sent: &Vec<Sent>| sent.iter().flat_map(Sent::bytes).collect();
    let turns = turns.iter();
    turns
        .map(|(from, sent)| (*from, bytes(sent), false))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn however_traffic_is_cut_it_has_one_outcome(
        turns in turns(),
        routes in routes(),
        cuts in cuts(),
        first_end in side(),
        truncated in prop::collection::vec(0..60usize, 2),
    ) {
        let mut script = script(&turns);
        for (end, len) in [first_end, first_end.other()].into_iter().zip(truncated) {
            let call = Sent::Call { id: 1, method: DENIED, one_way: false, lane: false }.bytes();
            script.push((end, call[..len].to_vec(), true));
        }
        let whole = play(&routes, &script, &[]);
        let cut = play(&routes, &script, &cuts);
        prop_assert_eq!(&whole, &cut);

        let routes = routes.to_string();
        if whole.closed == Some(CloseReason("ended_before_a_call")) {
            prop_assert!(routes.contains("connection_cluster") && whole.to_provider.is_empty());
            return Ok(());
        }
        prop_assert_eq!(whole.closed, None);
        prop_assert_eq!(whole.counted.sum("dubbo_policy_requests_total"), sum(&turns, Sent::is_call));
        prop_assert!(!contains(&whole.to_provider, DENIED) && !contains(&whole.to_client, DENIED));
        if routes.contains("lane") {
            prop_assert!(!contains(&whole.to_provider, CALLERS_LANE));
        }
        let (to_provider, to_client) = (frames(&whole.to_provider), frames(&whole.to_client));
        check_waiting(&whole, &turns)?;
        let holds_early = routes.contains("connection_cluster");
        check_side(Side::Downstream, &turns, &to_provider, &to_client, holds_early)?;
        check_side(Side::Upstream, &turns, &to_client, &to_provider, false)?;
    }

    #[test]
    fn hostile_bytes_close_the_connection_behind_what_was_right(
        turns in turns(),
        routes in routes(),
        cuts in cuts(),
        (from, right, hostile, behind) in (side(), prop::collection::vec(sent(), 0..4), hostile(), sent()),
    ) {
        let mut script = script(&turns);
        let right_bytes = right.iter().flat_map(Sent::bytes);
        let bytes = right_bytes.chain(hostile).chain(behind.bytes()).collect();
        script.push((from, bytes, false));
        // What comes later meets a closed connection.
        script.push((from.other(), behind.bytes(), true));
        let calls = sum(&turns, Sent::is_call) + sum(&[(from, right)], Sent::is_call);

        let whole = play(&routes, &script, &[]);
        let cut = play(&routes, &script, &cuts);
        prop_assert!(whole.closed.is_some());
        prop_assert_eq!(whole.closed, cut.closed);
        prop_assert!(cut.to_provider.starts_with(&whole.to_provider));
        prop_assert!(cut.to_client.starts_with(&whole.to_client));
        for outcome in [&whole, &cut] {
            prop_assert_eq!(outcome.counted.sum("dubbo_policy_requests_total"), calls);
            prop_assert_eq!(outcome.counted.sum("dubbo_policy_connections_closed_total"), 1);
            prop_assert!(!contains(&outcome.to_provider, DENIED) && !contains(&outcome.to_client, DENIED));
        }
    }
}

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
                    for doomed in worker.tick(now(millis)) {
                        open[doomed.0 as usize] = false;
                        worker.closed(doomed, now(millis));
                    }
                }
            }
        }
        for connection in 0..CONNECTIONS {
            worker.closed(id(connection), now(millis));
        }
        worker.tick(now(millis));
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
