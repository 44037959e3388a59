//! The contexts of a VM: its roots, and a stream for each connection.

use std::collections::BTreeMap;

use crate::buffer::Buffer;
use crate::properties::Properties;

/// A context that the module was told of with `proxy_on_context_create`.
pub(crate) enum Context {
    Root(Root),
    Stream(Stream),
}

/// A configured plugin.
#[derive(Default)]
pub(crate) struct Root {
    /// What it was configured with.
    pub(crate) configuration: Vec<u8>,
    /// Set by `proxy_set_tick_period_milliseconds`.
    pub(crate) timer: Option<Timer>,
    /// What `proxy_get_status` answers: set by failures only, never by a success.
    pub(crate) status: (u32, String),
    /// A newer configuration has taken its place; it lives on while its streams do.
    pub(crate) superseded: bool,
    /// `proxy_on_done` answered false: `proxy_done` ends it.
    pub(crate) waits_for_done: bool,
}

/// A tick timer: one shot, armed again after each tick. Nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Timer {
    pub(crate) period: u64,
    pub(crate) due: u64,
}

/// A connection as its filter sees it.
pub(crate) struct Stream {
    pub(crate) root: u32,
    pub(crate) downstream: Buffer,
    pub(crate) upstream: Buffer,
    pub(crate) properties: Properties,
    /// Filter state by its full name (`wasm.k`, `envoy.tcp_proxy.cluster`).
    pub(crate) filter_state: BTreeMap<String, Vec<u8>>,
}

impl Stream {
    pub(crate) fn new(root: u32, properties: Properties) -> Stream {
        Stream {
            root,
            downstream: Buffer::default(),
            upstream: Buffer::default(),
            properties,
            filter_state: BTreeMap::new(),
        }
    }
}

/// What a host call leaves to be done when the callback has returned, because Envoy must not call
/// into a VM that is calling it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AfterCall {
    /// `proxy_close_stream`: either direction closes the whole connection.
    Close(u32),
    /// `proxy_continue_stream(downstream)`.
    Continue(u32),
    /// `proxy_done` for a root.
    Done(u32),
}
