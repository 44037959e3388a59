//! The request and the answer of `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`.
//!
//! ```text
//! RateLimitRequest  { domain = 1, descriptors = 2, hits_addend = 3 (not used: it is for all descriptors) }
//!   RateLimitDescriptor { entries = 1 { key = 1, value = 2 }, limit = 2 { requests_per_unit = 1, unit = 2 }, hits_addend = 3 { value = 1 } }
//! RateLimitResponse { overall_code = 1, statuses = 2, .. }
//!   DescriptorStatus { code = 1, current_limit = 2 { requests_per_unit = 1, unit = 2, name = 3 }, limit_remaining = 3,
//!                      duration_until_reset = 4, .. }
//! ```
//! envoy/service/ratelimit/v3/rls.proto and envoy/extensions/common/ratelimit/v3/ratelimit.proto of Envoy 1.40.

use super::unit::Unit;
use crate::protobuf::{Field, Fields, Writer, field_len, varint_len};

/// What is asked for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor<'a> {
    /// Keys and values, in the order by which the service finds its counter.
    pub(super) entries: &'a [(String, String)],
    /// Our limit, which takes the place of the service's own.
    pub(super) limit: u32,
    /// Per what.
    pub(super) unit: Unit,
    /// How much is taken; 0 takes nothing and only asks what remains.
    pub(super) hits: u64,
}

/// A serialized `RateLimitRequest`.
pub(super) fn request(domain: &str, descriptors: &[Descriptor<'_>]) -> Vec<u8> {
    let mut message = Vec::new();
    let mut out = Writer(&mut message);
    out.bytes(1, domain.as_bytes());
    for descriptor in descriptors {
        let mut bytes = Vec::new();
        descriptor.write(&mut Writer(&mut bytes));
        out.bytes(2, &bytes);
    }
    message
}

impl Descriptor<'_> {
    fn write(&self, out: &mut Writer<'_>) {
        for (key, value) in self.entries {
            out.length(1, field_len(key.len()) + field_len(value.len()));
            out.bytes(1, key.as_bytes());
            out.bytes(2, value.as_bytes());
        }
        let (limit, unit) = (u64::from(self.limit), self.unit.number());
        out.length(2, 2 + varint_len(limit) + varint_len(unit));
        out.uint(1, limit);
        out.uint(2, unit);
        // Without the message the request's own addend counts, and that is at least 1.
        out.length(3, 1 + varint_len(self.hits));
        out.uint(1, self.hits);
    }
}

/// What the service says of one descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Status {
    /// 0 unknown, 1 OK, 2 over the limit.
    pub(super) code: u64,
    /// `requests_per_unit` and `unit` by which it was counted. A service that has no limit for a descriptor says OK without
    /// one.
    pub(super) limit: Option<(u64, u64)>,
    /// What the window has left.
    pub(super) remaining: u64,
}

/// The statuses of a `RateLimitResponse`, one for each descriptor of the request, in order. Bytes that are none give
/// none or fewer.
pub(super) fn statuses(answer: &[u8]) -> Vec<Status> {
    let statuses = Fields(answer).filter_map(|field| match field {
        (2, Field::Bytes(status)) => Some(Status::read(status)),
        _ => None,
    });
    // An answer has one a descriptor, and no request has more.
    statuses.take(MAX_DESCRIPTORS + 1).collect()
}

impl Status {
    fn read(bytes: &[u8]) -> Status {
        let mut status = Status::default();
        for field in Fields(bytes) {
            match field {
                (1, Field::Varint(code)) => status.code = code,
                (2, Field::Bytes(limit)) => status.limit = Some(read_limit(limit)),
                (3, Field::Varint(remaining)) => status.remaining = remaining,
                _ => {}
            }
        }
        status
    }
}

fn read_limit(bytes: &[u8]) -> (u64, u64) {
    let mut limit = (0, 0);
    for field in Fields(bytes) {
        match field {
            (1, Field::Varint(requests)) => limit.0 = requests,
            (2, Field::Varint(unit)) => limit.1 = unit,
            _ => {}
        }
    }
    limit
}

/// Of one request. Redis answers them in one go, and a request of so many stays small.
pub(super) const MAX_DESCRIPTORS: usize = 64;

/// `DescriptorStatus.code`.
pub(super) const OK: u64 = 1;
/// `DescriptorStatus.code`.
pub(super) const OVER_LIMIT: u64 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What envoyproxy/ratelimit on Redis answered (testdata/ratelimit).
    const GRANTED: &[u8] =
        b"\x08\x01\x12\x0e\x08\x01\x12\x04\x08\x19\x10\x02\x18\x0f\x22\x02\x08\x0d";
    const REFUSED: &[u8] = b"\x08\x02\x12\x0c\x08\x02\x12\x04\x08\x19\x10\x02\x22\x02\x08\x0d";

    #[test]
    fn answers_of_the_real_service_are_read() {
        let status = |code, remaining| Status {
            code,
            limit: Some((25, 2)),
            remaining,
        };
        assert_eq!(statuses(GRANTED), [status(OK, 15)]);
        assert_eq!(statuses(REFUSED), [status(OVER_LIMIT, 0)]);
    }

    #[test]
    fn a_bare_yes_has_no_limit() {
        let bare = Status {
            code: OK,
            ..Status::default()
        };
        assert_eq!(statuses(b"\x08\x01\x12\x02\x08\x01"), [bare]);
    }

    #[test]
    fn what_is_no_answer_grants_nothing() {
        for answer in [
            &b""[..],
            b"\x12",
            b"\x12\xff\xff\xff\xff\x0f",
            b"\x12\x00",
            b"hello",
        ] {
            let granted = |status: &Status| status.code == OK;
            assert!(!statuses(answer).iter().any(granted), "{answer:?}");
        }
    }

    #[test]
    fn a_request_says_its_own_number_of_hits_for_each_descriptor() {
        let entries = [("quota".to_owned(), "m".to_owned())];
        let descriptor = Descriptor {
            entries: &entries,
            limit: 300,
            unit: Unit::Minute,
            hits: 0,
        };
        let descriptors = b"\x0a\x01d\x12\x17\x0a\x0a\x0a\x05quota\x12\x01m\x12\x05\x08\xac\x02\x10\x02\x1a\x02\x08\x00";
        assert_eq!(request("d", &[descriptor]), descriptors);
    }
}
