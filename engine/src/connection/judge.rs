//! From a call's bytes to plain facts, and from those to what becomes of it.

use std::rc::Rc;

use dubbo::CallErrorKind;

use super::books::{Caller, Judgement};
use super::cut::Request;
use super::facts::{Facts, Flaw};
use super::memory::Read;
use super::reason::{ALTERED_CLASS, LIST_EXPIRED};
use super::{Context, Side};
use crate::metrics::{Decision as Outcome, Metrics, QuotaResult, RuleResult};
use crate::policy::{
    CallFacts, Contradictions, Decision, Mode, Policy, Refusal, RefusalKind, Route, Verdict,
    refusal_text,
};
use crate::quota::Ledger;

/// What was decided on a request, and what to do with it: it goes on, along a route if there is one, or is refused.
pub(super) struct Sentence<'p> {
    pub(super) judgement: Judgement,
    pub(super) fate: Result<Option<&'p Route>, Refusal>,
}

/// Judges a call by the protocol first, then by the policy.
pub(super) fn judge<'p>(
    from: Side,
    request: &Request<'_>,
    read: &Read,
    caller: &Caller,
    policy: &'p Rc<Policy>,
    ledger: &mut Ledger<'_>,
    cx: &mut Context<'_>,
) -> Sentence<'p> {
    let Read { facts, arguments } = read;
    if let Some(flaw) = facts.flaw {
        cx.metrics.refused(flaw.name());
        let reported = matches!(flaw, Flaw::Contradiction(_))
            && policy.contradictions == Contradictions::Report;
        if !reported && policy.mode == Mode::Enforce {
            return invalid(policy, flaw.name(), flaw.message());
        }
    }
    if let Some(class) = &arguments.altered {
        cx.metrics.refused(ALTERED_CLASS);
        if policy.mode == Mode::Enforce {
            let message =
                format!("{class} is not written in the way in which every provider reads it");
            return invalid(policy, ALTERED_CLASS, &message);
        }
    }
    let call = CallFacts {
        identities: &facts.identities,
        method: facts.method.as_deref(),
        generic: facts.generic.as_deref(),
        one_way: !request.two_way,
        callback: from == Side::Upstream,
        classes: arguments.classes.as_deref(),
        serialization: request.serialization_name(),
        origin: Some(&caller.origin),
        claimed_app: facts.claimed_app.as_deref(),
        attachments: &facts.attachments,
    };
    let findings = facts.findings(&call, &caller.origin, policy);
    if facts.method.is_none() && must_rewrite(from, facts, policy.route(&findings), policy) {
        let reason = CallErrorKind::UnsupportedSerialization.name();
        cx.metrics.refused(reason);
        return invalid(
            policy,
            reason,
            "no attachments can be set in a call that is not read",
        );
    }
    if let Some(error) = facts.unwritable
        && must_rewrite(from, facts, policy.route(&findings), policy)
    {
        cx.metrics.refused(error.name());
        return invalid(policy, error.name(), &error.to_string());
    }
    let mut decision = policy.settle(&findings, &call, ledger, cx.now);
    count(&decision, cx.metrics);
    Sentence {
        judgement: Judgement {
            holds: core::mem::take(&mut decision.holds),
            ..judgement(policy, &decision)
        },
        fate: match policy.refusal(&decision.verdict) {
            Some(refusal) => Err(refusal),
            None => Ok(decision.route),
        },
    }
}

/// Whether a call that goes on gets other attachments: those of its route, and none of the caller's own that routes set.
/// What a provider calls back is not routed.
pub(super) fn must_rewrite(
    from: Side,
    facts: &Facts,
    route: Option<&Route>,
    policy: &Policy,
) -> bool {
    let sets = route.is_some_and(|route| !route.set.is_empty());
    from == Side::Downstream && policy.mode == Mode::Enforce && (facts.has_owned || sets)
}

/// A call that cannot be judged. With `mode: dry_run` it goes on.
pub(super) fn invalid<'p>(
    policy: &Rc<Policy>,
    reason: &'static str,
    message: &str,
) -> Sentence<'p> {
    if policy.mode == Mode::DryRun {
        return Sentence {
            judgement: Judgement::without_rules(policy, Outcome::Allowed, reason),
            fate: Ok(None),
        };
    }
    Sentence {
        judgement: Judgement::without_rules(policy, Outcome::Refused, reason),
        fate: Err(Refusal {
            form: policy.denial,
            text: refusal_text(RefusalKind::Invalid, "-", &format!("{reason}: {message}")),
        }),
    }
}

fn judgement(policy: &Rc<Policy>, decision: &Decision<'_>) -> Judgement {
    let (outcome, reason) = match decision.verdict {
        Verdict::Allowed { .. } => (Outcome::Allowed, ""),
        Verdict::Denied { .. } => (Outcome::Denied, "denied"),
        Verdict::Limited { .. } => (Outcome::Limited, "limited"),
        Verdict::Expired { .. } => (Outcome::Refused, LIST_EXPIRED),
        Verdict::Unavailable { .. } => (Outcome::Refused, "unavailable"),
    };
    let place = |of: &crate::quota::Quota| {
        policy
            .quotas
            .iter()
            .position(|limiter| core::ptr::eq(&limiter.quota, of))
    };
    Judgement {
        policy: Rc::clone(policy),
        outcome,
        reason,
        rule: decision.verdict.rule().map(|rule| rule.index),
        dry_run: decision
            .dry_run
            .iter()
            .filter_map(Verdict::rule)
            .map(|rule| rule.index)
            .collect(),
        quotas: match decision.verdict {
            Verdict::Limited { quota, .. } | Verdict::Unavailable { quota, .. } => {
                place(quota).into_iter().collect()
            }
            _ => decision
                .charges
                .iter()
                .filter_map(|charge| place(charge.quota))
                .collect(),
        },
        list: match decision.verdict {
            Verdict::Expired { list, .. } => {
                policy.list_names.iter().position(|name| **name == *list)
            }
            _ => None,
        },
        holds: Vec::new(),
        route: decision.route.map(|route| route.index),
        may_be_allowed: decision.may_be_allowed,
    }
}

/// Counts what rules and quotas said.
fn count(decision: &Decision<'_>, metrics: &mut Metrics) {
    let mut count = |verdict: &Verdict<'_>, enforced| {
        let rule = verdict.rule().map_or("-", |rule| &rule.name);
        match verdict {
            Verdict::Allowed { rule: None } => {}
            Verdict::Allowed { .. } => metrics.rule_result(rule, RuleResult::Allowed, enforced),
            Verdict::Denied { .. } => metrics.rule_result(rule, RuleResult::Denied, enforced),
            Verdict::Limited { quota, .. } => {
                metrics.rule_result(rule, RuleResult::Limited, enforced);
                metrics.quota_result(&quota.name, QuotaResult::Limited);
            }
            Verdict::Expired { .. } => metrics.rule_result(rule, RuleResult::Denied, enforced),
            Verdict::Unavailable { quota, .. } => {
                metrics.rule_result(rule, RuleResult::Limited, enforced);
                metrics.quota_result(&quota.name, QuotaResult::Unavailable);
            }
        }
    };
    count(&decision.verdict, true);
    for verdict in &decision.dry_run {
        count(verdict, false);
    }
    if decision.verdict.is_allowed() {
        for charge in &decision.charges {
            metrics.quota_result(&charge.quota.name, QuotaResult::Allowed);
        }
    }
}
