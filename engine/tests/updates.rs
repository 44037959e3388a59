//! What a policy that replaces another one finds, and leaves.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod shared;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use std::rc::Rc;

use engine::policy::Policy;
use engine::{ConnectionId, Peers, Side, Worker};
use serde_json::json;

const REPORTS: &str = r#", "reports": {"otlp": {"cluster": "collector"}}"#;

fn policy(reports: &str) -> Rc<Policy> {
    support::policy(&format!(
        r#"{{"apiVersion": "dubbo-policy/v1", "name": "lab", "default": "allow", "rules": []{reports}}}"#
    ))
}

/// A call and its answer, at `at` ms.
fn call(worker: &mut Worker, at: u64) {
    let mut store = shared::Memory::default();
    let frames = [
        (
            Side::Downstream,
            json!({"call": {"id": 1, "service": "lab.User", "method": "hello"}}),
        ),
        (Side::Upstream, json!({"answer": {"id": 1, "value": "hi"}})),
    ];
    for (from, frame) in frames {
        let frame: scenario::Frame = serde_json::from_value(frame).unwrap();
        let bytes = frame.bytes().unwrap();
        worker.data(
            ConnectionId(1),
            from,
            bytes,
            false,
            support::now(at),
            &mut store,
        );
    }
}

/// The records of calls that go out at `at` ms and arrive.
fn sent(worker: &mut Worker, at: u64) -> usize {
    let now = support::now(at);
    let records = match worker.reports() {
        None => 0,
        Some(reports) => match reports.due(now) {
            None => 0,
            Some(batch) => {
                reports.sent(batch.send, &[]);
                scenario::otlp::reports(&batch.message).unwrap().len()
            }
        },
    };
    worker.tick(now, &mut shared::Memory::default());
    records
}

fn queued_and_sent(worker: &mut Worker, counted: &mut support::Counted) -> (i64, i64) {
    counted.take(worker);
    (
        counted.sum("reports_queued"),
        counted.sum("reports_sent_total"),
    )
}

#[test]
fn an_update_that_drops_reports_sends_what_is_queued_and_makes_no_more() {
    let mut worker = support::worker(policy(REPORTS));
    worker.open(ConnectionId(1), Peers::default());
    let mut counted = support::Counted::default();
    call(&mut worker, 0);
    call(&mut worker, 1);
    assert_eq!(sent(&mut worker, 2), 0, "they wait for more");
    assert_eq!(queued_and_sent(&mut worker, &mut counted), (2, 0));

    worker.set_policy(policy(""));
    call(&mut worker, 3);
    assert!(worker.busy());
    assert_eq!(sent(&mut worker, 4), 2, "at once, and not the third");
    assert_eq!(queued_and_sent(&mut worker, &mut counted), (0, 2));
    assert!(!worker.busy());

    worker.set_policy(policy(REPORTS));
    call(&mut worker, 5);
    assert_eq!(sent(&mut worker, 60_000), 1);
    assert_eq!(queued_and_sent(&mut worker, &mut counted), (0, 3));
    assert_eq!(counted.sum("reports_dropped_total"), 0);
}

#[test]
fn reports_that_are_wanted_again_before_they_are_sent_go_on() {
    let mut worker = support::worker(policy(REPORTS));
    worker.open(ConnectionId(1), Peers::default());
    call(&mut worker, 0);
    worker.set_policy(policy(""));
    worker.set_policy(policy(REPORTS));
    call(&mut worker, 1);
    let first = sent(&mut worker, 60_000);
    let second = sent(&mut worker, 60_001);
    assert_eq!(first + second, 2);
}
