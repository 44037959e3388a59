//! Calls that are the same to the byte are decided each for itself where something else than their bytes has a say.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod shared;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use std::rc::Rc;

use engine::policy::Policy;
use engine::{ConnectionId, Edit, Peers, Side, Worker};
use scenario::Frame;

fn policy(rules: &str) -> Rc<Policy> {
    support::policy(&format!(
        r#"{{"apiVersion": "dubbo-policy/v1", "name": "lab", "default": "allow", "rules": [{rules}]}}"#
    ))
}

fn worker(rules: &str) -> Worker {
    support::worker(policy(rules))
}

fn open(worker: &mut Worker, id: u32, client: &str) {
    let peers = Peers {
        client: Some(client.parse().unwrap()),
        ..Peers::default()
    };
    worker.open(ConnectionId(id), peers);
}

fn frame(one_way: bool) -> Vec<u8> {
    let frame = serde_json::json!({"call": {"id": 1, "service": "lab.User", "method": "hello", "one_way": one_way}});
    serde_json::from_value::<Frame>(frame)
        .unwrap()
        .bytes()
        .unwrap()
}

/// Whether the call goes on as it came.
fn passes(worker: &mut Worker, id: u32, bytes: Vec<u8>) -> bool {
    let mut data = shared::Memory::default();
    let effects = worker.data(
        ConnectionId(id),
        Side::Downstream,
        bytes,
        false,
        support::now(0),
        &mut data,
    );
    effects.close.is_none() && effects.edit == Edit::Keep
}

#[test]
fn the_same_call_of_another_caller_is_decided_by_that_caller() {
    let rule = r#"{"name": "net", "match": {"source.ip": "10.0.0.0/8"}, "deny": {}}"#;
    let mut worker = worker(rule);
    open(&mut worker, 1, "192.0.2.1:1");
    open(&mut worker, 2, "10.1.2.3:1");
    for _ in 0..2 {
        assert!(passes(&mut worker, 1, frame(false)));
        assert!(!passes(&mut worker, 2, frame(false)));
    }
}

#[test]
fn the_same_call_without_an_answer_is_decided_as_one_way() {
    let mut worker = worker(r#"{"name": "no-shouting", "match": {"one_way": true}, "deny": {}}"#);
    open(&mut worker, 1, "192.0.2.1:1");
    for _ in 0..2 {
        assert!(passes(&mut worker, 1, frame(false)));
        assert!(!passes(&mut worker, 1, frame(true)));
    }
}

#[test]
fn the_same_call_is_decided_by_the_policy_in_force() {
    let mut worker = worker("");
    open(&mut worker, 1, "192.0.2.1:1");
    assert!(passes(&mut worker, 1, frame(false)));
    worker.set_policy(policy(
        r#"{"name": "closed", "match": {"service": "lab.User"}, "deny": {}}"#,
    ));
    assert!(!passes(&mut worker, 1, frame(false)));
    worker.set_policy(policy(""));
    assert!(passes(&mut worker, 1, frame(false)));
}
