//! Records what real Dubbo peers say to each other into `testdata/dubbo/recorded`: `cargo run -p e2e --bin record [single|ordinary]`.
//!
//! Each recording is one connection between a consumer and a provider of Apache Dubbo, in two files: `NAME.request.bin` is what the
//! consumer sent, `NAME.response.bin` what the provider sent.

#![allow(clippy::print_stdout, reason = "a command")]

mod ordinary;
mod single;

use std::path::Path;

use anyhow::{Context, Result, bail};
use e2e::frames::{Frame, frames};
use e2e::java::{Call, Consumer, Reference};
use e2e::paths::repository;
use e2e::relay::{Recording, Relay};
use e2e::wait::{self, SOON};
use serde_json::json;

const FASTJSON2: &str = "&serialization=fastjson2&prefer.serialization=fastjson2";

fn main() -> Result<()> {
    let folder = repository().join("testdata/dubbo/recorded");
    std::fs::create_dir_all(&folder)?;
    match std::env::args().nth(1).as_deref() {
        None => {
            single::record(&folder)?;
            ordinary::record(&folder)
        }
        Some("single") => single::record(&folder),
        Some("ordinary") => ordinary::record(&folder),
        Some(other) => bail!("expected single, ordinary or nothing, found {other}"),
    }
}

/// A connection on which the consumer has sent heartbeats and the provider has answered them.
fn quiet(
    consumer: &Consumer,
    provider: u16,
    name: &str,
    options: &str,
    folder: &Path,
) -> Result<()> {
    let relay = Relay::start(provider)?;
    let options = format!("timeout=3000&heartbeat=1000{options}");
    consumer.call(
        &Reference::new(relay.port, "lab.UserService", &options),
        Call::new("hello", json!(["bob"])),
    )?;
    wait::until("heartbeats", SOON, || {
        let recording = first(&relay)?;
        let heartbeats = |stream: &[u8]| frames(stream, 0).filter(Frame::is_event).count() >= 2;
        Ok(
            (heartbeats(&recording.to_provider) && heartbeats(&recording.to_consumer))
                .then_some(()),
        )
    })?;
    save(folder, name, &relay)
}

fn first(relay: &Relay) -> Result<Recording> {
    relay
        .recordings()
        .into_iter()
        .next()
        .context("no connection")
}

fn save(folder: &Path, name: &str, relay: &Relay) -> Result<()> {
    let recording = first(relay)?;
    for (direction, bytes) in [
        ("request", &recording.to_provider),
        ("response", &recording.to_consumer),
    ] {
        let file = folder.join(format!("{name}.{direction}.bin"));
        std::fs::write(&file, bytes)?;
        println!("{} {} bytes", file.display(), bytes.len());
    }
    Ok(())
}
