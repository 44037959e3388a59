//! `dubbo-policy schema`: what a validator that knows nothing of this project makes of configurations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use serde_json::Value;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn printed() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_dubbo-policy"))
        .arg("schema")
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&printed()).unwrap()
}

/// The YAML and JSON files of a directory; what is no YAML at all has no schema to follow.
fn configurations(directory: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(repository(directory)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !name.ends_with(".txt")
            && let Ok(value) = serde_saphyr::from_str(&text)
        {
            found.push((name, value));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn the_committed_schema_is_the_one_that_is_printed() {
    let committed = repository("envoy-config/dubbo-policy.schema.json");
    let committed: Value = serde_json::from_slice(&std::fs::read(committed).unwrap()).unwrap();
    assert!(
        committed == printed(),
        "run: dubbo-policy schema > envoy-config/dubbo-policy.schema.json"
    );
}

#[test]
fn it_is_a_schema_of_its_dialect() {
    let schema = printed();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(jsonschema::meta::is_valid(&schema));
}

#[test]
fn it_takes_what_the_module_takes() {
    let validator = validator();
    let good = configurations("testdata/config/good");
    assert!(good.len() >= 4);
    for (name, value) in good {
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{name}");
    }
    let mut policies = 0;
    for path in std::fs::read_dir(repository("testdata/scenarios")).unwrap() {
        let path = path.unwrap().path();
        let Ok(scenario) = scenario::load(&path) else {
            continue;
        };
        let errors: Vec<String> = validator
            .iter_errors(&scenario.config)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
        policies += 1;
    }
    assert!(policies > 50, "{policies}");
}

/// Of the mistakes that `check` finds, a schema finds those that are in one place of a document.
#[test]
fn it_refuses_what_check_refuses() {
    let validator = validator();
    let bad = configurations("testdata/config/bad");
    assert!(bad.len() > 40, "{}", bad.len());
    for (name, value) in bad {
        let taken = validator.is_valid(&value);
        let beyond = BEYOND_A_SCHEMA.contains(&&*name);
        assert_eq!(taken, beyond, "{name}: whether a schema can take it");
    }
}

/// Mistakes that lie between two places, in the meaning of a string, or in the number of a duration.
const BEYOND_A_SCHEMA: [&str; 11] = [
    "absent-unread.yaml",
    "allow-by-absence.yaml",
    "bad-limits.yaml",
    "bad-regex.yaml",
    "duplicate-names.yaml",
    "foreign-bytes.yaml",
    "json-syntax.json",
    "small-budget.yaml",
    "small-queue.yaml",
    "unknown-list.yaml",
    "unknown-quota.yaml",
];
