//! What must hold for any bytes. Each module is the property of one fuzz target; `fuzz_targets/` only hands over the bytes.

pub mod call;
pub mod config;
pub mod connection;
pub mod encode;
pub mod frame;
pub mod skip;

mod grammar;
#[path = "../../engine/tests/quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;
#[path = "../../engine/tests/connections/play.rs"]
#[allow(dead_code, reason = "shared with the engine's tests of connections")]
mod play;
mod second;
#[path = "../../engine/tests/support/mod.rs"]
mod support;
#[path = "../../engine/tests/connections/traffic.rs"]
#[allow(dead_code, reason = "shared with the engine's tests of connections")]
mod traffic;
