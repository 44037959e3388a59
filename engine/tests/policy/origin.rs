//! What Envoy knows of a call and its frame does not say: certificates, addresses, the node, the direction.

use std::rc::Rc;

use engine::config;
use engine::metrics::Direction;
use engine::policy::{Origin, Principal, Workload};
use serde_json::{Value, json};

use crate::calls::{Call, Decider, outcome, policy};

const SHOP: &str = "spiffe://cluster.local/ns/shop/sa/order";

fn call(origin: Origin) -> Call {
    Call {
        origin,
        ..Call::of("s", "m")
    }
}

fn by(uri: &str) -> Call {
    call(Origin {
        principal: Principal::new(uri),
        ..Origin::default()
    })
}

fn holds(attribute: &str, matcher: &Value, call: &Call) -> bool {
    let policy = policy(json!({
        "lists": [
            {"name": "bare", "type": "string", "entries": ["cluster.local/ns/shop/sa/order"]},
            {"name": "whole", "type": "string", "entries": [SHOP]},
        ],
        "rules": [{"name": "r", "match": {attribute: matcher}, "deny": {}}],
    }));
    outcome(&policy, call) == "denied by r"
}

#[test]
fn a_principal_is_the_same_with_its_scheme_and_without() {
    let principal = |matcher: &Value, uri: &str| holds("source.principal", matcher, &by(uri));
    for matcher in [
        json!(SHOP),
        json!("cluster.local/ns/shop/sa/order"),
        json!({"prefix": "cluster.local/ns/shop/"}),
        json!({"prefix": "spiffe://cluster.local/ns/shop/"}),
        json!({"suffix": "/sa/order"}),
        json!({"regex": "cluster\\.local/ns/[^/]+/sa/order"}),
        json!({"regex": "spiffe://cluster\\.local/ns/[^/]+/sa/order"}),
        json!({"in": "bare"}),
        json!({"in": "whole"}),
    ] {
        assert!(principal(&matcher, SHOP), "{matcher}");
        for other in [
            "spiffe://cluster.local/ns/shop2/sa/order2",
            "spiffe://evil/spiffe://cluster.local/ns/shop/sa/orde",
            "spiffe://spiffe://cluster.local/ns/shop/sa/other",
            "https://evil.local/ns/shop/sa/orders",
        ] {
            assert!(!principal(&matcher, other), "{matcher} {other}");
        }
        let not = json!({"not": matcher});
        assert!(!principal(&not, SHOP), "{not}");
        assert!(principal(&not, "spiffe://cluster.local/ns/shop2/sa/order2"));
    }
}

#[test]
fn a_caller_without_a_certificate_is_not_mistaken_for_one_with() {
    for attribute in [
        "source.principal",
        "source.namespace",
        "source.service_account",
        "source.trust_domain",
    ] {
        for matcher in [
            json!({"prefix": ""}),
            json!({"regex": ".*"}),
            json!(""),
            json!({"present": true}),
        ] {
            assert!(
                !holds(attribute, &matcher, &by("")),
                "{attribute} {matcher}"
            );
        }
        assert!(holds(attribute, &json!({"present": false}), &by("")));
    }
}

#[test]
fn what_a_spiffe_id_says_can_be_asked_for_one_by_one() {
    for (attribute, value) in [
        ("source.namespace", "shop"),
        ("source.service_account", "order"),
        ("source.trust_domain", "cluster.local"),
    ] {
        assert!(holds(attribute, &json!(value), &by(SHOP)));
        assert!(!holds(
            attribute,
            &json!(value),
            &by("spiffe://other/ns/a/sa/b")
        ));
    }
}

#[test]
fn a_quota_counts_the_spellings_of_a_principal_as_one_and_others_apart() {
    let policy = policy(json!({
        "quotas": [{"name": "q", "limit": 1, "window": "1s", "per": ["source.principal", "destination.ip"]}],
        "rules": [{"name": "r", "quotas": ["q"]}],
    }));
    let mut decider = Decider::default();
    assert_eq!(decider.outcome(&policy, &by(SHOP)), "allowed");
    let bare = by("cluster.local/ns/shop/sa/order");
    assert_eq!(decider.outcome(&policy, &bare), "limited by r/q");
    assert_eq!(decider.outcome(&policy, &by("spiffe://other")), "allowed");
    assert_eq!(decider.outcome(&policy, &by("")), "allowed");
    let mut elsewhere = by(SHOP);
    elsewhere.origin.destination_ip = Some([10, 0, 0, 1].into());
    assert_eq!(decider.outcome(&policy, &elsewhere), "allowed");
    assert_eq!(decider.outcome(&policy, &elsewhere), "limited by r/q");
}

#[test]
fn the_destination_is_an_address_a_port_and_a_workload() {
    let there = call(Origin {
        workload: Some(Rc::new(Workload {
            namespace: Some("users".to_owned()),
            name: Some("provider".to_owned()),
        })),
        direction: Direction::Inbound,
        ..Origin::new(
            Some("10.1.0.7:40000".parse().unwrap()),
            Some("[::ffff:10.1.0.9]:20880".parse().unwrap()),
        )
    });
    for (attribute, hit, miss) in [
        ("source.ip", json!("10.1.0.7"), json!("10.1.0.9")),
        ("destination.ip", json!("10.1.0.0/24"), json!("10.1.0.7")),
        ("destination.port", json!(20880), json!(20881)),
        ("destination.port", json!("20880"), json!("2088")),
        ("destination.port", json!({"prefix": "208"}), json!("40000")),
        ("destination.namespace", json!("users"), json!("shop")),
        ("destination.workload", json!("provider"), json!("users")),
        ("direction", json!("inbound"), json!("outbound")),
    ] {
        assert!(holds(attribute, &hit, &there), "{attribute} {hit}");
        assert!(!holds(attribute, &miss, &there), "{attribute} {miss}");
        let absent = Call::of("s", "m");
        assert!(!holds(attribute, &hit, &absent), "{attribute} {hit}");
    }
    assert!(holds(
        "direction",
        &json!("unspecified"),
        &Call::of("s", "m")
    ));
}

#[test]
fn a_value_that_an_attribute_never_has_is_a_mistake() {
    for (attribute, matcher) in [
        ("direction", json!("in")),
        ("direction", json!({"not": "inbound "})),
        ("direction", json!({"exact": "Inbound"})),
        ("destination.port", json!(0)),
        ("destination.port", json!(65_536)),
        ("destination.port", json!("http")),
        ("destination.port", json!("020880")),
        ("destination.ip", json!("localhost")),
    ] {
        let document = json!({
            "apiVersion": "dubbo-policy/v1",
            "name": "test",
            "rules": [{"name": "r", "match": {attribute: matcher}, "deny": {}}],
        });
        let node = config::parse(document.to_string().as_bytes()).unwrap();
        assert!(config::load(&node).is_err(), "{attribute} {matcher}");
    }
}

#[test]
fn a_denial_that_a_caller_evades_by_showing_no_certificate_is_warned_of() {
    let warnings = |rule: Value| {
        let document = json!({"apiVersion": "dubbo-policy/v1", "name": "test", "rules": [rule]});
        let node = config::parse(document.to_string().as_bytes()).unwrap();
        let loaded = config::load(&node).unwrap();
        let texts = loaded.warnings.iter().map(|warning| warning.text.clone());
        texts.collect::<Vec<_>>()
    };
    let denial = json!({"name": "r", "match": {"source.namespace": "shop"}, "deny": {}});
    assert_eq!(warnings(denial).len(), 1);
    for rule in [
        json!({"name": "r", "require": {"source.namespace": "shop", "claimed.app": "a"}}),
        json!({"name": "r", "match": {"source.principal": {"present": false}}, "deny": {}}),
        json!({"name": "r", "match": {"source.principal": {"not": "a"}}, "deny": {}}),
    ] {
        assert_eq!(warnings(rule.clone()), [""; 0], "{rule}");
    }
}
