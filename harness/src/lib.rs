//! A stateful fake Envoy that runs the built module.
//!
//! [`Envoy`] loads a Proxy-Wasm module (ABI 0.2.1) into a VM for each of its threads and does with
//! it what Envoy 1.40 does: the order of callbacks, the statuses of host calls, which edits of a
//! buffer are legal, what a close throws away, how a configuration is tried, taken and replaced.
//! It holds state (buffers, shared data, metrics, a clock that only [`Envoy::advance`] moves) and
//! no script: a test does something to a connection and looks at what arrived.
//!
//! Left out: another `vm_id` beside the first, code that comes back while its first VM lives, several listeners, HTTP filters, gRPC streams, TLS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "only tests use this crate: a panic is a failed test"
)]

mod buffer;
mod connection;
mod context;
mod envoy;
mod guest;
mod host;
mod imports;
mod metrics;
mod pairs;
mod program;
mod properties;
mod proto;
mod settings;
mod shared;
mod state;
mod status;
mod thread;
mod upstream;
mod vm;
mod wasi;

pub use connection::{ConnectionId, Peer};
pub use envoy::{Envoy, Rejected};
pub use imports::HOST_CALLS;
pub use metrics::{Metric, MetricKind};
pub use program::Program;
pub use properties::Properties;
pub use settings::{Client, Settings, UpstreamConnect};
pub use status::Status;
pub use thread::ThreadId;
pub use upstream::{Answer, Call, Cluster, Request};
