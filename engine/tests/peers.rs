//! Who the peers of a connection are, and that nobody is decided on by what was known of somebody else.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the answer"
)]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use engine::metrics::Direction;
use engine::policy::Workload;
use engine::{ConnectionId, Edit, Peers, Side, Worker};
use serde_json::{Value, json};

use memory::Memory;

const SHOP: &str = "spiffe://cluster.local/ns/shop/sa/order";
const OTHER: &str = "spiffe://cluster.local/ns/other/sa/order";

fn policy(rules: &Value) -> std::rc::Rc<engine::policy::Policy> {
    let document = json!({"apiVersion": "dubbo-policy/v1", "name": "test", "default": "allow", "rules": rules});
    support::policy(&document.to_string())
}

fn open(worker: &mut Worker, id: u32, uri: Option<&str>) {
    let peers = Peers {
        client: Some("10.0.0.1:40000".parse().unwrap()),
        listener: Some("10.0.0.2:20880".parse().unwrap()),
        provider: Some("10.0.0.3:20881".parse().unwrap()),
    };
    worker.open(ConnectionId(id), peers);
    worker.set_principal(ConnectionId(id), uri);
}

/// Whether a call goes on as it is.
fn passes(worker: &mut Worker, id: u32, from: Side) -> bool {
    let call =
        json!({"call": {"id": 1, "service": "lab.Service", "method": "hello", "one_way": true}});
    let frame: scenario::Frame = serde_json::from_value(call).unwrap();
    let bytes = frame.bytes().unwrap();
    let effects = worker.data(
        ConnectionId(id),
        from,
        bytes.clone(),
        false,
        support::now(0),
        &mut Memory::default(),
    );
    assert_eq!(effects.close, None);
    match effects.edit {
        Edit::Keep => true,
        Edit::Replace(output) => output == bytes,
    }
}

#[test]
fn calls_of_one_text_are_decided_by_who_makes_them() {
    let rule = json!({"name": "r", "require": {"source.namespace": "shop"}});
    let mut worker = support::worker(policy(&json!([rule])));
    open(&mut worker, 1, Some(SHOP));
    open(&mut worker, 2, Some(OTHER));
    open(&mut worker, 3, None);
    open(&mut worker, 4, Some(""));
    // In turns, because what rules said of the last call with these bytes is remembered.
    for _ in 0..3 {
        assert!(passes(&mut worker, 1, Side::Downstream));
        assert!(!passes(&mut worker, 2, Side::Downstream));
        assert!(!passes(&mut worker, 3, Side::Downstream));
        assert!(!passes(&mut worker, 4, Side::Downstream));
    }
}

#[test]
fn a_certificate_that_a_new_policy_asks_for_counts_from_then_on() {
    let mut worker = support::worker(policy(&json!([])));
    assert!(!worker.wants_principals());
    let peers = Peers::default();
    worker.open(ConnectionId(1), peers);
    assert!(passes(&mut worker, 1, Side::Downstream));
    let rule = json!({"name": "r", "require": {"source.principal": SHOP}});
    worker.set_policy(policy(&json!([rule])));
    assert!(worker.wants_principals());
    assert!(!passes(&mut worker, 1, Side::Downstream));
    worker.set_principal(ConnectionId(1), Some(SHOP));
    assert!(passes(&mut worker, 1, Side::Downstream));
}

#[test]
fn a_provider_that_calls_back_has_not_its_clients_certificate_and_not_envoys_workload() {
    for matches in [
        json!({"source.principal": {"present": true}}),
        json!({"source.namespace": {"present": true}}),
        json!({"destination.workload": {"present": true}}),
        json!({"destination.namespace": "users"}),
        json!({"source.ip": "10.0.0.1"}),
        json!({"destination.ip": "10.0.0.2"}),
        json!({"destination.port": 20880}),
    ] {
        let rule = json!({"name": "r", "match": matches, "deny": {}});
        let mut worker = support::worker(policy(&json!([rule])));
        worker.set_workload(Workload {
            namespace: Some("users".to_owned()),
            name: Some("provider".to_owned()),
        });
        open(&mut worker, 1, Some(SHOP));
        assert!(!passes(&mut worker, 1, Side::Downstream), "{matches}");
        assert!(passes(&mut worker, 1, Side::Upstream), "{matches}");
    }
    let back =
        json!({"source.ip": "10.0.0.3", "destination.ip": "10.0.0.1", "destination.port": 40000});
    let rule = json!({"name": "r", "match": back, "deny": {}});
    let mut worker = support::worker(policy(&json!([rule])));
    open(&mut worker, 1, Some(SHOP));
    assert!(!passes(&mut worker, 1, Side::Upstream));
    assert!(passes(&mut worker, 1, Side::Downstream));
}

#[test]
fn behind_a_consumer_envoys_workload_is_not_the_destination() {
    let matches = json!([
        {"direction": "inbound", "destination.workload": "provider"},
        {"direction": "outbound", "destination.workload": {"present": false}},
    ]);
    let rule = json!({"name": "r", "match": matches, "deny": {}});
    let mut worker = support::worker(policy(&json!([rule])));
    worker.set_workload(Workload {
        namespace: None,
        name: Some("provider".to_owned()),
    });
    open(&mut worker, 1, None);
    assert!(!passes(&mut worker, 1, Side::Downstream));
    worker.set_direction(Direction::Outbound);
    open(&mut worker, 2, None);
    assert!(!passes(&mut worker, 2, Side::Downstream));
}
