//! What can become of a call: the values of labels, and of the same attributes in reports.

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It went on.
    Allowed,
    /// A rule or the default denied it.
    Denied,
    /// A quota was exhausted.
    Limited,
    /// It could not be judged: what the protocol forbids, or something that the policy needs is not there.
    Refused,
}

impl Decision {
    /// `allowed`, `denied`, `limited` or `refused`.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
            Decision::Limited => "limited",
            Decision::Refused => "refused",
        }
    }
}

/// How a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// With a value or null.
    Ok,
    /// With an exception of the provider.
    Exception,
    /// With a Dubbo status other than OK.
    Error,
    /// The connection ended, or the call was forgotten, before an answer.
    NoAnswer,
    /// None was awaited.
    OneWay,
    /// The provider never saw the call.
    None,
}

impl Answer {
    /// `ok`, `exception`, `error`, `no_answer`, `oneway` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Ok => "ok",
            Answer::Exception => "exception",
            Answer::Error => "error",
            Answer::NoAnswer => "no_answer",
            Answer::OneWay => "oneway",
            Answer::None => "none",
        }
    }
}

/// Envoy's traffic direction of the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Not said.
    #[default]
    Unspecified,
    /// Before a provider.
    Inbound,
    /// Behind a consumer.
    Outbound,
}

impl Direction {
    /// From the number that Envoy's property `listener_direction` has.
    pub fn from_envoy(number: i64) -> Direction {
        match number {
            1 => Direction::Inbound,
            2 => Direction::Outbound,
            _ => Direction::Unspecified,
        }
    }

    /// `unspecified`, `inbound` or `outbound`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Unspecified => "unspecified",
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        }
    }
}

/// What a rule said of a call that it matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleResult {
    /// An `allow`.
    Allowed,
    /// A `deny`, a `require` that does not hold, or a rule of which that cannot be told, because a list has expired.
    Denied,
    /// A quota of the rule was exhausted.
    Limited,
    /// A `require` that holds, or a quota with room.
    Passed,
}

impl RuleResult {
    /// `allowed`, `denied`, `limited` or `passed`.
    pub fn name(self) -> &'static str {
        match self {
            RuleResult::Allowed => "allowed",
            RuleResult::Denied => "denied",
            RuleResult::Limited => "limited",
            RuleResult::Passed => "passed",
        }
    }
}

/// What a quota said of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuotaResult {
    /// There was room.
    Allowed,
    /// There was none.
    Limited,
    /// It could not be counted.
    Unavailable,
}

impl QuotaResult {
    /// `allowed`, `limited` or `unavailable`.
    pub fn name(self) -> &'static str {
        match self {
            QuotaResult::Allowed => "allowed",
            QuotaResult::Limited => "limited",
            QuotaResult::Unavailable => "unavailable",
        }
    }
}

/// What came of fetching a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListFetch {
    /// Other content, which is in force in all VMs soon.
    Changed,
    /// The content that is known.
    Unchanged,
    /// Nothing that can be used.
    Failed,
}

impl ListFetch {
    /// `changed`, `unchanged` or `failed`.
    pub fn name(self) -> &'static str {
        match self {
            ListFetch::Changed => "changed",
            ListFetch::Unchanged => "unchanged",
            ListFetch::Failed => "failed",
        }
    }
}

/// What is known of a fetched list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListState {
    /// Entries that were fetched.
    pub entries: u64,
    /// What was fetched and skipped.
    pub bad_entries: u64,
    /// Seconds since the UTC epoch at the last good fetch; 0 before the first.
    pub last_success: u64,
    /// That is longer ago than `expire_after`.
    pub expired: bool,
}
