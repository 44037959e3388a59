//! Whatever happens to a worker, in any order and cut anywhere, its books are right: every call ends once, nothing is kept, and
//! what goes on is whole, allowed, and as it came.
//!
//! `cargo test` plays some 20,000 operations. For more, and in less time for each:
//!
//! ```text
//! DUBBO_POLICY_OPERATIONS=10000000 cargo test --release -p engine --test operations -- --nocapture
//! ```
//!
//! `DUBBO_POLICY_SEED` chooses another beginning. A failure names the seed of its episode.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is a failed test"
)]

mod chance;
mod episode;
mod follower;
mod frames;
#[path = "../quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;
mod policies;
mod stream;
#[path = "../support/mod.rs"]
mod support;

use chance::Chance;
use episode::Episode;
use frames::Frames;

/// Each on a worker of its own.
const OPERATIONS_OF_AN_EPISODE: u64 = 2_000;

#[test]
fn whatever_happens_every_call_ends_once_and_nothing_is_kept() {
    let operations = setting("DUBBO_POLICY_OPERATIONS", 20_000);
    let first = setting("DUBBO_POLICY_SEED", 1);
    let frames = Frames::new();
    let mut calls = 0;
    for seed in first..first + operations.div_ceil(OPERATIONS_OF_AN_EPISODE) {
        // Shown when the episode fails.
        println!("DUBBO_POLICY_SEED={seed}");
        let mut episode = Episode::new(&frames, Chance(seed));
        for _ in 0..OPERATIONS_OF_AN_EPISODE {
            episode.operate();
        }
        calls += episode.end();
    }
    println!("{operations} operations, {calls} calls");
    assert!(calls > operations / 10, "{calls} calls");
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long to test is the tester's to say"
)]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}
