//! What holds of an attribute that a call has not.

use serde_json::{Value, json};

use crate::calls::{Call, outcome, policy};

/// Matcher, whether it holds for "a", for "b", and for an absent attribute.
fn table() -> Vec<(Value, [bool; 3])> {
    vec![
        (json!("a"), [true, false, false]),
        (json!({"prefix": ""}), [true, true, false]),
        (json!({"regex": ".*"}), [true, true, false]),
        (json!({"in": "l"}), [true, false, false]),
        (json!(["a", "b"]), [true, true, false]),
        (json!({"present": true}), [true, true, false]),
        (json!({"present": false}), [false, false, true]),
        (json!({"not": "a"}), [false, true, true]),
        (json!({"not": {"in": "l"}}), [false, true, true]),
        (json!({"not": {"not": "a"}}), [true, false, false]),
        (json!({"not": {"present": true}}), [false, false, true]),
        (json!({"not": "a", "present": true}), [false, true, false]),
        (json!({"not": "a", "present": false}), [false, false, true]),
        (json!(["a", {"present": false}]), [true, false, true]),
        (
            json!({"not": ["a", {"present": false}]}),
            [false, true, false],
        ),
    ]
}

fn calls() -> [Call; 3] {
    let call = Call::of("s", "m");
    [call.clone().app("a"), call.clone().app("b"), call]
}

fn decide(rule: &Value, call: &Call, default: &str) -> String {
    let mut rule = rule.clone();
    rule["name"] = json!("r");
    let policy = policy(json!({
        "default": default,
        "lists": [{"name": "l", "type": "string", "entries": ["a"]}],
        "rules": [rule],
    }));
    outcome(&policy, call)
}

#[test]
fn a_denial_holds_where_its_match_does() {
    for (matcher, wants) in table() {
        for (call, want) in calls().iter().zip(wants) {
            let rule = json!({"match": {"claimed.app": matcher}, "deny": {}});
            let want = if want { "denied by r" } else { "allowed" };
            assert_eq!(
                decide(&rule, call, "allow"),
                want,
                "{matcher} {:?}",
                call.app
            );
        }
    }
}

#[test]
fn a_requirement_that_is_not_met_denies_also_for_absence() {
    for (matcher, wants) in table() {
        for (call, want) in calls().iter().zip(wants) {
            let rule = json!({"require": {"claimed.app": matcher}});
            let want = if want { "allowed" } else { "denied by r" };
            assert_eq!(
                decide(&rule, call, "allow"),
                want,
                "{matcher} {:?}",
                call.app
            );
        }
    }
}

#[test]
fn an_exception_holds_where_its_match_does() {
    for (matcher, wants) in table() {
        for (call, want) in calls().iter().zip(wants) {
            let rule = json!({"except": {"claimed.app": matcher}, "allow": {}});
            let want = if want { "denied by -" } else { "allowed by r" };
            assert_eq!(
                decide(&rule, call, "deny"),
                want,
                "{matcher} {:?}",
                call.app
            );
        }
    }
}

#[test]
fn nothing_is_allowed_by_the_absence_of_an_attribute_unless_it_is_written() {
    for (matcher, wants) in table() {
        let document = json!({
            "apiVersion": "dubbo-policy/v1",
            "name": "test",
            "default": "deny",
            "lists": [{"name": "l", "type": "string", "entries": ["a"]}],
            "rules": [{"name": "r", "match": {"claimed.app": matcher}, "allow": {}}],
        });
        let node = engine::config::parse(document.to_string().as_bytes()).unwrap();
        let written = matcher.to_string().contains("present");
        assert_eq!(
            engine::config::load(&node).is_ok(),
            !wants[2] || written,
            "{matcher}"
        );
    }
}

#[test]
fn a_call_of_which_nothing_is_known_has_no_attributes() {
    let unknown = Call::default();
    for attribute in [
        "service",
        "method",
        "version",
        "group",
        "generic",
        "classes",
        "source.ip",
        "claimed.app",
        "attachments.k",
    ] {
        let rule = json!({"match": {attribute: {"present": false}}, "deny": {}});
        assert_eq!(
            decide(&rule, &unknown, "allow"),
            "denied by r",
            "{attribute}"
        );
    }
    assert_eq!(
        decide(&json!({"allow": {}}), &unknown, "deny"),
        "allowed by r"
    );
    let rule = json!({"match": {"service": {"not": "a"}}, "allow": {}});
    assert_eq!(decide(&rule, &Call::of("b", "m"), "deny"), "allowed by r");
}
