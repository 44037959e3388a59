//! Real Envoy, real Dubbo peers: what the end-to-end tests and the demo are made of.
//!
//! Everything listens on 127.0.0.1, is started by its owner, and ends with it, even when the owner is killed: each child watches
//! its standard input. What must be installed before is installed by `tools/setup.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "runs in tests and the demo only, where a panic is a failure with its place and clocks are read"
)]

mod admin;
pub mod bootstrap;
pub mod caller;
pub mod certificates;
pub mod collector;
pub mod driver;
pub mod ecds;
pub mod echo;
pub mod envoy;
pub mod frames;
pub mod go;
pub mod java;
pub mod load;
pub mod paths;
pub mod peer;
pub mod process;
pub mod prometheus;
pub mod proxy;
pub mod ratelimit;
pub mod relay;
pub mod socket;
pub mod wait;
pub mod web;
