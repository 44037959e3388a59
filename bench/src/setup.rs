//! The Envoys that are compared.

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form, configuration};
use e2e::envoy::Envoy;
use e2e::paths::{self, Folder};
use serde_json::{Value, json};

use crate::policy::{self, Parts, Queue};

/// What stands between the client and the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// Envoy's tcp_proxy alone: bytes are passed on unread.
    Tcp,
    /// A module that does nothing, before tcp_proxy.
    Noop,
    /// The product before tcp_proxy, the reports' queue small: under load most are dropped.
    Bounded,
    /// The product before tcp_proxy, every report sent.
    Every,
    /// As [`Variant::Bounded`] without the quota, to show what it costs.
    NoQuota,
    /// Envoy's own dubbo_proxy.
    DubboProxy,
}

impl Variant {
    /// All of them, in the order of a round.
    pub const ALL: [Variant; 6] = [
        Variant::Tcp,
        Variant::Noop,
        Variant::NoQuota,
        Variant::Bounded,
        Variant::Every,
        Variant::DubboProxy,
    ];

    /// How the tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Tcp => "tcp_proxy",
            Variant::Noop => "no-op module",
            Variant::Bounded => "dubbo-policy, bounded queue",
            Variant::Every => "dubbo-policy, every report",
            Variant::NoQuota => "dubbo-policy, no quota",
            Variant::DubboProxy => "dubbo_proxy",
        }
    }

    /// The policy, where the product stands.
    pub fn policy(self) -> Option<Parts> {
        match self {
            Variant::Bounded => Some(Parts::full(Queue::BOUNDED)),
            Variant::Every => Some(Parts::full(Queue::EVERY)),
            Variant::NoQuota => Some(Parts {
                quota: false,
                ..Parts::full(Queue::BOUNDED)
            }),
            Variant::Tcp | Variant::Noop | Variant::DubboProxy => None,
        }
    }

    fn filters(self, noop: &str) -> Result<Value> {
        if let Some(parts) = self.policy() {
            return with_policy(&policy::document(parts));
        }
        Ok(match self {
            Variant::Noop => json!([wasm(noop, &Value::Null), tcp_proxy()]),
            Variant::DubboProxy => json!([dubbo_proxy()]),
            _ => json!([tcp_proxy()]),
        })
    }
}

/// A running Envoy with one worker.
#[derive(Debug)]
pub struct Subject {
    /// What stands in it.
    pub variant: Variant,
    /// Envoy.
    pub envoy: Envoy,
    _folder: Folder,
}

impl Subject {
    /// Starts Envoy.
    pub fn start(variant: Variant, provider: u16, collector: u16) -> Result<Subject> {
        let folder = Folder::new("bench")?;
        let noop = folder.file("noop.wasm");
        std::fs::write(&noop, wat::parse_str(include_str!("noop.wat"))?)?;
        let filters = variant.filters(&noop.display().to_string())?;
        let bootstrap = Bootstrap::load(
            "../bench/envoy.yaml",
            &[
                ("FILTERS", filters.to_string()),
                ("PROVIDER_PORT", provider.to_string()),
                ("COLLECTOR_PORT", collector.to_string()),
            ],
        )?;
        Ok(Subject {
            variant,
            envoy: Envoy::start(&bootstrap, 1)?,
            _folder: folder,
        })
    }

    /// The sum of the module's counters of this name, over all their tags: names are `TAG=.=VALUE;.;` again and again, then the
    /// counter's.
    pub fn counter(&self, name: &str) -> Result<u64> {
        let stats = self
            .envoy
            .admin(&format!("/stats?usedonly&filter={name}"))?;
        Ok(stats
            .lines()
            .filter_map(|line| line.rsplit_once(": "))
            .filter(|(series, _)| series.ends_with(name))
            .filter_map(|(_, value)| value.parse::<u64>().ok())
            .sum())
    }
}

/// The product with this policy, before tcp_proxy.
pub(crate) fn with_policy(policy: &Value) -> Result<Value> {
    let policy = configuration(policy, Form::Text)?;
    let module = paths::module()?.display().to_string();
    Ok(json!([wasm(&module, &policy), tcp_proxy()]))
}

fn wasm(module: &str, configuration: &Value) -> Value {
    json!({
        "name": "wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm",
            "config": {
                "name": "bench",
                "failure_policy": "FAIL_CLOSED",
                "vm_config": {
                    "vm_id": "bench",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
                "configuration": configuration,
            },
        },
    })
}

fn tcp_proxy() -> Value {
    json!({
        "name": "tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": "provider",
            "cluster": "provider",
        },
    })
}

fn dubbo_proxy() -> Value {
    json!({
        "name": "dubbo_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.dubbo_proxy.v3.DubboProxy",
            "stat_prefix": "provider",
            "protocol_type": "Dubbo",
            "serialization_type": "Hessian2",
            "multiple_route_config": {
                "name": "provider",
                "route_config": [{
                    "name": "provider",
                    "interface": "*",
                    "routes": [{"match": {"method": {"name": {"prefix": "get"}}}, "route": {"cluster": "provider"}}],
                }],
            },
        },
    })
}
