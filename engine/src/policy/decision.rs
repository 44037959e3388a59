//! What was decided on a call.

use super::{Route, Rule};
use crate::quota::{Charge, Hold, Quota};

/// The outcome of a call.
#[derive(Debug)]
pub struct Decision<'p> {
    /// What becomes of the call. With `mode: dry_run` it is always [`Verdict::Allowed`].
    pub verdict: Verdict<'p>,
    /// What would have refused the call: rules in dry run, and with `mode: dry_run` all of them. Never `Allowed`.
    pub dry_run: Vec<Verdict<'p>>,
    /// What the quotas were charged, or would have been if none of them had been exhausted.
    pub charges: Vec<Charge<'p>>,
    /// What the call holds of quotas while it is in flight: dropped when it ends. Nothing of one-way calls.
    pub holds: Vec<Hold>,
    /// Where the call goes, if it goes on and a route says so; never with `mode: dry_run`.
    pub route: Option<&'p Route>,
    /// No rule is known to allow it, but one would if a list had not expired.
    pub may_be_allowed: bool,
}

/// What becomes of a call, and by which rule.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'p> {
    /// It goes on.
    Allowed {
        /// The first rule that lets it; `None` when `default` does.
        rule: Option<&'p Rule>,
    },
    /// It is refused.
    Denied {
        /// The first rule that refuses it; `None` when no rule allows it.
        rule: Option<&'p Rule>,
    },
    /// It is refused because a quota is exhausted.
    Limited {
        /// The first rule that charges the quota.
        rule: &'p Rule,
        /// The quota.
        quota: &'p Quota,
    },
    /// It is refused because a list that the rule looks at has expired.
    Expired {
        /// The first rule that would refuse or charge the call, or not.
        rule: &'p Rule,
        /// The list's name.
        list: &'p str,
    },
    /// It is refused because a quota cannot be counted.
    Unavailable {
        /// The first rule that charges the quota.
        rule: &'p Rule,
        /// The quota.
        quota: &'p Quota,
    },
}

impl<'p> Verdict<'p> {
    /// The rule that decided.
    pub fn rule(&self) -> Option<&'p Rule> {
        match *self {
            Verdict::Allowed { rule } | Verdict::Denied { rule } => rule,
            Verdict::Limited { rule, .. }
            | Verdict::Expired { rule, .. }
            | Verdict::Unavailable { rule, .. } => Some(rule),
        }
    }

    /// Whether the call goes on.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed { .. })
    }
}
