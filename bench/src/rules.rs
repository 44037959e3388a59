//! What a call costs Envoy under a short and under a long policy, in one run.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::bootstrap::Bootstrap;
use e2e::envoy::Envoy;

use crate::client::Clients;
use crate::cpu;
use crate::load::Load;
use crate::measure::{Plan, median};
use crate::provider::Provider;
use crate::scale::Scale;
use crate::setup;

/// Who calls. What rules said of a call is remembered for the last caller that made it, so several who take turns have them
/// asked again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callers {
    /// All connections come from one address.
    One,
    /// Each comes from an address of its own.
    Several,
}

/// The most that a call may cost under the long policy, compared with the short one.
pub const AT_MOST: f64 = 1.2;

const LOADS: [Load; 2] = [Load::Single, Load::Pipelined];
const CALLERS: [Callers; 2] = [Callers::One, Callers::Several];
const SCALES: [Scale; 2] = [Scale::SMALL, Scale::LARGE];

type Case = (Load, Callers);

/// What was measured.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Microseconds a call, by round.
    costs: BTreeMap<(Case, Scale), Vec<f64>>,
    /// How long Envoy took to start, and its memory afterwards in MB.
    starts: BTreeMap<Scale, (Duration, u64)>,
}

impl Outcome {
    /// The median over the rounds of the long policy's cost by the short one's in the same round.
    pub fn ratio(&self, load: Load, callers: Callers) -> f64 {
        let costs = |scale| self.costs[&((load, callers), scale)].iter();
        let ratios = costs(Scale::LARGE).zip(costs(Scale::SMALL));
        median(ratios.map(|(long, short)| long / short).collect())
    }
}

/// Measures. Any fault in the traffic is an error.
pub fn run(plan: Plan, mut progress: impl FnMut(&str)) -> Result<Outcome> {
    let provider = Provider::start()?;
    let mut outcome = Outcome::default();
    let mut subjects = Vec::new();
    for scale in SCALES {
        progress(&format!("starting Envoy with {}", scale.name()));
        let filters = setup::with_policy(&scale.document())?;
        let places = [
            ("FILTERS", filters.to_string()),
            ("PROVIDER_PORT", provider.port.to_string()),
        ];
        let bootstrap = Bootstrap::load("../bench/envoy.yaml", &places)?;
        let start = Instant::now();
        let envoy = Envoy::start(&bootstrap, 1)?;
        outcome
            .starts
            .insert(scale, (start.elapsed(), resident(envoy.id())?));
        subjects.push((scale, envoy));
    }
    for round in 0..=plan.rounds {
        progress(&format!("round {round} of {}", plan.rounds));
        for case in LOADS
            .into_iter()
            .flat_map(|load| CALLERS.map(|callers| (load, callers)))
        {
            for (scale, envoy) in &subjects {
                let cost = measure(plan, case, envoy).with_context(|| envoy.log())?;
                provider.check()?;
                // In the first round V8 still compiles.
                if round > 0 {
                    outcome.costs.entry((case, *scale)).or_default().push(cost);
                }
            }
        }
    }
    for (scale, envoy) in &subjects {
        let denied = envoy.metric(
            "dubbo_policy_requests_total",
            &[("decision".to_owned(), "denied".to_owned())].into(),
        )?;
        ensure!(denied == 0, "{denied} calls denied with {}", scale.name());
    }
    Ok(outcome)
}

fn measure(plan: Plan, (load, callers): Case, envoy: &Envoy) -> Result<f64> {
    let start = cpu::time(envoy.id())?;
    let clients = Clients::start_from(load, envoy.address()?, |connection| match callers {
        Callers::One => [127, 0, 0, 1].into(),
        Callers::Several => [127, 0, 0, 2 + connection as u8].into(),
    })?;
    thread::sleep(plan.window);
    let answered = clients.finish()?;
    let time = cpu::time(envoy.id())? - start;
    Ok(time.as_secs_f64() * 1e6 / answered as f64)
}

/// Memory that a process has, in MB.
fn resident(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmRSS")?.parse::<u64>()? / 1024)
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| load | callers | {}, µs a call | {}, µs a call | ratio | <= {AT_MOST} |",
            Scale::SMALL.name(),
            Scale::LARGE.name()
        )?;
        writeln!(f, "|---|---|---:|---:|---:|---|")?;
        for load in LOADS {
            for callers in CALLERS {
                let cost = |scale| median(self.costs[&((load, callers), scale)].clone());
                let ratio = self.ratio(load, callers);
                writeln!(
                    f,
                    "| {} | {callers:?} | {:.2} | {:.2} | {ratio:.2} | {} |",
                    load.name(),
                    cost(Scale::SMALL),
                    cost(Scale::LARGE),
                    if ratio <= AT_MOST { "met" } else { "not met" },
                )?;
            }
        }
        writeln!(f, "\n| policy | Envoy's start, s | its memory, MB |")?;
        writeln!(f, "|---|---:|---:|")?;
        for (scale, (time, memory)) in &self.starts {
            writeln!(
                f,
                "| {} | {:.1} | {memory} |",
                scale.name(),
                time.as_secs_f64()
            )?;
        }
        Ok(())
    }
}
