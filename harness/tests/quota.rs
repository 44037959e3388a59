//! A quota that several workers share: what they admit together never exceeds it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::time::Duration;

use harness::{Envoy, Peer, Settings};
use serde_json::json;

use module::{call, connect, envoy, frame, frames, is_event};

const LIMIT: usize = 100;

fn with_quota(workers: usize, algorithm: &str) -> Envoy {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "quotas": [{
            "name": "shared", "limit": LIMIT, "window": "1s", "algorithm": algorithm, "per": ["service"],
        }],
        "rules": [{"name": "fair", "match": {"service": "lab.UserService"}, "quotas": ["shared"]}],
    });
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
    for _ in 0..steps {
        let mut count = 0;
        for _ in 0..per_step {
            let id = connections[number as usize % workers];
            number += 1;
            envoy.send(id, Peer::Client, &call(number, "lab.UserService", "hello"));
            let last = frames(envoy, id, Peer::Provider).pop().unwrap();
            let answer = if is_event(&last) {
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

#[test]
fn a_rolling_quota_holds_in_every_second_whatever_the_number_of_workers() {
    for workers in [1, 2, 4] {
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
    for workers in [1, 2, 4] {
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
    load(&mut envoy, 2, 5, 50);
    assert_eq!(envoy.shared_keys().len(), before);
}

#[test]
fn shared_data_that_does_not_work_refuses_the_calls_that_need_it_and_no_others() {
    let mut envoy = with_quota(1, "rolling");
    let id = connect(&mut envoy, 0);
    envoy.fail("proxy_set_shared_data", harness::Status::CAS_MISMATCH, 0);
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
