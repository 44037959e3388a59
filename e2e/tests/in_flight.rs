//! Slow calls of a real provider against `max_in_flight`: those that find no room are refused at once, and room comes back
//! however a call ends.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test: a panic is a failure"
)]

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::frames::{contains, frames};
use e2e::java::{Provider, Release};
use e2e::socket::Socket;
use e2e::wait::{self, SOON};
use scenario::Frame;
use serde_json::json;

const SLOTS: usize = 10;

/// A JVM has to start on a machine that may be busy.
const LATER: Duration = Duration::from_secs(45);

/// `max_hold` gives nothing back in the time of the test.
fn envoy(provider: u16) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "slots",
        "default": "allow",
        "quotas": [{"name": "slots", "max_in_flight": SLOTS, "max_hold": "1h", "per": ["service"]}],
        "rules": [{"name": "shed", "match": {"service": "lab.UserService"}, "quotas": ["slots"]}],
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])?;
    Envoy::start(&bootstrap.policy(&policy, Form::Text)?, 2)
}

/// Connections to both workers.
fn connect(envoy: &Envoy, count: usize) -> Result<Vec<Socket>> {
    (0..count)
        .map(|_| Socket::connect(envoy.address()?))
        .collect()
}

/// Sends that many calls of `slow`, over all connections in turn.
fn send(sockets: &[Socket], calls: usize, millis: u32) -> Result<()> {
    for (number, socket) in (0..calls).zip(sockets.iter().cycle()) {
        let call = json!({"call": {
            "id": number, "service": "lab.UserService", "method": "slow", "descriptor": "I", "args": [millis],
        }});
        socket.send(&serde_json::from_value::<Frame>(call)?.bytes()?)?;
    }
    Ok(())
}

/// How many answers and how many refusals have come.
fn outcome(sockets: &[Socket]) -> (usize, usize) {
    let (mut answered, mut refused) = (0, 0);
    for socket in sockets {
        let (bytes, _) = socket.seen();
        for frame in frames(&bytes, 0).filter(|frame| !frame.is_event() && !frame.is_request()) {
            let body = &bytes[frame.body.clone()];
            match contains(
                body,
                "dubbo-policy: LIMITED rule=shed: quota slots is exhausted",
            ) {
                true => refused += 1,
                false => answered += 1,
            }
        }
    }
    (answered, refused)
}

/// Whether ten calls at a time pass again, over new connections. Some may be refused before the slots have come back.
fn all_is_free(envoy: &Envoy, after: &str) -> Result<()> {
    wait::until(&format!("all slots after {after}"), LATER, || {
        let sockets = connect(envoy, 4)?;
        if send(&sockets, SLOTS, 50).is_err() {
            return Ok(None);
        }
        // A provider that is not there yet ends the connections.
        wait::until("answers", SOON, || {
            let (answered, refused) = outcome(&sockets);
            let ended = sockets.iter().any(|socket| socket.seen().1);
            Ok((answered + refused == SLOTS || ended).then_some(()))
        })?;
        Ok((outcome(&sockets) == (SLOTS, 0)).then_some(()))
    })
}

#[test]
fn ten_of_fifty_slow_calls_pass_and_slots_come_back_however_calls_end() -> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "slots", None)?;
    let port = provider.port;
    let envoy = envoy(port)?;

    // By their answers.
    let sockets = connect(&envoy, 8)?;
    send(&sockets, 50, 5_000)?;
    wait::until("refusals", SOON, || {
        let (answered, refused) = outcome(&sockets);
        ensure!(
            answered == 0,
            "{answered} answers before {refused} refusals"
        );
        Ok((refused == 50 - SLOTS).then_some(()))
    })?;
    wait::until("answers", SOON, || {
        Ok((outcome(&sockets) == (SLOTS, 50 - SLOTS)).then_some(()))
    })?;
    assert_eq!(provider.executed().len(), SLOTS);
    all_is_free(&envoy, "answers")?;
    let workers = (0..2).map(|worker| {
        envoy.stat(&format!(
            "listener.127.0.0.1_0.worker_{worker}.downstream_cx_total"
        ))
    });
    let connections = workers.collect::<Result<Vec<u64>>>()?;
    assert!(
        connections.iter().all(|count| *count > 0),
        "{connections:?}"
    );

    // By their callers' going away.
    let mut gone = connect(&envoy, 2)?;
    send(&gone, SLOTS, 3_600_000)?;
    let others = connect(&envoy, 2)?;
    wait::until("no room", SOON, || {
        send(&others, 2, 0)?;
        Ok((outcome(&others).1 > 0).then_some(()))
    })?;
    gone.clear();
    all_is_free(&envoy, "callers that are gone")?;

    // By the provider's death.
    let orphans = connect(&envoy, 2)?;
    send(&orphans, SLOTS, 3_600_000)?;
    let others = connect(&envoy, 2)?;
    wait::until("no room", SOON, || {
        send(&others, 2, 0)?;
        Ok((outcome(&others).1 > 0).then_some(()))
    })?;
    drop(provider);
    assert!(orphans.iter().all(|socket| socket.ended(true)));
    let _provider = Provider::start_at(port, Release::V3_3_6, "slots-again", None)?;
    all_is_free(&envoy, "a provider that is gone")?;
    Ok(())
}
