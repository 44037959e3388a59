//! A rate limit service as envoyproxy/ratelimit is one: fixed windows on its own clock, leases all or nothing, and refused hits are
//! counted. Its messages are written and read by prost, from the fields of the .proto files.

use std::collections::BTreeMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitRequest {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) descriptors: Vec<RateLimitDescriptor>,
    #[prost(uint32, tag = "3")]
    pub(crate) hits_addend: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitDescriptor {
    #[prost(message, repeated, tag = "1")]
    pub(crate) entries: Vec<Entry>,
    #[prost(message, optional, tag = "2")]
    pub(crate) limit: Option<Limit>,
    #[prost(message, optional, tag = "3")]
    pub(crate) hits_addend: Option<UInt64Value>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
pub(crate) struct Entry {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Limit {
    #[prost(uint32, tag = "1")]
    pub(crate) requests_per_unit: u32,
    #[prost(int32, tag = "2")]
    pub(crate) unit: i32,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct UInt64Value {
    #[prost(uint64, tag = "1")]
    pub(crate) value: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitResponse {
    #[prost(int32, tag = "1")]
    pub(crate) overall_code: i32,
    #[prost(message, repeated, tag = "2")]
    pub(crate) statuses: Vec<Status>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) current_limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    pub(crate) limit_remaining: u32,
    #[prost(message, optional, tag = "4")]
    pub(crate) duration_until_reset: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Duration {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
}

/// Its counters.
#[derive(Debug, Default)]
pub(crate) struct Service {
    counters: BTreeMap<(Vec<Entry>, u64), u64>,
    pub(crate) requests: Vec<RateLimitRequest>,
    /// It says yes without a limit, as to a domain that it does not know.
    pub(crate) knows_nothing: bool,
}

impl Service {
    /// What it answers at this time of its clock, in nanoseconds since the epoch.
    pub(crate) fn answer(&mut self, request: &[u8], wall: u64) -> Vec<u8> {
        let request = RateLimitRequest::decode(request).expect("a request");
        assert_eq!(request.hits_addend, 0, "it would count for all descriptors");
        let descriptors = request.descriptors.iter();
        let statuses: Vec<Status> = descriptors.map(|one| self.status(one, wall)).collect();
        self.requests.push(request);
        let over = statuses.iter().any(|status| status.code == 2);
        RateLimitResponse {
            overall_code: if over { 2 } else { 1 },
            statuses,
        }
        .encode_to_vec()
    }

    fn status(&mut self, descriptor: &RateLimitDescriptor, wall: u64) -> Status {
        if self.knows_nothing {
            return Status {
                code: 1,
                ..Status::default()
            };
        }
        let limit = descriptor.limit.expect("our limit");
        let unit = [0, 1, 60, 3600, 86_400][limit.unit as usize];
        let window = wall / 1_000_000_000 / unit;
        let counter = self.counters.entry((descriptor.entries.clone(), window));
        let hits = descriptor.hits_addend.expect("a number of its own").value;
        let counter = counter.or_default();
        *counter += hits;
        let allowed = u64::from(limit.requests_per_unit);
        Status {
            code: if *counter > allowed { 2 } else { 1 },
            current_limit: Some(limit),
            limit_remaining: allowed.saturating_sub(*counter) as u32,
            duration_until_reset: Some(Duration { seconds: 1 }),
        }
    }
}
