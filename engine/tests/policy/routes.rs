use serde_json::json;

use crate::calls::{Call, Decider, policy};

#[test]
fn the_first_route_about_an_admitted_call_applies() {
    let policy = policy(json!({
        "rules": [{"name": "d", "match": {"method": "closed"}, "deny": {}}],
        "routes": [
            {"name": "canary", "match": {"attachments.x-lane": "canary"}, "except": {"method": "pay"}, "set": {"attachments": {"lane": "canary"}}},
            {"name": "zone", "match": {"source.ip": "10.2.0.0/16"}, "set": {"connection_cluster": "zone2", "attachments": {"lane": "stable"}}},
            {"name": "rest", "match": {"service": "s"}, "set": {"attachments": {"lane": "rest"}}},
        ],
    }));
    let canary = Call::of("s", "m").attachment("x-lane", "canary");
    let mut decider = Decider::default();
    for (call, want) in [
        (canary.clone(), Some("canary")),
        (canary.clone().ip("10.2.0.1"), Some("canary")),
        (
            Call::of("s", "pay")
                .attachment("x-lane", "canary")
                .ip("10.2.0.1"),
            Some("zone"),
        ),
        (
            Call::of("s", "m").attachment("x-lane", "Canary"),
            Some("rest"),
        ),
        (Call::of("t", "m"), None),
        // Only what Java runs is routed.
        (Call::of("t", "m").or("s", "", ""), None),
        (Call::of("s", "closed"), None),
    ] {
        let route = decider.decide(&policy, &call).route;
        assert_eq!(route.map(|route| &*route.name), want, "{call:?}");
    }
    let zone = &policy.routes[1];
    assert_eq!(zone.connection_cluster.as_deref(), Some("zone2"));
    assert_eq!(zone.set, [("lane".to_owned(), "stable".to_owned())]);
}

#[test]
fn what_some_route_sets_is_owned_whatever_its_case() {
    let policy = policy(json!({"routes": [
        {"name": "a", "set": {"attachments": {"Lane": "x", "zone": "y"}}},
        {"name": "b", "set": {"attachments": {"lane": "x"}}},
    ]}));
    assert_eq!(policy.owned_attachments, ["lane", "zone"]);
}

#[test]
fn every_attachment_that_is_looked_at_has_one_slot() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 1, "window": "1s", "per": ["attachments.a", "attachments.b"]}],
        "rules": [{"name": "r", "match": {"attachments.b": "x", "attachments.a.b": "y"}, "quotas": ["q"]}],
        "routes": [{"name": "z", "match": {"attachments.A": "x"}, "set": {"connection_cluster": "c"}}],
    }));
    let mut keys = policy.attachment_keys.clone();
    keys.sort();
    assert_eq!(keys, ["A", "a", "a.b", "b"]);
}

#[test]
fn services_may_be_exported_under_paths_of_their_own() {
    let policy = policy(
        json!({"protocol": {"services": [{"interface": "com.acme.A", "paths": ["a", "/ctx/com.acme.A"]}]}}),
    );
    for (interface, path, want) in [
        ("com.acme.A", "a", true),
        ("com.acme.A", "/a", true),
        ("com.acme.A", "ctx/com.acme.A", true),
        ("com.acme.A", "b", false),
        ("com.acme.B", "a", false),
    ] {
        assert_eq!(policy.exports(interface, path), want, "{interface} {path}");
    }
}
