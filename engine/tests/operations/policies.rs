//! The policies that an episode changes between.

use std::rc::Rc;

use engine::policy::Policy;
use serde_json::{Value, json};

use crate::frames::{DENIED, DENIED_CLASS};
use crate::support;

/// A policy, and what a test has to know of it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) policy: Rc<Policy>,
    /// What is denied does not go on.
    pub(crate) enforces: bool,
    /// Calls go on with other attachments.
    pub(crate) rewrites: bool,
}

/// One that lets frames on as they are, one that writes calls anew, one that holds back what comes before the first call, one
/// in dry run, and one with a quota and with an eye on classes.
pub(crate) fn all() -> Vec<Known> {
    let route = |set: Value| json!({"routes": [{"name": "route", "match": {"method": "hello"}, "set": set}]});
    let more = |rules: Value| {
        let mut all = vec![json!({"name": "closed", "match": {"method": DENIED}, "deny": {}})];
        all.extend(rules.as_array().unwrap().clone());
        json!({
            "rules": all,
            "quotas": [{"name": "few", "limit": 5, "window": "1s"}],
        })
    };
    [
        (json!({}), true, false),
        (route(json!({"attachments": {"lane": "ours"}})), true, true),
        (route(json!({"connection_cluster": "canary"})), true, false),
        (json!({"mode": "dry_run"}), false, false),
        (
            more(json!([
                {"name": "few", "match": {"method": "list"}, "quotas": ["few"]},
                {"name": "classes", "match": {"classes": {"some": DENIED_CLASS}}, "deny": {}},
                {"name": "callbacks", "match": {"method": "list", "callback": true}, "deny": {}},
            ])),
            true,
            false,
        ),
    ]
    .into_iter()
    .map(|(extra, enforces, rewrites)| Known {
        policy: support::policy(&config(&extra).to_string()),
        enforces,
        rewrites,
    })
    .collect()
}

fn config(extra: &Value) -> Value {
    let mut config = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "lab",
        "default": "allow",
        "rules": [{"name": "closed", "match": {"method": DENIED}, "deny": {}}],
        "reports": {"otlp": {"cluster": "collector"}, "batch": {"max_records": 10, "max_queue_per_worker": 100}},
        "protocol": {"limits": {
            "max_frame_bytes": 65_536, "held_bytes_per_worker": 200_000,
            "calls_in_flight_per_connection": 40, "calls_in_flight_per_worker": 100,
            "frame_timeout": "3s", "denial_timeout": "2s", "forget_calls_after": "4s",
        }},
    });
    for (key, value) in extra.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}
