//! `global` of a quota.

use std::sync::Arc;

use super::reader::{Fields, Value};
use super::{quotas, reports, schema};
use crate::quota::{Algorithm, Global, GlobalRate, Rate, Service, Unit, WhenUnavailable};

/// Makes a quota of several Envoys of one that would count for this one.
pub(super) fn read(
    quota: &Fields<'_>,
    value: &Value<'_>,
    rate: Option<Rate>,
) -> Option<GlobalRate> {
    let fields = value.fields(&schema::GLOBAL)?;
    let cluster = fields
        .get("cluster")
        .and_then(|name| reports::cluster(&name));
    let domain = fields.get("domain").and_then(|domain| domain.name());
    let when_unavailable = when_unavailable(&fields);
    let Rate {
        limit,
        window,
        algorithm,
    } = rate?;
    let unit = Unit::of(window);
    if unit.is_none()
        && let Some(at) = quota.written("window")
    {
        at.reject("a window of 1s, 1m, 1h or 24h, beside global", None);
    }
    if algorithm != Algorithm::Fixed {
        let at = quota.written("algorithm").unwrap_or_else(|| quota.at());
        let found = "rolling, which no rate limit service has";
        at.reject_as("algorithm: fixed, beside global", found, None);
        return None;
    }
    let limit = u32::try_from(limit).ok();
    if limit.is_none()
        && let Some(at) = quota.written("limit")
    {
        at.reject(LARGEST, None);
    }
    let name = quota.get("name").and_then(|name| name.name())?;
    let limit = limit?;
    let service = Service {
        cluster: cluster?,
        domain: domain?.to_owned(),
    };
    let global = Global {
        service,
        quota: name.to_owned(),
        limit,
        unit: unit?,
        when_unavailable: when_unavailable?,
    };
    Some(GlobalRate {
        limit,
        global: Arc::new(global),
    })
}

fn when_unavailable(fields: &Fields<'_>) -> Option<WhenUnavailable> {
    let word = fields.get("when_unavailable")?.choice(&[
        ("local", "local"),
        ("allow", "allow"),
        ("deny", "deny"),
    ])?;
    let written = fields.written("local_limit");
    let limit = written.and_then(|limit| limit.whole(quotas::LIMIT));
    match (word, written) {
        ("local", None) => {
            let expected = "a local_limit beside when_unavailable: local";
            fields.at().reject_as(expected, "none", None);
            None
        }
        ("local", Some(_)) => limit.map(WhenUnavailable::Local),
        (_, Some(at)) => {
            at.reject_as(
                "nothing",
                "a limit that goes with when_unavailable: local",
                None,
            );
            None
        }
        ("allow", None) => Some(WhenUnavailable::Allow),
        (_, None) => Some(WhenUnavailable::Deny),
    }
}

/// The service's messages have no room for more.
pub(super) const LARGEST: &str = "a limit of at most 4294967295, beside global";
