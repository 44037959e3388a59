//! A run: rounds through all variants and loads, and what each cost.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::wait;

use crate::client::Clients;
use crate::cpu;
use crate::load::Load;
use crate::provider::Provider;
use crate::receiver::Receiver;
use crate::setup::{Subject, Variant};

/// How long a run takes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How often each variant meets each load.
    pub rounds: u32,
    /// How long calls are made each time.
    pub window: Duration,
}

impl Plan {
    /// Enough for medians that hold.
    pub const FULL: Plan = Plan {
        rounds: 5,
        window: Duration::from_millis(1000),
    };

    /// Enough to see that everything works.
    pub const QUICK: Plan = Plan {
        rounds: 1,
        window: Duration::from_millis(200),
    };
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Microseconds a call, by round.
    costs: BTreeMap<(Load, Variant), Vec<f64>>,
    /// What became of the reports, by variant.
    pub reports: BTreeMap<Variant, Reports>,
}

/// What became of the reports of a variant in all rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reports {
    /// Taken by the receiver.
    pub sent: u64,
    /// Dropped, for whatever reason.
    pub dropped: u64,
}

impl Outcome {
    /// The median cost of a call, in microseconds of Envoy's CPU.
    pub fn cost(&self, load: Load, variant: Variant) -> f64 {
        median(self.costs[&(load, variant)].clone())
    }

    /// The median over the rounds of the cost compared with another variant's in the same round.
    pub fn ratio(&self, load: Load, variant: Variant, to: Variant) -> f64 {
        let rounds = self.costs[&(load, variant)].iter();
        let ratios = rounds.zip(&self.costs[&(load, to)]).map(|(a, b)| a / b);
        median(ratios.collect())
    }
}

/// Measures. `progress` is told what is done; any fault in the traffic is an error.
pub fn run(plan: Plan, mut progress: impl FnMut(&str)) -> Result<Outcome> {
    let provider = Provider::start()?;
    let receiver = Receiver::start()?;
    let subjects = Variant::ALL
        .into_iter()
        .map(|variant| Subject::start(variant, provider.port, receiver.port))
        .collect::<Result<Vec<_>>>()?;
    let mut outcome = Outcome::default();
    let mut calls = BTreeMap::<Variant, u64>::new();
    for round in 0..=plan.rounds {
        progress(&match round {
            0 => "warming up".to_owned(),
            _ => format!("round {round} of {}", plan.rounds),
        });
        for load in Load::ALL {
            for subject in &subjects {
                let before = calls.get(&subject.variant).copied().unwrap_or_default();
                let (cost, answered) = measure(plan, load, subject, before)
                    .and_then(|measured| provider.check().map(|()| measured))
                    .with_context(|| {
                        let log = subject.envoy.log();
                        format!(
                            "{}, {}; Envoy's log:\n{log}",
                            subject.variant.name(),
                            load.name()
                        )
                    })?;
                *calls.entry(subject.variant).or_default() += answered;
                // In the first round V8 still compiles.
                if round > 0 {
                    outcome
                        .costs
                        .entry((load, subject.variant))
                        .or_default()
                        .push(cost);
                }
            }
        }
    }
    for subject in subjects
        .iter()
        .filter(|subject| subject.variant.policy().is_some())
    {
        let reports = settle(subject, calls[&subject.variant])?;
        outcome.reports.insert(subject.variant, reports);
    }
    ensure!(receiver.bytes() > 0, "no report has come to the receiver");
    Ok(outcome)
}

/// Microseconds of Envoy's CPU a call, and how many calls were made. Where every report is sent, the time runs on until they are:
/// under load most of them wait in the queue when the last call is answered. `before` is how many calls this Envoy has seen.
fn measure(plan: Plan, load: Load, subject: &Subject, before: u64) -> Result<(f64, u64)> {
    let start = cpu::time(subject.envoy.id())?;
    let clients = Clients::start(load, subject.envoy.address()?)?;
    thread::sleep(plan.window);
    let answered = clients.finish()?;
    if subject.variant == Variant::Every {
        settle(subject, before + answered)?;
    }
    let time = cpu::time(subject.envoy.id())? - start;
    Ok((time.as_secs_f64() * 1e6 / answered as f64, answered))
}

/// Waits until the module has counted every call and has done with every report: that it judged them all is what was paid for.
fn settle(subject: &Subject, calls: u64) -> Result<Reports> {
    let what = format!(
        "{}: {calls} calls allowed, each reported or dropped",
        subject.variant.name()
    );
    wait::until(&what, Duration::from_secs(60), || {
        // Asking costs Envoy some time, too.
        thread::sleep(Duration::from_millis(200));
        let requests = subject.counter("dubbo_policy_requests_total")?;
        let reports = Reports {
            sent: subject.counter("dubbo_policy_reports_sent_total")?,
            dropped: subject.counter("dubbo_policy_reports_dropped_total")?,
        };
        Ok((requests == calls && reports.sent + reports.dropped == calls).then_some(reports))
    })
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        (values[middle - 1] + values[middle]) / 2.0
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_compares_within_rounds() {
        let mut outcome = Outcome::default();
        let mut add = |variant, costs: &[f64]| {
            outcome
                .costs
                .insert((Load::Single, variant), costs.to_vec())
        };
        // The machine was half as fast in the second round.
        add(Variant::Tcp, &[10.0, 20.0, 11.0]);
        add(Variant::Noop, &[20.0, 42.0, 22.0]);
        assert_eq!(outcome.cost(Load::Single, Variant::Tcp), 11.0);
        assert_eq!(
            outcome.ratio(Load::Single, Variant::Noop, Variant::Tcp),
            2.0
        );
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
