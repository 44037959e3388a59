//! A limit of 100 a second admits 100, whatever the number of workers.

#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use std::time::Duration;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::load::{Load, Timed};
use serde_json::json;

const LIMIT: usize = 100;
const SECONDS: usize = 5;
const SLOT: Duration = Duration::from_millis(100);
const SLOTS: usize = 10;

#[test]
fn a_rolling_quota_holds_over_two_workers_at_500_calls_a_second() -> Result<()> {
    quota_holds(500)
}

#[test]
fn a_rolling_quota_holds_over_two_workers_at_2000_calls_a_second() -> Result<()> {
    quota_holds(2000)
}

fn quota_holds(rate: u32) -> Result<()> {
    let echo = Echo::start()?;
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "quota",
        "default": "allow",
        "quotas": [{"name": "hundred", "limit": LIMIT, "window": "1s", "algorithm": "rolling", "per": ["service"]}],
        "rules": [{"name": "fair-use", "match": {"service": "lab.UserService"}, "quotas": ["hundred"]}],
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", echo.port.to_string())])?;
    let envoy = Envoy::start(&bootstrap.policy(&policy, Form::Text)?, 2)?;
    let load = Load {
        connections: 4,
        rate,
        time: Duration::from_secs(SECONDS as u64),
        service: "lab.UserService".to_owned(),
        method: "hello".to_owned(),
    };
    let calls = load.run(envoy.address()?)?;
    assert_eq!(calls.len(), rate as usize * SECONDS);
    assert!(
        calls.iter().all(|call| call.answered.is_some()),
        "a call was not answered"
    );
    let admitted: Vec<&Timed> = calls.iter().filter(|call| !call.refused).collect();
    assert_eq!(admitted.len(), echo.calls().len());

    let most = most_in_a_second(&admitted);
    assert!(most <= LIMIT, "{most} calls within a second");
    // A new window opens each second, the first at once.
    let possible = LIMIT * SECONDS;
    assert!(
        admitted.len() * 100 >= possible * 97,
        "{} of {possible} calls admitted",
        admitted.len()
    );

    let workers = (0..2).map(|worker| {
        envoy.stat(&format!(
            "listener.127.0.0.1_0.worker_{worker}.downstream_cx_total"
        ))
    });
    let connections = workers.collect::<Result<Vec<u64>>>()?;
    assert_eq!(connections, [2, 2]);
    Ok(())
}

/// The most calls that were certainly decided within ten consecutive tenths of a second: sent in or after the first, answered in
/// or before the last. The tenths are those of the system's monotonic clock, which the module's slots are cut from, too.
fn most_in_a_second(calls: &[&Timed]) -> usize {
    let decided: Vec<(u128, u128)> = calls
        .iter()
        .map(|call| (slot(call.sent), slot(call.answered.unwrap())))
        .collect();
    let windows = decided.iter().map(|(first, _)| {
        let last = first + SLOTS as u128 - 1;
        decided
            .iter()
            .filter(|(sent, answered)| sent >= first && *answered <= last)
            .count()
    });
    windows.max().unwrap_or(0)
}

fn slot(at: Duration) -> u128 {
    at.as_nanos() / SLOT.as_nanos()
}
