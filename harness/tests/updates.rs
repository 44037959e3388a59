//! Configurations that come while connections are open.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use harness::{ConnectionId, Envoy, Peer, Settings};
use serde_json::{Value, json};

use module::{call, connect, envoy, frames, is_event};

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
    envoy.configure(&policy(&json!([]))).unwrap();
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
