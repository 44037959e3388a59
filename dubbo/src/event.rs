//! Events: what peers say to each other beside calls.
//!
//! Answers of events need no reading: Java answers a heartbeat with `N`, dubbo-go with `NN`, some servers in a serialization of
//! their own. Only the event bit and the id tell them.

use crate::{HEAD_LEN, Head, Kind, RequestId, Serialization};

/// What an event request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A null: are you there? Either side sends it, one-way or two-way.
    Heartbeat,
    /// `R`, only from providers: send me no new calls (a graceful shutdown begins).
    ReadOnly,
    /// `W`, only from providers: send me calls again.
    Writeable,
}

/// The event that a request's whole body says; none for anything else.
///
/// Dubbo 2.5 deserializes whatever stands in an event, so what is not known byte for byte must not go on.
pub fn kind(body: &[u8], serialization: Serialization) -> Option<Event> {
    match (serialization, body) {
        (Serialization::HESSIAN2, b"N") => Some(Event::Heartbeat),
        (Serialization::HESSIAN2, b"\x01R") => Some(Event::ReadOnly),
        (Serialization::HESSIAN2, b"\x01W") => Some(Event::Writeable),
        // A JSONB null behind its length, as Dubbo 3.3.6 writes it.
        (Serialization::FASTJSON2, b"\x00\x00\x00\x01\xaf") => Some(Event::Heartbeat),
        _ => None,
    }
}

/// Bytes of [`heartbeat_request`].
pub const HEARTBEAT_LEN: usize = HEAD_LEN + 1;

/// A two-way heartbeat in hessian2, which stands in for a call that the provider must not see: its answer comes with the
/// same id.
pub fn heartbeat_request(id: RequestId) -> [u8; HEARTBEAT_LEN] {
    let head = Head {
        kind: Kind::Request { two_way: true },
        event: true,
        serialization: Serialization::HESSIAN2,
        id,
        body_len: 1,
    };
    let mut frame = [b'N'; HEARTBEAT_LEN];
    for (to, from) in frame.iter_mut().zip(head.encode()) {
        *to = from;
    }
    frame
}
