//! What was decided, call by call, for who looks on: `dubbo-policy replay`.

use std::rc::Rc;

use dubbo::RequestId;

use super::Side;
use crate::metrics::Decision as Outcome;
use crate::policy::Policy;

/// One call, and what was decided on it. Rules, quotas and routes are named by their places in the policy.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Who made it.
    pub from: Side,
    /// Its id.
    pub id: RequestId,
    /// What Java runs; empty when it is not known.
    pub service: String,
    /// The same.
    pub version: String,
    /// The same.
    pub group: String,
    /// The same.
    pub method: String,
    /// The caller awaits no answer.
    pub one_way: bool,
    /// The policy that was in force.
    pub policy: Rc<Policy>,
    /// What becomes of the call.
    pub outcome: Outcome,
    /// Why it does not go on, as reports say it; empty if it does.
    pub reason: &'static str,
    /// The rule that decided.
    pub rule: Option<usize>,
    /// The rules that would have refused it.
    pub dry_run: Vec<usize>,
    /// The quotas that were charged, or the one that has no room.
    pub quotas: Vec<usize>,
    /// The list that has expired, if that is the reason: its place in `Policy::list_names`.
    pub list: Option<usize>,
    /// The route that it takes.
    pub route: Option<usize>,
    /// No rule is known to allow it, but one would if more were known.
    pub may_be_allowed: bool,
}
