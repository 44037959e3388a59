//! `quotas`.

use core::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;

use super::conditions::{self, Effect};
use super::global;
use super::names::Names;
use super::reader::{Fields, Value};
use super::schema;
use crate::attributes::{self, Attribute};
use crate::policy::{Limiter, Match};
use crate::quota::{Algorithm, GlobalRate, InFlight, Kind, Override, Quota, Rate, WhenFull};
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
    let kind = read_kind(fields);
    let max_keys = fields.get("max_keys").and_then(|keys| keys.whole(MAX_KEYS));
    let when_full = fields.get("when_full").and_then(|when_full| {
        when_full.choice(&[("share", WhenFull::Share), ("deny", WhenFull::Deny)])
    });
    let per = fields.get("per").and_then(|per| read_per(&per, names));
    let overrides = fields.get("overrides").and_then(|overrides| {
        let per = per.as_deref()?;
        let read = |other: &Value<'a>| read_override(other, per, kind.as_ref()?, names);
        let overrides: Vec<_> = overrides.items()?.iter().map(read).collect();
        overrides.into_iter().collect::<Option<Vec<_>>>()
    });
    let per = per?;
    Some(Limiter {
        quota: Quota {
            name: name?.to_owned(),
            kind: kind?,
            per: per.iter().map(Attribute::to_string).collect(),
            max_keys: u32::try_from(max_keys?).ok()?,
            when_full: when_full?,
        },
        per,
        overrides: overrides?,
    })
}

/// What is limited: calls in a window, or calls at a time.
fn read_kind(fields: &Fields<'_>) -> Option<Kind> {
    let found = |name: &str| fields.written(name).is_some();
    match (found("limit"), found("max_in_flight")) {
        (true, true) => {
            fields.at().reject_as(ONE_KIND, "both", None);
            None
        }
        (false, false) => {
            fields.at().reject_as(ONE_KIND, "neither", None);
            None
        }
        (true, false) => {
            let rate = read_rate(fields);
            match fields.written("global") {
                Some(value) => global::read(fields, value, rate).map(Kind::Global),
                None => rate.map(Kind::Rate),
            }
        }
        (false, true) => read_in_flight(fields).map(Kind::InFlight),
    }
}

fn read_rate(fields: &Fields<'_>) -> Option<Rate> {
    only_beside(fields, &["max_hold", "oneway_hold"], "max_in_flight");
    let limit = fields.get("limit").and_then(|limit| read_limit(&limit));
    let window = match fields.get("window") {
        Some(window) => read_window(&window),
        None => {
            let expected = "a window beside limit, such as 1s";
            fields.at().reject_as(expected, "none", None);
            None
        }
    };
    let algorithm = fields.get("algorithm").and_then(|algorithm| {
        algorithm.choice(&[("rolling", Algorithm::Rolling), ("fixed", Algorithm::Fixed)])
    });
    Some(Rate {
        limit: limit?,
        window: window?,
        algorithm: algorithm?,
    })
}

fn read_in_flight(fields: &Fields<'_>) -> Option<InFlight> {
    only_beside(fields, &["window", "algorithm", "global"], "limit");
    let limit = fields.get("max_in_flight");
    let limit = limit.and_then(|limit| read_limit(&limit));
    let hold = |name| fields.get(name)?.duration(HOLD);
    let (max_hold, oneway_hold) = (hold("max_hold"), hold("oneway_hold"));
    Some(InFlight {
        limit: limit?,
        max_hold: max_hold?,
        oneway_hold: oneway_hold?,
    })
}

/// Fields that say something of the other kind of quota only.
fn only_beside(fields: &Fields<'_>, names: &[&str], other: &str) {
    for field in names.iter().filter_map(|name| fields.written(name)) {
        field.reject_as("nothing", format!("a setting that goes with {other}"), None);
    }
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
        if attribute.kind() == attributes::Kind::Names {
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
    kind: &Kind,
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
        (Some(false), (limit, window)) => override_kind(kind, limit, window).map(Override::Limit),
    };
    matches.zip(other)
}

pub(super) const LIMIT: RangeInclusive<u64> = 0..=Quota::MAX_LIMIT;
pub(super) const WINDOW: RangeInclusive<Nanos> = Nanos::from_secs(1)..=Nanos::from_secs(24 * 3600);
pub(super) const HOLD: RangeInclusive<Nanos> = Nanos::from_millis(50)..=Nanos::from_secs(24 * 3600);
pub(super) const MAX_KEYS: RangeInclusive<u64> = 1..=1_000_000;

/// A quota's kind with another limit, or another window.
fn override_kind(
    kind: &Kind,
    limit: Option<&Value<'_>>,
    window: Option<&Value<'_>>,
) -> Option<Kind> {
    let at_limit = limit;
    let limit = limit.map_or(Some(kind.limit()), read_limit);
    match kind {
        Kind::Rate(rate) => {
            let window = window.map_or(Some(rate.window), read_window);
            let (limit, window) = limit.zip(window)?;
            Some(Kind::Rate(Rate {
                limit,
                window,
                ..*rate
            }))
        }
        Kind::Global(rate) => {
            if let Some(window) = window {
                let found = "another window beside a global quota's";
                window.reject_as("nothing", found, None);
            }
            let limit = u32::try_from(limit?).ok();
            if limit.is_none()
                && let Some(at) = at_limit
            {
                at.reject(global::LARGEST, None);
            }
            Some(Kind::Global(GlobalRate {
                limit: limit?,
                global: Arc::clone(&rate.global),
            }))
        }
        Kind::InFlight(in_flight) => {
            if let Some(window) = window {
                window.reject_as("nothing", "a window, which max_in_flight has none of", None);
            }
            Some(Kind::InFlight(InFlight {
                limit: limit?,
                ..*in_flight
            }))
        }
    }
}

const ONE_KIND: &str = "limit and window, or max_in_flight";
