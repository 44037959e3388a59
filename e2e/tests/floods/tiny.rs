//! A million calls that nobody awaits and that are denied.

use std::io::Write;
use std::thread;

use anyhow::{Result, ensure};
use e2e::java::{Provider, Release};
use serde_json::json;

use crate::flooded::{Flooded, frame};

const CONNECTIONS: u64 = 4;
const CALLS: u64 = 1_000_000;
const AT_ONCE: u64 = 250;

#[test]
fn a_million_denied_one_way_calls_are_counted_and_never_reach_the_provider() -> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "floods", None)?;
    let flooded = Flooded::start(provider.port, json!({}))?;
    let call = frame(json!({"call": {
        "id": 1, "service": "lab.UserService", "method": "forbidden", "one_way": true,
    }}))?;
    let calls = call.repeat(AT_ONCE as usize);
    let streams = flooded.run("1,000,000 denied one-way calls", || {
        thread::scope(|scope| {
            let senders: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut stream = flooded.connect()?;
                        for _ in 0..CALLS / CONNECTIONS / AT_ONCE {
                            stream.write_all(&calls)?;
                        }
                        Ok(stream)
                    })
                })
                .collect();
            let streams = senders
                .into_iter()
                .map(|sender| sender.join().expect("a sender"));
            let streams = streams.collect::<Result<Vec<_>>>()?;
            let denied = [("decision", "denied")];
            let counted =
                flooded
                    .envoy
                    .wait_metric("dubbo_policy_requests_total", &denied, CALLS)?;
            ensure!(counted == CALLS, "{counted} were counted");
            Ok(streams)
        })
    })?;
    ensure!(streams.len() as u64 == CONNECTIONS);
    ensure!(flooded.count("dubbo_policy_connections_closed_total", &[])? == 0);
    let ran = provider.executed();
    ensure!(
        ran.iter().all(|call| call.contains(".hello steady ")),
        "another call ran"
    );
    Ok(())
}
