//! The order of rules, against a second, plainer statement of what the outcome is.

use proptest::prelude::*;
use serde_json::json;

use crate::calls::{Call, Decider, identity, name, policy};

/// One rule of a small language: about one service or all, and about one method or all.
#[derive(Debug, Clone)]
struct Rule {
    action: &'static str,
    service: Option<u8>,
    method: Option<u8>,
    dry_run: bool,
}

impl Rule {
    fn to_json(&self, index: usize) -> serde_json::Value {
        let mut matches = json!({});
        if let Some(service) = self.service {
            matches["service"] = json!(format!("s{service}"));
        }
        if let Some(method) = self.method {
            matches["method"] = json!(format!("m{method}"));
        }
        let mut rule = json!({"name": format!("{}{index}", self.action), "dry_run": self.dry_run});
        if matches != json!({}) {
            rule["match"] = matches;
        }
        rule[self.action] = match self.action {
            "require" => json!({"version": "1"}),
            "quotas" => json!(["none"]),
            _ => json!({}),
        };
        rule
    }

    fn covers(&self, service: u8, method: u8) -> bool {
        self.service.is_none_or(|own| own == service) && self.method.is_none_or(|own| own == method)
    }
}

/// What has to come out, said once more: each reading by itself, and then the strictest.
fn expected(
    rules: &[Rule],
    default_allow: bool,
    readings: &[(u8, bool)],
    method: u8,
) -> &'static str {
    let active = |action| {
        rules
            .iter()
            .filter(move |rule| rule.action == action && !rule.dry_run)
    };
    let about = |action, service| active(action).any(|rule| rule.covers(service, method));
    let refused = readings.iter().any(|&(service, versioned)| {
        about("deny", service) || (about("require", service) && !versioned)
    });
    let granted = default_allow || readings.iter().all(|&(service, _)| about("allow", service));
    let exhausted = readings
        .iter()
        .any(|&(service, _)| about("quotas", service));
    match (refused, granted, exhausted) {
        (true, _, _) | (false, false, _) => "denied",
        (false, true, true) => "limited",
        (false, true, false) => "allowed",
    }
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (
        prop::sample::select(vec!["allow", "deny", "require", "quotas"]),
        prop::option::weighted(0.8, 0..3u8),
        prop::option::weighted(0.5, 0..2u8),
        prop::bool::weighted(0.2),
    );
    let rule = rule.prop_map(|(action, service, method, dry_run)| Rule {
        action,
        service,
        method,
        dry_run,
    });
    prop::collection::vec(rule, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_of_rules_never_changes_the_outcome(
        (rules, shuffled) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        default_allow in any::<bool>(),
        readings in prop::collection::vec((0..3u8, any::<bool>()), 1..4),
        method in 0..2u8,
    ) {
        let want = expected(&rules, default_allow, &readings, method);
        let mut dry_runs = Vec::new();
        for rules in [&rules, &shuffled] {
            let policy = policy(json!({
                "default": if default_allow { "allow" } else { "deny" },
                "quotas": [{"name": "none", "limit": 0, "window": "1s"}],
                "rules": rules.iter().enumerate().map(|(index, rule)| rule.to_json(index)).collect::<Vec<_>>(),
            }));
            let call = Call {
                identities: readings
                    .iter()
                    .map(|&(service, versioned)| identity(&format!("s{service}"), if versioned { "1" } else { "" }, ""))
                    .collect(),
                method: Some(format!("m{method}")),
                ..Call::default()
            };
            let mut decider = Decider::default();
            let decision = decider.decide(&policy, &call);
            prop_assert!(name(&decision.verdict).starts_with(want), "{} but {want}", name(&decision.verdict));
            dry_runs.push(decision.dry_run.len());
        }
        prop_assert_eq!(dry_runs[0], dry_runs[1]);
    }
}
