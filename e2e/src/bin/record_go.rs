//! Records what dubbo-go's peers say, to each other and with Apache Dubbo 3.3.6, into `testdata/dubbo/recorded`:
//! `cargo run -p e2e --bin record_go`.
//!
//! Each recording is one connection that carries calls of every kind and heartbeats of both ends, in two files as `record` writes them.

#![allow(clippy::print_stdout, reason = "a command")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::driver::{Call, Driver, Reference};
use e2e::frames::{Frame, frames};
use e2e::paths::repository;
use e2e::relay::{Recording, Relay};
use e2e::wait::{self, SOON};
use e2e::{go, java};
use serde_json::json;

const PERIOD: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let go_provider = go::Provider::with_heartbeat("green", PERIOD)?;
    let java_provider = java::Provider::start(java::Release::V3_3_6, "blue", Some(PERIOD))?;
    let go_consumer = go::Consumer::start(1, Some(PERIOD))?;
    let java_consumer = java::Consumer::start(java::Release::V3_3_6, "lab-consumer")?;
    record("go-to-go", &go_consumer, go_provider.port)?;
    record("go-to-java", &go_consumer, java_provider.port)?;
    record("java-to-go", &java_consumer, go_provider.port)
}

fn record(name: &str, consumer: &Driver, provider: u16) -> Result<()> {
    let relay = Relay::start(provider)?;
    let user = Reference::new(
        relay.port,
        "lab.UserService",
        "timeout=3000&heartbeat=1000&retries=0",
    );
    let given = json!({"name": "ada \u{1f600}", "age": 36, "id": 1_u64 << 40, "role": "WRITER", "tags": ["a", "b"], "scores": {"x": 1}});
    let calls = [
        Call::new("hello", json!(["bob"])),
        Call::new("hello", json!(["\u{e4}\u{4e2d}\u{1f600}"])).attachment("x-lane", "canary"),
        Call::new("saveUser", json!([given])),
        Call::new("listUsers", json!([2])),
        Call::new("echoBytes", json!([1500])),
        Call::new("findUser", json!(["x"])),
        Call::new("fail", json!(["no"])),
        Call::new("whoAmI", json!([])),
        Call::new("notify", json!(["event"])),
    ];
    consumer.calls(&user.clone().one_way(&["notify"]), &calls)?;
    consumer.call(&user.generic(), Call::new("hello", json!(["bob"])))?;
    let secret = Reference::new(
        relay.port,
        "lab.SecretService",
        "timeout=3000&heartbeat=1000",
    )
    .group_version("g1", "2.0.0");
    consumer.call(&secret, Call::new("reveal", json!(["it"])))?;
    // Silence, until heartbeats have come and gone.
    let recording: Recording = wait::until("heartbeats", SOON, || {
        let recordings = relay.recordings();
        ensure!(recordings.len() == 1, "{} connections", recordings.len());
        let recording = recordings.into_iter().next().context("a connection")?;
        let heartbeats = |stream: &[u8]| frames(stream, 0).filter(Frame::is_event).count() >= 2;
        let enough = heartbeats(&recording.to_provider) && heartbeats(&recording.to_consumer);
        Ok(enough.then_some(recording))
    })?;
    let folder = repository().join("testdata/dubbo/recorded");
    for (direction, bytes) in [
        ("request", &recording.to_provider),
        ("response", &recording.to_consumer),
    ] {
        let file = folder.join(format!("{name}.{direction}.bin"));
        // The last frame may not be whole yet.
        let end = frames(bytes, 0).last().map_or(0, |frame| frame.body.end);
        std::fs::write(&file, bytes.get(..end).context("whole frames")?)?;
        println!("{} {end} bytes", file.display());
    }
    Ok(())
}
