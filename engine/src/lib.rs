//! What Mixer decided, for Dubbo calls, without a host.

pub mod time;
