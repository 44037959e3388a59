//! How findings are printed.

use std::io::{Result, Write};

use engine::policy::Limiter;
use engine::quota::{Algorithm, Kind};
use serde_json::{Value, json};

use super::findings::{Checked, Finding, Report};
use crate::command::Format;
use crate::limits;

/// Prints all that was found.
pub(crate) fn write(out: &mut impl Write, format: Format, report: &Report) -> Result<()> {
    match format {
        Format::Text => text(out, report),
        Format::Json => writeln!(
            out,
            "{:#}",
            json!({
                "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
                "policies": report.policies.iter().map(policy).collect::<Vec<_>>(),
            })
        ),
    }
}

fn text(out: &mut impl Write, report: &Report) -> Result<()> {
    for finding in &report.findings {
        let (file, place) = (&finding.file, finding.place);
        let severity = finding.severity.name();
        writeln!(
            out,
            "{file}:{}:{}: {severity}: {}",
            place.line, place.column, finding.text
        )?;
    }
    for Checked { file, policy, .. } in &report.policies {
        writeln!(
            out,
            "{file}: policy {}, revision {}",
            policy.name, policy.revision
        )?;
        for limiter in &policy.quotas {
            writeln!(
                out,
                "{file}: quota {}: {}",
                limiter.quota.name,
                rate(limiter)
            )?;
        }
    }
    Ok(())
}

/// What a quota admits, in words.
fn rate(limiter: &Limiter) -> String {
    let quota = &limiter.quota;
    let limit = limits::text(&quota.kind);
    let per = match &*quota.per {
        [] => String::new(),
        per => format!(", for each {}", per.join(", ")),
    };
    let others = match limiter.overrides.len() {
        0 => String::new(),
        1 => ", 1 override".to_owned(),
        many => format!(", {many} overrides"),
    };
    let whole = match quota.global() {
        None => "each Envoy counts for itself".to_owned(),
        Some(global) => format!("all Envoys with the domain {}", global.service.domain),
    };
    format!("{limit}{per}{others}; {whole}")
}

fn finding(finding: &Finding) -> Value {
    json!({
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity.name(),
        "path": finding.path,
        "text": finding.text,
    })
}

fn policy(checked: &Checked) -> Value {
    let quotas = checked.policy.quotas.iter().map(|limiter| {
        let quota = &limiter.quota;
        match &quota.kind {
            Kind::Rate(rate) => json!({
                "name": quota.name,
                "limit": rate.limit,
                "window_seconds": rate.window.as_secs_f64(),
                "algorithm": match rate.algorithm {
                    Algorithm::Rolling => "rolling",
                    Algorithm::Fixed => "fixed",
                },
                "per": quota.per,
            }),
            Kind::Global(rate) => json!({
                "name": quota.name,
                "limit": rate.limit,
                "window_seconds": rate.global.unit.window().as_secs_f64(),
                "algorithm": "fixed",
                "per": quota.per,
                "global": {
                    "cluster": rate.global.service.cluster,
                    "domain": rate.global.service.domain,
                },
            }),
            Kind::InFlight(in_flight) => json!({
                "name": quota.name,
                "max_in_flight": in_flight.limit,
                "per": quota.per,
            }),
        }
    });
    json!({
        "file": checked.file,
        "name": checked.policy.name,
        "revision": checked.policy.revision,
        "quotas": quotas.collect::<Vec<_>>(),
    })
}
