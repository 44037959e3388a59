//! The scenarios that are meant for Envoy, against the built module in it.

use std::sync::Mutex;

use anyhow::Result;
use e2e::paths::repository;
use e2e::proxy::EnvoyProxy;
use scenario::Tier;

/// A scenario waits most of the time: for ticks, and for what must not come.
const AT_ONCE: usize = 3;

#[test]
fn envoy_does_what_every_scenario_says() -> Result<()> {
    let mut scenarios = scenario::load_all(&repository().join("testdata/scenarios"))?;
    scenarios.retain(|scenario| scenario.runs_on(Tier::Envoy));
    let count = scenarios.len();
    let (waiting, failures) = (Mutex::new(scenarios), Mutex::new(Vec::new()));
    let work = || -> Result<()> {
        let mut proxy = EnvoyProxy::start()?;
        loop {
            let Some(scenario) = waiting.lock().unwrap().pop() else {
                return Ok(());
            };
            if let Err(error) = scenario::run(&scenario, &mut proxy) {
                failures.lock().unwrap().push(format!("{error:?}"));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap())
    })?;
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {count} failed\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    Ok(())
}
