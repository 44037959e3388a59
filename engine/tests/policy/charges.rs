use serde_json::json;

use crate::calls::{Call, Decider, name, policy};

fn times(count: usize, outcome: &str) -> Vec<String> {
    vec![outcome.to_owned(); count]
}

fn outcomes(policy: &engine::policy::Policy, calls: &[Call]) -> Vec<String> {
    let mut decider = Decider::default();
    calls
        .iter()
        .map(|call| decider.outcome(policy, call))
        .collect()
}

#[test]
fn a_limit_of_three_admits_three() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 3, "window": "1s"}],
        "rules": [{"name": "r", "quotas": ["q"]}],
    }));
    let got = outcomes(&policy, &vec![Call::of("s", "m"); 5]);
    assert_eq!(
        got,
        [times(3, "allowed"), times(2, "limited by r/q")].concat()
    );
}

#[test]
fn calls_are_counted_by_what_per_names() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 1, "window": "1s", "per": ["service", "version", "source.ip", "one_way", "attachments.k"]}],
        "rules": [{"name": "r", "quotas": ["q"]}],
    }));
    let one_way = Call {
        one_way: true,
        ..Call::of("s", "m")
    };
    let different = [
        Call::of("s", "m"),
        Call::of("t", "m"),
        Call::of("s", "m").ip("10.0.0.1"),
        Call::of("s", "m").ip("10.0.0.2"),
        Call::of("s", "m").ip("2001:db8:1111:2222:3333:4444:5555:6666"),
        Call::of("s", "m").ip("2001:db8:1111:2222:3333:4444:5555:6667"),
        Call::of("s", "m").attachment("k", "v"),
        one_way,
    ];
    let mut decider = Decider::default();
    for call in &different {
        assert_eq!(decider.outcome(&policy, call), "allowed", "{call:?}");
    }
    let same = [
        Call::of("s", "other method"),
        Call::of("s", "m").ip("::ffff:10.0.0.1"),
        Call::of("s", "m").attachment("k", ""),
        // Only what Java runs is charged.
        Call::of("s", "m").or("u", "", ""),
    ];
    for call in same.iter().chain(&different) {
        assert_eq!(decider.outcome(&policy, call), "limited by r/q", "{call:?}");
    }
}

#[test]
fn charges_of_two_rules_add_up() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 10, "window": "1s"}],
        "rules": [
            {"name": "two", "quotas": [{"quota": "q", "charge": 2}]},
            {"name": "three", "quotas": [{"quota": "q", "charge": 2}, "q"]},
        ],
    }));
    let mut decider = Decider::default();
    let decision = decider.decide(&policy, &Call::of("s", "m"));
    assert_eq!(decision.charges.len(), 1);
    assert_eq!(decision.charges[0].amount, 5);
    assert_eq!(decider.outcome(&policy, &Call::of("s", "m")), "allowed");
    assert_eq!(
        decider.outcome(&policy, &Call::of("s", "m")),
        "limited by two/q"
    );
}

#[test]
fn a_call_is_charged_to_all_its_quotas_or_to_none() {
    let policy = policy(json!({
        "quotas": [
            {"name": "wide", "limit": 3, "window": "1s"},
            {"name": "narrow", "limit": 1, "window": "1s", "per": ["method"]},
        ],
        "rules": [{"name": "w", "quotas": ["wide"]}, {"name": "n", "quotas": ["narrow"]}],
    }));
    // dubbo-go serves a method under both cases of its first letter.
    let calls = ["a", "A", "a", "A", "b", "c", "d"].map(|method| Call::of("s", method));
    assert_eq!(
        outcomes(&policy, &calls),
        [
            "allowed",
            "limited by n/narrow",
            "limited by n/narrow",
            "limited by n/narrow",
            "allowed",
            "allowed",
            "limited by w/wide",
        ]
    );
}

#[test]
fn a_denied_call_is_charged_nothing() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 1, "window": "1s"}],
        "rules": [{"name": "q", "quotas": ["q"]}, {"name": "d", "match": {"method": "x"}, "deny": {}}],
    }));
    let calls = ["x", "x", "y", "y"].map(|method| Call::of("s", method));
    assert_eq!(
        outcomes(&policy, &calls),
        ["denied by d", "denied by d", "allowed", "limited by q/q"]
    );
}

#[test]
fn the_first_override_that_holds_replaces_the_limit() {
    let policy = policy(json!({
        "quotas": [{
            "name": "q", "limit": 1, "window": "1s", "per": ["method"],
            "overrides": [
                {"match": {"method": "gold"}, "limit": 3},
                {"match": {"method": {"prefix": "g"}}, "limit": 0},
                {"match": [{"method": "free"}, {"method": "trial"}], "unlimited": true},
            ],
        }],
        "rules": [{"name": "r", "quotas": ["q"]}],
    }));
    for (method, admitted) in [
        ("plain", 1),
        ("gold", 3),
        ("green", 0),
        ("free", 5),
        ("trial", 5),
    ] {
        let got = outcomes(&policy, &vec![Call::of("s", method); 5]);
        let want = [
            times(admitted, "allowed"),
            times(5 - admitted, "limited by r/q"),
        ]
        .concat();
        assert_eq!(got, want, "{method}");
    }
}

#[test]
fn nothing_is_granted_while_quotas_cannot_be_counted() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 10, "window": "1s"}],
        "rules": [{"name": "r", "match": {"method": "m"}, "quotas": ["q"]}],
    }));
    let mut decider = Decider::broken();
    assert_eq!(
        decider.outcome(&policy, &Call::of("s", "m")),
        "unavailable by r/q"
    );
    assert_eq!(decider.outcome(&policy, &Call::of("s", "x")), "allowed");
}

#[test]
fn a_rule_counts_once_however_many_ways_a_call_can_be_read() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 10, "window": "1s"}],
        "rules": [
            {"name": "b", "match": {"service": "b"}, "deny": {}, "dry_run": true},
            {"name": "q", "quotas": ["q"]},
            {"name": "a", "deny": {}, "dry_run": true},
        ],
    }));
    let call = Call::of("s", "m").or("t", "", "").or("b", "", "");
    let mut decider = Decider::default();
    let decision = decider.decide(&policy, &call);
    assert_eq!(decision.charges.len(), 1);
    assert_eq!(decision.charges[0].amount, 1);
    let dry_run: Vec<String> = decision.dry_run.iter().map(name).collect();
    assert_eq!(dry_run, ["denied by b", "denied by a"]);
}
