//! What Mixer decided, for Dubbo calls, without a host.

pub mod attributes;
pub mod config;
pub mod metrics;
pub mod policy;
pub mod quota;
pub mod report;
pub mod time;
