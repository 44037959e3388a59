//! What Mixer decided, for Dubbo calls, without a host.

pub mod attributes;
pub mod config;
mod connection;
mod drain;
pub mod lists;
pub mod metrics;
pub mod policy;
mod protobuf;
pub mod quota;
pub mod report;
pub mod shared;
pub mod succession;
pub mod time;
mod worker;

pub use connection::{ALTERED_CLASS, CloseReason, Edit, Effects, Judged, Peers, Side, reasons};
pub use worker::{ConnectionId, Identity, Worker};
