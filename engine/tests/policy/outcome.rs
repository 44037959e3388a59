use serde_json::json;

use crate::calls::{Call, outcome, policy};

#[test]
fn a_denial_stands_whatever_allows_the_call() {
    let policy = policy(json!({"default": "deny", "rules": [
        {"name": "all", "allow": {}},
        {"name": "first", "match": {"method": "x"}, "deny": {}},
        {"name": "second", "match": {"method": ["x", "y"]}, "deny": {}},
        {"name": "must", "match": {"method": "z"}, "require": {"source.ip": "10.0.0.0/8"}},
    ]}));
    for (call, want) in [
        (Call::of("s", "x"), "denied by first"),
        (Call::of("s", "y"), "denied by second"),
        (Call::of("s", "z"), "denied by must"),
        (Call::of("s", "z").ip("11.0.0.1"), "denied by must"),
        (Call::of("s", "z").ip("10.0.0.1"), "allowed by all"),
        (Call::of("s", "w"), "allowed by all"),
    ] {
        assert_eq!(outcome(&policy, &call), want, "{call:?}");
    }
}

#[test]
fn what_no_rule_speaks_of_is_up_to_the_default() {
    let rules = json!([
        {"name": "a", "match": {"service": "a"}, "allow": {}},
        {"name": "must", "require": {"method": {"present": true}}},
    ]);
    let deny = policy(json!({"default": "deny", "rules": rules}));
    assert_eq!(outcome(&deny, &Call::of("a", "m")), "allowed by a");
    assert_eq!(outcome(&deny, &Call::of("b", "m")), "denied by -");
    let allow = policy(json!({"default": "allow", "rules": rules}));
    assert_eq!(outcome(&allow, &Call::of("a", "m")), "allowed by a");
    assert_eq!(outcome(&allow, &Call::of("b", "m")), "allowed");
    assert_eq!(outcome(&policy(json!({})), &Call::of("b", "m")), "allowed");
}

#[test]
fn requirements_and_quotas_grant_nothing() {
    let policy = policy(json!({
        "default": "deny",
        "quotas": [{"name": "q", "limit": 10, "window": "1s"}],
        "rules": [
            {"name": "must", "require": {"service": "a"}},
            {"name": "q", "quotas": ["q"]},
        ],
    }));
    assert_eq!(outcome(&policy, &Call::of("a", "m")), "denied by -");
}

#[test]
fn a_call_that_may_be_read_in_two_ways_has_to_pass_in_both() {
    let policy = policy(json!({"default": "deny", "rules": [
        {"name": "a", "match": {"service": "a"}, "allow": {}},
        {"name": "b", "match": {"service": "b"}, "allow": {}},
        {"name": "closed", "match": {"service": "b", "version": "2"}, "deny": {}},
        {"name": "must", "match": {"service": "b"}, "require": {"group": "g"}},
    ]}));
    for (call, want) in [
        (Call::of("a", "m"), "allowed by a"),
        (Call::of("a", "m").or("a", "1", ""), "allowed by a"),
        (Call::of("a", "m").or("c", "", ""), "denied by -"),
        (Call::of("c", "m").or("a", "", ""), "denied by -"),
        (Call::of("a", "m").or("b", "2", "g"), "denied by closed"),
        (Call::of("a", "m").or("b", "1", ""), "denied by must"),
        (Call::of("a", "m").or("b", "1", "g"), "allowed by a"),
        // A version of one reading and the service of another make no reading.
        (
            Call::of("a", "m").or("b", "1", "g").or("a", "2", ""),
            "allowed by a",
        ),
    ] {
        assert_eq!(outcome(&policy, &call), want, "{call:?}");
    }
}

#[test]
fn more_readings_than_can_be_kept_apart_are_not_allowed_by_rules() {
    let policy = policy(json!({"default": "deny", "rules": [{"name": "all", "allow": {}}]}));
    let mut call = Call::of("s", "m");
    for _ in 0..63 {
        call = call.or("s", "", "");
    }
    assert_eq!(outcome(&policy, &call), "allowed by all");
    assert_eq!(outcome(&policy, &call.or("s", "", "")), "denied by -");
}
