//! The windows that a rate limit service has.

use crate::time::Nanos;

/// A fixed window, aligned to the UTC epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 1s.
    Second,
    /// 1m.
    Minute,
    /// 1h.
    Hour,
    /// 24h.
    Day,
}

impl Unit {
    /// The unit whose window is this long.
    pub fn of(window: Nanos) -> Option<Unit> {
        UNITS.into_iter().find(|unit| unit.window() == window)
    }

    /// How long it is.
    pub fn window(self) -> Nanos {
        Nanos::from_secs(match self {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3600,
            Unit::Day => 86_400,
        })
    }

    /// `RateLimitUnit` in `envoy/type/v3/ratelimit_unit.proto`, and in the answers.
    pub(super) fn number(self) -> u64 {
        match self {
            Unit::Second => 1,
            Unit::Minute => 2,
            Unit::Hour => 3,
            Unit::Day => 4,
        }
    }
}

const UNITS: [Unit; 4] = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day];
