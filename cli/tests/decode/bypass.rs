//! The ways around a policy in `testdata/bypass`: whoever looks at one of them sees that it is one.

use std::collections::BTreeSet;

use scenario::bypass::{self, Case, Outcome};
use serde_json::Value;

use crate::module::refusals;
use crate::run::decode;

/// All cases, with their bytes and the lines for those.
fn cases() -> Vec<(Case, Vec<u8>, Vec<Value>)> {
    let kinds = bypass::kinds().unwrap().into_iter();
    let cases = kinds.flat_map(|kind| kind.cases);
    cases
        .map(|case| {
            let bytes = case.segments().unwrap().concat();
            let lines = decode(&["--from", "client", "-"], &bytes).lines;
            (case, bytes, lines)
        })
        .collect()
}

/// The names of the anomalies of all lines.
fn anomalies(lines: &[Value]) -> BTreeSet<&str> {
    lines
        .iter()
        .flat_map(|line| line["anomalies"].as_array().unwrap())
        .map(|one| one["name"].as_str().unwrap())
        .collect()
}

/// What `policy.json` closes.
fn is_closed(run: &Value) -> bool {
    let service = run["service"].as_str().unwrap();
    let method = run["method"].as_str().unwrap();
    run["group"] == "g1"
        || run["version"] == "2.0.0"
        // Methods of Go begin with a capital, so dubbo-go takes either.
        || ["findUser", "FindUser"].contains(&method)
        || ["lab.SecretService", "org.apache.dubbo.metadata.MetadataService"].contains(&service)
}

/// Whether the case gets a provider to run what is closed, or to run no more.
fn works(case: &Case, outcomes: &bypass::Outcomes) -> bool {
    let rows = outcomes.get(&case.name).into_iter().flatten();
    rows.map(|(_, row)| row.direct)
        .any(|direct| matches!(direct, Outcome::Secret | Outcome::Crashed))
}

#[test]
fn each_case_that_works_shows_what_is_wrong_or_what_may_run() {
    let outcomes = bypass::outcomes().unwrap();
    let mut unseen = Vec::new();
    for (case, _, lines) in cases() {
        if case.known_hole || !works(&case, &outcomes) {
            continue;
        }
        let runs = lines.iter().filter_map(|line| line["runs"].as_array());
        let shown = runs
            .into_iter()
            .any(|runs| runs.len() > 1 || runs.iter().any(is_closed));
        if !shown && anomalies(&lines).is_empty() {
            unseen.push(case.name);
        }
    }
    assert_eq!(unseen, [""; 0]);
}

#[test]
fn each_reason_of_the_module_is_an_anomaly() {
    let mut unnamed = Vec::new();
    for (case, bytes, lines) in cases() {
        let found = anomalies(&lines);
        for reason in refusals(&bytes) {
            if !found.contains(&*reason) {
                unnamed.push(format!("{}: {reason}, not {found:?}", case.name));
            }
        }
    }
    assert_eq!(unnamed, [""; 0]);
}
