//! Fetched lists: what is made of a body, what compiled entries hold, and how one VM fetches for all.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod bodies;
mod chaos;
mod expiry;
mod fetching;
mod sets;
mod sharing;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod support;
mod updates;
mod world;
