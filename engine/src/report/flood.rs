//! One record for many denials: who calls what is denied as fast as it can does not fill the queue and the collector.

use std::collections::BTreeMap;

use super::record::CallRecord;
use crate::metrics::Decision;
use crate::time::{Nanos, Now};

/// Counts refused calls by rule (or, without one, by reason) and second.
///
/// Both come from the configuration and the module, not from callers, so the table is bounded.
#[derive(Debug, Default)]
pub(super) struct Floods {
    by_rule: BTreeMap<String, Second>,
    /// The second in which something was counted that has no record yet.
    pending: Option<Nanos>,
}

/// Refused calls of one rule in one second.
#[derive(Debug)]
struct Second {
    /// When it began, in whole seconds of the monotonic clock.
    start: Nanos,
    records: u32,
    summary: Option<Summary>,
}

/// Denials that had no record of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// When the first of them began: nanoseconds since the UTC epoch.
    pub(super) started: u64,
    pub(super) calls: u64,
    pub(super) rule: String,
    pub(super) reason: String,
    pub(super) decision: Decision,
}

impl Floods {
    /// Whether a call gets a record of its own; otherwise it is counted for [`Floods::take`].
    pub(super) fn admit(&mut self, now: Now, call: &CallRecord<'_>) -> bool {
        if call.decision == Decision::Allowed {
            return true;
        }
        let start = whole_second(now.mono);
        let name = if call.rule.is_empty() {
            call.reason
        } else {
            call.rule
        };
        if !self.by_rule.contains_key(name) {
            self.by_rule.insert(
                name.to_owned(),
                Second {
                    start,
                    records: 0,
                    summary: None,
                },
            );
        }
        let Some(second) = self.by_rule.get_mut(name) else {
            return true;
        };
        if second.start != start && second.summary.is_none() {
            (second.start, second.records) = (start, 0);
        }
        if second.records < DENIALS_PER_RULE_AND_SECOND {
            second.records += 1;
            return true;
        }
        let summary = second.summary.get_or_insert_with(|| Summary {
            started: call.started,
            calls: 0,
            rule: call.rule.to_owned(),
            reason: call.reason.to_owned(),
            decision: call.decision,
        });
        summary.calls += 1;
        self.pending.get_or_insert(start);
        false
    }

    /// When [`Floods::take`] has something to hand out.
    pub(super) fn due(&self) -> Option<Nanos> {
        self.pending.map(|start| start + ONE_SECOND)
    }

    /// What was counted, once its second is over.
    pub(super) fn take(&mut self, now: Nanos) -> Vec<Summary> {
        if self.due().is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.pending = None;
        self.by_rule
            .values_mut()
            .filter_map(|second| second.summary.take())
            .collect()
    }
}

fn whole_second(now: Nanos) -> Nanos {
    Nanos(now.0 - now.0 % ONE_SECOND.0)
}

const ONE_SECOND: Nanos = Nanos::from_secs(1);
/// Enough to see who does it and how often; a caller in a tight loop makes a hundred times as many.
const DENIALS_PER_RULE_AND_SECOND: u32 = 1000;
