//! The same policy in two sizes: ten rules and ten blocked networks, or ten thousand and a million.

use serde_json::{Value, json};

use crate::load::SERVICE;

/// How long a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scale {
    /// Rules.
    pub rules: u32,
    /// Entries of its list of networks.
    pub networks: u32,
}

impl Scale {
    /// Ten of everything.
    pub const SMALL: Scale = Scale {
        rules: 10,
        networks: 10,
    };
    /// Ten thousand rules, and a million networks.
    pub const LARGE: Scale = Scale {
        rules: 10_000,
        networks: 1_000_000,
    };

    /// How the tables name it.
    pub fn name(self) -> String {
        format!("{} rules, {} networks", self.rules, self.networks)
    }

    /// The policy's document. Of its rules three are about the call that is made, in either size: one by a beginning of its
    /// service, one that looks up its caller's address, one by service and method.
    pub fn document(self) -> Value {
        let about = [
            json!({"name": "acme", "match": {"service": {"prefix": "com.acme."}}, "allow": {}}),
            json!({"name": "blocked", "match": {"source.ip": {"in": "blocked"}}, "deny": {}}),
            json!({"name": "users", "match": {"service": SERVICE, "method": ["dump", "getUser"]},
                   "require": {"source.ip": {"present": true}}}),
        ];
        let others = (0..self.rules - 3).map(|number| match number % 4 {
            0 => json!({"name": format!("r{number}"), "deny": {},
                        "match": {"service": format!("com.acme.s{number}.OrderService"), "method": ["delete", "purge"]}}),
            1 => json!({"name": format!("r{number}"), "require": {"claimed.app": {"present": true}},
                        "match": {"service": {"prefix": format!("com.acme.p{number}.")}}}),
            2 => json!({"name": format!("r{number}"), "deny": {},
                        "match": {"method": format!("dangerous{number}")}}),
            _ => json!({"name": format!("r{number}"), "deny": {},
                        "match": {"service": {"prefix": "com."}, "claimed.app": format!("app-{number}")}}),
        });
        // Single addresses and small networks that do not touch, so that none becomes a part of another.
        let networks = (0..self.networks).map(|number| {
            let [a, b, c, d] = (0x0b00_0000 + number * 16).to_be_bytes();
            match number % 2 {
                0 => format!("{a}.{b}.{c}.{d}"),
                _ => format!("{a}.{b}.{c}.{d}/30"),
            }
        });
        json!({
            "apiVersion": "dubbo-policy/v1",
            "name": "bench",
            "default": "deny",
            "lists": [{"name": "blocked", "type": "ip", "entries": networks.collect::<Vec<_>>()}],
            "rules": about.into_iter().chain(others).collect::<Vec<_>>(),
        })
    }
}
