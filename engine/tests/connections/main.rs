//! Random traffic, cut anywhere: the cuts must not matter, and whatever comes, the books balance.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod budgets;
mod cuts;
mod foreign;
#[path = "../quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;
mod play;
#[path = "../support/mod.rs"]
mod support;
mod together;
mod traffic;
