//! `quotas`.

use core::ops::RangeInclusive;
use std::rc::Rc;

use super::conditions::{self, Effect};
use super::names::Names;
use super::reader::{Fields, Value};
use super::schema;
use crate::attributes::{Attribute, Kind};
use crate::policy::{Limiter, Match};
use crate::quota::{Algorithm, Override, Quota, WhenFull};
use crate::time::Nanos;

/// Reads all quotas, also into `names`.
pub(super) fn read<'a>(quotas: &Value<'a>, names: &mut Names<'a>) -> Vec<Rc<Limiter>> {
    let mut limiters = Vec::new();
    for quota in quotas.items().unwrap_or_default() {
        let Some(fields) = quota.fields(&schema::QUOTA) else {
            continue;
        };
        let limiter = limiter(&fields, names).map(Rc::new);
        limiters.extend(limiter.clone());
        if let Some(name) = fields.get("name") {
            names.quotas.add(&name, limiter);
        }
    }
    limiters
}

fn limiter<'a>(fields: &Fields<'a>, names: &Names<'a>) -> Option<Limiter> {
    let name = fields.get("name").and_then(|name| name.name());
    let limit = fields.get("limit").and_then(|limit| read_limit(&limit));
    let window = fields.get("window").and_then(|window| read_window(&window));
    let algorithm = fields.get("algorithm").and_then(|algorithm| {
        algorithm.choice(&[("rolling", Algorithm::Rolling), ("fixed", Algorithm::Fixed)])
    });
    let max_keys = fields.get("max_keys").and_then(|keys| keys.whole(MAX_KEYS));
    let when_full = fields.get("when_full").and_then(|when_full| {
        when_full.choice(&[("share", WhenFull::Share), ("deny", WhenFull::Deny)])
    });
    let per = fields.get("per").and_then(|per| read_per(&per, names));
    let overrides = fields.get("overrides").and_then(|overrides| {
        let per = per.as_deref()?;
        let read = |other: &Value<'a>| read_override(other, per, limit?, window?, names);
        let overrides: Vec<_> = overrides.items()?.iter().map(read).collect();
        overrides.into_iter().collect::<Option<Vec<_>>>()
    });
    let per = per?;
    Some(Limiter {
        quota: Quota {
            name: name?.to_owned(),
            limit: limit?,
            window: window?,
            algorithm: algorithm?,
            per: per.iter().map(Attribute::to_string).collect(),
            max_keys: u32::try_from(max_keys?).ok()?,
            when_full: when_full?,
        },
        per,
        overrides: overrides?,
    })
}

fn read_limit(limit: &Value<'_>) -> Option<u64> {
    limit.whole(LIMIT)
}

fn read_window(window: &Value<'_>) -> Option<Nanos> {
    window.duration(WINDOW)
}

fn read_per<'a>(per: &Value<'a>, names: &Names<'a>) -> Option<Vec<Attribute>> {
    let mut attributes = Vec::new();
    let mut whole = true;
    for item in per.items()? {
        let Some(attribute) = item.text().and_then(|name| names.attribute(name, &item)) else {
            whole = false;
            continue;
        };
        if attribute.kind() == Kind::Names {
            let expected = "an attribute with one value";
            item.reject_as(expected, format!("{attribute}, which has many"), None);
        }
        if attributes.contains(&attribute) {
            item.reject_as("each attribute once", format!("{attribute} again"), None);
        }
        attributes.push(attribute);
    }
    whole.then_some(attributes)
}

fn read_override<'a>(
    value: &Value<'a>,
    per: &[Attribute],
    limit: u64,
    window: Nanos,
    names: &Names<'a>,
) -> Option<(Match, Override)> {
    let fields = value.fields(&schema::OVERRIDE)?;
    let matches = fields
        .get("match")
        .and_then(|matches| conditions::read(&matches, Effect::Overrides(per), names));
    let unlimited = fields.get("unlimited").and_then(|flag| flag.flag());
    let rate = (fields.written("limit"), fields.written("window"));
    let other = match (unlimited, rate) {
        (None, _) => None,
        (Some(true), (None, None)) => Some(Override::Unlimited),
        (Some(false), (None, None)) => {
            value.reject_as("limit, window or unlimited: true", "none of them", None);
            None
        }
        (Some(true), _) => {
            value.reject_as("no limit and no window", "one beside unlimited: true", None);
            None
        }
        (Some(false), (other_limit, other_window)) => {
            let limit = other_limit.map_or(Some(limit), read_limit);
            let window = other_window.map_or(Some(window), read_window);
            limit
                .zip(window)
                .map(|(limit, window)| Override::Rate { limit, window })
        }
    };
    matches.zip(other)
}

pub(super) const LIMIT: RangeInclusive<u64> = 0..=Quota::MAX_LIMIT;
pub(super) const WINDOW: RangeInclusive<Nanos> = Nanos::from_secs(1)..=Nanos::from_secs(24 * 3600);
pub(super) const MAX_KEYS: RangeInclusive<u64> = 1..=1_000_000;
