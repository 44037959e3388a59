//! One rule.

use std::rc::Rc;

use super::condition::{Match, Scope};
use super::{Form, Limiter};

/// A rule, compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its place among the policy's rules.
    pub index: usize,
    /// Unique among them; stands in refusals, metrics and reports.
    pub name: Box<str>,
    /// The calls that it is about.
    pub scope: Scope,
    /// What becomes of them.
    pub action: Action,
    /// As if the rule were not there, but what it would have refused is reported.
    pub dry_run: bool,
    /// What a refused caller is told.
    pub message: Option<Box<str>>,
    /// How a refused caller is told, if not in the policy's way.
    pub denial: Option<Form>,
}

/// What a rule does with a call that it is about.
#[derive(Debug, Clone)]
pub enum Action {
    /// Refuses it.
    Deny,
    /// Refuses it unless this holds.
    Require(Match),
    /// Lets it on, unless another rule refuses it.
    Allow,
    /// Charges quotas, and refuses the call when one of them is exhausted.
    Quotas(Vec<QuotaUse>),
}

impl Action {
    /// The quotas that are charged; none but for [`Action::Quotas`].
    pub fn quotas(&self) -> &[QuotaUse] {
        match self {
            Action::Quotas(uses) => uses,
            _ => &[],
        }
    }
}

/// One quota that a rule charges.
#[derive(Debug, Clone)]
pub struct QuotaUse {
    /// The quota, which other rules may charge too.
    pub limiter: Rc<Limiter>,
    /// What a call costs, at least 1.
    pub charge: u64,
}
