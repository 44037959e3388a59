//! Configurations: how they are read, from what, and what is said about those that cannot be.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod documents;
mod mistakes;
mod revision;
mod sources;
mod warnings;
