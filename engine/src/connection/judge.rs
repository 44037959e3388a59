//! From a call's bytes to plain facts, and from those to what becomes of it.

use std::borrow::Cow;
use std::rc::Rc;

use dubbo::{Call, Contradiction, Identities, LoneSurrogate};

use super::books::{Caller, Judgement};
use super::cut::Request;
use super::Context;
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

/// The attachments in which callers say which application they are: Dubbo 2.7 and newer, and the JavaScript clients.
const CLAIMED_APP: [&str; 2] = ["remote.application", "application"];

/// Judges a call by the protocol first, then by the policy.
pub(super) fn judge<'p>(
    request: &Request<'_>,
    call: &Call<'_>,
    identities: &Identities<'_>,
    caller: &Caller,
    policy: &'p Rc<Policy>,
    ledger: &mut Ledger<'_>,
    cx: &mut Context<'_>,
) -> Sentence<'p> {
    if let Some(contradiction) = contradiction(call, identities, policy) {
        let name = contradiction.name();
        cx.metrics.refused(name);
        if policy.contradictions == Contradictions::Deny && policy.mode == Mode::Enforce {
            return invalid(policy, name, "body and attachments name different services");
        }
    }
    let (Ok(attachments), Ok(claimed_app)) = (attachments(call, policy), claimed_app(call)) else {
        cx.metrics.refused(NOT_TEXT);
        return invalid(policy, NOT_TEXT, "an attachment holds half a surrogate pair");
    };
    let decision = policy.decide(
        &CallFacts {
            identities,
            method: Some(call.target_method()),
            generic: call.generic.as_ref().map(|target| &*target.generic),
            one_way: !request.two_way,
            serialization: request.serialization_name(),
            source_ip: caller.ip,
            claimed_app: claimed_app.as_deref(),
            attachments: &attachments,
        },
        ledger,
        cx.now,
    );
    count(&decision, cx.metrics);
    Sentence {
        judgement: judgement(policy, &decision),
        fate: match policy.refusal(&decision.verdict) {
            Some(refusal) => Err(refusal),
            None => Ok(decision.route),
        },
    }
}

const NOT_TEXT: &str = "lone_surrogate";

/// A call that cannot be judged. With `mode: dry_run` it goes on.
pub(super) fn invalid<'p>(policy: &Rc<Policy>, reason: &'static str, message: &str) -> Sentence<'p> {
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

/// What the call says of itself that cannot all be true, unless the configuration says that it can.
fn contradiction(call: &Call<'_>, identities: &Identities<'_>, policy: &Policy) -> Option<Contradiction> {
    identities.contradictions.iter().find(|contradiction| {
        let attachment = |key| match call.attachments.get(key) {
            Some(value) => value.text().ok().flatten(),
            None => None,
        };
        let path = attachment("path").unwrap_or(Cow::Borrowed(&call.path));
        match contradiction {
            // Since Dubbo 2.7.7 the body has the interface, for a service that is exported under a path of its own.
            Contradiction::Path => !policy.exports(&call.path, &path),
            Contradiction::Interface => {
                !attachment("interface").is_some_and(|interface| policy.exports(&interface, &path))
            }
            _ => true,
        }
    })
}

/// The values of the attachments that the policy looks at, by slot.
fn attachments<'a>(call: &'a Call<'_>, policy: &Policy) -> Result<Vec<Option<Cow<'a, str>>>, LoneSurrogate> {
    policy.attachment_keys.iter().map(|key| attachment(call, key)).collect()
}

fn attachment<'a>(call: &'a Call<'_>, key: &str) -> Result<Option<Cow<'a, str>>, LoneSurrogate> {
    call.attachments.get(key).map_or(Ok(None), |value| value.text())
}

/// The application that the caller says it is.
pub(super) fn claimed_app<'a>(call: &'a Call<'_>) -> Result<Option<Cow<'a, str>>, LoneSurrogate> {
    for key in CLAIMED_APP {
        if let Some(app) = attachment(call, key)? {
            return Ok(Some(app));
        }
    }
    Ok(None)
}

fn judgement(policy: &Rc<Policy>, decision: &Decision<'_>) -> Judgement {
    let (outcome, reason) = match decision.verdict {
        Verdict::Allowed { .. } => (Outcome::Allowed, ""),
        Verdict::Denied { .. } => (Outcome::Denied, "denied"),
        Verdict::Limited { .. } => (Outcome::Limited, "limited"),
        Verdict::Unavailable { .. } => (Outcome::Refused, "unavailable"),
    };
    let place = |of: &crate::quota::Quota| policy.quotas.iter().position(|limiter| core::ptr::eq(&limiter.quota, of));
    Judgement {
        policy: Rc::clone(policy),
        outcome,
        reason,
        rule: decision.verdict.rule().map(|rule| rule.index),
        dry_run: decision.dry_run.iter().filter_map(Verdict::rule).map(|rule| rule.index).collect(),
        quotas: match decision.verdict {
            Verdict::Limited { quota, .. } | Verdict::Unavailable { quota, .. } => place(quota).into_iter().collect(),
            _ => decision.charges.iter().filter_map(|charge| place(charge.quota)).collect(),
        },
        route: decision
            .route
            .and_then(|route| policy.routes.iter().position(|other| core::ptr::eq(route, other))),
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
