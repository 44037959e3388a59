//! `match`, `except` and `require`: an object of attributes, or a list of such objects.

use super::matchers;
use super::names::Names;
use super::node::Node;
use super::reader::{Value, one_of};
use crate::attributes::Attribute;
use crate::policy::{Condition, Match, Matcher};

/// What follows when a condition holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect<'a> {
    /// Less is allowed. The absence of an attribute may well do that.
    Restricts,
    /// More is allowed, or calls go elsewhere: an attribute that is absent must not do that by the way.
    Grants,
    /// A quota has another limit. That has to be the same for all calls that share a counter, which these attributes tell
    /// apart.
    Overrides(&'a [Attribute]),
}

/// Reads the alternatives.
pub(super) fn read<'a>(value: &Value<'a>, effect: Effect<'_>, names: &Names<'a>) -> Option<Match> {
    let objects = match value.node() {
        Node::Array(_) => value.items()?,
        Node::Object(_) => vec![value.clone()],
        _ => {
            value.reject("an object of attributes, or a list of such objects", None);
            return None;
        }
    };
    if objects.is_empty() {
        value.reject_as("one alternative at least", "an empty list", None);
    }
    let any: Vec<Option<Condition>> = objects
        .iter()
        .map(|object| condition(object, effect, names))
        .collect();
    Some(Match::any(any.into_iter().collect::<Option<_>>()?))
}

fn condition<'a>(object: &Value<'a>, effect: Effect<'_>, names: &Names<'a>) -> Option<Condition> {
    let entries = object.entries()?;
    if entries.is_empty() {
        let hint = "leave it out to speak of every call".to_owned();
        object.reject_as("one attribute at least", "an empty object", Some(hint));
    }
    let tests: Vec<Option<(Attribute, Matcher)>> = entries
        .iter()
        .map(|(name, value)| {
            let attribute = names.attribute(name, value)?;
            let matcher = matchers::read(value, &attribute, names)?;
            check(&attribute, &matcher, value, effect, names);
            let matcher = names.unless_unseen(&attribute, matcher);
            Some((attribute, matcher))
        })
        .collect();
    Some(Condition::new(tests.into_iter().collect::<Option<_>>()?))
}

fn check(
    attribute: &Attribute,
    matcher: &Matcher,
    value: &Value<'_>,
    effect: Effect<'_>,
    names: &Names<'_>,
) {
    match effect {
        Effect::Restricts => {}
        Effect::Grants => {
            let by_the_way = matcher.holds(None) && !matcher.speaks_of_presence();
            if attribute.may_be_absent(names.some_pass_unread) && by_the_way {
                value.reject_as(
                    "present beside not",
                    format!("a test that calls without {attribute} pass too"),
                    Some("write present: true or present: false into the object".to_owned()),
                );
            }
        }
        Effect::Overrides(per) => {
            if !per.contains(attribute) {
                let expected = match per {
                    [] => "an attribute of per, which has none".to_owned(),
                    per => format!("an attribute of per: {}", one_of(per.iter())),
                };
                value.reject_as(expected, attribute.to_string(), None);
            }
        }
    }
}
