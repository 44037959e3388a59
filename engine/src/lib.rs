//! What Mixer decided, for Dubbo calls, without a host.

pub mod metrics;
pub mod quota;
pub mod report;
pub mod time;
