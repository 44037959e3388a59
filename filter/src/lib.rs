//! The Proxy-Wasm module: host calls in, effects out. It knows no protocol and no policy; both are the engine's.
//!
//! `root` takes configurations and ticks, `lists` fetches lists, `stream` the bytes of one connection, `host` makes the host
//! calls. A `seat` is where a policy's worker lives, a `place` has all seats of one name, and `succession` finds out which policy
//! and which load of the module was the last.

#![expect(
    missing_docs,
    reason = "the entry point that the SDK's macro defines is the only public item"
)]

mod generation;
mod host;
mod lists;
mod metrics;
mod place;
mod root;
mod seat;
mod shared;
mod stream;
mod succession;

use proxy_wasm::types::LogLevel;

use crate::root::Root;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(Root::new(id)));
}}
