//! Frames that never become whole: many long ones, and some that drip.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::java::{Provider, Release};
use e2e::wait::{self, SOON};
use serde_json::json;

use crate::flooded::{Flooded, MIB, frame};

const CONNECTIONS: u64 = 2_000;
const PIECE: usize = 64 << 10;

/// The worker's default budget for incomplete frames.
const HELD: u64 = 64 * MIB;

/// All of a call with an argument of 1 MB, but its last bytes.
fn most_of_a_megabyte() -> Result<Vec<u8>> {
    let mut bytes = frame(json!({"call": {
        "id": 1, "service": "lab.UserService", "method": "hello", "args": ["x".repeat(1_000_000)],
    }}))?;
    bytes.truncate(1_000_000);
    Ok(bytes)
}

#[test]
fn two_thousand_connections_that_each_hold_a_part_of_a_megabyte_keep_within_the_budget()
-> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "floods", None)?;
    // So that the budget closes them, and not the clock.
    let flooded = Flooded::start(provider.port, json!({"frame_timeout": "120s"}))?;
    let bytes = most_of_a_megabyte()?;
    let (open, sent) = flooded.run("2,000 partial frames of 1 MB", || {
        let mut streams: Vec<_> = flooded
            .connect_many(CONNECTIONS as usize)?
            .into_iter()
            .map(Some)
            .collect();
        let mut sent = 0;
        for piece in bytes.chunks(PIECE) {
            for place in &mut streams {
                // One that the filter has closed is given up.
                match place.as_mut().map(|stream| stream.write_all(piece)) {
                    Some(Ok(())) => sent += piece.len() as u64,
                    Some(Err(_)) => *place = None,
                    None => {}
                }
            }
        }
        // What was written last, and the news of what was closed, may be on their way.
        let mut seen = String::new();
        let settled = wait::until("the budget", SOON, || {
            thread::sleep(Duration::from_millis(100));
            let open = streams
                .iter()
                .flatten()
                .filter(|stream| is_open(stream))
                .count() as u64;
            let held = flooded.count("dubbo_policy_held_bytes", &[])?;
            let closed = flooded.count(
                "dubbo_policy_connections_closed_total",
                &[("reason", "held_bytes")],
            )?;
            seen = format!("{open} open, {closed} closed, {held} bytes held, {sent} sent");
            Ok((held <= HELD && open + closed == CONNECTIONS).then_some(open))
        });
        Ok((settled.with_context(|| seen)?, sent))
    })?;
    println!("{sent} bytes were sent; {open} connections are left");
    // The budget has room for some, and none of them was lost with the others.
    ensure!(open > 0 && open < CONNECTIONS);
    Ok(())
}

#[test]
fn frames_that_drip_end_at_the_timeout() -> Result<()> {
    const DRIPPING: usize = 2_000;
    let provider = Provider::start(Release::V3_3_6, "floods", None)?;
    let flooded = Flooded::start(provider.port, json!({"frame_timeout": "3s"}))?;
    let bytes = most_of_a_megabyte()?;
    flooded.run("2,000 frames that drip", || {
        let mut streams = flooded.connect_many(DRIPPING)?;
        let start = Instant::now();
        for byte in &bytes {
            streams.retain_mut(|stream| stream.write_all(&[*byte]).is_ok() && is_open(stream));
            if streams.is_empty() {
                break;
            }
            ensure!(
                start.elapsed() < Duration::from_secs(30),
                "{} still drip",
                streams.len()
            );
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    })?;
    let closed = flooded.envoy.wait_metric(
        "dubbo_policy_connections_closed_total",
        &[("reason", "frame_timeout")],
        DRIPPING as u64,
    )?;
    ensure!(closed == DRIPPING as u64, "{closed} were closed");
    Ok(())
}

/// Whether the other end has neither ended nor sent anything.
fn is_open(mut stream: &TcpStream) -> bool {
    let unblocked = stream.set_nonblocking(true).is_ok();
    let open = stream
        .read(&mut [0])
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    unblocked && open && stream.set_nonblocking(false).is_ok()
}
