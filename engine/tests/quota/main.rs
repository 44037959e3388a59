//! Quotas, counted by simulated VMs over shared data in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on has failed"
)]

mod counting;
mod failures;
mod keys;
mod memory;
mod vm;

// Neither proptest, prost nor threads are to be had on wasm32-unknown-unknown.
#[cfg(not(target_family = "wasm"))]
mod global;
#[cfg(not(target_family = "wasm"))]
mod in_flight;
#[cfg(not(target_family = "wasm"))]
mod interleavings;
#[cfg(not(target_family = "wasm"))]
mod judge;
#[cfg(not(target_family = "wasm"))]
mod leases;
#[cfg(not(target_family = "wasm"))]
mod ratelimit;
#[cfg(not(target_family = "wasm"))]
mod threads;
