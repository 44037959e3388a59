//! The tables of docs/truth-table.md, played row by row.

use serde_json::{Value, json};

use crate::calls::{Call, Decider, name, policy};

const PAGE: &str = include_str!("../../../docs/truth-table.md");

/// The rows of the table under a heading, as cells without backquotes.
fn table(heading: &str, columns: usize) -> Vec<Vec<String>> {
    let lines = PAGE.lines().skip_while(|line| *line != heading).skip(1);
    let rows = lines
        .take_while(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").map(|cell| cell.replace('`', "")).collect());
    let rows: Vec<Vec<String>> = rows.skip(1).collect();
    assert!(rows.len() > 4, "{heading}");
    assert!(rows.iter().all(|row| row.len() == columns), "{heading}");
    rows
}

/// A policy with the page's lists.
fn with_lists(mut fields: Value) -> engine::policy::Policy {
    let fetched = |name: &str, when_expired: &str, entries: Value| {
        json!({
            "name": name, "type": "string", "entries": entries, "when_expired": when_expired, "expire_after": "5m",
            "source": {"cluster": "lists", "authority": "lists", "path": "/", "format": "lines"},
        })
    };
    // Never fetched, which is as good as expired.
    fields["lists"] = json!([
        {"name": "known", "type": "string", "entries": ["a"]},
        fetched("expired", "deny", json!(["a"])),
        fetched("denies", "deny", json!([])),
        fetched("skips", "skip", json!([])),
    ]);
    policy(fields)
}

fn call(app: Option<&str>) -> Call {
    let call = Call::of("s", "m").attachment("k", "v");
    match app {
        Some(app) => call.app(app),
        None => call,
    }
}

/// The truth of a condition, by what a denial with it does.
fn truth(matches: &Value, call: &Call) -> &'static str {
    let policy = with_lists(json!({"rules": [{"name": "r", "match": matches, "deny": {}}]}));
    let decision = Decider::default().decide(&policy, call);
    match name(&decision.verdict).split(' ').next() {
        Some("denied") => "true",
        Some("allowed") => "false",
        _ => "unknown",
    }
}

#[test]
fn matchers_say_what_the_page_says() {
    for row in table("## Matchers", 4) {
        let matcher: Value = serde_saphyr::from_str(&row[0]).unwrap();
        let matches = json!({"claimed.app": matcher});
        for (app, want) in [Some("a"), Some("b"), None].into_iter().zip(&row[1..]) {
            assert_eq!(truth(&matches, &call(app)), want, "{} of {app:?}", row[0]);
        }
    }
}

/// A test that is true, false or unknown.
fn test_of(truth: &str) -> Value {
    match truth {
        "true" => json!({"present": true}),
        "false" => json!({"present": false}),
        "unknown" | "unknown, deny" => json!({"in": "denies"}),
        "unknown, skip" => json!({"in": "skips"}),
        other => panic!("{other}"),
    }
}

#[test]
fn several_tests_say_what_the_page_says() {
    for row in table("## Several at once", 4) {
        for (one, other) in [(&row[0], &row[1]), (&row[1], &row[0])] {
            let (one, other) = (test_of(one), test_of(other));
            let each = json!({"claimed.app": one, "attachments.k": other});
            let any = json!([{"claimed.app": one}, {"attachments.k": other}]);
            assert_eq!(truth(&each, &call(Some("b"))), row[2], "each of {row:?}");
            assert_eq!(truth(&any, &call(Some("b"))), row[3], "one of {row:?}");
        }
    }
}

#[test]
fn of_two_expired_lists_the_one_that_denies_counts() {
    for both in [json!(["denies", "skips"]), json!(["skips", "denies"])] {
        let each = json!({"claimed.app": {"in": both[0]}, "attachments.k": {"in": both[1]}});
        assert_eq!(truth(&each, &call(Some("b"))), "unknown");
    }
    let skips = json!({"claimed.app": {"in": "skips"}, "attachments.k": {"in": "skips"}});
    assert_eq!(truth(&skips, &call(Some("b"))), "false");
}

/// What becomes of a call by one rule, one part of which has this truth.
fn outcome(part: &str, of: &str, truth: &str) -> &'static str {
    let condition = json!({"claimed.app": test_of(truth)});
    let mut item = json!({"name": "r"});
    match of {
        "a route" => item["set"] = json!({"attachments": {"lane": "l"}}),
        "require" => item["require"] = json!({"method": "other"}),
        "quotas" => item["quotas"] = json!(["q"]),
        other => item[other] = json!({}),
    }
    let mut quota = json!({"name": "q", "limit": 5, "window": "1s", "per": ["claimed.app"]});
    match part {
        "overrides" => quota["overrides"] = json!([{"match": condition, "unlimited": true}]),
        part => item[part] = condition,
    }
    let section = if of == "a route" { "routes" } else { "rules" };
    let mut document = json!({
        "default": if of == "allow" { "deny" } else { "allow" },
        "quotas": [quota],
    });
    document[section] = json!([item]);
    let policy = with_lists(document);
    let decision = Decider::default().decide(&policy, &call(Some("b")));
    let verdict = name(&decision.verdict);
    if let Some(by) = verdict.strip_prefix("unavailable by ") {
        assert_eq!(by, "r/denies");
        let refusal = policy.refusal(&decision.verdict).unwrap();
        assert_eq!(
            refusal.text,
            "dubbo-policy: UNAVAILABLE rule=r: list denies has expired"
        );
        return "unavailable";
    }
    if verdict.starts_with("denied") {
        return "denied";
    }
    match (decision.charges.len(), decision.route) {
        (0, None) => "passes",
        (0, Some(_)) => "routed",
        _ => "charged",
    }
}

#[test]
fn rules_do_what_the_page_says() {
    let truths = ["true", "false", "unknown, deny", "unknown, skip"];
    for row in table("## Rules", 6) {
        for (truth, want) in truths.into_iter().zip(&row[2..]) {
            let (part, of) = (&row[0], &row[1]);
            assert_eq!(outcome(part, of, truth), want, "{part} of {of}: {truth}");
        }
    }
}

fn decide(rules: &Value, default: &str) -> (String, Vec<String>) {
    let policy = with_lists(json!({"default": default, "rules": rules}));
    let decision = Decider::default().decide(&policy, &call(Some("b")));
    let dry_run = decision.dry_run.iter().map(name).collect();
    (name(&decision.verdict), dry_run)
}

#[test]
fn what_is_known_is_named_before_what_is_not() {
    let unknown =
        json!({"name": "unknown", "match": {"claimed.app": {"in": "denies"}}, "deny": {}});
    let denial = json!({"name": "denial", "deny": {}});
    let grant = json!({"name": "grant", "match": {"claimed.app": {"in": "skips"}}, "allow": {}});
    let exempt = json!({
        "name": "exempt", "match": {"claimed.app": {"in": "denies"}}, "require": {"method": "m"},
    });
    let verdict = |rules: Value, default| decide(&rules, default).0;
    for (rules, default, want) in [
        (json!([unknown, denial]), "allow", "denied by denial"),
        (json!([unknown]), "allow", "unavailable by unknown/denies"),
        (json!([unknown]), "deny", "denied by -"),
        (
            json!([unknown, grant]),
            "deny",
            "unavailable by unknown/denies",
        ),
        (json!([grant]), "deny", "denied by -"),
        (json!([exempt]), "allow", "allowed"),
    ] {
        assert_eq!(verdict(rules.clone(), default), want, "{rules}");
    }
}

#[test]
fn a_rule_in_dry_run_that_cannot_be_told_refuses_nothing_and_is_reported() {
    let mut rule = json!({"name": "r", "match": {"claimed.app": {"in": "denies"}}, "deny": {}});
    rule["dry_run"] = json!(true);
    let reported = (
        "allowed".to_owned(),
        vec!["unavailable by r/denies".to_owned()],
    );
    assert_eq!(decide(&json!([rule]), "allow"), reported);
    rule["match"]["claimed.app"] = json!({"in": "skips"});
    assert_eq!(decide(&json!([rule]), "allow").1, [""; 0]);
}
