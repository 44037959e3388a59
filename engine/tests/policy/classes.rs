//! What holds of the many classes that a call carries.

use serde_json::{Value, json};

use crate::calls::{Call, outcome, policy};

fn decide(rule: &Value, call: &Call) -> String {
    let mut rule = rule.clone();
    rule["name"] = json!("r");
    let policy = policy(json!({
        "default": "allow",
        "lists": [{"name": "known", "type": "string", "entries": ["a.A", "b.B"]}],
        "rules": [rule],
    }));
    outcome(&policy, call)
}

/// Calls with these classes: none, one, two, and a call of which they are not known.
fn calls() -> [Call; 4] {
    let call = Call::of("s", "m");
    [
        call.clone().classes(&[]),
        call.clone().classes(&["a.A"]),
        call.clone().classes(&["a.A", "b.B"]),
        call,
    ]
}

#[test]
fn some_asks_for_one_and_every_for_all_and_neither_holds_for_the_unknown() {
    for (matcher, wants) in [
        (json!({"some": "a.A"}), [false, true, true, false]),
        (json!({"some": "b.B"}), [false, false, true, false]),
        (json!({"every": "a.A"}), [true, true, false, false]),
        (json!({"every": ["a.A", "b.B"]}), [true, true, true, false]),
        (json!({"every": {"in": "known"}}), [true, true, true, false]),
        (
            json!({"every": {"suffix": "B"}}),
            [true, false, false, false],
        ),
        (
            json!({"every": {"not": "a.A"}}),
            [true, false, false, false],
        ),
        (json!({"some": {"not": "a.A"}}), [false, false, true, false]),
        (json!({"not": {"some": "b.B"}}), [true, true, false, true]),
        (
            json!({"some": "b.B", "every": {"prefix": "b"}}),
            [false, false, false, false],
        ),
        (
            json!([{"some": "b.B"}, {"every": "a.A"}]),
            [true, true, true, false],
        ),
        (json!({"present": true}), [true, true, true, false]),
        (json!({"present": false}), [false, false, false, true]),
    ] {
        for (call, want) in calls().iter().zip(wants) {
            let denied = decide(&json!({"match": {"classes": matcher}, "deny": {}}), call);
            let denial = if want { "denied by r" } else { "allowed" };
            assert_eq!(denied, denial, "{matcher} {:?}", call.classes);
            let required = decide(&json!({"require": {"classes": matcher}}), call);
            let requirement = if want { "allowed" } else { "denied by r" };
            assert_eq!(required, requirement, "{matcher} {:?}", call.classes);
        }
    }
}
