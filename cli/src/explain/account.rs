//! The decision, and every rule that was looked at.

use std::collections::BTreeMap;

use engine::attributes::{Attribute, Value};
use engine::config::Node;
use engine::policy::{
    Action, Condition, Match, Mode, Policy, Reading, Rule, Scope, Truth, Verdict,
};
use engine::quota::Counters;
use engine::time::{Nanos, Now};
use serde::Serialize;

use super::given::{ASSUMED, Given};
use crate::config::Chosen;
use crate::limits;
use crate::shared::Memory;

/// All that is told. Truths are `yes`, `no`, and `unknown` for what no one knows before a list is fetched.
#[derive(Debug, Serialize)]
pub(super) struct Account<'a> {
    pub(super) policy: &'a str,
    pub(super) revision: &'a str,
    pub(super) mode: &'static str,
    pub(super) default: &'static str,
    pub(super) given: &'a BTreeMap<String, String>,
    pub(super) assumed: BTreeMap<&'static str, &'static str>,
    /// What the policy looks at and the call has not.
    pub(super) absent: Vec<String>,
    pub(super) ignored: &'a [(String, &'static str)],
    /// Empty if the call is refused before any rule is looked at.
    pub(super) rules: Vec<RuleAccount<'a>>,
    pub(super) routes: Vec<RouteAccount<'a>>,
    pub(super) decision: DecisionAccount<'a>,
}

/// A rule, and what it makes of the call.
#[derive(Debug, Serialize)]
pub(super) struct RuleAccount<'a> {
    pub(super) name: &'a str,
    pub(super) action: &'static str,
    pub(super) dry_run: bool,
    pub(super) result: &'static str,
    #[serde(flatten)]
    pub(super) scope: ScopeAccount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) require: Option<MatchAccount>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quotas: Vec<&'a str>,
}

/// A route, and whether it is about the call.
#[derive(Debug, Serialize)]
pub(super) struct RouteAccount<'a> {
    pub(super) name: &'a str,
    pub(super) result: &'static str,
    #[serde(flatten)]
    pub(super) scope: ScopeAccount,
}

/// `match` and `except`.
#[derive(Debug, Serialize)]
pub(super) struct ScopeAccount {
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub(super) matches: Option<MatchAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) except: Option<MatchAccount>,
}

/// Alternatives, of which one has to hold.
#[derive(Debug, Serialize)]
pub(super) struct MatchAccount {
    pub(super) holds: &'static str,
    pub(super) any: Vec<Vec<TestAccount>>,
}

/// One test of one attribute.
#[derive(Debug, Serialize)]
pub(super) struct TestAccount {
    pub(super) attribute: String,
    /// As it stands in the configuration.
    pub(super) matcher: String,
    /// None when it is absent.
    pub(super) value: Option<String>,
    pub(super) holds: &'static str,
}

/// What becomes of the call.
#[derive(Debug, Serialize)]
pub(super) struct DecisionAccount<'a> {
    pub(super) decision: &'static str,
    pub(super) rule: Option<&'a str>,
    /// What the caller is told.
    pub(super) refusal: Option<String>,
    pub(super) why: String,
    /// What rules in dry run would have refused, or all of them with `mode: dry_run`.
    pub(super) dry_run: Vec<String>,
    pub(super) charges: Vec<ChargeAccount<'a>>,
    pub(super) route: Option<&'a str>,
}

/// What a quota is charged.
#[derive(Debug, Serialize)]
pub(super) struct ChargeAccount<'a> {
    pub(super) quota: &'a str,
    pub(super) charge: u64,
    pub(super) limit: String,
    /// Whose counter: the values of `per`.
    pub(super) key: BTreeMap<String, String>,
}

impl<'a> Account<'a> {
    pub(super) fn of(chosen: &'a Chosen, given: &'a Given) -> Account<'a> {
        let policy = &chosen.policy;
        let facts = given.facts();
        let reading = facts.first_reading();
        let assumed = ASSUMED.into_iter();
        let looked_at = given.refused.is_none();
        let rules = chosen.node.get("rules").and_then(Node::items);
        let routes = chosen.node.get("routes").and_then(Node::items);
        let node = |list: Option<&'a [Node]>, at: usize| list.and_then(|list| list.get(at));
        Account {
            policy: &policy.name,
            revision: &policy.revision,
            mode: match policy.mode {
                Mode::Enforce => "enforce",
                Mode::DryRun => "dry_run",
            },
            default: if policy.default_allow {
                "allow"
            } else {
                "deny"
            },
            given: &given.values,
            assumed: assumed
                .filter(|(name, _)| !given.values.contains_key(*name))
                .filter(|(name, _)| *name != "classes" || facts.classes.is_some())
                .collect(),
            absent: absent(policy, &reading),
            ignored: &given.ignored,
            rules: policy
                .rules
                .iter()
                .filter(|_| looked_at)
                .map(|rule| RuleAccount::of(rule, node(rules, rule.index), &reading))
                .collect(),
            routes: policy
                .routes
                .iter()
                .enumerate()
                .filter(|_| looked_at)
                .map(|(at, route)| RouteAccount {
                    name: &route.name,
                    result: match route.scope.covers(&reading) {
                        Truth::True => "applies",
                        Truth::False => "does not apply",
                        Truth::Unknown(_) => "unknown",
                    },
                    scope: ScopeAccount::of(&route.scope, node(routes, at), &reading),
                })
                .collect(),
            decision: DecisionAccount::of(policy, given),
        }
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.decision.decision == "allowed"
    }
}

impl<'a> RuleAccount<'a> {
    fn of(rule: &'a Rule, node: Option<&Node>, reading: &Reading<'_>) -> RuleAccount<'a> {
        let required = match &rule.action {
            Action::Require(required) => Some(required),
            _ => None,
        };
        RuleAccount {
            name: &rule.name,
            action: match rule.action {
                Action::Deny => "deny",
                Action::Require(_) => "require",
                Action::Allow => "allow",
                Action::Quotas(_) => "quotas",
            },
            dry_run: rule.dry_run,
            result: result(rule, reading),
            scope: ScopeAccount::of(&rule.scope, node, reading),
            require: required.map(|required| {
                MatchAccount::of(required, node.and_then(|node| node.get("require")), reading)
            }),
            quotas: rule
                .action
                .quotas()
                .iter()
                .map(|used| &*used.limiter.quota.name)
                .collect(),
        }
    }
}

/// What the rule makes of the call, in a word or two.
fn result(rule: &Rule, reading: &Reading<'_>) -> &'static str {
    match (rule.scope.covers(reading), &rule.action) {
        (Truth::False, _) => "does not apply",
        (Truth::Unknown(_), _) => "unknown",
        (Truth::True, Action::Deny) => "denies",
        (Truth::True, Action::Allow) => "allows",
        (Truth::True, Action::Quotas(_)) => "charges",
        (Truth::True, Action::Require(required)) => match required.test(reading) {
            Truth::True => "is satisfied",
            Truth::False => "denies",
            Truth::Unknown(_) => "unknown",
        },
    }
}

impl ScopeAccount {
    fn of(scope: &Scope, node: Option<&Node>, reading: &Reading<'_>) -> ScopeAccount {
        let part = |part: Option<&Match>, name| {
            part.map(|part| MatchAccount::of(part, node.and_then(|node| node.get(name)), reading))
        };
        ScopeAccount {
            matches: part(scope.matches(), "match"),
            except: part(scope.except(), "except"),
        }
    }
}

impl MatchAccount {
    fn of(matches: &Match, node: Option<&Node>, reading: &Reading<'_>) -> MatchAccount {
        let alternative = |at: usize| match node {
            Some(Node::Array(items)) => items.get(at),
            one => one,
        };
        MatchAccount {
            holds: word(matches.test(reading)),
            any: matches
                .conditions()
                .iter()
                .enumerate()
                .map(|(at, condition)| tests(condition, alternative(at), reading))
                .collect(),
        }
    }
}

fn tests(condition: &Condition, node: Option<&Node>, reading: &Reading<'_>) -> Vec<TestAccount> {
    let test = |(attribute, matcher): &(Attribute, engine::policy::Matcher)| {
        let name = attribute.to_string();
        let value = reading.value(attribute);
        TestAccount {
            matcher: node
                .and_then(|node| node.get(&name))
                .map(Node::to_string)
                .unwrap_or_default(),
            attribute: name,
            value: value.map(shown),
            holds: word(matcher.test(value)),
        }
    };
    condition.tests().iter().map(test).collect()
}

impl<'a> DecisionAccount<'a> {
    fn of(policy: &'a Policy, given: &Given) -> DecisionAccount<'a> {
        if let Some(why) = &given.refused {
            return DecisionAccount {
                decision: "refused",
                rule: None,
                refusal: None,
                why: why.clone(),
                dry_run: Vec::new(),
                charges: Vec::new(),
                route: None,
            };
        }
        let mut memory = Memory::default();
        let mut counters = Counters::new("", &policy.name, [0; 16], 0);
        let facts = given.facts();
        let decision = policy.decide(&facts, &mut counters.open(&mut memory), NOW);
        let reading = facts.first_reading();
        let undecided =
            decision.may_be_allowed && matches!(decision.verdict, Verdict::Denied { rule: None });
        DecisionAccount {
            decision: if undecided {
                "unknown"
            } else {
                outcome(&decision.verdict)
            },
            rule: decision.verdict.rule().map(|rule| &*rule.name),
            refusal: policy
                .refusal(&decision.verdict)
                .map(|refusal| refusal.text),
            why: if undecided {
                "whether a rule allows it depends on a list that is fetched".to_owned()
            } else {
                why(policy, &decision.verdict)
            },
            dry_run: decision
                .dry_run
                .iter()
                .map(|verdict| format!("{}: {}", outcome(verdict), why(policy, verdict)))
                .collect(),
            charges: decision
                .charges
                .iter()
                .map(|charge| ChargeAccount {
                    quota: &charge.quota.name,
                    charge: charge.amount,
                    limit: limits::text(charge.kind),
                    key: key(policy, &charge.quota.name, &reading),
                })
                .collect(),
            route: decision.route.map(|route| &*route.name),
        }
    }
}

/// Any time will do: the counters are new.
const NOW: Now = Now {
    mono: Nanos::from_secs(1),
    wall: 1_000_000_000,
};

fn outcome(verdict: &Verdict<'_>) -> &'static str {
    match verdict {
        Verdict::Allowed { .. } => "allowed",
        Verdict::Denied { .. } => "denied",
        Verdict::Limited { .. } => "limited",
        Verdict::Expired { .. } => "unknown",
        Verdict::Unavailable { .. } => "unavailable",
    }
}

fn why(policy: &Policy, verdict: &Verdict<'_>) -> String {
    let rule = verdict.rule().map(|rule| &*rule.name);
    match (verdict, rule) {
        (Verdict::Allowed { .. }, Some(rule)) => format!("rule {rule} allows it"),
        (Verdict::Allowed { .. }, None) if policy.default_allow => {
            "no rule refuses it, and default is allow".to_owned()
        }
        (Verdict::Allowed { .. }, None) => "mode is dry_run".to_owned(),
        (Verdict::Denied { .. }, Some(rule)) => format!("rule {rule} refuses it"),
        (Verdict::Denied { .. }, None) => "no rule allows it, and default is deny".to_owned(),
        (Verdict::Limited { quota, .. } | Verdict::Unavailable { quota, .. }, rule) => {
            let rule = rule.unwrap_or("-");
            format!(
                "rule {rule} charges quota {}, which has no room",
                quota.name
            )
        }
        (Verdict::Expired { list, .. }, rule) => {
            let rule = rule.map_or("default".to_owned(), |rule| format!("rule {rule}"));
            format!("{rule} depends on {list}, of which nothing is known here")
        }
    }
}

fn key(policy: &Policy, quota: &str, reading: &Reading<'_>) -> BTreeMap<String, String> {
    let limiter = policy
        .quotas
        .iter()
        .find(|limiter| limiter.quota.name == quota);
    let per = limiter.map_or(&[][..], |limiter| &limiter.per);
    per.iter()
        .map(|attribute| {
            let value = reading.value(attribute).map(shown).unwrap_or_default();
            (attribute.to_string(), value)
        })
        .collect()
}

/// What rules, routes and quotas ask for and the call has not.
fn absent(policy: &Policy, reading: &Reading<'_>) -> Vec<String> {
    let attachments = policy.attachment_keys.iter().enumerate();
    let attachments = attachments.map(|(slot, key)| Attribute::Attachment {
        key: key.as_str().into(),
        slot,
    });
    Attribute::NAMED
        .into_iter()
        .filter(|attribute| policy.looks_at(attribute))
        .chain(attachments)
        .filter(|attribute| reading.value(attribute).is_none())
        .map(|attribute| attribute.to_string())
        .collect()
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Text(text) | Value::Method(text) => text.to_owned(),
        Value::Principal(principal) => principal.uri().to_owned(),
        Value::Flag(flag) => flag.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Names([]) => "none".to_owned(),
        Value::Names(names) => names.join(", "),
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "yes",
        Truth::False => "no",
        Truth::Unknown(_) => "unknown",
    }
}
