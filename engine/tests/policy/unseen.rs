//! What a policy makes of calls of which something cannot be seen.

use engine::attributes::Attribute;
use engine::config;
use engine::policy::Verdict;
use serde_json::json;

use crate::calls::{Call, Decider};

static UNSEEN: [Attribute; 1] = [Attribute::ClaimedApp];

/// Allowed, denied or unknown: by the verdict, and by what is said of a call that no rule is known to allow.
fn decided(default: &str, rules: serde_json::Value, method: &str) -> &'static str {
    let document = json!({
        "apiVersion": "dubbo-policy/v1", "name": "test", "default": default, "rules": rules,
    });
    let node = config::parse(document.to_string().as_bytes()).unwrap();
    let policy = config::load_unseen(&node, &UNSEEN).unwrap().policy;
    let mut decider = Decider::default();
    let decision = decider.decide(&policy, &Call::of("a.B", method));
    match decision.verdict {
        Verdict::Expired { list, .. } => {
            assert_eq!(list, "claimed.app");
            "unknown"
        }
        Verdict::Denied { rule: None } if decision.may_be_allowed => "unknown",
        Verdict::Denied { .. } => "denied",
        Verdict::Allowed { .. } => "allowed",
        _ => "else",
    }
}

/// Whatever the test of it, what a rule says is not known, unless something else decides: the table of Kleene's logic.
#[test]
fn what_depends_on_an_unseen_attribute_is_unknown() {
    let app = |matcher: serde_json::Value| json!({"method": "m", "claimed.app": matcher});
    for matcher in [
        json!("a"),
        json!({"present": true}),
        json!({"not": "a", "present": false}),
    ] {
        let deny = json!([{"name": "r", "match": app(matcher.clone()), "deny": {}}]);
        assert_eq!(decided("allow", deny.clone(), "m"), "unknown");
        assert_eq!(decided("allow", deny, "other"), "allowed");
        let require =
            json!([{"name": "r", "match": {"method": "m"}, "require": app(matcher.clone())}]);
        assert_eq!(decided("allow", require.clone(), "m"), "unknown");
        assert_eq!(decided("allow", require, "other"), "allowed");
        let allow = json!([{"name": "r", "match": app(matcher.clone()), "allow": {}}]);
        assert_eq!(decided("deny", allow.clone(), "m"), "unknown");
        assert_eq!(decided("deny", allow, "other"), "denied");
        let both = json!([
            {"name": "r", "match": app(matcher.clone()), "deny": {}},
            {"name": "s", "match": {"method": "m"}, "deny": {}},
        ]);
        assert_eq!(decided("allow", both, "m"), "denied");
        let either = json!([
            {"name": "r", "match": app(matcher), "allow": {}},
            {"name": "s", "match": {"method": "m"}, "allow": {}},
        ]);
        assert_eq!(decided("deny", either, "m"), "allowed");
    }
}
