//! A run's result in Markdown.

use std::fmt::{self, Display, Formatter};

use crate::goals::{GOALS, Measure};
use crate::load::Load;
use crate::measure::Outcome;
use crate::setup::Variant;

/// The tables of a run: costs, what became of the reports, goals.
#[derive(Debug)]
pub struct Table<'a>(pub &'a Outcome);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.costs(f)?;
        writeln!(f)?;
        self.reports(f)?;
        writeln!(f)?;
        self.goals(f)
    }
}

impl Table<'_> {
    fn costs(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| load | Envoy with | µs a call | x tcp_proxy | x dubbo_proxy |"
        )?;
        writeln!(f, "|---|---|---:|---:|---:|")?;
        for load in Load::ALL {
            for variant in Variant::ALL {
                writeln!(
                    f,
                    "| {} | {} | {:.2} | {:.2} | {:.2} |",
                    load.name(),
                    variant.name(),
                    self.0.cost(load, variant),
                    self.0.ratio(load, variant, Variant::Tcp),
                    self.0.ratio(load, variant, Variant::DubboProxy),
                )?;
            }
        }
        Ok(())
    }

    fn reports(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Envoy with | reports sent | dropped, and counted |")?;
        writeln!(f, "|---|---:|---:|")?;
        for (variant, reports) in &self.0.reports {
            writeln!(
                f,
                "| {} | {} | {} |",
                variant.name(),
                reports.sent,
                reports.dropped
            )?;
        }
        Ok(())
    }

    fn goals(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| load | Envoy with | goal | measured | |")?;
        writeln!(f, "|---|---|---:|---:|---|")?;
        for goal in GOALS {
            let measured = goal.measured(self.0);
            let unit = match goal.measure {
                Measure::Microseconds => "µs".to_owned(),
                Measure::Times(other) => format!("x {}", other.name()),
            };
            let met = if measured <= goal.at_most {
                "met"
            } else {
                "not met"
            };
            writeln!(
                f,
                "| {} | {} | <= {} {unit} | {measured:.2} | {met} |",
                goal.load.name(),
                goal.variant.name(),
                goal.at_most,
            )?;
        }
        Ok(())
    }
}
