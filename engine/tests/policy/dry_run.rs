use serde_json::json;

use crate::calls::{Call, Decider, name, policy};

fn decide(
    decider: &mut Decider,
    policy: &engine::policy::Policy,
    call: &Call,
) -> (String, Vec<String>) {
    let decision = decider.decide(policy, call);
    (
        name(&decision.verdict),
        decision.dry_run.iter().map(name).collect(),
    )
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn a_rule_in_dry_run_is_as_if_it_were_not_there_but_told() {
    let policy = policy(json!({"default": "deny", "rules": [
        {"name": "never", "match": {"method": "x"}, "deny": {}, "dry_run": true},
        {"name": "must", "require": {"claimed.app": "a"}, "dry_run": true},
        {"name": "some", "match": {"method": ["x", "y"]}, "allow": {}},
        {"name": "more", "allow": {}, "dry_run": true},
    ]}));
    let mut decider = Decider::default();
    for (call, verdict, dry_run) in [
        (
            Call::of("s", "x"),
            "allowed by some",
            &["denied by never", "denied by must"][..],
        ),
        (Call::of("s", "y"), "allowed by some", &["denied by must"]),
        (Call::of("s", "y").app("a"), "allowed by some", &[]),
        (Call::of("s", "z").app("a"), "denied by -", &[]),
    ] {
        let got = decide(&mut decider, &policy, &call);
        assert_eq!(got, (verdict.to_owned(), strings(dry_run)), "{call:?}");
    }
}

#[test]
fn a_quota_in_dry_run_has_a_counter_of_its_own() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 2, "window": "1s"}],
        "rules": [
            {"name": "real", "match": {"method": "x"}, "quotas": ["q"]},
            {"name": "try", "quotas": ["q"], "dry_run": true},
        ],
    }));
    let mut decider = Decider::default();
    for (method, verdict, dry_run) in [
        ("y", "allowed", &[][..]),
        ("y", "allowed", &[]),
        ("y", "allowed", &["limited by try/q"]),
        ("x", "allowed", &["limited by try/q"]),
        ("x", "allowed", &["limited by try/q"]),
        // It goes no further, so nothing else is tried on it.
        ("x", "limited by real/q", &[]),
    ] {
        let got = decide(&mut decider, &policy, &Call::of("s", method));
        assert_eq!(got, (verdict.to_owned(), strings(dry_run)));
    }
}

#[test]
fn a_policy_in_dry_run_lets_every_call_on_and_tells_what_it_would_do() {
    let policy = policy(json!({
        "mode": "dry_run",
        "default": "deny",
        "quotas": [{"name": "q", "limit": 1, "window": "1s"}],
        "rules": [
            {"name": "a", "match": {"service": "a"}, "allow": {}},
            {"name": "one", "match": {"method": "x"}, "deny": {}},
            {"name": "two", "match": {"method": "x"}, "deny": {}},
            {"name": "three", "match": {"method": "x"}, "deny": {}, "dry_run": true},
            {"name": "q", "quotas": ["q"]},
        ],
        "routes": [{"name": "z", "set": {"attachments": {"lane": "l"}}}],
    }));
    let mut decider = Decider::default();
    for (service, method, verdict, dry_run) in [
        (
            "a",
            "x",
            "allowed by a",
            &["denied by one", "denied by two", "denied by three"][..],
        ),
        ("b", "y", "allowed", &["denied by -"]),
        ("a", "y", "allowed by a", &[]),
        ("a", "y", "allowed by a", &["limited by q/q"]),
    ] {
        let call = Call::of(service, method);
        let decision = decider.decide(&policy, &call);
        assert!(decision.route.is_none());
        assert_eq!(name(&decision.verdict), verdict);
        let told: Vec<String> = decision.dry_run.iter().map(name).collect();
        assert_eq!(told, dry_run);
    }
}
