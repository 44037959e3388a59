//! Connections that have to go leave little by little: idle ones first, and the last when the time is over.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod shared;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use engine::time::Nanos;
use engine::{CloseReason, ConnectionId, Peers, Side, Worker};
use serde_json::json;

const MINUTE: Nanos = Nanos::from_secs(60);
const POLICY: &str =
    r#"{"apiVersion": "dubbo-policy/v1", "name": "lab", "default": "allow", "rules": []}"#;

/// A worker with so many connections, all begun at 0.
fn with(connections: u32) -> Worker {
    let mut worker = support::worker(support::policy(POLICY));
    for id in 0..connections {
        worker.open(ConnectionId(id), Peers::default());
        worker.set_origin(ConnectionId(id), id % 2);
    }
    worker
}

fn bytes(frame: serde_json::Value) -> Vec<u8> {
    let frame: scenario::Frame = serde_json::from_value(frame).unwrap();
    frame.bytes().unwrap()
}

fn call(worker: &mut Worker, id: u32, at: u64) {
    let call = bytes(json!({"call": {"id": 1, "service": "lab.User", "method": "hello"}}));
    data(worker, id, Side::Downstream, call, at);
}

fn answer(worker: &mut Worker, id: u32, at: u64) {
    let answer = bytes(json!({"answer": {"id": 1, "value": "hi"}}));
    data(worker, id, Side::Upstream, answer, at);
}

fn data(worker: &mut Worker, id: u32, from: Side, bytes: Vec<u8>, at: u64) {
    let mut store = shared::Memory::default();
    let now = support::now(at);
    let effects = worker.data(ConnectionId(id), from, bytes, false, now, &mut store);
    assert_eq!(effects.close, None);
}

/// What a tick at `at` ms closes.
fn tick(worker: &mut Worker, at: u64) -> Vec<u32> {
    let now = support::now(at);
    let closed = worker.tick(now, &mut shared::Memory::default());
    for id in &closed {
        worker.closed(*id, now);
    }
    closed.into_iter().map(|ConnectionId(id)| id).collect()
}

fn drain(worker: &mut Worker, origin: Option<u32>) -> usize {
    let now = support::now(0).mono;
    worker.drain(CloseReason::SUPERSEDED, origin, now, MINUTE)
}

#[test]
fn idle_connections_leave_evenly_over_three_quarters_of_the_time() {
    let mut worker = with(430);
    assert_eq!(drain(&mut worker, None), 430);
    let mut left = 430;
    for second in 0..=45 {
        left -= tick(&mut worker, second * 1000).len();
        // Two seconds of waiting, then 10 a second.
        let expected = if second < 2 {
            430
        } else {
            430 - 10 * (second - 2)
        };
        assert_eq!(left, usize::try_from(expected).unwrap(), "after {second} s");
    }
}

#[test]
fn the_longest_idle_one_leaves_first_and_one_in_use_last() {
    let mut worker = with(4);
    for (id, at) in [(2, 10), (0, 20), (3, 30), (1, 40)] {
        call(&mut worker, id, at);
        if id != 2 {
            answer(&mut worker, id, at + 1);
        }
    }
    drain(&mut worker, None);
    let order: Vec<u32> = (0..60)
        .flat_map(|second| tick(&mut worker, second * 1000))
        .collect();
    assert_eq!(order, [0, 3, 1]);
    assert!(worker.busy(), "the last one is waited for");
    assert_eq!(tick(&mut worker, 60_000), [2]);
    assert!(!worker.busy());
}

#[test]
fn what_becomes_idle_in_the_last_quarter_leaves_at_once() {
    let mut worker = with(1);
    call(&mut worker, 0, 0);
    drain(&mut worker, None);
    assert_eq!(tick(&mut worker, 50_000), [0; 0]);
    answer(&mut worker, 0, 50_010);
    assert_eq!(tick(&mut worker, 50_050), [0]);
}

#[test]
fn a_frame_that_is_half_here_keeps_its_connection() {
    let mut worker = with(1);
    let whole = bytes(json!({"call": {"id": 1, "service": "lab.User", "method": "hello"}}));
    let (half, rest) = whole.split_at(20);
    data(&mut worker, 0, Side::Downstream, half.to_vec(), 44_000);
    drain(&mut worker, None);
    assert_eq!(tick(&mut worker, 46_000), [0; 0]);
    data(&mut worker, 0, Side::Downstream, rest.to_vec(), 46_100);
    assert_eq!(tick(&mut worker, 47_000), [0; 0], "its call is in flight");
}

#[test]
fn a_drain_of_one_root_leaves_the_others_connections_alone() {
    let mut worker = with(10);
    assert_eq!(drain(&mut worker, Some(1)), 5);
    let closed: Vec<u32> = (0..70)
        .flat_map(|second| tick(&mut worker, second * 1000))
        .collect();
    assert_eq!(closed, [1, 3, 5, 7, 9]);
}

#[test]
fn a_drain_that_is_stopped_closes_no_more_and_one_that_runs_is_not_begun_again() {
    let mut worker = with(43);
    drain(&mut worker, None);
    assert_eq!(tick(&mut worker, 12_000).len(), 10);
    // Were it begun anew, it would wait again.
    worker.drain(
        CloseReason::SUPERSEDED,
        None,
        support::now(12_000).mono,
        MINUTE,
    );
    assert_eq!(tick(&mut worker, 13_000).len(), 1);
    worker.stop_drain(CloseReason::SUPERSEDED);
    assert_eq!(tick(&mut worker, 70_000), [0; 0]);
    let mut counted = support::Counted::default();
    counted.take(&mut worker);
    assert_eq!(
        counted.sum_of("connections_closed_total", "reason=.=superseded;.;"),
        11
    );
}
