//! The cases in testdata/bypass can be sent, and docs/security.md shows what is on record of them. With `BYPASS_RECORD=1` the page's
//! table is written anew.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic is a test's failure, and the environment is read"
)]

use std::path::Path;

use scenario::bypass::{self, Outcome};

/// In the order of the page's columns.
const PROVIDERS: [&str; 3] = ["Dubbo 3.3.6", "Dubbo 2.7.23", "dubbo-go 3.3.1"];
const BEGIN: &str = "<!-- bypass table -->\n";
const END: &str = "<!-- /bypass table -->\n";

#[test]
fn every_case_can_be_sent() {
    for case in bypass::kinds().unwrap().iter().flat_map(|kind| &kind.cases) {
        let segments = case.segments();
        assert!(segments.is_ok(), "{}: {segments:?}", case.name);
    }
}

/// A case of which the record is missing or too much is one that was renamed without being played.
#[test]
fn every_case_is_on_record_for_every_provider_and_no_other_is() {
    let outcomes = bypass::outcomes().unwrap();
    let kinds = bypass::kinds().unwrap();
    let cases = kinds.iter().flat_map(|kind| &kind.cases);
    let mut names: Vec<&str> = cases.map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    let recorded: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    assert_eq!(recorded, names);
    for (name, rows) in &outcomes {
        let mut providers: Vec<&str> = rows.keys().map(String::as_str).collect();
        providers.sort_unstable_by_key(|name| PROVIDERS.iter().position(|other| other == name));
        assert_eq!(providers, PROVIDERS, "{name}");
    }
}

#[test]
fn on_record_nothing_closed_runs_through_the_module_but_what_the_page_says() {
    let outcomes = bypass::outcomes().unwrap();
    for case in bypass::kinds().unwrap().iter().flat_map(|kind| &kind.cases) {
        let rows = outcomes.get(&case.name).into_iter().flatten();
        for (provider, row) in rows {
            let ran = matches!(row.module, Outcome::Secret | Outcome::Crashed);
            assert!(
                !ran || case.known_hole || case.pending,
                "{} at {provider}: {row}",
                case.name
            );
        }
    }
}

#[test]
fn the_page_shows_what_is_on_record() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let (kinds, outcomes) = (bypass::kinds().unwrap(), bypass::outcomes().unwrap());
    let table = bypass::table(&kinds, &outcomes, &PROVIDERS).unwrap();
    if std::env::var_os("BYPASS_RECORD").is_some() {
        std::fs::write(&page, [before, BEGIN, &table, END, after].concat()).unwrap();
    } else {
        assert_eq!(
            shown, table,
            "BYPASS_RECORD=1 cargo test -p scenario --test bypass writes it"
        );
    }
}
