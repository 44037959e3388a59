//! What the receiver of reports got.

use std::collections::BTreeMap;

use anyhow::Result;
use scenario::Report;

use crate::lab::Lab;
use crate::page;

pub(crate) fn show(lab: &Lab) -> Result<()> {
    page::section(
        "6. Reports",
        &[
            "A record of every call, in batches, by OTLP/gRPC. How many there are of each kind, and the first of it:",
        ],
    );
    let seen = lab.decisions();
    let calls: u64 = seen.values().sum();
    let reports = lab.collector.wait_calls(calls as usize);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for report in &reports {
        let count = kinds.entry(kind(report)).or_default();
        *count += 1;
    }
    let mut shown: Vec<String> = Vec::new();
    for report in &reports {
        let kind = kind(report);
        if !shown.contains(&kind) {
            println!(
                "  {:>4} x  {}",
                kinds.get(&kind).unwrap_or(&0),
                line(report)
            );
            shown.push(kind);
        }
    }
    println!();
    let mut decisions: BTreeMap<String, u64> = BTreeMap::new();
    for report in &reports {
        *decisions
            .entry(text(report, "dubbo.policy.decision"))
            .or_default() += 1;
    }
    for (decision, calls) in seen {
        let found = decisions.get(decision).copied().unwrap_or(0);
        page::fact(
            &format!("{calls} records of {decision} calls, as many as were made"),
            "receiver",
            &found,
            &calls,
        )?;
    }
    page::fact(
        &format!("{calls} records in all"),
        "receiver",
        &(reports.len() as u64),
        &calls,
    )?;
    let batches = lab.collector.batch_sizes();
    let most = batches.iter().copied().max().unwrap_or(0);
    page::fact(
        &format!(
            "{} batches, {most} records in the largest (100 allowed)",
            batches.len()
        ),
        "receiver",
        &(most <= 100),
        &true,
    )?;
    let sent = lab
        .envoy
        .wait_metric("dubbo_policy_reports_sent_total", &[], calls)?;
    page::fact(
        &format!("{calls} sent"),
        "Envoy: dubbo_policy_reports_sent_total",
        &sent,
        &calls,
    )?;
    let dropped = lab
        .envoy
        .metric("dubbo_policy_reports_dropped_total", &BTreeMap::new())?;
    page::fact(
        "none dropped",
        "Envoy: dubbo_policy_reports_dropped_total",
        &dropped,
        &0,
    )
}

/// What a record has in common with others.
fn kind(report: &Report) -> String {
    KIND.map(|attribute| text(report, attribute)).join(" ")
}

/// A record on one line.
fn line(report: &Report) -> String {
    let mut line = format!("{} {}", report.severity, text(report, "rpc.method"));
    let attributes = [
        ("", "dubbo.policy.decision"),
        ("rule ", "dubbo.policy.rule"),
        ("route ", "dubbo.policy.route"),
        ("app ", "dubbo.claimed.app"),
        ("from ", "client.address"),
        ("status ", "rpc.response.status_code"),
        ("error ", "error.type"),
    ];
    for (label, attribute) in attributes {
        let value = text(report, attribute);
        if !value.is_empty() {
            line.push_str(&format!(", {label}{value}"));
        }
    }
    if let Some(seconds) = report
        .attributes
        .get("dubbo.call.duration")
        .and_then(|value| value.as_f64())
    {
        line.push_str(&format!(", {:.1} ms", seconds * 1000.0));
    }
    line
}

/// A string attribute; empty when it is absent.
fn text(report: &Report, attribute: &str) -> String {
    let value = report
        .attributes
        .get(attribute)
        .and_then(|value| value.as_str());
    value.unwrap_or_default().to_owned()
}

const KIND: [&str; 5] = [
    "rpc.method",
    "dubbo.policy.decision",
    "dubbo.policy.rule",
    "dubbo.policy.route",
    "error.type",
];
