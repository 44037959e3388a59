//! Configurations that come while connections are open.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::time::Duration;

use harness::{ConnectionId, Envoy, Peer, Program, Settings};
use serde_json::{Value, json};

use module::{call, connect, envoy, frame, frames, is_event};

fn policy(rules: &Value) -> Vec<u8> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "quotas": [{"name": "three", "limit": 3, "window": "60s", "per": ["service"]}],
        "rules": rules,
    });
    policy.to_string().into_bytes()
}

fn started(rules: &Value) -> Envoy {
    let mut envoy = envoy(Settings::default()).unwrap();
    envoy.configure(&policy(rules)).unwrap();
    envoy
}

/// Whether a call of this id goes on to the provider.
fn passes(envoy: &mut Envoy, id: ConnectionId, number: u32) -> bool {
    let bytes = call(number, "lab.UserService", "hello");
    envoy.send(id, Peer::Client, &bytes);
    let last = frames(envoy, id, Peer::Provider).pop().unwrap();
    assert!(
        is_event(&last) || last == bytes,
        "neither the call nor a heartbeat"
    );
    !is_event(&last)
}

#[test]
fn an_open_connection_follows_a_new_policy_at_its_next_call() {
    let mut envoy = started(&json!([]));
    let id = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, id, 1));
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    envoy.configure(&policy(&deny)).unwrap();
    assert!(!passes(&mut envoy, id, 2));
    let other = json!([{"name": "no-other", "match": {"method": "other"}, "deny": {}}]);
    envoy.configure(&policy(&other)).unwrap();
    assert!(passes(&mut envoy, id, 3));
    assert!(!envoy.closed(id));
    assert_eq!(envoy.traps(), []);
}

#[test]
fn a_call_that_is_half_here_is_decided_by_the_policy_in_force_when_it_is_whole() {
    let mut envoy = started(&json!([]));
    let id = connect(&mut envoy, 0);
    let bytes = call(1, "lab.UserService", "hello");
    let (first, rest) = bytes.split_at(30);
    envoy.send(id, Peer::Client, first);
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    envoy.configure(&policy(&deny)).unwrap();
    envoy.send(id, Peer::Client, rest);
    let arrived = frames(&envoy, id, Peer::Provider);
    assert_eq!(arrived.len(), 1);
    assert!(is_event(&arrived[0]));
}

#[test]
fn a_quotas_count_survives_a_change_of_the_rules() {
    let limited = json!([{"name": "fair", "match": {"method": "hello"}, "quotas": ["three"]}]);
    let mut envoy = started(&limited);
    let id = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, id, 1) && passes(&mut envoy, id, 2));
    let more = json!([
        {"name": "other", "match": {"method": "other"}, "deny": {}},
        {"name": "fair", "match": {"method": "hello"}, "quotas": ["three"]},
    ]);
    envoy.configure(&policy(&more)).unwrap();
    assert!(passes(&mut envoy, id, 3));
    assert!(!passes(&mut envoy, id, 4));
}

#[test]
fn a_bad_configuration_is_rejected_with_all_its_errors_and_the_old_one_serves_on() {
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    let mut envoy = started(&deny);
    let id = connect(&mut envoy, 0);
    let bad = json!({
        "apiVersion": "dubbo-policy/v2",
        "name": "lab",
        "defualt": "allow",
        "rules": [
            {"name": "a", "match": {"metod": "x"}, "deny": {}},
            {"name": "b", "match": {"version": 1}, "deny": {}},
            {"name": "c", "quotas": ["missing"]},
        ],
    });
    let rejected = envoy.configure(bad.to_string().as_bytes()).unwrap_err();
    let text = rejected.to_string();
    for path in ["apiVersion", "defualt", "rules[0]", "rules[1]", "rules[2]"] {
        assert!(text.contains(path), "no error at {path} in\n{text}");
    }
    assert!(!passes(&mut envoy, id, 1));
    let new = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, new, 2));
    assert_eq!(envoy.traps(), []);
}

#[test]
fn an_empty_configuration_is_rejected() {
    let mut envoy = envoy(Settings::default()).unwrap();
    assert!(envoy.configure(b"").is_err());
    assert_eq!(envoy.traps(), []);
}

/// The provider's answer to the call of this id, or to the heartbeat in its place.
fn answer(envoy: &mut Envoy, id: ConnectionId, number: u32, event: bool) {
    let answer = if event {
        json!({"heartbeat_answer": {"id": number}})
    } else {
        json!({"answer": {"id": number, "value": "hi"}})
    };
    envoy.send(id, Peer::Provider, &frame(answer));
}

#[test]
fn a_policy_that_comes_back_reaches_connections_that_began_under_it() {
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    let mut envoy = started(&deny);
    let id = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, id, 1));
    envoy.configure(&policy(&json!([]))).unwrap();
    assert!(passes(&mut envoy, id, 2));
    // Only the main thread's VM is told; the worker finds it in shared data.
    envoy.configure(&policy(&deny)).unwrap();
    envoy.advance(Duration::from_millis(1100));
    assert!(!passes(&mut envoy, id, 3));
    let new = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, new, 4));
    assert_eq!(envoy.metric("dubbo_policy_name_conflicts_total", &[]), 0);
    assert!(!envoy.closed(id));
}

#[test]
fn a_new_connection_is_decided_by_a_policy_that_has_just_come_back() {
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    let mut envoy = started(&deny);
    let old = connect(&mut envoy, 0);
    envoy.configure(&policy(&json!([]))).unwrap();
    envoy.configure(&policy(&deny)).unwrap();
    // Before any VM has ticked.
    let new = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, new, 1));
    answer(&mut envoy, new, 1, true);
    envoy.advance(Duration::from_secs(10));
    assert!(!passes(&mut envoy, old, 2));
    answer(&mut envoy, old, 2, true);
    assert!(!passes(&mut envoy, new, 3));
    answer(&mut envoy, new, 3, true);
    assert_eq!(envoy.metric("dubbo_policy_name_conflicts_total", &[]), 0);
    // Both follow what comes later.
    envoy.configure(&policy(&json!([]))).unwrap();
    assert!(passes(&mut envoy, old, 4));
    assert!(passes(&mut envoy, new, 5));
}

#[test]
fn a_canary_leaves_shared_data_alone() {
    let mut envoy = envoy(Settings::default()).unwrap();
    envoy.configure(b"{}").unwrap_err();
    envoy.configure(&policy(&json!([]))).unwrap();
    assert_eq!(envoy.calls("proxy_set_shared_data"), 0);
    assert_eq!(envoy.calls("proxy_get_shared_data"), 0);
}

#[test]
fn another_build_gets_the_connections_within_a_minute_idle_ones_first() {
    let mut envoy = started(&json!([]));
    let busy = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, busy, 1));
    let idle: Vec<_> = (0..4).map(|_| connect(&mut envoy, 0)).collect();
    for id in &idle {
        assert!(passes(&mut envoy, *id, 1));
        answer(&mut envoy, *id, 1, false);
    }
    envoy.advance(Duration::from_secs(2));
    let deny = json!([{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}]);
    let other = Program::of_another_build().unwrap();
    envoy.upgrade(other, &policy(&deny)).unwrap();
    let new = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, new, 1));
    answer(&mut envoy, new, 1, true);

    let open = |envoy: &Envoy| idle.iter().filter(|id| !envoy.closed(**id)).count();
    let mut left = Vec::new();
    for _ in 0..12 {
        envoy.advance(Duration::from_secs(5));
        left.push(open(&envoy));
    }
    // 4 of 5 are idle and make room first; the last one waits for its call.
    assert_eq!(left.first(), Some(&4));
    assert!(left.windows(2).all(|two| two[0] - two[1] <= 1), "{left:?}");
    assert_eq!(left[8], 0, "after 45 s: {left:?}");
    envoy.advance(Duration::from_secs(3));
    assert!(envoy.closed(busy));
    assert!(!envoy.closed(new));
    assert!(!passes(&mut envoy, new, 2));
    let closed = envoy.metric(
        "dubbo_policy_connections_closed_total",
        &[("reason", "superseded")],
    );
    assert_eq!(closed, 5);
    assert_eq!(envoy.traps(), []);
}

#[test]
fn a_call_in_flight_at_an_upgrade_is_answered_and_its_connection_closed_then() {
    let mut envoy = started(&json!([]));
    let id = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, id, 1));
    envoy.advance(Duration::from_secs(1));
    let other = Program::of_another_build().unwrap();
    envoy.upgrade(other, &policy(&json!([]))).unwrap();
    envoy.advance(Duration::from_secs(55));
    assert!(!envoy.closed(id));
    answer(&mut envoy, id, 1, false);
    assert_eq!(frames(&envoy, id, Peer::Client).len(), 1);
    envoy.advance(Duration::from_millis(200));
    assert!(envoy.closed(id));
}

#[test]
fn connections_of_a_policy_whose_name_is_given_up_come_back_under_the_new_name() {
    let mut envoy = started(&json!([]));
    let old = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, old, 1));
    answer(&mut envoy, old, 1, false);
    envoy.advance(Duration::from_secs(1));
    let renamed = json!({
        "apiVersion": "dubbo-policy/v1", "name": "other", "default": "allow",
        "rules": [{"name": "no-hello", "match": {"method": "hello"}, "deny": {}}],
    });
    envoy.configure(renamed.to_string().as_bytes()).unwrap();
    let new = connect(&mut envoy, 0);
    assert!(!passes(&mut envoy, new, 1));
    answer(&mut envoy, new, 1, true);
    envoy.advance(Duration::from_secs(65));
    assert!(envoy.closed(old));
    assert!(!envoy.closed(new));
}

#[test]
fn a_name_that_is_given_up_and_taken_back_closes_nothing() {
    let mut envoy = started(&json!([]));
    let old = connect(&mut envoy, 0);
    assert!(passes(&mut envoy, old, 1));
    answer(&mut envoy, old, 1, false);
    envoy.advance(Duration::from_secs(1));
    let renamed = json!({
        "apiVersion": "dubbo-policy/v1", "name": "other", "default": "allow", "rules": [],
    });
    envoy.configure(renamed.to_string().as_bytes()).unwrap();
    envoy.advance(Duration::from_secs(4));
    envoy.configure(&policy(&json!([]))).unwrap();
    envoy.advance(Duration::from_secs(120));
    assert!(!envoy.closed(old));
    assert!(passes(&mut envoy, old, 2));
}
