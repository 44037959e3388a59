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
        // The same in JSONB, behind its length, as Dubbo 3.3.6 writes it.
        (Serialization::FASTJSON2, b"\0\0\0\x01\xaf") => Some(Event::Heartbeat),
        (Serialization::FASTJSON2, b"\0\0\0\x02\x4aR") => Some(Event::ReadOnly),
        (Serialization::FASTJSON2, b"\0\0\0\x02\x4aW") => Some(Event::Writeable),
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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn events_are_known_byte_for_byte_or_not_at_all() {
        let hessian2 = |body| kind(body, Serialization::HESSIAN2);
        assert_eq!(hessian2(b"N"), Some(Event::Heartbeat));
        assert_eq!(hessian2(b"\x01R"), Some(Event::ReadOnly));
        assert_eq!(hessian2(b"\x01W"), Some(Event::Writeable));
        for other in [
            b"".as_slice(),
            b"NN",
            b"N\0",
            b"\x01X",
            b"\x01r",
            b"R",
            b"\x30\x01R",
            b"\xff",
            b"C\x01x\x90\x60",
        ] {
            assert_eq!(hessian2(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_body_says_nothing_in_another_serialization() {
        assert_eq!(
            kind(b"\0\0\0\x01\xaf", Serialization::FASTJSON2),
            Some(Event::Heartbeat)
        );
        let fastjson2 = |body| kind(body, Serialization::FASTJSON2);
        assert_eq!(fastjson2(b"\0\0\0\x02\x4aR"), Some(Event::ReadOnly));
        assert_eq!(fastjson2(b"\0\0\0\x02\x4aW"), Some(Event::Writeable));
        for other in [
            &b"N"[..],
            b"\xaf",
            b"\0\0\0\x02\x4ar",
            b"\0\0\0\x03\x79\x01R",
            b"\0\0\0\x01\xaf\0",
            b"\0\0\0\x02\xaf\xaf",
        ] {
            assert_eq!(fastjson2(other), None, "{other:02x?}");
        }
        assert_eq!(kind(b"\x01R", Serialization::FASTJSON2), None);
        assert_eq!(kind(b"\0\0\0\x01\xaf", Serialization::HESSIAN2), None);
        assert_eq!(kind(b"N", Serialization::from_flag(3)), None);
    }

    #[test]
    fn the_heartbeat_that_stands_in_for_a_call_is_the_one_that_providers_answered() {
        let seen = *b"\xda\xbb\xe2\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x01\x4e";
        assert_eq!(heartbeat_request(RequestId(0x0102_0304_0506_0708)), seen);
    }
}
