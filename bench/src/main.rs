//! `make bench`: prints the comparison as Markdown. Goals that are missed are printed; faults in the traffic fail.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bench::measure::{self, Plan};
use bench::rules;
use bench::table::Table;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let of_rules = arguments.first().is_some_and(|first| first == "rules");
    let plan = plan(arguments.drain(usize::from(of_rules)..))?;
    let progress = |done: &str| eprintln!("bench: {done}");
    match of_rules {
        true => println!("{}", rules::run(plan, progress)?),
        false => println!("{}", Table(&measure::run(plan, progress)?)),
    }
    Ok(())
}

/// `[rules] [--quick] [--rounds N] [--window MILLISECONDS]`
fn plan(mut arguments: impl Iterator<Item = String>) -> Result<Plan> {
    let mut plan = Plan::FULL;
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let text = arguments
                .next()
                .with_context(|| format!("{argument}: a number is missing"))?;
            text.parse::<u32>()
                .with_context(|| format!("{argument} {text}"))
        };
        match argument.as_str() {
            "--quick" => plan = Plan::QUICK,
            "--rounds" => plan.rounds = number()?.clamp(1, 100),
            "--window" => plan.window = Duration::from_millis(number()?.clamp(50, 10_000).into()),
            _ => bail!(
                "unknown argument {argument}: expected [--quick] [--rounds N] [--window MILLISECONDS]"
            ),
        }
    }
    Ok(plan)
}
