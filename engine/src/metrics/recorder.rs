//! What is counted, by name.

use super::series::Update;
use crate::time::Nanos;

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

/// Envoy's traffic direction of the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Not said.
    Unspecified,
    /// Before a provider.
    Inbound,
    /// Behind a consumer.
    Outbound,
}

/// What a rule said of a call that it matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleResult {
    /// An `allow` that let the call on.
    Allowed,
    /// A `deny`, or a `require` that does not hold.
    Denied,
    /// A quota of the rule was exhausted.
    Limited,
    /// The rule had nothing against the call.
    Passed,
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

/// Service and method of a call, as metrics know them; kept with the call until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallLabel(u64);

/// A call that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedCall {
    /// From [`Metrics::label`], when the request came.
    pub label: CallLabel,
    /// What the policy decided.
    pub decision: Decision,
    /// How the provider answered.
    pub answer: Answer,
    /// From the request's last byte to the answer's first.
    pub duration: Option<Nanos>,
    /// The request frame's length.
    pub request_bytes: u64,
    /// The answer frame's length.
    pub response_bytes: u64,
}

/// Counters, gauges and samples of one VM and policy since the last [`Metrics::take`].
#[derive(Debug)]
pub struct Metrics {}

impl Metrics {
    /// Nothing counted yet. `seed` is for the tables over names that callers choose.
    pub fn new(_policy: &str, _revision: &str, _direction: Direction, _seed: u64) -> Metrics {
        Metrics {}
    }

    /// A new policy under the same name.
    pub fn reconfigure(&mut self, _revision: &str) {}

    /// A service that stands in the configuration: always a label.
    pub fn know_service(&mut self, _service: &str) {}

    /// A method that stands in the configuration: always a label.
    pub fn know_method(&mut self, _method: &str) {}

    /// The label of a call; `_other` for what is neither known nor answered yet.
    pub fn label(&mut self, _service: &str, _method: &str) -> CallLabel {
        CallLabel::default()
    }

    /// `requests_total`, `request_duration_microseconds`, `request_bytes_total`, `response_bytes_total`.
    pub fn call_ended(&mut self, _call: &EndedCall) {}

    /// `rule_results_total`; `enforced` is false for rules in dry run.
    pub fn rule_result(&mut self, _rule: &str, _result: RuleResult, _enforced: bool) {}

    /// `quota_results_total`.
    pub fn quota_result(&mut self, _quota: &str, _result: QuotaResult) {}

    /// `refused_total`: a call that the protocol forbids.
    pub fn refused(&mut self, _reason: &'static str) {}

    /// `connections_closed_total`: closed by us.
    pub fn connection_closed(&mut self, _reason: &'static str) {}

    /// `held_bytes`, now, in this VM.
    pub fn set_held_bytes(&mut self, _bytes: u64) {}

    /// `calls_in_flight`, now, in this VM.
    pub fn set_calls_in_flight(&mut self, _calls: u64) {}

    /// `reports_sent_total`, `reports_dropped_total`, `reports_queued`.
    pub fn set_reports(&mut self, _books: &crate::report::Books) {}

    /// `config_rejected_total`: a new configuration was not taken.
    pub fn config_rejected(&mut self) {}

    /// `host_call_failures_total`: the host refused a call that should not fail.
    pub fn host_call_failed(&mut self, _call: &'static str) {}

    /// Hands out what was counted since the last time, and forgets it.
    pub fn take(&mut self, _write: impl FnMut(Update<'_>)) {}
}
