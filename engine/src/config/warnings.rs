//! What is allowed and probably not meant.

use super::error::Warning;
use super::node::Node;
use super::path::{Path, Segment};
use crate::attributes::{Attribute, Value};
use crate::policy::{Action, Condition, ForeignBytes, Form, Match, Policy, Rule, Treatment};

/// The warnings of a whole policy, which `document` says, in the order of its sections.
pub(super) fn of(policy: &Policy, document: &Node) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, limiter) in policy.quotas.iter().enumerate() {
        let at = element("quotas", index);
        if rests_on_claims(limiter.per.iter()) {
            let text = "callers choose their own counter: what per names is their own claim; add source.ip";
            warn(&mut warnings, at.field("per"), text);
        }
        let uses = policy.rules.iter().flat_map(|rule| rule.action.quotas());
        if !uses
            .into_iter()
            .any(|used| core::ptr::eq(&*used.limiter, &**limiter))
        {
            warn(
                &mut warnings,
                at,
                "no rule charges this quota, so nothing is limited by it",
            );
        }
    }
    for rule in &policy.rules {
        rule_warnings(rule, document, &mut warnings);
    }
    if let Form::Status(_) = policy.denial {
        warn(&mut warnings, Path::default().field("denial"), RETRIED);
    }
    if !policy.default_allow && !policy.rules.iter().any(admits_discovery) {
        let text = format!(
            "no rule allows {METADATA_SERVICE}, which consumers of Dubbo 3 call on the same port; without it they do not \
             find the services of an application"
        );
        warn(&mut warnings, Path::default().field("default"), text);
    }
    let allows = |rule: &&Rule| matches!(rule.action, Action::Allow) && !rule.dry_run;
    let mut allowing = policy.rules.iter().filter(allows).peekable();
    if !policy.default_allow && allowing.peek().is_some() && !allowing.any(admits_callbacks) {
        let text = "no rule allows what providers call back to their clients (callback: true)";
        warn(&mut warnings, Path::default().field("default"), text);
    }
    protocol_warnings(policy, &mut warnings);
    warnings
}

/// The rule that is probably meant by one that denies calls by an attribute, which callers may leave out.
fn meant(rule: &Rule, document: &Node, attribute: &Attribute) -> Option<String> {
    let rule = document.get("rules")?.items()?.get(rule.index)?;
    let Node::Object(tests) = rule.get("match")? else {
        return None;
    };
    let name = attribute.to_string();
    let (this, others): (Vec<_>, Vec<_>) =
        tests.iter().cloned().partition(|(test, _)| *test == name);
    let (_, matcher) = this.first()?;
    let others = match others.is_empty() {
        true => String::new(),
        false => format!("match: {}, ", Node::Object(others)),
    };
    Some(format!(
        "{others}require: {{{name}: {{present: true, not: {matcher}}}}}"
    ))
}

fn protocol_warnings(policy: &Policy, warnings: &mut Vec<Warning>) {
    let at = Path::default().field("protocol");
    let treatments = [
        ("fastjson2", policy.serializations.fastjson2),
        ("other", policy.serializations.other),
    ];
    for (name, treatment) in treatments {
        if treatment == Treatment::Pass {
            let text = "of calls that pass unread nothing is known but serialization, one_way, callback, direction, source.* and destination.*: \
                        rules on service, method, attachments and the like do not see what they do";
            warn(warnings, at.field("serialization").field(name), text);
        }
    }
    for (index, class) in policy.unchecked_classes.iter().enumerate() {
        let text = format!(
            "a call with another definition of {class} can make its provider run another service than rules see"
        );
        warn(warnings, at.field("unchecked_classes").index(index), text);
    }
    if policy.foreign_bytes == ForeignBytes::PassUnprotected {
        let text = "a connection that does not begin with Dubbo's magic passes unread; what it makes the provider do \
                    is not decided here: telnet commands, Triple calls";
        warn(warnings, at.field("foreign_bytes"), text);
    }
}

fn rule_warnings(rule: &Rule, document: &Node, warnings: &mut Vec<Warning>) {
    let at = element("rules", rule.index);
    let mut claims = |matches: &Match, field| {
        if matches
            .conditions()
            .iter()
            .any(|condition| rests_on_claims(attributes(condition)))
        {
            let text =
                "callers choose what is looked at here: it is their own claim; add source.ip";
            warn(warnings, at.field(field), text);
        }
    };
    match (&rule.action, rule.scope.matches()) {
        (Action::Allow, Some(matches)) => claims(matches, "match"),
        (Action::Require(required), _) => claims(required, "require"),
        (Action::Deny, Some(matches)) => {
            for attribute in matches.conditions().iter().filter_map(evaded_by_silence) {
                let meant = meant(rule, document, attribute).unwrap_or_else(|| {
                    format!("require: {{{attribute}: {{present: true, not: ...}}}}")
                });
                let text = format!(
                    "callers that leave {attribute} out are not denied; to refuse these too, write {meant}"
                );
                warn(warnings, at.field("match"), text);
            }
        }
        _ => {}
    }
    if let Some(Form::Status(_)) = rule.denial {
        warn(warnings, at.field("denial"), RETRIED);
    }
}

/// Who calls is looked at, but only the caller's own word for it.
fn rests_on_claims<'a>(attributes: impl Iterator<Item = &'a Attribute> + Clone) -> bool {
    attributes.clone().any(Attribute::is_claimed)
        && !attributes
            .clone()
            .any(|attribute| *attribute == Attribute::SourceIp || attribute.is_certified())
}

/// What a caller may leave out, a claim or its certificate, so that the condition does not hold.
fn evaded_by_silence(condition: &Condition) -> Option<&Attribute> {
    let (attribute, _) = condition.tests().iter().find(|(attribute, matcher)| {
        (attribute.is_claimed() || attribute.is_certified())
            && !matcher.holds(None)
            && !matcher.speaks_of_presence()
    })?;
    Some(attribute)
}

fn attributes(condition: &Condition) -> impl Iterator<Item = &Attribute> + Clone {
    condition.tests().iter().map(|(attribute, _)| attribute)
}

fn admits_discovery(rule: &Rule) -> bool {
    let service = Some(Value::Text(METADATA_SERVICE));
    let admits = |condition: &Condition| {
        condition
            .tests()
            .iter()
            .all(|(attribute, matcher)| *attribute != Attribute::Service || matcher.holds(service))
    };
    let covers = |matches: &Match| matches.conditions().iter().any(admits);
    matches!(rule.action, Action::Allow) && !rule.dry_run && rule.scope.matches().is_none_or(covers)
}

fn admits_callbacks(rule: &Rule) -> bool {
    let callback = Some(Value::Flag(true));
    let admits = |condition: &Condition| {
        let mut tests = condition.tests().iter();
        tests.all(|(attribute, matcher)| {
            *attribute != Attribute::Callback || matcher.holds(callback)
        })
    };
    let covers = |matches: &Match| matches.conditions().iter().any(admits);
    rule.scope.matches().is_none_or(covers)
}

fn element(list: &str, index: usize) -> Path {
    Path(vec![Segment::Field(list.to_owned()), Segment::Index(index)])
}

fn warn(warnings: &mut Vec<Warning>, path: Path, text: impl Into<String>) {
    let text = text.into();
    warnings.push(Warning { path, text });
}

const METADATA_SERVICE: &str = "org.apache.dubbo.metadata.MetadataService";
const RETRIED: &str = "consumers try a call again that is refused with a status, three times in all by default; form: exception refuses it once";
