//! What the documentation shows and names is there, and works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod support;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use support::{repository, run};

/// An example in YAML: between lines of ```yaml and ```.
struct Example {
    /// File and line.
    at: String,
    text: String,
}

/// README.md and the files of docs.
fn pages() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(repository("docs")).unwrap();
    let mut names: Vec<String> = docs
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.push("README.md".to_owned());
    names.sort();
    let read = |name: String| {
        let text = std::fs::read_to_string(repository(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for (name, page) in pages() {
        let mut open: Option<Example> = None;
        for (line, text) in page.lines().enumerate() {
            match (&mut open, text) {
                (None, "```yaml") => {
                    open = Some(Example {
                        at: format!("{name}:{}", line + 1),
                        text: String::new(),
                    });
                }
                (Some(_), "```") => examples.extend(open.take()),
                (Some(example), text) => example.text += &format!("{text}\n"),
                (None, text) => assert!(
                    !text.trim_start().starts_with("apiVersion: dubbo-policy"),
                    "{name}:{}: write examples between lines of ```yaml and ```",
                    line + 1
                ),
            }
        }
        assert!(open.is_none(), "{name}: an example has no end");
    }
    examples
}

/// A whole policy as it stands there; a part of one in a policy of its own. What begins with a comment and has other fields is
/// somebody else's: Mixer's, Envoy's.
fn policy(example: &Example, fields: &BTreeSet<String>) -> Option<String> {
    if example.text.contains("apiVersion: dubbo-policy/v1") {
        return Some(example.text.clone());
    }
    let parsed: Result<Map<String, Value>, _> = serde_saphyr::from_str(&example.text);
    if let Ok(part) = parsed
        && part.keys().all(|name| fields.contains(name))
    {
        let mut whole = json!({"apiVersion": "dubbo-policy/v1", "name": "example", "rules": []});
        whole.as_object_mut().unwrap().extend(part);
        return Some(whole.to_string());
    }
    assert!(
        example.text.starts_with("# "),
        "{}: neither a policy nor a part of one; say in a comment what it is",
        example.at
    );
    None
}

fn schema() -> Value {
    let ran = run(&repository("."), &["schema"], "");
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn every_example_is_a_policy_without_mistakes() {
    let fields: BTreeSet<String> = schema()["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let mut policies = 0;
    for example in examples() {
        let Some(policy) = policy(&example, &fields) else {
            continue;
        };
        let ran = run(&repository("."), &["check", "-"], &policy);
        assert_eq!(ran.code, Some(0), "{}: {}{}", example.at, ran.out, ran.err);
        policies += 1;
    }
    assert!(policies >= 12, "{policies}");
}

/// The tables of docs/configuration.md, which other tests hold against the code, name no field that no example shows.
#[test]
fn every_field_stands_in_an_example() {
    let shown: String = examples().iter().map(|example| &*example.text).collect();
    let page = std::fs::read_to_string(repository("docs/configuration.md")).unwrap();
    let mut fields = 0;
    for line in page.lines() {
        let mut cells = line.trim_matches('|').split(" | ");
        let name = cells.next().unwrap().trim().trim_matches('`');
        let default = cells.nth(1).unwrap_or_default();
        let is_field = line.starts_with("| `")
            && !name.contains('.')
            && (default == "required" || default == "none" || default.starts_with('`'));
        if is_field {
            let there = [
                format!(" {name}:"),
                format!("{{{name}:"),
                format!("\n{name}:"),
            ];
            assert!(
                there.iter().any(|field| shown.contains(field)),
                "no example has {name}"
            );
            fields += 1;
        }
    }
    assert!(fields > 60, "{fields}");
}

#[test]
fn what_mixer_needed_has_an_example_of_ours() {
    let page = std::fs::read_to_string(repository("docs/mixer.md")).unwrap();
    for adapter in ["denier", "listchecker", "memquota", "redisquota"] {
        let heading = format!("\n## {adapter}\n");
        let section = page.split(&heading).nth(1).expect(adapter);
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains("# Mixer:"), "{adapter}");
        assert!(
            section.contains("\napiVersion: dubbo-policy/v1\n"),
            "{adapter}"
        );
    }
}

/// Rows of the table of all features: number, must, here, shown by.
fn features(page: &str) -> Vec<[String; 4]> {
    let table = page.split("\n## Every feature\n").nth(1).unwrap();
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'))
        .map(|line| {
            line.split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .filter(|cells: &Vec<String>| cells[0].parse::<u32>().is_ok())
        .map(|cells| {
            [
                cells[0].clone(),
                cells[2].clone(),
                cells[3].clone(),
                cells[4].clone(),
            ]
        })
        .collect()
}

#[test]
fn every_feature_of_mixer_that_is_a_must_is_shown_by_a_test_or_left_out_with_a_reason() {
    let page = std::fs::read_to_string(repository("docs/mixer.md")).unwrap();
    let features = features(&page);
    let numbers: Vec<u32> = features.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=41).collect::<Vec<u32>>());
    let musts: Vec<u32> = features
        .iter()
        .filter(|row| row[1].starts_with("yes"))
        .map(|row| row[0].parse().unwrap())
        .collect();
    // What a study of Mixer's source marked as needed in a sidecar.
    assert_eq!(
        musts,
        [
            1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 18, 20, 22, 23, 25, 26, 28, 29, 30, 31, 32, 33, 34,
            35, 36, 37
        ]
    );
    for [number, must, here, shown] in &features {
        let left_out = here.starts_with("left out: ") && here.len() > "left out: ".len() + 10;
        assert!(
            !must.starts_with("yes") || left_out || shown.starts_with('`'),
            "{number}"
        );
        assert!(!here.is_empty(), "{number}");
    }
}

#[test]
fn every_test_and_file_that_the_documentation_names_is_there() {
    let mut tests = 0;
    for (name, page) in pages() {
        for quoted in page.split('`').skip(1).step_by(2) {
            let (file, test) = match quoted.split_once("::") {
                Some((file, test)) if file.ends_with(".rs") => (file, Some(test)),
                None if quoted.starts_with("testdata/") && !quoted.contains('*') => (quoted, None),
                _ => continue,
            };
            let path = repository(file);
            assert!(path.exists(), "{name}: there is no {file}");
            if let Some(test) = test {
                let text = std::fs::read_to_string(&path).unwrap();
                let is_there = text.contains(&format!("fn {test}("));
                assert!(is_there, "{name}: there is no {test} in {file}");
                tests += 1;
            }
        }
    }
    assert!(tests > 30, "{tests}");
}
