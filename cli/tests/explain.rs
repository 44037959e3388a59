//! `dubbo-policy explain`, run as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

mod support;

use serde_json::Value;
use support::{Ran, repository, run};

const POLICY: &str = r#"
apiVersion: dubbo-policy/v1
name: shop
default: deny
lists:
- {name: partners, type: string, entries: [order, billing]}
quotas:
- {name: per-caller, limit: 100, window: 1s, per: [source.ip, method]}
- {name: closed, limit: 0, window: 1m}
rules:
- name: acme
  match: [{service: {prefix: com.acme.}}, {service: org.Public}]
  except: {method: {prefix: internal}}
  allow: {}
- name: no-reveal
  match: {service: com.acme.Secrets, method: reveal}
  deny: {}
  message: ask team-x
- name: partners-only
  match: {service: com.acme.Secrets}
  require: {claimed.app: {in: partners}, source.ip: 10.0.0.0/8}
- name: known-classes
  require: {classes: {every: {prefix: com.acme.}}}
- name: fair-use
  match: {service: com.acme.Users}
  quotas: [{quota: per-caller, charge: 3}]
- name: closed-down
  match: {service: com.acme.Closed}
  quotas: [closed]
- name: soon
  match: {service: com.acme.Users, version: {not: "2.0", present: true}}
  deny: {}
  dry_run: true
routes:
- name: canary
  match: {attachments.x-lane: canary}
  set: {attachments: {lane: canary}}
protocol: {serialization: {fastjson2: deny, other: pass}}
"#;

fn explain(args: &[&str]) -> Ran {
    let args = [&["explain", "--config", "-"], args].concat();
    run(&repository("."), &args, POLICY)
}

fn account(args: &[&str]) -> Value {
    let ran = explain(&[&["-o", "json"], args].concat());
    serde_json::from_str(&ran.out).expect(&ran.err)
}

/// Decision, rule, exit code.
#[test]
fn the_decision_and_its_rule_are_those_of_the_policy() {
    for (args, decision, rule, code) in [
        (
            &["service=com.acme.Users", "method=get"][..],
            "allowed",
            Some("acme"),
            0,
        ),
        (&["service=org.Public"], "allowed", Some("acme"), 0),
        (
            &["service=com.acme.Users", "method=internalDump"],
            "denied",
            None,
            1,
        ),
        (&["service=net.other.A"], "denied", None, 1),
        (&[], "denied", None, 1),
        (
            &["service=com.acme.Secrets", "method=Reveal"],
            "denied",
            Some("no-reveal"),
            1,
        ),
        (
            &["service=com.acme.Secrets", "claimed.app=order"],
            "denied",
            Some("partners-only"),
            1,
        ),
        (
            &[
                "service=com.acme.Secrets",
                "claimed.app=order",
                "source.ip=10.1.2.3",
            ],
            "allowed",
            Some("acme"),
            0,
        ),
        (
            &[
                "service=com.acme.Secrets",
                "claimed.app=order",
                "source.ip=::ffff:10.1.2.3",
            ],
            "allowed",
            Some("acme"),
            0,
        ),
        (
            &["service=com.acme.Users", "classes=com.acme.User"],
            "allowed",
            Some("acme"),
            0,
        ),
        (
            &[
                "service=com.acme.Users",
                "classes=com.acme.User, javax.Evil",
            ],
            "denied",
            Some("known-classes"),
            1,
        ),
        (
            &["service=com.acme.Closed"],
            "limited",
            Some("closed-down"),
            1,
        ),
        (
            &["service=com.acme.Users", "serialization=fastjson2"],
            "refused",
            None,
            1,
        ),
    ] {
        let ran = explain(&[&["-o", "json"], args].concat());
        let account: Value = serde_json::from_str(&ran.out).expect(&ran.err);
        let told = &account["decision"];
        assert_eq!(told["decision"], decision, "{args:?}");
        assert_eq!(told["rule"].as_str(), rule, "{args:?}");
        assert_eq!(ran.code, Some(code), "{args:?}");
    }
}

#[test]
fn every_rule_tells_which_of_its_conditions_held() {
    let account = account(&["service=com.acme.Secrets", "claimed.app=order"]);
    let rules = account["rules"].as_array().unwrap();
    let results: Vec<(&str, &str)> = rules
        .iter()
        .map(|rule| {
            (
                rule["name"].as_str().unwrap(),
                rule["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        results,
        [
            ("acme", "allows"),
            ("no-reveal", "does not apply"),
            ("partners-only", "denies"),
            ("known-classes", "is satisfied"),
            ("fair-use", "does not apply"),
            ("closed-down", "does not apply"),
            ("soon", "does not apply"),
        ]
    );
    let tests = &rules[2]["require"]["any"][0];
    let told: Vec<(&str, &str, Option<&str>, &str)> = tests
        .as_array()
        .unwrap()
        .iter()
        .map(|test| {
            let text = |name: &str| test[name].as_str();
            (
                text("attribute").unwrap(),
                text("matcher").unwrap(),
                text("value"),
                text("holds").unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("source.ip", "\"10.0.0.0/8\"", None, "no"),
            ("claimed.app", "{in: partners}", Some("order"), "yes"),
        ]
    );
}

#[test]
fn what_is_not_given_is_absent_and_what_is_assumed_is_said() {
    let account = account(&["service=com.acme.Users"]);
    let absent: Vec<&str> = account["absent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in [
        "method",
        "version",
        "source.ip",
        "claimed.app",
        "attachments.x-lane",
    ] {
        assert!(absent.contains(&name), "{name} {absent:?}");
    }
    assert_eq!(account["assumed"]["one_way"], "false");
    assert_eq!(account["assumed"]["serialization"], "hessian2");
}

#[test]
fn quotas_routes_and_dry_runs_are_told() {
    let account = account(&[
        "service=com.acme.Users",
        "method=get",
        "version=1.0",
        "source.ip=10.1.2.3",
        "attachments.x-lane=canary",
    ]);
    let decision = &account["decision"];
    let charge = &decision["charges"][0];
    assert_eq!(charge["quota"], "per-caller");
    assert_eq!(charge["charge"], 3);
    assert_eq!(charge["key"]["source.ip"], "10.1.2.3");
    assert_eq!(charge["key"]["method"], "get");
    assert_eq!(decision["route"], "canary");
    let dry_run = decision["dry_run"][0].as_str().unwrap();
    assert!(dry_run.contains("rule soon"), "{dry_run}");
}

#[test]
fn what_the_caller_is_told_is_told() {
    let ran = explain(&["service=com.acme.Secrets", "method=reveal"]);
    assert!(
        ran.out
            .contains("dubbo-policy: DENIED rule=no-reveal: ask team-x"),
        "{}",
        ran.out
    );
}

/// Of a call that passes unread nothing is known but what its head says.
#[test]
fn a_call_that_passes_unread_has_no_service() {
    let account = account(&[
        "service=com.acme.Users",
        "serialization=kryo",
        "source.ip=10.1.2.3",
    ]);
    assert_eq!(account["decision"]["decision"], "denied");
    assert_eq!(account["ignored"][0][0], "service");
    assert_eq!(account["given"]["source.ip"], "10.1.2.3");
}

/// What stands in the configuration is known, and so is what does not depend on the list.
#[test]
fn what_depends_on_a_fetched_list_is_unknown() {
    for when_expired in ["deny", "keep", "skip"] {
        let policy = format!(
            r#"
apiVersion: dubbo-policy/v1
name: a
default: deny
lists:
- name: l
  type: string
  entries: [known]
  source: {{cluster: c, authority: a, path: /l}}
  when_expired: {when_expired}
rules:
- {{name: listed, match: {{claimed.app: {{in: l}}}}, allow: {{}}}}
- {{name: own, match: {{service: a.Own}}, allow: {{}}}}
- {{name: barred, match: {{service: a.Barred, claimed.app: {{in: l}}}}, deny: {{}}}}
"#
        );
        for (service, app, decision) in [
            ("a.Own", "else", "allowed"),
            ("a.Other", "known", "allowed"),
            ("a.Other", "else", "unknown"),
            ("a.Barred", "known", "denied"),
            ("a.Barred", "else", "unknown"),
        ] {
            let (service, app) = (format!("service={service}"), format!("claimed.app={app}"));
            let args = ["explain", "--config", "-", "-o", "json", &service, &app];
            let ran = run(&repository("."), &args, &policy);
            let account: Value = serde_json::from_str(&ran.out).expect(&ran.err);
            assert_eq!(
                account["decision"]["decision"], decision,
                "{when_expired} {service} {app}"
            );
        }
    }
}

#[test]
fn wrong_usage_is_told_with_what_is_probably_meant() {
    for (args, said) in [
        (&["srvice=a"][..], "did you mean \"service\"?"),
        (&["attachments=a"], "write attachments.KEY=VALUE"),
        (&["service"], "expected ATTRIBUTE=VALUE"),
        (&["service=a", "service=b"], "expected once"),
        (&["one_way=yes"], "expected true or false"),
        (&["source.ip=10.0.0.0/8"], "expected an IP address"),
        (&["serialization=hesian2"], "did you mean \"hessian2\"?"),
        (&["version=1.0"], "beside service"),
        (&["--policy", "other"], "no policy of the name other"),
    ] {
        let ran = explain(args);
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
    let broken = run(
        &repository("."),
        &["explain", "--config", "-"],
        "apiVersion: x\n",
    );
    assert_eq!(broken.code, Some(2));
    assert!(
        broken.err.contains("-:1:1: error: apiVersion: expected"),
        "{}",
        broken.err
    );
    let nothing = run(&repository("."), &["explain", "service=a"], "");
    assert_eq!(nothing.code, Some(2));
}

#[test]
fn one_of_several_policies_is_chosen_by_its_name() {
    let two = format!("{POLICY}\n---\napiVersion: dubbo-policy/v1\nname: other\nrules: []\n");
    let args = ["explain", "--config", "-", "service=net.other.A"];
    let ran = run(&repository("."), &args, &two);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("several policies (shop, other)"),
        "{}",
        ran.err
    );
    let ran = run(
        &repository("."),
        &[&args[..], &["--policy", "other"]].concat(),
        &two,
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("policy other,"), "{}", ran.out);
}
