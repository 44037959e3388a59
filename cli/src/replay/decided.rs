//! What was decided on a call, as far as a capture can tell.

use engine::Judged;
use engine::attributes::Attribute;
use engine::metrics::Decision as Outcome;
use engine::policy::{Limiter, Mode, Policy};
use engine::quota::{Kind, Override};
use engine::time::Nanos;
use serde::Serialize;

/// Attributes that no capture shows.
pub(super) static UNSEEN: [Attribute; 7] = [
    Attribute::SourcePrincipal,
    Attribute::SourceNamespace,
    Attribute::SourceServiceAccount,
    Attribute::SourceTrustDomain,
    Attribute::Direction,
    Attribute::DestinationNamespace,
    Attribute::DestinationWorkload,
];

/// What the bytes of one side do not show.
pub(super) static UNSEEN_IN_STREAMS: [Attribute; 10] = [
    Attribute::SourcePrincipal,
    Attribute::SourceNamespace,
    Attribute::SourceServiceAccount,
    Attribute::SourceTrustDomain,
    Attribute::Direction,
    Attribute::DestinationNamespace,
    Attribute::DestinationWorkload,
    Attribute::SourceIp,
    Attribute::DestinationIp,
    Attribute::DestinationPort,
];

/// A decision in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Decided {
    /// `allowed`, `denied`, `limited`, `refused`; or `unknown`, if it depends on what the capture does not show.
    pub(super) decision: &'static str,
    pub(super) rule: Option<String>,
    pub(super) why: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quotas: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) route: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dry_run_rules: Vec<String>,
}

impl Decided {
    /// `elapsed` is how long the capture has lasted.
    pub(super) fn of(judged: &Judged, elapsed: Option<Nanos>) -> Decided {
        let policy = &judged.policy;
        let rule_name = |at: usize| policy.rules.get(at).map(|rule| rule.name.to_string());
        let limiters: Vec<&Limiter> = judged
            .quotas
            .iter()
            .filter_map(|at| policy.quotas.get(*at))
            .map(|limiter| &**limiter)
            .collect();
        let rule = judged.rule.and_then(rule_name);
        let unknown = unknown(judged, &limiters, elapsed);
        Decided {
            decision: match unknown {
                Some(_) => UNKNOWN,
                None => judged.outcome.name(),
            },
            why: unknown.unwrap_or_else(|| why(judged, rule.as_deref(), &limiters)),
            rule,
            quotas: limiters
                .iter()
                .map(|limiter| limiter.quota.name.clone())
                .collect(),
            route: judged
                .route
                .and_then(|at| policy.routes.get(at))
                .map(|route| route.name.to_string()),
            dry_run_rules: judged
                .dry_run
                .iter()
                .filter_map(|at| rule_name(*at))
                .collect(),
        }
    }

    /// A call of which the capture has not every byte.
    pub(super) fn not_whole(why: &str) -> Decided {
        Decided {
            decision: UNKNOWN,
            rule: None,
            why: why.to_owned(),
            quotas: Vec::new(),
            route: None,
            dry_run_rules: Vec::new(),
        }
    }

    /// A call that is refused before it is read.
    pub(super) fn refused(why: &str) -> Decided {
        Decided {
            decision: Outcome::Refused.name(),
            ..Decided::not_whole(why)
        }
    }
}

pub(super) const UNKNOWN: &str = "unknown";

/// Why it cannot be told what becomes of the call.
fn unknown(judged: &Judged, limiters: &[&Limiter], elapsed: Option<Nanos>) -> Option<String> {
    let policy = &judged.policy;
    if let Some(list) = judged.list {
        let list = policy.list_names.get(list).map_or("-", |name| name);
        return Some(format!(
            "it depends on {list}, which a capture does not show"
        ));
    }
    if judged.may_be_allowed && judged.rule.is_none() && judged.outcome == Outcome::Denied {
        let why = "whether a rule allows it depends on what a capture does not show";
        return Some(why.to_owned());
    }
    if policy.mode == Mode::DryRun {
        return None;
    }
    limiters.iter().find_map(|limiter| {
        let quota = &limiter.quota.name;
        let unseen = limiter
            .per
            .iter()
            .find(|attribute| UNSEEN.contains(attribute));
        if let Some(unseen) = unseen {
            return Some(format!(
                "quota {quota} counts by {unseen}, which a capture does not show"
            ));
        }
        match elapsed {
            None => Some(format!("quota {quota} counts by time, which is not known")),
            Some(elapsed) if elapsed < memory(limiter) => Some(format!(
                "what quota {quota} was charged besides, before the capture or elsewhere, is not known"
            )),
            Some(_) => None,
        }
    })
}

/// For so long a quota remembers what it was charged.
fn memory(limiter: &Limiter) -> Nanos {
    let of = |kind: &Kind| match kind {
        Kind::Rate(rate) => rate.window,
        Kind::InFlight(in_flight) => in_flight.max_hold.max(in_flight.oneway_hold),
        // It counts what other Envoys admit, too.
        Kind::Global(_) => Nanos(u64::MAX),
    };
    let others = limiter.overrides.iter().map(|(_, other)| match other {
        Override::Limit(kind) => of(kind),
        Override::Unlimited => Nanos::default(),
    });
    others.fold(of(&limiter.quota.kind), Nanos::max)
}

fn why(judged: &Judged, rule: Option<&str>, limiters: &[&Limiter]) -> String {
    let quota = limiters.first().map_or("-", |limiter| &*limiter.quota.name);
    match (judged.outcome, rule) {
        (Outcome::Allowed, Some(rule)) => format!("rule {rule} allows it"),
        (Outcome::Allowed, None) if !judged.reason.is_empty() => {
            format!("mode is dry_run, else {}", judged.reason)
        }
        (Outcome::Allowed, None) => allowed_by_default(&judged.policy).to_owned(),
        (Outcome::Denied, Some(rule)) => format!("rule {rule} refuses it"),
        (Outcome::Denied, None) => "no rule allows it".to_owned(),
        (Outcome::Limited, _) => format!("quota {quota} is exhausted"),
        (Outcome::Refused, _) => judged.reason.to_owned(),
    }
}

fn allowed_by_default(policy: &Policy) -> &'static str {
    match policy.mode {
        Mode::Enforce => "no rule refuses it",
        Mode::DryRun => "mode is dry_run, or no rule refuses it",
    }
}
