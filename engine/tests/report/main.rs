//! Reports, read back with the types that OpenTelemetry publishes.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod books;
mod collector;
mod delivery;
mod records;
