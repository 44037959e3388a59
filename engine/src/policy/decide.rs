//! The decision on one call.
//!
//! Every rule is looked at, and their order never changes the outcome, only which denial is named. A call may be read in
//! several ways: one that is refused in any of them is refused, and it has to be allowed in all of them.

use super::decision::{Decision, Verdict};
use super::facts::CallFacts;
use super::findings::Findings;
use super::policy::{Mode, Policy};
use super::route::Route;
use super::rule::Rule;
use crate::quota::{Charge, Ledger, Refused, Why};
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

    /// Looks at every rule and route: the part of a decision that depends on the call alone.
    pub fn look_at(&self, call: &CallFacts<'_>) -> Findings {
        Findings::of(call, &self.rules, &self.routes)
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
        if verdict.is_allowed() {
            match charge(self.rules_at(&findings.charging), false, call, ledger, now) {
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
        if admitted {
            dry_run.extend(
                self.rules_at(&findings.charging_dry).filter_map(|rule| {
                    charge(core::iter::once(rule), true, call, ledger, now).err()
                }),
            );
        }
        let routed = admitted && self.mode == Mode::Enforce;
        Decision {
            verdict,
            dry_run,
            charges,
            route: self.route(findings).filter(|_| routed),
        }
    }

    /// What the rules make of the call, before its quotas are charged.
    fn verdict(&self, findings: &Findings) -> Verdict<'_> {
        match self.rules_at(&findings.denying).next() {
            Some(rule) => denied(rule),
            None if self.default_allow || findings.all_granted() => Verdict::Allowed {
                rule: self.granting(findings),
            },
            None => Verdict::Denied { rule: None },
        }
    }

    /// All that stands against a call which passes because of `mode: dry_run`.
    fn would_refuse<'p>(&'p self, findings: &Findings, verdict: Verdict<'p>) -> Vec<Verdict<'p>> {
        match verdict {
            Verdict::Allowed { .. } => Vec::new(),
            Verdict::Denied { rule: Some(_) } => {
                self.rules_at(&findings.denying).map(denied).collect()
            }
            other => vec![other],
        }
    }

    fn granting(&self, findings: &Findings) -> Option<&Rule> {
        self.rules.get(findings.granting?)
    }

    fn rules_at(&self, places: &[usize]) -> impl Iterator<Item = &Rule> {
        places.iter().filter_map(|at| self.rules.get(*at))
    }
}

fn denied(rule: &Rule) -> Verdict<'_> {
    Verdict::Denied { rule: Some(rule) }
}

/// Charges the quotas of all these rules, or none of them. A quota that is named twice is charged the sum.
fn charge<'p>(
    rules: impl Iterator<Item = &'p Rule>,
    dry_run: bool,
    call: &CallFacts<'_>,
    ledger: &mut Ledger<'_>,
    now: Now,
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
                Err(_) => return Err(Verdict::Unavailable { rule, quota }),
            }
        }
    }
    let Err(Refused { index, why }) = ledger.charge_all(now, &charges) else {
        return Ok(charges);
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
