//! Decisions: what matches, and what follows from what matches.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod absent;
mod calls;
mod charges;
mod classes;
mod dry_run;
mod index;
mod matchers;
mod order;
mod origin;
mod outcome;
mod refusals;
mod routes;
mod truth;
mod unseen;
