//! `protocol.limits`.

use crate::time::Nanos;

/// What one connection and one worker may hold, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest request frame, head and body; a longer one closes the connection.
    pub max_frame_bytes: usize,
    /// Bytes of incomplete frames, in all connections of a worker.
    pub held_bytes_per_worker: usize,
    /// From a frame's first byte to its last.
    pub frame_timeout: Nanos,
    /// Requests that wait for their answer, on one connection.
    pub calls_in_flight_per_connection: usize,
    /// Requests that wait for their answer, on all connections of a worker.
    pub calls_in_flight_per_worker: usize,
    /// A call that is not answered for so long is no longer waited for.
    pub forget_calls_after: Nanos,
    /// From a refused call to the answer that carries the refusal; later, the connection closes.
    pub denial_timeout: Nanos,
}
