//! What Prometheus would read from Envoy's admin port.

use std::collections::BTreeMap;

use anyhow::Result;
use e2e::prometheus::Series;

use crate::lab::Lab;
use crate::page;

pub(crate) fn show(lab: &Lab) -> Result<()> {
    page::section(
        "7. Metrics",
        &[
            "The dubbo_policy lines of /stats/prometheus on Envoy's admin port, by name, buckets of histograms left out.",
            "Beside a name stand the labels that all its lines share.",
        ],
    );
    let seen = lab.decisions();
    let answered = seen.get("allowed").copied().unwrap_or(0);
    let durations = lab.envoy.wait_metric(DURATIONS, &[], answered)?;
    let mut names: BTreeMap<String, Vec<Series>> = BTreeMap::new();
    for series in lab.envoy.series()? {
        if !series.name.ends_with("_bucket") {
            names.entry(series.name.clone()).or_default().push(series);
        }
    }
    for (name, series) in &names {
        group(name, series);
    }
    println!();
    for (decision, calls) in seen {
        lab.counted(decision, calls)?;
    }
    page::fact(
        "every answered call was timed",
        &format!("Envoy: {DURATIONS}"),
        &durations,
        &answered,
    )?;
    let refused = lab
        .envoy
        .metric("dubbo_policy_refused_total", &BTreeMap::new())?;
    page::fact(
        "no bytes were refused",
        "Envoy: dubbo_policy_refused_total",
        &refused,
        &0,
    )
}

/// The series of one name.
fn group(name: &str, series: &[Series]) {
    let shared = |label: &str, value: &str| {
        series
            .iter()
            .all(|one| one.labels.get(label).is_some_and(|other| other == value))
    };
    let print = |labels: &BTreeMap<String, String>, wanted: bool| {
        let labels = labels
            .iter()
            .filter(|(label, value)| shared(label, value) == wanted);
        labels
            .map(|(label, value)| format!(" {label}={value}"))
            .collect::<String>()
    };
    let Some(first) = series.first() else {
        return;
    };
    println!("  {name}{}", print(&first.labels, true));
    for one in series {
        let line = format!("  {:>10.0} {}", one.value, print(&one.labels, false));
        println!("{}", line.trim_end());
    }
}

const DURATIONS: &str = "dubbo_policy_request_duration_microseconds_count";
