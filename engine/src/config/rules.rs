//! `rules`.

use super::conditions::{self, Effect};
use super::denial;
use super::names::{Names, Registry};
use super::node::Node;
use super::reader::{Fields, MAX_WHOLE, Value};
use super::schema;
use crate::policy::{Action, Limiter, QuotaUse, Rule, Scope};
use crate::quota::Override;

/// Reads all rules.
pub(super) fn read<'a>(rules: &Value<'a>, names: &Names<'a>) -> Vec<Rule> {
    let mut unique = Registry::new("rule");
    let mut read = Vec::new();
    for (index, value) in rules.items().unwrap_or_default().iter().enumerate() {
        let Some(fields) = value.fields(&schema::RULE) else {
            continue;
        };
        if let Some(name) = fields.get("name") {
            unique.add(&name, Some(()));
        }
        read.extend(rule(&fields, index, names));
    }
    read
}

/// Reads `match` and `except`.
pub(super) fn scope<'a>(
    fields: &Fields<'a>,
    effect: Effect<'_>,
    names: &Names<'a>,
) -> Option<Scope> {
    let matches = fields
        .written("match")
        .map(|matches| conditions::read(matches, effect, names));
    // What is excepted is not granted.
    let except = fields
        .written("except")
        .map(|except| conditions::read(except, Effect::Restricts, names));
    Some(Scope::new(transpose(matches)?, transpose(except)?))
}

fn rule<'a>(fields: &Fields<'a>, index: usize, names: &Names<'a>) -> Option<Rule> {
    let name = fields.get("name").and_then(|name| name.text());
    let action = action(fields, names);
    let effect = match fields.written("allow") {
        Some(_) => Effect::Grants,
        None => Effect::Restricts,
    };
    let scope = scope(fields, effect, names);
    let dry_run = fields.get("dry_run").and_then(|flag| flag.flag());
    let message = fields.written("message").map(|message| message.text());
    let denial = fields.written("denial").map(denial::read);
    if fields.written("allow").is_some() {
        for refusing in ["message", "denial"] {
            if let Some(value) = fields.written(refusing) {
                value.reject(format!("no {refusing} in a rule that allows"), None);
            }
        }
    }
    Some(Rule {
        index,
        name: name?.into(),
        scope: scope?,
        action: action?,
        dry_run: dry_run?,
        message: transpose(message)?.map(Box::from),
        denial: transpose(denial)?,
    })
}

pub(super) const ACTIONS: [&str; 4] = ["allow", "deny", "require", "quotas"];

fn action<'a>(fields: &Fields<'a>, names: &Names<'a>) -> Option<Action> {
    let written: Vec<_> = ACTIONS
        .into_iter()
        .filter_map(|name| Some((name, fields.written(name)?)))
        .collect();
    if written.len() != 1 {
        let found = match &*written {
            [] => "none of them".to_owned(),
            many => {
                let names: Vec<&str> = many.iter().map(|(name, _)| *name).collect();
                names.join(" and ")
            }
        };
        let expected = "exactly one of allow, deny, require and quotas";
        fields.at().reject_as(expected, found, None);
    }
    let read = |(name, value): (&str, &Value<'a>)| match name {
        "allow" => value.fields(&schema::NO_FIELDS).map(|_| Action::Allow),
        "deny" => value.fields(&schema::NO_FIELDS).map(|_| Action::Deny),
        "require" => conditions::read(value, Effect::Restricts, names).map(Action::Require),
        _ => quotas(value, names).map(Action::Quotas),
    };
    let actions: Vec<Option<Action>> = written.into_iter().map(read).collect();
    actions.into_iter().next()?
}

fn quotas<'a>(value: &Value<'a>, names: &Names<'a>) -> Option<Vec<QuotaUse>> {
    let items = value.items()?;
    if items.is_empty() {
        value.reject_as("one quota at least", "an empty list", None);
    }
    let uses: Vec<_> = items.iter().map(|item| quota_use(item, names)).collect();
    uses.into_iter().collect()
}

/// `NAME`, or `{quota: NAME, charge: 2}`.
fn quota_use<'a>(value: &Value<'a>, names: &Names<'a>) -> Option<QuotaUse> {
    let Node::Object(_) = value.node() else {
        let limiter = names.quotas.find(value)?;
        return Some(QuotaUse { limiter, charge: 1 });
    };
    let fields = value.fields(&schema::QUOTA_USE)?;
    let limiter = fields
        .get("quota")
        .and_then(|name| names.quotas.find(&name));
    let at = fields.get("charge")?;
    let (charge, limiter) = at.whole(1..=MAX_WHOLE).zip(limiter)?;
    let limit = smallest_limit(&limiter);
    if charge > limit {
        let name = &limiter.quota.name;
        at.reject(format!("at most {limit}, a limit of quota {name}"), None);
        return None;
    }
    Some(QuotaUse { limiter, charge })
}

/// What a charge must not exceed, because no call could ever be admitted then. A limit of 0 is there to admit none.
fn smallest_limit(limiter: &Limiter) -> u64 {
    let others = limiter
        .overrides
        .iter()
        .filter_map(|(_, other)| match other {
            Override::Limit(kind) => Some(kind.limit()),
            Override::Unlimited => None,
        });
    others
        .chain([limiter.quota.kind.limit()])
        .filter(|limit| *limit > 0)
        .min()
        .unwrap_or(MAX_WHOLE)
}

/// Tells "not written" from "written, and a mistake".
pub(super) fn transpose<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
