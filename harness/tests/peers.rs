//! What the built module reads of a connection's peers, and when.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use anyhow::Result;
use harness::{Client, ConnectionId, Envoy, Peer, Settings};
use serde_json::{Value, json};

const SHOP: &str = "spiffe://cluster.local/ns/shop/sa/order";

fn policy(rules: &Value) -> String {
    json!({"apiVersion": "dubbo-policy/v1", "name": "test", "default": "allow", "rules": rules})
        .to_string()
}

fn connect(envoy: &mut Envoy, uri: Option<&str>) -> ConnectionId {
    envoy.connect(&Client {
        uri_san: uri.map(str::to_owned),
        ..Client::default()
    })
}

/// Whether the provider gets a call of this connection.
fn passes(envoy: &mut Envoy, id: ConnectionId) -> bool {
    let before = module::frames(envoy, id, Peer::Provider).len();
    envoy.send(id, Peer::Client, &module::call(1, "lab.Service", "hello"));
    let frames = module::frames(envoy, id, Peer::Provider);
    assert_eq!(frames.len(), before + 1);
    !module::is_event(&frames[before])
}

#[test]
fn rules_decide_by_the_certificate_of_a_connection() -> Result<()> {
    let mut envoy = module::envoy(Settings::default())?;
    let rule = json!({"name": "r", "require": {
        "source.principal": {"prefix": "cluster.local/ns/shop/"},
        "source.service_account": "order",
        "source.trust_domain": "cluster.local",
    }});
    envoy.configure(policy(&json!([rule])).as_bytes())?;
    for (uri, passed) in [
        (Some(SHOP), true),
        (Some("spiffe://cluster.local/ns/shop2/sa/order"), false),
        (Some("spiffe://cluster.local/ns/shop/sa/billing"), false),
        (Some(""), false),
        (None, false),
    ] {
        let id = connect(&mut envoy, uri);
        assert_eq!(passes(&mut envoy, id), passed, "{uri:?}");
        assert_eq!(passes(&mut envoy, id), passed, "{uri:?}");
    }
    Ok(())
}

#[test]
fn what_envoy_knows_of_a_connection_is_asked_for_once_and_only_if_something_looks_at_it()
-> Result<()> {
    let read = |rules: Value| -> Result<[u64; 2]> {
        let mut envoy = module::envoy(Settings::default())?;
        envoy.configure(policy(&rules).as_bytes())?;
        let first = connect(&mut envoy, Some(SHOP));
        assert!(passes(&mut envoy, first));
        let id = connect(&mut envoy, Some(SHOP));
        let start = envoy.calls("proxy_get_property");
        assert!(passes(&mut envoy, id));
        let once = envoy.calls("proxy_get_property");
        assert!(passes(&mut envoy, id) && passes(&mut envoy, id));
        let later = envoy.calls("proxy_get_property");
        Ok([once - start, later - once])
    };
    // The addresses of client and listener; and whether the client has shown a certificate, and its URI.
    assert_eq!(read(json!([]))?, [2, 0]);
    let rule = json!({"name": "r", "require": {"source.namespace": "shop"}});
    assert_eq!(read(json!([rule]))?, [4, 0]);
    Ok(())
}

#[test]
fn an_open_connections_certificate_is_read_when_a_new_policy_asks_for_it() -> Result<()> {
    let mut envoy = module::envoy(Settings::default())?;
    envoy.configure(policy(&json!([])).as_bytes())?;
    let (with, without) = (connect(&mut envoy, Some(SHOP)), connect(&mut envoy, None));
    assert!(passes(&mut envoy, with) && passes(&mut envoy, without));
    let rule = json!({"name": "r", "require": {"source.namespace": "shop"}});
    envoy.configure(policy(&json!([rule])).as_bytes())?;
    assert!(passes(&mut envoy, with));
    assert!(!passes(&mut envoy, without));
    Ok(())
}

#[test]
fn rules_decide_by_envoys_node_and_the_listener() -> Result<()> {
    let mut envoy = module::envoy(Settings::default())?;
    let rules = json!([{"name": "r", "require": {
        "destination.namespace": "shop",
        "destination.workload": "provider",
        "destination.ip": "10.1.0.9",
        "destination.port": 20880,
        "direction": "inbound",
    }}]);
    envoy.configure(policy(&rules).as_bytes())?;
    let id = connect(&mut envoy, None);
    assert!(passes(&mut envoy, id));
    Ok(())
}
