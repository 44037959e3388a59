//! A script of traffic, played through a worker, and what came of it.

use std::rc::Rc;

use dubbo::{Frame, Parsed};
use engine::{CloseReason, ConnectionId, Edit, Peers, Side, Worker};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::memory::Memory;
use crate::support::{self, Counted, now};
use crate::traffic::{DENIED, Sent};

pub(crate) fn policy(extra: Value) -> Worker {
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
    support::worker(support::policy(&config.to_string()))
}

/// Policies that let frames on as they are, write calls anew, and hold back what comes before the first call.
pub(crate) fn routes() -> impl Strategy<Value = Value> {
    let route = |set: Value| json!({"routes": [{"name": "route", "match": {"method": "hello"}, "set": set}]});
    prop::sample::select(vec![
        json!({}),
        route(json!({"attachments": {"lane": "ours"}})),
        route(json!({"connection_cluster": "canary"})),
    ])
}

/// One connection, and what came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) to_provider: Vec<u8>,
    pub(crate) to_client: Vec<u8>,
    pub(crate) cluster: Option<Rc<str>>,
    pub(crate) closed: Option<CloseReason>,
    /// Requests that were still waited for in the end.
    pub(crate) waiting: i64,
    pub(crate) counted: Counted,
}

/// What the peers of a connection do, in order: send some bytes, and perhaps end.
pub(crate) type Script = Vec<(Side, Vec<u8>, bool)>;

/// Plays a script, each entry in one piece or cut into pieces of these sizes, again and again.
pub(crate) fn play(extra: &Value, script: &Script, cuts: &[usize]) -> Outcome {
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
        assert_eq!(worker.tick(now, &mut shared), []);
    }
    outcome.counted.take(&mut worker);
    outcome.waiting = outcome.counted.sum("calls_in_flight");
    worker.closed(id, now(10_000));
    assert_eq!(worker.tick(now(10_000), &mut shared), []);
    assert!(!worker.busy());
    outcome.counted.take(&mut worker);
    assert_eq!(outcome.counted.sum("held_bytes"), 0);
    assert_eq!(outcome.counted.sum("calls_in_flight"), 0);
    outcome
}

/// The frames of an output, which must all be whole.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while let Parsed::Whole(frame, rest) = Frame::parse(bytes).unwrap() {
        frames.push(frame);
        bytes = rest;
    }
    assert_eq!(bytes, b"", "a part of a frame went on");
    frames
}

pub(crate) fn count(frames: &[Frame<'_>], which: impl Fn(&Frame<'_>) -> bool) -> usize {
    frames.iter().filter(|frame| which(frame)).count()
}

pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// How many of the things that both sides send are such ones.
pub(crate) fn sum(turns: &[(Side, Vec<Sent>)], which: impl Fn(&Sent) -> bool) -> i64 {
    let sent = turns.iter().flat_map(|(_, sent)| sent);
    sent.map(|sent| i64::from(which(sent))).sum()
}
