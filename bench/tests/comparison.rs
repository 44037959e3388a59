//! The comparison works, however short it is.

use bench::goals::GOALS;
use bench::load::Load;
use bench::measure::{self, Plan};
use bench::setup::Variant;
use bench::table::Table;

#[test]
fn a_short_run_measures_every_variant_under_every_load() -> anyhow::Result<()> {
    let outcome = measure::run(Plan::QUICK, |_| {})?;
    let text = Table(&outcome).to_string();
    let rows = text.lines().filter(|line| line.starts_with("| ")).count();
    let headers = 3;
    let policies = outcome.reports.len();
    assert_eq!(policies, 3, "{text}");
    assert_eq!(
        rows,
        headers + Load::ALL.len() * Variant::ALL.len() + policies + GOALS.len(),
        "{text}"
    );
    // Envoy reads Dubbo's calls one by one here, and whole buffers there.
    assert!(
        outcome.ratio(Load::Pipelined, Variant::DubboProxy, Variant::Tcp) > 2.0,
        "{text}"
    );
    assert!(
        outcome.ratio(Load::Pipelined, Variant::Every, Variant::Tcp) > 1.0,
        "{text}"
    );
    Ok(())
}
