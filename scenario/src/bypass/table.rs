//! The cases and what came of them, as a page shows it.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{Kind, Outcome, Outcomes, Row};

/// A table for each kind: a line a case, a column a provider. A cell says what came of it directly, through `dubbo_proxy` and
/// through the module; in bold that a
/// closed service ran, or that something crashed.
pub fn table(kinds: &[Kind], outcomes: &Outcomes, providers: &[&str]) -> Result<String> {
    let mut text = String::new();
    for Kind { kind, about, cases } in kinds {
        writeln!(text, "\n### {kind}\n\n{}\n", about.trim())?;
        writeln!(text, "| case | what it tries | {} |", providers.join(" | "))?;
        writeln!(text, "|---|---|{}", "---|".repeat(providers.len()))?;
        for case in cases {
            let rows = outcomes.get(&case.name);
            let cells = providers.iter().map(|provider| {
                let row = rows.and_then(|rows| rows.get(*provider));
                row.map(cell)
                    .with_context(|| format!("{} is not on record for {provider}", case.name))
            });
            let cells = cells.collect::<Result<Vec<_>>>()?.join(" | ");
            writeln!(text, "| {} | {} | {cells} |", case.name, case.tries.trim())?;
        }
    }
    Ok(text)
}

fn cell(row: &Row) -> String {
    let mark = |outcome: Outcome| match outcome {
        Outcome::Secret | Outcome::Crashed => format!("**{outcome}**"),
        _ => outcome.to_string(),
    };
    [row.direct, row.dubbo_proxy, row.module]
        .map(mark)
        .join(", ")
}
