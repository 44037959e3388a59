//! The decision on one call.
//!
//! Every rule counts, and their order never changes the outcome, only which denial is named. A call may be read in
//! several ways: one that is refused in any of them is refused, and it has to be allowed in all of them.
//!
//! What is known goes before what is not: a rule that denies is named before one that cannot tell because a list has
//! expired, and that before an exhausted quota. Either way the call is refused.

use super::decision::{Decision, Verdict};
use super::facts::CallFacts;
use super::findings::Findings;
use super::limiter::Uncharged;
use super::policy::{Mode, Policy};
use super::route::Route;
use super::rule::Rule;
use super::truth::Expired;
use crate::quota::{Charge, Hold, Ledger, Refused, Why};
use crate::time::Now;

impl Policy {
    /// Decides on the call, charges its quotas if it is admitted, and says where it goes.
    pub fn decide<'p>(
        &'p self,
        call: &CallFacts<'_>,
        ledger: &mut Ledger<'_>,
        now: Now,
    ) -> Decision<'p> {
        self.settle(&self.look_at(call), call, ledger, now)
    }

    /// Looks at rules and routes: the part of a decision that depends on the call alone.
    pub fn look_at(&self, call: &CallFacts<'_>) -> Findings {
        Findings::of(call, self)
    }

    /// The route that the call takes if it is admitted.
    pub fn route(&self, findings: &Findings) -> Option<&Route> {
        self.routes.get(findings.route?)
    }

    /// Makes a decision of what [`Policy::look_at`] has found for a call with the same facts.
    pub fn settle<'p>(
        &'p self,
        findings: &Findings,
        call: &CallFacts<'_>,
        ledger: &mut Ledger<'_>,
        now: Now,
    ) -> Decision<'p> {
        let mut verdict = self.verdict(findings);
        let mut charges = Vec::new();
        let mut holds = Vec::new();
        if verdict.is_allowed() {
            let rules = self.rules_at(&findings.charging);
            match charge(self, rules, false, call, ledger, now, &mut holds) {
                Ok(charged) => charges = charged,
                Err(refused) => verdict = refused,
            }
        }
        let admitted = verdict.is_allowed();
        let mut dry_run = match self.mode {
            Mode::Enforce => Vec::new(),
            Mode::DryRun => {
                let rule = self.granting(findings);
                let refusing = core::mem::replace(&mut verdict, Verdict::Allowed { rule });
                self.would_refuse(findings, refusing)
            }
        };
        dry_run.extend(self.rules_at(&findings.denying_dry).map(denied));
        dry_run.extend(self.expired(&findings.unknown_dry));
        if admitted {
            dry_run.extend(self.rules_at(&findings.charging_dry).filter_map(|rule| {
                let rule = core::iter::once(rule);
                charge(self, rule, true, call, ledger, now, &mut holds).err()
            }));
        }
        let routed = admitted && self.mode == Mode::Enforce;
        Decision {
            verdict,
            dry_run,
            charges,
            holds,
            route: self.route(findings).filter(|_| routed),
            may_be_allowed: findings.may_be_granted
                && !self.default_allow
                && !findings.all_granted(),
        }
    }

    /// What the rules make of the call, before its quotas are charged.
    fn verdict(&self, findings: &Findings) -> Verdict<'_> {
        let granted = self.default_allow || findings.all_granted();
        let no_rule_allows = Verdict::Denied { rule: None };
        if let Some(rule) = self.rules_at(&findings.denying).next() {
            denied(rule)
        } else if !granted && !findings.may_be_granted {
            no_rule_allows
        } else if let Some(expired) = self.expired(&findings.unknown).next() {
            expired
        } else if granted {
            Verdict::Allowed {
                rule: self.granting(findings),
            }
        } else {
            no_rule_allows
        }
    }

    /// All that stands against a call which passes because of `mode: dry_run`.
    fn would_refuse<'p>(&'p self, findings: &Findings, verdict: Verdict<'p>) -> Vec<Verdict<'p>> {
        match verdict {
            Verdict::Allowed { .. } => Vec::new(),
            Verdict::Denied { rule: Some(_) } | Verdict::Expired { .. } => {
                let denied = self.rules_at(&findings.denying).map(denied);
                denied.chain(self.expired(&findings.unknown)).collect()
            }
            other => vec![other],
        }
    }

    fn granting(&self, findings: &Findings) -> Option<&Rule> {
        self.rules.get(findings.granting?)
    }

    fn expired(&self, unknown: &[(usize, Expired)]) -> impl Iterator<Item = Verdict<'_>> {
        unknown.iter().filter_map(|(at, expired)| {
            Some(Verdict::Expired {
                rule: self.rules.get(*at)?,
                list: self.list_name(*expired),
            })
        })
    }

    fn list_name(&self, expired: Expired) -> &str {
        let name = self.list_names.get(expired.list);
        name.map_or("-", |name| name)
    }

    fn rules_at(&self, places: &[usize]) -> impl Iterator<Item = &Rule> {
        places.iter().filter_map(|at| self.rules.get(*at))
    }
}

fn denied(rule: &Rule) -> Verdict<'_> {
    Verdict::Denied { rule: Some(rule) }
}

/// Charges the quotas of all these rules, or none of them. A quota that is named twice is charged the sum. What the
/// call holds while it is in flight is added to `holds`.
fn charge<'p>(
    policy: &'p Policy,
    rules: impl Iterator<Item = &'p Rule>,
    dry_run: bool,
    call: &CallFacts<'_>,
    ledger: &mut Ledger<'_>,
    now: Now,
    holds: &mut Vec<Hold>,
) -> Result<Vec<Charge<'p>>, Verdict<'p>> {
    let mut charges: Vec<Charge<'p>> = Vec::new();
    let mut charging: Vec<&'p Rule> = Vec::new();
    for rule in rules {
        for quota_use in rule.action.quotas() {
            let quota = &quota_use.limiter.quota;
            let named = charges
                .iter_mut()
                .find(|charge| core::ptr::eq(charge.quota, quota));
            if let Some(charge) = named {
                charge.amount = charge.amount.saturating_add(quota_use.charge);
                continue;
            }
            match quota_use
                .limiter
                .charge(call, quota_use.charge, dry_run, ledger)
            {
                Ok(None) => {}
                Ok(Some(charge)) => {
                    charges.push(charge);
                    charging.push(rule);
                }
                Err(Uncharged::Store(_)) => return Err(Verdict::Unavailable { rule, quota }),
                Err(Uncharged::Expired(expired)) => {
                    let list = policy.list_name(expired);
                    return Err(Verdict::Expired { rule, list });
                }
            }
        }
    }
    let Refused { index, why } = match ledger.charge_all(now, &charges) {
        Err(refused) => refused,
        Ok(held) => {
            holds.extend(held);
            return Ok(charges);
        }
    };
    match (why, charging.get(index).copied(), charges.get(index)) {
        (Why::Limited, Some(rule), Some(charge)) => Err(Verdict::Limited {
            rule,
            quota: charge.quota,
        }),
        (Why::Unavailable, Some(rule), Some(charge)) => Err(Verdict::Unavailable {
            rule,
            quota: charge.quota,
        }),
        // The ledger names no charge of this call: nothing is granted because something was not found.
        (_, _, _) => Err(Verdict::Denied { rule: None }),
    }
}
