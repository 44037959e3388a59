//! Envoy's threads, each with a VM of its own.

use std::fmt;

use crate::vm::Vm;

/// A thread of Envoy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ThreadId {
    /// The main thread: its VM has roots and ticks, and never a connection.
    Main,
    /// A worker, by index.
    Worker(usize),
    /// The VM that tries a configuration on the main thread and is thrown away.
    Canary,
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThreadId::Main => f.write_str("main"),
            ThreadId::Worker(index) => write!(f, "worker {index}"),
            ThreadId::Canary => f.write_str("canary"),
        }
    }
}

/// A thread with what runs on it.
pub(crate) struct Thread {
    pub(crate) id: ThreadId,
    pub(crate) vm: Vm,
    /// The root that new connections get; without one they bypass the filter.
    pub(crate) root: Option<u32>,
    /// When the VM trapped, in nanoseconds of simulated time.
    pub(crate) failed_at: Option<u64>,
}
