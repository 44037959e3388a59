//! A quota whose leases come from a rate limit service, and what becomes of it when the service is slow, wrong or hostile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a panic is a failed test"
)]

mod module;
#[path = "../../engine/tests/quota/ratelimit.rs"]
mod ratelimit;

use std::time::Duration;

use harness::{Answer, Call, Cluster, Envoy, Peer, Request, Settings};
use prost::Message as _;
use serde_json::{Value, json};

use module::{call, connect, envoy, frame, frames, is_event};
use ratelimit::{Limit, RateLimitResponse, Service, Status};

const LIMIT: usize = 100;
const LEASE: usize = 10;
const CLUSTER: &str = "ratelimit";
/// Where the fake's wall clock starts, in seconds.
const EPOCH: Duration = Duration::from_secs(1_700_000_000);

fn with_service(
    when_unavailable: Value,
    answer: impl FnMut(&Request) -> Answer + 'static,
) -> Envoy {
    let mut global = json!({"cluster": CLUSTER, "domain": "dubbo"});
    for (field, value) in when_unavailable.as_object().unwrap() {
        global[field] = value.clone();
    }
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "quotas": [{
            "name": "mesh", "limit": LIMIT, "window": "1s", "algorithm": "fixed", "per": ["service"], "global": global,
        }],
        "rules": [{"name": "fair", "match": {"service": "lab.UserService"}, "quotas": ["mesh"]}],
    });
    let mut envoy = envoy(Settings {
        workers: 2,
        ..Settings::default()
    })
    .unwrap();
    envoy.add_cluster(CLUSTER, Cluster::new(answer));
    envoy.configure(policy.to_string().as_bytes()).unwrap();
    envoy
}

/// The service as it should be.
fn answer_of(service: &mut Service, request: &Request) -> Answer {
    let Call::Grpc {
        service: name,
        method,
        message,
    } = &request.call
    else {
        panic!("no gRPC call: {request:?}");
    };
    assert_eq!(
        (&**name, &**method),
        (
            "envoy.service.ratelimit.v3.RateLimitService",
            "ShouldRateLimit"
        )
    );
    let wall = (EPOCH + request.at).as_nanos() as u64;
    Answer::Message(service.answer(message, wall))
}

fn fair() -> impl FnMut(&Request) -> Answer + 'static {
    let mut service = Service::default();
    move |request| answer_of(&mut service, request)
}

/// Calls for so many seconds, 250 in each, in turns on both workers; answers how many were admitted in each. That a call is decided in
/// the callback that brings it is looked at for each.
fn load(envoy: &mut Envoy, seconds: usize) -> Vec<usize> {
    let connections = [connect(envoy, 0), connect(envoy, 1)];
    let mut number = 0;
    let admitted = (0..seconds).map(|_| {
        let mut count = 0;
        for _ in 0..250 {
            let id = connections[number as usize % 2];
            number += 1;
            let before = frames(envoy, id, Peer::Provider).len();
            envoy.send(id, Peer::Client, &call(number, "lab.UserService", "hello"));
            let seen = frames(envoy, id, Peer::Provider);
            assert_eq!(seen.len(), before + 1, "the call waits");
            let answer = if is_event(&seen[before]) {
                json!({"heartbeat_answer": {"id": number}})
            } else {
                count += 1;
                json!({"answer": {"id": number, "value": "hi"}})
            };
            envoy.send(id, Peer::Provider, &frame(answer));
            envoy.advance(Duration::from_millis(4));
        }
        count
    });
    let admitted = admitted.collect();
    assert_eq!(envoy.traps(), []);
    admitted
}

fn status(code: i32, limit: Option<u32>, remaining: u32) -> Status {
    Status {
        code,
        current_limit: limit.map(|requests_per_unit| Limit {
            requests_per_unit,
            unit: 1,
        }),
        limit_remaining: remaining,
        duration_until_reset: None,
    }
}

fn message(statuses: Vec<Status>) -> Answer {
    let response = RateLimitResponse {
        overall_code: 1,
        statuses,
    };
    Answer::Message(response.encode_to_vec())
}

#[test]
fn two_workers_share_what_the_service_grants() {
    for delay in [0, 3, 100] {
        let mut envoy = with_service(json!({"when_unavailable": "deny"}), fair());
        envoy
            .cluster(CLUSTER)
            .set_delay(Duration::from_millis(delay));
        let admitted = load(&mut envoy, 5);
        for sum in &admitted {
            // Each second of the load is one of the service.
            assert!(*sum <= LIMIT + LEASE, "{delay} ms: {admitted:?}");
        }
        // A lease at a time: with 100 ms for an answer there is time for six of them in a second.
        let least = if delay < 50 { 85 } else { 50 };
        assert!(
            admitted[1..].iter().all(|sum| *sum >= least),
            "{delay} ms: {admitted:?}"
        );
    }
}

#[test]
fn whatever_is_no_right_answer_grants_nothing() {
    let limit = LIMIT as u32;
    let wrong = [
        ("no bytes", Answer::Message(Vec::new())),
        (
            "garbage",
            Answer::Message(b"\xff\x00garbage\x12\xff\xff\xff\xff\x0f".to_vec()),
        ),
        ("64 KiB of nothing", Answer::Message(vec![0x12; 64 << 10])),
        ("an error", Answer::Failure(2, "WRONGTYPE".into())),
        ("silence", Answer::Silence),
        ("no limit", message(vec![status(1, None, 0)])),
        (
            "another limit",
            message(vec![status(1, Some(1_000_000), 999_999)]),
        ),
        (
            "more than the limit remains",
            message(vec![status(1, Some(limit), limit + 1)]),
        ),
        (
            "a code that nobody knows",
            message(vec![status(7, Some(limit), limit)]),
        ),
        (
            "too many statuses",
            message(vec![status(1, Some(limit), limit); 80]),
        ),
    ];
    for (name, answer) in wrong {
        let mut envoy = with_service(json!({"when_unavailable": "deny"}), move |_| answer.clone());
        let admitted = load(&mut envoy, 4);
        // One lease on credit, before anything is known.
        assert!(admitted[0] <= LEASE, "{name}: {admitted:?}");
        assert_eq!(admitted[1..], [0, 0, 0], "{name}");
        // At most one ask in 0.2 s, of all VMs together.
        let asks = envoy.cluster(CLUSTER).requests().len();
        assert!(asks <= 4 * 5 + 8, "{name}: {asks} asks");
    }
}

#[test]
fn a_service_that_is_away_is_found_again_without_a_call() {
    for (mode, expected) in [
        (json!({"when_unavailable": "deny"}), 0),
        (json!({"when_unavailable": "local", "local_limit": 30}), 30),
        (json!({"when_unavailable": "allow"}), 250),
    ] {
        let mut envoy = with_service(mode.clone(), fair());
        load(&mut envoy, 1);
        envoy.cluster(CLUSTER).set_down(true);
        let admitted = load(&mut envoy, 4);
        assert_eq!(admitted[1..], [expected; 3], "{mode}");
        envoy.cluster(CLUSTER).set_down(false);
        envoy.advance(Duration::from_secs(1));
        let admitted = load(&mut envoy, 2);
        assert!(
            admitted
                .iter()
                .all(|sum| (85..=LIMIT + LEASE).contains(sum)),
            "{mode}: {admitted:?}"
        );
    }
}

#[test]
fn a_cluster_that_envoy_does_not_have_is_a_service_that_is_away() {
    let mut envoy = with_service(
        json!({"when_unavailable": "local", "local_limit": 30}),
        fair(),
    );
    let policy = json!({
        "apiVersion": "dubbo-policy/v1", "name": "lab", "default": "allow",
        "quotas": [{"name": "mesh", "limit": LIMIT, "window": "1s", "algorithm": "fixed",
            "global": {"cluster": "nowhere", "domain": "dubbo", "when_unavailable": "local", "local_limit": 30}}],
        "rules": [{"name": "fair", "match": {"service": "lab.UserService"}, "quotas": ["mesh"]}],
    });
    envoy.configure(policy.to_string().as_bytes()).unwrap();
    envoy.advance(Duration::from_secs(1));
    assert_eq!(load(&mut envoy, 3)[1..], [30, 30]);
}
