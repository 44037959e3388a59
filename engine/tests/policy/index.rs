//! The index against a look at every rule: what is decided, what is named and where a call goes are the same.

use engine::policy::{Action, CallFacts, Policy, Reading, Truth};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::calls::{Call, Decider, identity, name, policy};

/// Few letters, so that texts begin and end alike, and in both cases.
fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[abA]{0,3}").unwrap()
}

fn matcher() -> impl Strategy<Value = Value> {
    let form = prop::sample::select(vec!["exact", "prefix", "suffix", "contains"]);
    let one = prop_oneof![
        4 => text().prop_map(|text| json!(text)),
        6 => (form, text(), any::<bool>())
            .prop_map(|(form, text, ignore_case)| json!({form: text, "ignore_case": ignore_case})),
        1 => text().prop_map(|text| json!({"regex": format!("{text}.*")})),
        1 => Just(json!({"in": "list"})),
        1 => Just(json!({"in": "expired"})),
        1 => any::<bool>().prop_map(|present| json!({"present": present})),
    ];
    one.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Value::Array),
            inner
                .clone()
                .prop_map(|inner| json!({"not": inner, "present": true})),
            (inner, text()).prop_map(|(inner, text)| json!({"not": inner, "prefix": text})),
        ]
    })
}

fn condition() -> impl Strategy<Value = Value> {
    let attribute = prop::sample::select(vec![
        "service",
        "service",
        "method",
        "claimed.app",
        "version",
        "source.principal",
        "source.principal",
        "attachments.k",
    ]);
    prop::collection::btree_map(attribute, matcher(), 1..3).prop_map(|tests| json!(tests))
}

fn matches() -> impl Strategy<Value = Value> {
    prop::collection::vec(condition(), 1..3).prop_map(Value::Array)
}

fn rule() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(vec!["allow", "deny", "require", "quotas"]),
        prop::option::weighted(0.9, matches()),
        prop::option::weighted(0.2, matches()),
        condition(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(action, matches, except, required, dry_run)| {
            let mut rule = json!({"dry_run": dry_run});
            if let Some(matches) = matches {
                rule["match"] = matches;
            }
            if let Some(except) = except {
                rule["except"] = except;
            }
            rule[action] = match action {
                "require" => required,
                "quotas" => json!(["none"]),
                _ => json!({}),
            };
            rule
        })
}

fn call() -> impl Strategy<Value = Call> {
    let readings = prop::collection::vec((text(), prop::sample::select(vec!["", "a", "b"])), 1..4);
    (
        readings,
        text(),
        prop::option::of(text()),
        // The trust domain of a SPIFFE id has no capitals.
        prop::option::of(text().prop_map(|text| text.to_lowercase())),
        prop::option::of(text()),
    )
        .prop_map(|(readings, method, app, principal, attachment)| {
            let mut call = Call::of("", &method);
            call.identities = readings
                .iter()
                .map(|(service, version)| identity(service, version, ""))
                .collect();
            call.app = app;
            call.origin.principal = principal
                .and_then(|text| engine::policy::Principal::new(&format!("spiffe://{text}")));
            call.attachments = attachment
                .into_iter()
                .map(|value| ("k".to_owned(), value))
                .collect();
            call
        })
}

/// What comes out when every rule is looked at.
fn plainly(policy: &Policy, facts: &CallFacts<'_>) -> (String, Vec<String>, Option<String>) {
    let readings: Vec<Reading<'_>> = facts.readings().collect();
    // The first rule of this kind that is so about one of the readings.
    let finds = |kind: &str, dry_run: bool, readings: &[Reading<'_>], is: fn(Truth) -> bool| {
        let found = policy.rules.iter().find(|rule| {
            let own = match &rule.action {
                Action::Deny | Action::Require(_) => "refuse",
                Action::Allow => "allow",
                Action::Quotas(_) => "quotas",
            };
            let applies = |reading: &Reading<'_>| match &rule.action {
                Action::Require(required) => {
                    rule.scope.covers(reading).and(!required.test(reading))
                }
                _ => rule.scope.covers(reading),
            };
            kind.contains(own)
                && rule.dry_run == dry_run
                && readings.iter().any(|reading| is(applies(reading)))
        });
        found.map(|rule| rule.name.to_string())
    };
    let holds = |truth: Truth| truth == Truth::True;
    let unknown = |truth: Truth| matches!(truth, Truth::Unknown(_));
    let granted = policy.default_allow
        || readings
            .iter()
            .all(|reading| finds("allow", false, core::slice::from_ref(reading), holds).is_some());
    let may_be_granted = finds("allow", false, &readings, unknown).is_some();
    let verdict = if let Some(rule) = finds("refuse", false, &readings, holds) {
        format!("denied by {rule}")
    } else if !granted && !may_be_granted {
        "denied by -".to_owned()
    } else if let Some(rule) = finds("refuse quotas", false, &readings, unknown) {
        format!("unavailable by {rule}/expired")
    } else if !granted {
        "denied by -".to_owned()
    } else if let Some(rule) = finds("quotas", false, &readings, holds) {
        format!("limited by {rule}/none")
    } else {
        match finds("allow", false, &readings[..1], holds) {
            Some(rule) => format!("allowed by {rule}"),
            None => "allowed".to_owned(),
        }
    };
    let dry_run = finds("refuse", true, &readings, holds)
        .into_iter()
        .collect();
    let admitted = verdict.starts_with("allowed");
    let route = policy
        .routes
        .iter()
        .find(|route| holds(route.scope.covers(&readings[0])));
    let route = route
        .filter(|_| admitted)
        .map(|route| route.name.to_string());
    (verdict, dry_run, route)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_look_at_every_rule_finds(
        mut rules in prop::collection::vec(rule(), 0..24),
        routes in prop::collection::vec(prop::option::weighted(0.9, matches()), 0..6),
        calls in prop::collection::vec(call(), 1..6),
        default in prop::sample::select(vec!["allow", "deny"]),
    ) {
        for (index, rule) in rules.iter_mut().enumerate() {
            rule["name"] = json!(format!("r{index}"));
        }
        let routes: Vec<Value> = routes
            .into_iter()
            .enumerate()
            .map(|(index, matches)| {
                let mut route = json!({"name": format!("z{index}"), "set": {"attachments": {"lane": "l"}}});
                if let Some(matches) = matches {
                    route["match"] = matches;
                }
                route
            })
            .collect();
        let document = json!({
            "default": default,
            "lists": [
                {"name": "list", "type": "string", "entries": ["a", "ab", "bA"]},
                {
                    "name": "expired", "type": "string", "entries": ["b"],
                    "source": {"cluster": "lists", "authority": "lists", "path": "/", "format": "lines"},
                },
            ],
            "quotas": [{"name": "none", "limit": 0, "window": "1s"}],
            "rules": rules,
            "routes": routes,
        });
        // Some random matchers would allow by an absence that is not written; these are mistakes, and no case.
        let Some(policy) = allowed(document) else { return Ok(()) };
        for call in &calls {
            let attachments: Vec<_> = policy
                .attachment_keys
                .iter()
                .map(|key| call.attachments.get(key).map(|value| value.as_str().into()))
                .collect();
            let facts = CallFacts {
                identities: &call.identities,
                method: call.method.as_deref(),
                serialization: "hessian2",
                origin: Some(&call.origin),
                claimed_app: call.app.as_deref(),
                attachments: &attachments,
                ..CallFacts::default()
            };
            let decision = Decider::default().decide(&policy, call);
            let first_dry = decision.dry_run.iter().map(name).find(|name| name.starts_with("denied"));
            let (verdict, dry_run, route) = plainly(&policy, &facts);
            prop_assert_eq!(name(&decision.verdict), verdict);
            let first_dry = first_dry.map(|name| name.replace("denied by ", ""));
            prop_assert_eq!(first_dry.into_iter().collect::<Vec<_>>(), dry_run);
            prop_assert_eq!(decision.route.map(|route| route.name.to_string()), route);
        }
    }
}

/// The policy without the rules and routes that are mistakes.
fn allowed(mut document: Value) -> Option<Policy> {
    for part in ["rules", "routes"] {
        let items = document[part].as_array()?.clone();
        let good = |item: &Value| {
            let mut alone = json!({
                "apiVersion": "dubbo-policy/v1",
                "name": "test",
                "default": "deny",
                "lists": document["lists"],
                "quotas": document["quotas"],
                "rules": [],
            });
            alone[part] = json!([item]);
            let node = engine::config::parse(alone.to_string().as_bytes()).unwrap();
            engine::config::load(&node).is_ok()
        };
        let kept: Vec<Value> = items.into_iter().filter(good).collect();
        document[part] = Value::Array(kept);
    }
    Some(policy(document))
}
