use dubbo::Status;
use engine::policy::{Form, RefusalKind, refusal_text};
use serde_json::json;

use crate::calls::{Call, Decider, policy};

#[test]
fn a_refusal_names_what_happened_and_the_rule() {
    let policy = policy(json!({
        "default": "deny",
        "denial": {"form": "exception"},
        "quotas": [{"name": "q", "limit": 0, "window": "1s"}],
        "rules": [
            {"name": "no-reveal", "match": {"method": "reveal"}, "deny": {}, "message": "reveal is closed"},
            {"name": "closed", "match": {"method": "close"}, "deny": {}},
            {"name": "internal", "match": {"method": "own"}, "require": {"source.ip": "10.0.0.0/8"}},
            {"name": "busy", "match": {"method": "limited"}, "quotas": ["q"], "denial": {"form": "status", "status": 90}},
            {"name": "some", "match": {"method": ["limited", "fine"]}, "allow": {}},
        ],
    }));
    let status = |code| Form::Status(Status(code));
    for (method, form, text) in [
        (
            "reveal",
            Form::Exception,
            "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
        ),
        (
            "close",
            Form::Exception,
            "dubbo-policy: DENIED rule=closed: the rule denies it",
        ),
        (
            "own",
            Form::Exception,
            "dubbo-policy: DENIED rule=internal: what the rule requires does not hold",
        ),
        (
            "limited",
            status(90),
            "dubbo-policy: LIMITED rule=busy: quota q is exhausted",
        ),
        (
            "unknown",
            Form::Exception,
            "dubbo-policy: DENIED rule=-: no rule allows it",
        ),
    ] {
        let mut decider = Decider::default();
        let decision = decider.decide(&policy, &Call::of("s", method));
        let refusal = policy.refusal(&decision.verdict).expect(method);
        assert_eq!((refusal.form, &*refusal.text), (form, text));
    }
    let mut decider = Decider::default();
    let decision = decider.decide(&policy, &Call::of("s", "fine"));
    assert_eq!(policy.refusal(&decision.verdict), None);
}

#[test]
fn what_is_not_the_callers_fault_sends_it_to_another_provider() {
    let quota = json!([{"name": "q", "limit": 1, "window": "1s"}]);
    let default = policy(
        json!({"quotas": quota, "rules": [{"name": "r", "quotas": ["q"], "message": "slow down"}]}),
    );
    let own = policy(json!({
        "quotas": quota,
        "rules": [{"name": "r", "quotas": ["q"], "denial": {"form": "exception"}}],
    }));
    for (policy, form, text) in [
        (
            &default,
            Form::Status(Status(100)),
            "dubbo-policy: UNAVAILABLE rule=r: slow down",
        ),
        (
            &own,
            Form::Exception,
            "dubbo-policy: UNAVAILABLE rule=r: quota q cannot be counted",
        ),
    ] {
        let mut decider = Decider::broken();
        let decision = decider.decide(policy, &Call::of("s", "m"));
        let refusal = policy.refusal(&decision.verdict).unwrap();
        assert_eq!((refusal.form, &*refusal.text), (form, text));
    }
}

#[test]
fn protocol_refusals_have_the_same_form() {
    assert_eq!(
        refusal_text(RefusalKind::Invalid, "-", "contradiction: two services"),
        "dubbo-policy: INVALID rule=-: contradiction: two services"
    );
}
