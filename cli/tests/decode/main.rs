//! `dubbo-policy decode`, run as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod anomalies;
mod bypass;
mod captures;
mod frames;
mod gaps;
mod module;
mod packets;
mod recorded;
mod run;
mod usage;
