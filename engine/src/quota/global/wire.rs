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

    /// What the real service was asked and what it answered.
    fn exchange(name: &str) -> (Vec<u8>, Vec<u8>) {
        let lines = include_str!("../../../../testdata/ratelimit/exchanges.txt").lines();
        let mut words = lines.map(|line| line.split(' ')).filter_map(|mut words| {
            let found = words.next() == Some(name);
            found.then(|| words.map(bytes))
        });
        let mut words = words.next().into_iter().flatten();
        let mut next = || words.next().unwrap_or_default();
        (next(), next())
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let byte = |two| u8::from_str_radix(core::str::from_utf8(two).ok()?, 16).ok();
        digits.filter_map(byte).collect()
    }

    fn entries(service: &str) -> [(String, String); 2] {
        let entry = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        [entry("quota", "mesh"), entry("service", service)]
    }

    #[test]
    fn requests_are_those_that_the_real_service_understands() {
        let (one, other) = (entries("lab.UserService"), entries(""));
        let of_hour = |hits| Descriptor {
            entries: &one,
            limit: 25,
            unit: Unit::Hour,
            hits,
        };
        let of_day = Descriptor {
            entries: &other,
            limit: 300,
            unit: Unit::Day,
            hits: 1,
        };
        for (name, domain, descriptors) in [
            ("granted", "dubbo", vec![of_hour(10)]),
            ("peek", "dubbo", vec![of_hour(0)]),
            ("two", "dubbo", vec![of_hour(10), of_day]),
            ("unknown-domain", "nobody", vec![of_hour(10)]),
        ] {
            assert_eq!(request(domain, &descriptors), exchange(name).0, "{name}");
        }
    }

    #[test]
    fn answers_of_the_real_service_are_read() {
        let status = |code, limit, remaining| Status {
            code,
            limit,
            remaining,
        };
        let of_hour = Some((25, 3));
        for (name, expected) in [
            ("granted", vec![status(OK, of_hour, 15)]),
            ("peek", vec![status(OK, of_hour, 15)]),
            (
                "two",
                vec![status(OK, of_hour, 5), status(OK, Some((300, 4)), 299)],
            ),
            ("refused", vec![status(OVER_LIMIT, of_hour, 0)]),
            ("unknown-domain", vec![status(OK, None, 0)]),
        ] {
            assert_eq!(statuses(&exchange(name).1), expected, "{name}");
        }
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
}
