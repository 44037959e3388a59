//! The Proxy-Wasm module: host calls in, effects out.
