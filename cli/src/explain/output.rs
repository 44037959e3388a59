//! How an account is printed.

use std::io::{Result, Write};

use super::account::{Account, MatchAccount, ScopeAccount};
use crate::command::Format;

/// Prints the account.
pub(super) fn write(out: &mut impl Write, format: Format, account: &Account<'_>) -> Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, account)?;
            writeln!(out)
        }
        Format::Text => text(out, account),
    }
}

fn text(out: &mut impl Write, account: &Account<'_>) -> Result<()> {
    let Account {
        policy,
        revision,
        mode,
        default,
        ..
    } = account;
    writeln!(
        out,
        "policy {policy}, revision {revision}, mode {mode}, default {default}"
    )?;
    for (name, value) in account.given {
        writeln!(out, "given {name}: {value}")?;
    }
    for (name, value) in &account.assumed {
        writeln!(out, "assumed {name}: {value}")?;
    }
    for name in &account.absent {
        writeln!(out, "absent {name}")?;
    }
    for (name, why) in account.ignored {
        writeln!(out, "ignored {name}: {why}")?;
    }
    for rule in &account.rules {
        let dry_run = if rule.dry_run { ", dry run" } else { "" };
        writeln!(
            out,
            "rule {} ({}{dry_run}): {}",
            rule.name, rule.action, rule.result
        )?;
        scope(out, &rule.scope)?;
        part(out, "require", rule.require.as_ref())?;
    }
    for route in &account.routes {
        writeln!(out, "route {}: {}", route.name, route.result)?;
        scope(out, &route.scope)?;
    }
    let decision = &account.decision;
    writeln!(
        out,
        "decision: {}, because {}",
        decision.decision, decision.why
    )?;
    if let Some(refusal) = &decision.refusal {
        writeln!(out, "the caller is told: {refusal}")?;
    }
    for verdict in &decision.dry_run {
        writeln!(out, "in dry run: {verdict}")?;
    }
    for charge in &decision.charges {
        write!(
            out,
            "charges quota {}: {} of {}",
            charge.quota, charge.charge, charge.limit
        )?;
        for (at, (name, value)) in charge.key.iter().enumerate() {
            let before = if at == 0 { ", for" } else { "," };
            write!(out, "{before} {name} {value:?}")?;
        }
        writeln!(out)?;
    }
    if let Some(route) = decision.route {
        writeln!(out, "takes route {route}")?;
    }
    Ok(())
}

fn scope(out: &mut impl Write, scope: &ScopeAccount) -> Result<()> {
    part(out, "match", scope.matches.as_ref())?;
    part(out, "except", scope.except.as_ref())
}

fn part(out: &mut impl Write, name: &str, part: Option<&MatchAccount>) -> Result<()> {
    let Some(part) = part else { return Ok(()) };
    writeln!(out, "  {name}: {}", part.holds)?;
    for (at, tests) in part.any.iter().enumerate() {
        if at > 0 {
            writeln!(out, "    or")?;
        }
        for test in tests {
            let value = match &test.value {
                Some(value) => format!("it is {value}"),
                None => "it is absent".to_owned(),
            };
            writeln!(
                out,
                "    {}: {} {}, {value}",
                test.holds, test.attribute, test.matcher
            )?;
        }
    }
    Ok(())
}
