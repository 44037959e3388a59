//! A quota that several workers share: what they admit together never exceeds it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::collections::HashMap;
use std::time::Duration;

use harness::{ConnectionId, Envoy, Peer, Settings, Status};
use serde_json::{Value, json};

use module::{call, connect, envoy, frame, frames, is_event};

const LIMIT: usize = 100;

fn with_quota(workers: usize, algorithm: &str) -> Envoy {
    with(
        workers,
        json!({
            "name": "shared", "limit": LIMIT, "window": "1s", "algorithm": algorithm, "per": ["service"],
        }),
        json!(null),
    )
}

fn with(workers: usize, quota: Value, reports: Value) -> Envoy {
    let mut policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "quotas": [quota],
        "rules": [{"name": "fair", "match": {"service": "lab.UserService"}, "quotas": [quota["name"]]}],
    });
    if !reports.is_null() {
        policy["reports"] = reports;
    }
    let mut envoy = envoy(Settings {
        workers,
        ..Settings::default()
    })
    .unwrap();
    envoy.configure(policy.to_string().as_bytes()).unwrap();
    envoy
}

/// Calls at an even rate, `per_step` in each 10 ms, one worker after the other; answers how many
/// were admitted in each 10 ms.
fn load(envoy: &mut Envoy, workers: usize, per_step: usize, steps: usize) -> Vec<usize> {
    let connections: Vec<_> = (0..workers).map(|worker| connect(envoy, worker)).collect();
    let mut admitted = Vec::new();
    let mut number: u32 = 0;
    let mut seen = HashMap::new();
    for _ in 0..steps {
        let mut count = 0;
        for _ in 0..per_step {
            let id = connections[number as usize % workers];
            number += 1;
            envoy.send(id, Peer::Client, &call(number, "lab.UserService", "hello"));
            let answer = if is_event(&new_bytes(envoy, id, &mut seen)) {
                json!({"heartbeat_answer": {"id": number}})
            } else {
                count += 1;
                json!({"answer": {"id": number, "value": "hi"}})
            };
            envoy.send(id, Peer::Provider, &frame(answer));
        }
        admitted.push(count);
        envoy.advance(Duration::from_millis(10));
    }
    assert_eq!(envoy.traps(), []);
    admitted
}

/// What has come to the provider since the last time.
fn new_bytes(envoy: &Envoy, id: ConnectionId, seen: &mut HashMap<usize, usize>) -> Vec<u8> {
    let received = envoy.received(id, Peer::Provider);
    let from = seen.insert(id.0, received.len()).unwrap_or(0);
    received[from..].to_vec()
}

/// Sends calls until one is refused; answers how many went on, and answers none of them.
fn fill(envoy: &mut Envoy, id: ConnectionId, calls: u32) -> usize {
    let mut seen = HashMap::new();
    new_bytes(envoy, id, &mut seen);
    let mut admitted = 0;
    for number in 0..calls {
        envoy.send(id, Peer::Client, &call(number, "lab.UserService", "hello"));
        if is_event(&new_bytes(envoy, id, &mut seen)) {
            envoy.send(
                id,
                Peer::Provider,
                &frame(json!({"heartbeat_answer": {"id": number}})),
            );
        } else {
            admitted += 1;
        }
    }
    admitted
}

#[test]
fn a_rolling_quota_holds_in_every_second_whatever_the_number_of_workers() {
    for workers in [1, 2, 4, 8] {
        let mut envoy = with_quota(workers, "rolling");
        let admitted = load(&mut envoy, workers, 5, 300);
        // Ten consecutive slots of 100 ms; a slot begins where the clock's tenth does.
        let slots: Vec<usize> = admitted
            .chunks(10)
            .map(|steps| steps.iter().sum())
            .collect();
        let most = slots
            .windows(10)
            .map(|window| window.iter().sum::<usize>())
            .max();
        assert_eq!(most, Some(LIMIT), "{workers} workers: {slots:?}");
        let total: usize = slots.iter().sum();
        assert!(
            total * 100 >= 3 * LIMIT * 97,
            "{workers} workers admit {total}: {slots:?}"
        );
    }
}

#[test]
fn a_fixed_quota_admits_its_limit_in_every_window() {
    for workers in [1, 2, 4, 8] {
        let mut envoy = with_quota(workers, "fixed");
        let admitted = load(&mut envoy, workers, 5, 300);
        let windows: Vec<usize> = admitted
            .chunks(100)
            .map(|steps| steps.iter().sum())
            .collect();
        assert_eq!(windows, [LIMIT; 3], "{workers} workers");
    }
}

#[test]
fn the_keys_in_shared_data_are_bounded_and_ours() {
    let mut envoy = with_quota(2, "rolling");
    load(&mut envoy, 2, 5, 50);
    let keys = envoy.shared_keys();
    assert!(
        keys.iter().all(|key| key.starts_with(b"dubbo-policy/1/")),
        "{keys:?}"
    );
    let before = keys.len();
    let buckets = keys
        .iter()
        .filter(|key| key.starts_with(b"dubbo-policy/1/quota/"));
    assert_eq!(buckets.count(), 1);
    load(&mut envoy, 2, 5, 50);
    assert_eq!(envoy.shared_keys().len(), before);
}

#[test]
fn shared_data_that_does_not_work_refuses_the_calls_that_need_it_and_no_others() {
    let mut envoy = with_quota(1, "rolling");
    let id = connect(&mut envoy, 0);
    envoy.fail("proxy_set_shared_data", Status::CAS_MISMATCH, 0);
    let free = call(1, "lab.OrderService", "list");
    envoy.send(id, Peer::Client, &free);
    envoy.send(id, Peer::Client, &call(2, "lab.UserService", "hello"));
    let seen = frames(&envoy, id, Peer::Provider);
    assert_eq!((seen.len(), &seen[0]), (2, &free));
    assert!(is_event(&seen[1]));
    envoy.heal();
    let counted = call(3, "lab.UserService", "hello");
    envoy.send(id, Peer::Client, &counted);
    assert_eq!(frames(&envoy, id, Peer::Provider).pop(), Some(counted));
}

/// For a key, a worker and a tenth: what was admitted by its lease, and two; and what each worker says of itself.
#[test]
fn shared_data_is_asked_about_once_a_lease() {
    for (workers, limit, per_step) in [(1, 1_000, 20), (2, 2_000, 40), (4, 2_000, 60)] {
        let quota = json!({"name": "shared", "limit": limit, "window": "1s"});
        let mut envoy = with(workers, quota, json!(null));
        // The workers get to know each other, and what they use.
        load(&mut envoy, workers, per_step, 100);
        let before =
            ["proxy_get_shared_data", "proxy_set_shared_data"].map(|call| envoy.calls(call));
        let admitted: usize = load(&mut envoy, workers, per_step, 100).iter().sum();
        let after =
            ["proxy_get_shared_data", "proxy_set_shared_data"].map(|call| envoy.calls(call));
        assert!(
            admitted * 100 >= limit * 99 && admitted <= limit,
            "{admitted} of {limit}"
        );
        // The main thread has a VM, too, and says that it is there.
        let lease = (limit / (100 * (workers + 1))).max(1);
        let says = 3 * (workers + 1);
        let most = admitted / lease + 2 * workers * 11 + says;
        let (gets, sets) = (after[0] - before[0], after[1] - before[1]);
        assert!(
            gets <= most as u64,
            "{workers} workers: {gets} gets of {most}"
        );
        assert!(
            sets <= most as u64,
            "{workers} workers: {sets} sets of {most}"
        );
    }
}

#[test]
fn fifty_calls_against_ten_slots_pass_ten_whatever_the_number_of_workers() {
    for workers in [1, 2, 4, 8] {
        let mut envoy = with(
            workers,
            json!({"name": "slots", "max_in_flight": 10}),
            json!(null),
        );
        let ids: Vec<_> = (0..workers)
            .map(|worker| connect(&mut envoy, worker))
            .collect();
        let mut seen = HashMap::new();
        let mut open = Vec::new();
        for number in 0..50 {
            let id = ids[number as usize % workers];
            envoy.send(id, Peer::Client, &call(number, "lab.UserService", "slow"));
            if is_event(&new_bytes(&envoy, id, &mut seen)) {
                envoy.send(
                    id,
                    Peer::Provider,
                    &frame(json!({"heartbeat_answer": {"id": number}})),
                );
            } else {
                open.push((id, number));
            }
        }
        assert_eq!(open.len(), 10, "{workers} workers");
        // Four answers, wherever they are: a tick later four slots are free for anyone.
        for (id, number) in open.drain(..4) {
            envoy.send(
                id,
                Peer::Provider,
                &frame(json!({"answer": {"id": number, "value": "hi"}})),
            );
        }
        envoy.advance(Duration::from_millis(51));
        assert_eq!(fill(&mut envoy, ids[0], 20), 4, "{workers} workers");
        // And when a client goes away, all that its calls held.
        let gone = ids[workers - 1];
        let left = open.iter().filter(|(id, _)| *id == gone).count();
        let left = if workers == 1 { 10 } else { left };
        envoy.finish(gone, Peer::Client);
        envoy.finish(gone, Peer::Provider);
        assert!(envoy.closed(gone));
        envoy.advance(Duration::from_millis(51));
        let id = connect(&mut envoy, 0);
        assert_eq!(fill(&mut envoy, id, 20), left, "{workers} workers");
        assert_eq!(envoy.traps(), []);
    }
}

/// The SDK traps on what no host answers to a gRPC call: that is how a test makes a worker trap.
#[test]
fn what_a_trapped_worker_held_comes_back_within_seven_seconds() {
    let quota = json!({"name": "slots", "max_in_flight": 10});
    let reports = json!({"otlp": {"cluster": module::COLLECTOR}, "batch": {"max_records": 1}});
    let mut envoy = with(2, quota, reports);
    let (one, other) = (connect(&mut envoy, 0), connect(&mut envoy, 1));
    assert_eq!(fill(&mut envoy, one, 10), 10);
    envoy.advance(Duration::from_millis(100));
    envoy.fail("proxy_grpc_call", Status::CAS_MISMATCH, 0);
    // It is to report this one.
    envoy.send(
        one,
        Peer::Provider,
        &frame(json!({"answer": {"id": 0, "value": "hi"}})),
    );
    envoy.advance(Duration::from_millis(100));
    assert_eq!(envoy.traps().len(), 1, "{:?}", envoy.traps());
    envoy.heal();
    let mut waited = 0;
    let got = loop {
        let got = fill(&mut envoy, other, 10);
        if got > 1 || waited > 10_000 {
            break got;
        }
        envoy.advance(Duration::from_millis(50));
        waited += 50;
    };
    assert!(got >= 9, "{got} after {waited} ms");
    assert!((4_000..=6_600).contains(&waited), "{waited} ms");
}
