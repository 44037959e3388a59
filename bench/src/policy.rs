//! The policy that is measured: what an operator of a shop would write, 20 rules long.

use serde_json::{Value, json};

/// The parts of the policy that variants leave out to show what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The 20 rules; without them one rule keeps the quota alone.
    pub rules: bool,
    /// A rolling quota by caller, service and method, which is never exhausted.
    pub quota: bool,
    /// Where the reports go.
    pub reports: Option<Queue>,
}

/// The queue of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Records in a message.
    pub max_records: u32,
    /// Records that wait; more are dropped and counted.
    pub max_queue: u32,
}

impl Queue {
    /// A small one: under load most reports are dropped.
    pub const BOUNDED: Queue = Queue {
        max_records: 100,
        max_queue: 1_000,
    };
    /// One that nothing should overflow.
    pub const EVERY: Queue = Queue {
        max_records: 10_000,
        max_queue: 200_000,
    };
}

impl Parts {
    /// The whole policy.
    pub const fn full(queue: Queue) -> Parts {
        Parts {
            rules: true,
            quota: true,
            reports: Some(queue),
        }
    }
}

/// The policy's document.
pub fn document(parts: Parts) -> Value {
    let mut policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "bench",
        "default": if parts.rules { "deny" } else { "allow" },
        "rules": if parts.rules { rules() } else { Vec::new() },
    });
    if parts.rules {
        policy["lists"] = lists();
    }
    if parts.quota {
        policy["quotas"] = json!([{
            "name": "per-caller", "limit": 1_000_000_000, "window": "1s",
            "per": ["claimed.app", "service", "method"],
        }]);
        let rules = policy["rules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["name"] != "fair-use");
        rules.push(json!({
            "name": "fair-use", "match": {"service": "com.acme.UserService"}, "quotas": ["per-caller"],
        }));
    }
    if let Some(queue) = parts.reports {
        policy["reports"] = json!({
            "otlp": {"cluster": "collector"},
            "batch": {"max_records": queue.max_records, "max_queue_per_worker": queue.max_queue},
        });
    }
    policy
}

fn lists() -> Value {
    json!([
        {"name": "blocked-nets", "type": "ip", "entries": ["203.0.113.0/24", "198.51.100.7", "2001:db8::/32"]},
        {"name": "partners", "type": "string", "entries": ["lab-consumer", "billing", "search", "shop", "stock"]},
    ])
}

/// 19 rules and a place for the quota's: by service, by method, by caller, by address, by attachment.
fn rules() -> Vec<Value> {
    let mut rules = vec![
        json!({"name": "discovery", "match": {"service": "org.apache.dubbo.metadata.MetadataService"}, "allow": {}}),
        json!({"name": "acme", "match": {"service": {"prefix": "com.acme."}}, "except": {"method": {"prefix": "internal"}}, "allow": {}}),
        json!({"name": "blocked-nets", "match": {"source.ip": {"in": "blocked-nets"}}, "deny": {}}),
        json!({"name": "partners-only", "match": {"service": "com.acme.UserService"}, "require": {"claimed.app": {"in": "partners"}}}),
        json!({"name": "no-generic", "match": {"generic": {"present": true}}, "deny": {}}),
        json!({"name": "no-dump", "match": {"method": [{"prefix": "dump"}, {"suffix": "Unsafe"}]}, "deny": {}}),
        json!({"name": "no-debug", "match": {"attachments.x-debug": {"present": true}}, "deny": {}}),
        json!({"name": "versions", "match": {"service": "com.acme.UserService", "version": {"prefix": "0.9"}}, "deny": {}}),
    ];
    for service in [
        "Order", "Stock", "Price", "Cart", "Mail", "Search", "Report", "Audit", "Ledger", "Secret",
        "Key",
    ] {
        let name = service.to_lowercase();
        rules.push(json!({
            "name": name, "match": {"service": format!("com.acme.{name}.{service}Service"), "method": ["delete", "purge"]}, "deny": {},
        }));
    }
    rules.push(json!({"name": "fair-use", "match": {"service": "com.acme.UserService"}, "require": {"source.ip": {"present": true}}}));
    rules
}
