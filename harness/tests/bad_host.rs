//! A host whose calls fail: the module must not trap, and must not let a denied call through.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::time::Duration;

use harness::{Answer, Cluster, Envoy, Peer, Program, Status};
use serde_json::json;

use module::{call, connect, envoy, frame, settings};

/// A policy that needs every host call: a denial, a quota, a fetched list, a route of each kind, reports.
fn policy() -> Vec<u8> {
    json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "quotas": [{"name": "none", "limit": 0, "window": "1s", "per": ["source.ip"]}],
        "lists": [{"name": "closed", "type": "string", "source": {
            "cluster": LISTS, "authority": "lists.lab", "path": "/", "refresh": "1s", "timeout": "500ms",
        }}],
        "rules": [
            {"name": "listed", "match": {"method": {"in": "closed"}}, "deny": {}, "dry_run": true},
            {"name": "no-reveal", "match": {"method": "reveal"}, "deny": {}},
            {"name": "no-save", "match": {"method": "save"}, "quotas": ["none"]},
        ],
        "routes": [
            {"name": "lane", "match": {"method": "hello"}, "set": {"attachments": {"lane": "canary"}}},
            {"name": "zone", "match": {"method": "list"}, "set": {"connection_cluster": "zone2"}},
        ],
        "reports": {"otlp": {"cluster": module::COLLECTOR}, "batch": {"max_records": 1, "max_delay": "100ms"}},
    })
    .to_string()
    .into_bytes()
}

/// The cluster of the fetched list.
const LISTS: &str = "lists";

/// An Envoy with the clusters that the policy names.
fn lab() -> Envoy {
    let mut envoy = envoy(settings(&String::from_utf8_lossy(&policy()))).unwrap();
    let headers = [(":status", "200"), ("etag", "\"v1\"")];
    let answer = Answer::Response {
        headers: headers
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
        body: b"reveal\n".to_vec(),
    };
    envoy.add_cluster(LISTS, Cluster::new(move |_| answer.clone()));
    envoy
}

/// What a host may answer, and what none answers today.
const STATUSES: [Status; 5] = [
    Status::NOT_FOUND,
    Status::BAD_ARGUMENT,
    Status::PARSE_FAILURE,
    Status::INTERNAL_FAILURE,
    Status(99),
];

/// Whether proxy-wasm, which makes these calls for us, panics on the status; it is then not tried.
///
/// Its dispatcher sets the effective context before each answer's callback; a host refuses only
/// contexts that do not exist. Of `proxy_grpc_call` it knows the two failures that Envoy 1.40
/// answers for a `GrpcService` with a cluster, of `proxy_http_call` those for clusters that it does
/// not know or that have no hosts.
fn sdk_panics(call: &str, status: Status) -> bool {
    match call {
        "proxy_set_effective_context" => true,
        "proxy_grpc_call" => !matches!(status, Status::PARSE_FAILURE | Status::INTERNAL_FAILURE),
        "proxy_http_call" => !matches!(status, Status::BAD_ARGUMENT | Status::INTERNAL_FAILURE),
        _ => false,
    }
}

#[test]
fn no_failing_host_call_traps_the_module_or_lets_a_denied_call_through() {
    let program = Program::built().unwrap();
    let mut wrong = Vec::new();
    for call in program.host_calls() {
        for status in STATUSES
            .into_iter()
            .filter(|status| !sdk_panics(call, *status))
        {
            for after in [0, 1, 2, 4, 9] {
                let mut envoy = lab();
                envoy.fail(call, status, after);
                if let Err(what) = survives(&mut envoy) {
                    wrong.push(format!("{call} fails with {status} after {after}: {what}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of these:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A life of the module, in the course of which something fails.
fn survives(envoy: &mut Envoy) -> Result<(), String> {
    let configured = envoy.configure(&policy());
    no_trap(envoy)?;
    if configured.is_err() {
        return Ok(());
    }
    for round in 0..3 {
        let id = connect(envoy, 0);
        let refused = [
            call(2, "lab.SecretService", "reveal"),
            call(3, "lab.UserService", "save"),
        ];
        let hello = call(1, "lab.UserService", "hello");
        let list = call(4, "lab.OrderService", "list");
        let calls = [&hello[..], &refused[0], &refused[1], &list].concat();
        // One frame in two segments, the rest in one: held bytes and several edits.
        let (head, rest) = calls.split_at(40);
        envoy.send(id, Peer::Client, head);
        envoy.send(id, Peer::Client, rest);
        for id_of_call in 1..5 {
            let answer = if (2..4).contains(&id_of_call) {
                json!({"heartbeat_answer": {"id": id_of_call}})
            } else {
                json!({"answer": {"id": id_of_call, "value": "hi"}})
            };
            envoy.send(id, Peer::Provider, &frame(answer));
        }
        envoy.advance(Duration::from_millis(1_500));
        let arrived = envoy.received(id, Peer::Provider);
        for method in ["reveal", "save"] {
            let method = [&[u8::try_from(method.len()).unwrap()], method.as_bytes()].concat();
            if arrived.windows(method.len()).any(|window| window == method) {
                return Err(format!(
                    "a refused call reached the provider in round {round}"
                ));
            }
        }
        envoy.finish(id, Peer::Client);
        envoy.finish(id, Peer::Provider);
        no_trap(envoy)?;
        if !envoy.closed(id) {
            return Err(format!(
                "the connection of round {round} hangs after both half-closes"
            ));
        }
        // A configuration change in the middle of it; whether it is taken does not matter.
        let _ = envoy.configure(&policy());
        no_trap(envoy)?;
    }
    envoy.shut_down();
    no_trap(envoy)
}

fn no_trap(envoy: &Envoy) -> Result<(), String> {
    match envoy.traps() {
        [] => Ok(()),
        traps => Err(format!("{traps:?}, after logging {:?}", &*envoy.log())),
    }
}

#[test]
fn without_a_collector_calls_go_on_and_the_drops_are_counted() {
    let mut envoy = lab();
    envoy.configure(&policy()).unwrap();
    envoy.cluster(module::COLLECTOR).set_down(true);
    let id = connect(&mut envoy, 0);
    for number in 1..=20 {
        let bytes = call(number, "lab.UserService", "other");
        let before = envoy.received(id, Peer::Provider).len();
        envoy.send(id, Peer::Client, &bytes);
        assert!(envoy.received(id, Peer::Provider).ends_with(&bytes));
        assert_eq!(
            envoy.received(id, Peer::Provider).len(),
            before + bytes.len()
        );
        envoy.send(
            id,
            Peer::Provider,
            &frame(json!({"answer": {"id": number, "value": "hi"}})),
        );
    }
    // One batch a record, each with its retries and their backoff.
    envoy.advance(Duration::from_secs(600));
    envoy.tick();
    assert_eq!(envoy.metric("dubbo_policy_reports_sent_total", &[]), 0);
    assert_eq!(envoy.metric("dubbo_policy_reports_dropped_total", &[]), 20);
    assert_eq!(envoy.traps(), []);
}
