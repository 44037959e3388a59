use serde_json::json;

use crate::documents::{load, with};

/// The places of the warnings.
fn places(fields: serde_json::Value) -> Vec<String> {
    let loaded = load(&with(fields)).unwrap();
    loaded
        .warnings
        .iter()
        .map(|warning| warning.path.to_string())
        .collect()
}

fn rule_places(rule: serde_json::Value) -> Vec<String> {
    let mut rule = rule;
    rule["name"] = json!("r");
    places(json!({"default": "allow", "rules": [rule]}))
}

#[test]
fn a_denial_that_silence_evades_is_warned_of() {
    for rule in [
        json!({"match": {"claimed.app": "evil"}, "deny": {}}),
        json!({"match": {"service": "a", "attachments.x": {"prefix": "a"}}, "deny": {}}),
        json!({"match": [{"service": "a"}, {"claimed.app": "evil"}], "deny": {}}),
    ] {
        assert_eq!(rule_places(rule), ["rules[0].match"]);
    }
    for rule in [
        json!({"match": {"source.ip": "10.0.0.0/8"}, "deny": {}}),
        json!({"match": {"claimed.app": {"not": "order"}}, "deny": {}}),
        json!({"match": {"claimed.app": {"present": true, "not": "order"}}, "deny": {}}),
        json!({"match": {"service": "a"}, "except": {"claimed.app": "order"}, "deny": {}}),
    ] {
        assert_eq!(rule_places(rule), Vec::<String>::new());
    }
}

#[test]
fn the_rule_that_is_meant_is_written_out() {
    let texts = |matches: serde_json::Value| {
        let rule = json!({"name": "r", "match": matches, "deny": {}});
        let loaded = load(&with(
            json!({"rules": [rule], "lists": [{"name": "l", "type": "string", "entries": ["x"]}]}),
        ))
        .unwrap();
        let texts = loaded.warnings.iter().map(|warning| warning.text.clone());
        texts.collect::<Vec<_>>().join("; ")
    };
    for (matches, meant) in [
        (
            json!({"claimed.app": {"in": "l"}, "service": {"prefix": "a."}}),
            "match: {service: {prefix: a.}}, require: {claimed.app: {present: true, not: {in: l}}}",
        ),
        (
            json!({"source.principal": "cluster.local/ns/a/sa/b"}),
            "write require: {source.principal: {present: true, not: cluster.local/ns/a/sa/b}}",
        ),
        (
            json!([{"claimed.app": "evil"}, {"service": "a"}]),
            "require: {claimed.app: {present: true, not: ...}}",
        ),
    ] {
        let told = texts(matches);
        assert!(told.contains(meant), "{told}");
    }
}

#[test]
fn a_policy_that_stops_callbacks_is_warned_of() {
    let allow = |matches: serde_json::Value| {
        let discovery = json!({"name": "d", "match": {"service": "org.apache.dubbo.metadata.MetadataService", "callback": false}, "allow": {}});
        let rule = json!({"name": "r", "match": matches, "allow": {}});
        places(json!({"default": "deny", "rules": [discovery, rule]}))
    };
    assert_eq!(
        allow(json!({"service": "a", "callback": false})),
        ["default"]
    );
    assert_eq!(allow(json!({"service": "a"})), Vec::<String>::new());
    assert_eq!(
        allow(json!([{"callback": false}, {"service": "b", "callback": true}])),
        Vec::<String>::new()
    );
}

/// Not in Envoy's log, but for who checks.
#[test]
fn limits_of_each_envoy_and_callbacks_are_noted() {
    let notes = |fields: serde_json::Value| {
        let node = engine::config::parse(with(fields).to_string().as_bytes()).unwrap();
        let notes = engine::config::notes(&node);
        notes
            .iter()
            .map(|note| note.path.to_string())
            .collect::<Vec<_>>()
    };
    let quotas = json!([
        {"name": "a", "limit": 1, "window": "1s"},
        {"name": "b", "max_in_flight": 1},
        {"name": "c", "limit": 1, "window": "1m", "algorithm": "fixed", "global": {"cluster": "c", "domain": "d", "when_unavailable": "allow"}},
    ]);
    assert_eq!(notes(json!({"quotas": quotas})), ["quotas[0]"]);
    assert_eq!(notes(json!({"default": "deny"})), ["default"]);
    let said = json!({"default": "deny", "rules": [{"name": "r", "match": {"callback": true}, "allow": {}}]});
    assert_eq!(notes(said), Vec::<String>::new());
    assert_eq!(notes(json!({})), Vec::<String>::new());
}

#[test]
fn what_callers_say_of_themselves_is_no_proof() {
    assert_eq!(
        rule_places(json!({"require": {"claimed.app": "order"}})),
        ["rules[0].require"]
    );
    assert_eq!(
        rule_places(json!({"match": {"service": "a", "attachments.token": "x"}, "allow": {}})),
        ["rules[0].match"]
    );
    let both = json!({"claimed.app": "order", "source.ip": "10.0.0.0/8"});
    assert_eq!(rule_places(json!({"require": both})), Vec::<String>::new());
    let quota = |per: &[&str]| {
        places(json!({
            "quotas": [{"name": "q", "limit": 1, "window": "1s", "per": per}],
            "rules": [{"name": "r", "quotas": ["q"]}],
        }))
    };
    assert_eq!(quota(&["claimed.app", "service"]), ["quotas[0].per"]);
    assert_eq!(quota(&["claimed.app", "source.ip"]), Vec::<String>::new());
    assert_eq!(quota(&["service"]), Vec::<String>::new());
}

#[test]
fn a_quota_that_no_rule_charges_is_warned_of() {
    assert_eq!(
        places(json!({"quotas": [{"name": "q", "limit": 1, "window": "1s"}]})),
        ["quotas[0]"]
    );
}

#[test]
fn a_policy_that_stops_discovery_is_warned_of() {
    let allow = |service: serde_json::Value| {
        places(json!({
            "default": "deny",
            "rules": [{"name": "r", "match": {"service": service}, "allow": {}}],
        }))
    };
    assert_eq!(allow(json!("com.acme.A")), ["default"]);
    assert_eq!(
        allow(json!("org.apache.dubbo.metadata.MetadataService")),
        Vec::<String>::new()
    );
    assert_eq!(
        allow(json!({"prefix": "org.apache.dubbo."})),
        Vec::<String>::new()
    );
    assert_eq!(places(json!({"default": "deny"})), ["default"]);
    assert_eq!(places(json!({"default": "allow"})), Vec::<String>::new());
    let dry = json!({"default": "deny", "rules": [{"name": "r", "allow": {}, "dry_run": true}]});
    assert_eq!(places(dry), ["default"]);
}

#[test]
fn what_is_not_read_or_not_checked_is_warned_of() {
    let protocol = |fields: serde_json::Value| places(json!({"protocol": fields}));
    assert_eq!(
        protocol(json!({"serialization": {"fastjson2": "pass", "other": "pass"}})),
        [
            "protocol.serialization.fastjson2",
            "protocol.serialization.other"
        ]
    );
    assert_eq!(
        protocol(json!({"unchecked_classes": ["java.util.UUID", "a.B"]})),
        [
            "protocol.unchecked_classes[0]",
            "protocol.unchecked_classes[1]"
        ]
    );
    assert_eq!(
        protocol(json!({"foreign_bytes": "pass_unprotected"})),
        ["protocol.foreign_bytes"]
    );
    assert_eq!(
        protocol(json!({"serialization": {"fastjson2": "deny"}, "foreign_bytes": "close"})),
        Vec::<String>::new()
    );
}

#[test]
fn a_refusal_that_is_tried_again_is_warned_of() {
    assert_eq!(places(json!({"denial": {"form": "status"}})), ["denial"]);
    let rule = json!({"deny": {}, "denial": {"form": "status", "status": 90}});
    assert_eq!(rule_places(rule), ["rules[0].denial"]);
}
