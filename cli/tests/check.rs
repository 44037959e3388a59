//! `dubbo-policy check`, run as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod support;

use std::path::{Path, PathBuf};

use support::{Ran, repository, run};

fn check(dir: &str, args: &[&str]) -> Ran {
    run(&testdata(dir), &[&["check"], args].concat(), "")
}

fn testdata(dir: &str) -> PathBuf {
    repository("testdata/config").join(dir)
}

/// The files of a directory that are to be checked, with what has to be said of them.
fn cases(dir: &str) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(testdata(dir)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".txt") {
            let said = std::fs::read_to_string(path.with_extension("txt")).expect(&name);
            cases.push((name, said));
        }
    }
    cases.sort();
    cases
}

#[test]
fn every_mistake_is_told_with_its_line_and_path() {
    let cases = cases("bad");
    assert!(cases.len() > 40, "{}", cases.len());
    for (file, said) in cases {
        let ran = check("bad", &[&file]);
        assert_eq!(ran.out, said, "{file}");
        assert_eq!(ran.code, Some(1), "{file}");
        assert_eq!(ran.err, "", "{file}");
    }
}

#[test]
fn five_mistakes_are_five_lines() {
    let ran = check("bad", &["five-mistakes.yaml"]);
    assert_eq!(ran.out.lines().count(), 5);
}

#[test]
fn configurations_are_found_in_what_envoy_and_istio_are_given() {
    for (file, said) in cases("held") {
        let ran = check("held", &["--fail-on", "warning", &file]);
        let findings: String = ran
            .out
            .lines()
            .filter(|line| !line.starts_with(&format!("{file}: ")))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(findings, said, "{file}");
        assert_eq!(ran.code, Some(1), "{file}");
    }
}

/// Istio calls a plugin like its resource. The same policy may be loaded twice, and in two plugins names are free.
#[test]
fn policies_of_one_key_are_refused_unless_they_are_identical() {
    let plugin = |name: &str, policy: &str, mode: &str| {
        format!(
            "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec:\n  pluginConfig: {{apiVersion: dubbo-policy/v1, name: {policy}, mode: {mode}, rules: []}}\n---\n"
        )
    };
    for (other, code) in [
        (plugin("a", "shop", "enforce"), 0),
        (plugin("a", "shop", "dry_run"), 1),
        (plugin("a", "mall", "dry_run"), 0),
        (plugin("b", "shop", "dry_run"), 0),
    ] {
        let text = plugin("a", "shop", "enforce") + &other;
        let ran = run(
            Path::new("."),
            &["check", "--fail-on", "warning", "-"],
            &text,
        );
        assert_eq!(ran.code, Some(code), "{}", ran.out);
        assert_eq!(
            ran.out.contains("expected a name of its own"),
            code == 1,
            "{}",
            ran.out
        );
    }
    let plain = |mode: &str| {
        format!("{{apiVersion: dubbo-policy/v1, name: shop, mode: {mode}, rules: []}}\n---\n")
    };
    let text = plain("enforce") + &plain("dry_run");
    let ran = run(Path::new("."), &["check", "-"], &text);
    assert!(
        ran.out
            .contains("warning: name: the policy at -:1:1 has this name, too"),
        "{}",
        ran.out
    );
    assert_eq!(ran.code, Some(0));
}

#[test]
fn notes_are_told_and_never_fail() {
    let policy = "apiVersion: dubbo-policy/v1\nname: a\nquotas: [{name: q, limit: 1, window: 1s}]\n\
                  rules: [{name: r, quotas: [q]}]\n";
    let ran = run(
        Path::new("."),
        &["check", "--fail-on", "warning", "-"],
        policy,
    );
    assert!(
        ran.out
            .contains("-:3:10: note: quotas[0]: each Envoy counts for itself"),
        "{}",
        ran.out
    );
    assert_eq!(ran.code, Some(0));
}

#[test]
fn what_is_no_configuration_at_all_is_told() {
    let directory = run(&testdata("."), &["check", "good"], "");
    assert_eq!(directory.code, Some(2));
    assert!(directory.err.contains("good: "), "{}", directory.err);
    let binary = run(Path::new("."), &["check", "-"], b"\0asm\xff\xfe");
    assert_eq!(
        binary.out,
        "-:1:1: error: expected text, found what is no UTF-8\n"
    );
    let nothing = run(Path::new("."), &["check", "-"], " \n# nothing\n");
    assert!(
        nothing.out.contains("expected a policy, found nothing"),
        "{}",
        nothing.out
    );
    let huge = run(Path::new("."), &["check", "/dev/zero"], "");
    assert_eq!(huge.code, Some(2));
    assert!(
        huge.err.contains("more than 67108864 bytes"),
        "{}",
        huge.err
    );
}

#[test]
fn yaml_and_json_are_the_same_policy() {
    let ran = check("good", &["full.yaml", "full.json"]);
    let revisions: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.split_once(": policy user-provider, revision "))
        .map(|(_, revision)| revision)
        .collect();
    assert_eq!(revisions.len(), 2, "{}", ran.out);
    assert_eq!(revisions[0], revisions[1]);
    assert_eq!(ran.code, Some(0));
}

#[test]
fn every_quota_has_a_line() {
    let ran = check("good", &["full.yaml"]);
    for line in [
        "full.yaml: quota per-caller: 100 in any 1 s, for each source.ip, service, method, 3 overrides; each Envoy counts for itself",
        "full.yaml: quota mesh: 60000 in each clock-aligned 60 s; each Envoy counts for itself",
    ] {
        assert!(
            ran.out.lines().any(|printed| printed == line),
            "{}",
            ran.out
        );
    }
}

#[test]
fn warnings_fail_when_they_are_asked_to() {
    assert_eq!(check("good", &["full.yaml"]).code, Some(0));
    assert_eq!(
        check("good", &["--fail-on", "warning", "full.yaml"]).code,
        Some(1)
    );
    assert_eq!(
        check("good", &["--fail-on", "warning", "minimal.yaml"]).code,
        Some(0)
    );
}

#[test]
fn the_standard_input_is_a_file_too() {
    let policy = "apiVersion: dubbo-policy/v1\nname: a\nrules: nothing\n";
    let ran = run(Path::new("."), &["check", "-"], policy);
    assert_eq!(
        ran.out,
        "-:3:1: error: rules: expected a list, found \"nothing\"\n"
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn findings_are_json_on_demand() {
    let ran = check("bad", &["-o", "json", "five-mistakes.yaml"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 5);
    assert_eq!(findings[1]["path"], "quotas[0].limit");
    assert_eq!(findings[1]["file"], "five-mistakes.yaml");
    assert_eq!(
        (&findings[1]["line"], &findings[1]["column"]),
        (&6.into(), &3.into())
    );
    assert_eq!(findings[1]["severity"], "error");
    let ran = check("good", &["-o", "json", "minimal.yaml"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["policies"][0]["name"], "observe");
    assert_eq!(
        report["policies"][0]["revision"].as_str().unwrap().len(),
        16
    );
}

#[test]
fn wrong_usage_and_unreadable_files_are_no_findings() {
    for args in [
        &[][..],
        &["check"],
        &["check", "there-is-no-such-file.yaml"],
        &["check", "-o", "xml", "-"],
        &["check", "--fail-on", "note", "-"],
        &["check", "--strict", "-"],
        &["chek", "-"],
    ] {
        let ran = run(Path::new("."), args, "");
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert_eq!(ran.out, "", "{args:?}");
        assert!(
            ran.err.starts_with("dubbo-policy: "),
            "{args:?} {}",
            ran.err
        );
    }
}

/// Aliases of aliases, and brackets without end.
#[test]
fn a_file_cannot_make_the_command_grow_without_bound() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let ten = vec![before; 10].join(", ");
        laughs += &format!("a{level}: &a{level} [{ten}]\n");
    }
    let deep = "[".repeat(200);
    for (text, said) in [
        (laughs, "too many values"),
        (deep, "values nested too deeply"),
    ] {
        let ran = run(Path::new("."), &["check", "-"], &text);
        assert!(ran.out.contains(said), "{}", ran.out);
        assert_eq!(ran.code, Some(1));
    }
}

#[test]
fn the_version_is_said() {
    let ran = run(Path::new("."), &["version"], "");
    assert_eq!(
        ran.out,
        format!("dubbo-policy {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(ran.code, Some(0));
}
