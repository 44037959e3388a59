//! What a host call answers: the raw status codes of the ABI.

use std::fmt;

/// A raw Proxy-Wasm status, as it stands in the host call's result.
///
/// A newtype and not an enum: a host may answer anything, and [`Envoy::fail`](crate::Envoy::fail)
/// lets a test make this one do so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status(pub u32);

impl Status {
    /// Done.
    pub const OK: Status = Status(0);
    /// Nothing by that name, path or id.
    pub const NOT_FOUND: Status = Status(1);
    /// An argument, or an edit of a buffer, that the host does not take.
    pub const BAD_ARGUMENT: Status = Status(2);
    /// The property is a map and has no serialized form.
    pub const SERIALIZATION_FAILURE: Status = Status(3);
    /// A gRPC target that is neither a `GrpcService` nor a known cluster's name.
    pub const PARSE_FAILURE: Status = Status(4);
    /// A pointer or length outside of the module's memory.
    pub const INVALID_MEMORY_ACCESS: Status = Status(6);
    /// The queue holds nothing.
    pub const EMPTY: Status = Status(7);
    /// Somebody else wrote the value since it was read.
    pub const CAS_MISMATCH: Status = Status(8);
    /// The host could not do it.
    pub const INTERNAL_FAILURE: Status = Status(10);
    /// The host does not have this.
    pub const UNIMPLEMENTED: Status = Status(12);
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.0)
    }
}
