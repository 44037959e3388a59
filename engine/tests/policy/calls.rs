//! Policies and calls to decide.

use std::borrow::Cow;
use std::collections::HashMap;

use engine::config;
use engine::policy::{CallFacts, Decision, Identity, Origin, Policy, Verdict};
use engine::quota::Counters;
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::{Nanos, Now};
use serde_json::json;

/// The policy with these fields.
pub(crate) fn policy(fields: serde_json::Value) -> Policy {
    let mut document = json!({"apiVersion": "dubbo-policy/v1", "name": "test", "rules": []});
    let fields = fields.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(fields);
    let node = config::parse(document.to_string().as_bytes()).unwrap();
    match config::load(&node) {
        Ok(loaded) => loaded.policy,
        Err(errors) => panic!(
            "{}",
            errors
                .iter()
                .map(|error| format!("{error}\n"))
                .collect::<String>()
        ),
    }
}

/// A call as a caller may make it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub(crate) identities: Vec<Identity<'static>>,
    pub(crate) method: Option<String>,
    pub(crate) generic: Option<String>,
    pub(crate) one_way: bool,
    pub(crate) callback: bool,
    pub(crate) classes: Option<Vec<Cow<'static, str>>>,
    pub(crate) origin: Origin,
    pub(crate) app: Option<String>,
    pub(crate) attachments: HashMap<String, String>,
}

impl Call {
    pub(crate) fn of(service: &str, method: &str) -> Call {
        Call {
            identities: vec![identity(service, "", "")],
            method: Some(method.to_owned()),
            ..Call::default()
        }
    }

    pub(crate) fn ip(mut self, ip: &str) -> Call {
        self.origin.source_ip = Some(ip.parse().unwrap());
        self
    }

    pub(crate) fn app(mut self, app: &str) -> Call {
        self.app = Some(app.to_owned());
        self
    }

    pub(crate) fn attachment(mut self, key: &str, value: &str) -> Call {
        self.attachments.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn classes(mut self, names: &[&'static str]) -> Call {
        self.classes = Some(names.iter().copied().map(Cow::Borrowed).collect());
        self
    }

    pub(crate) fn or(mut self, service: &str, version: &str, group: &str) -> Call {
        self.identities.push(identity(service, version, group));
        self
    }
}

pub(crate) fn identity(service: &str, version: &str, group: &str) -> Identity<'static> {
    Identity {
        service: Cow::Owned(service.to_owned()),
        version: Cow::Owned(version.to_owned()),
        group: Cow::Owned(group.to_owned()),
    }
}

/// Decides calls one after the other, on the same counters and at the same time.
#[derive(Default)]
pub(crate) struct Decider {
    store: Store,
}

impl Decider {
    /// One whose shared data fails.
    pub(crate) fn broken() -> Decider {
        Decider {
            store: Store {
                broken: true,
                ..Store::default()
            },
        }
    }

    pub(crate) fn decide<'p>(&mut self, policy: &'p Policy, call: &Call) -> Decision<'p> {
        let attachments: Vec<Option<Cow<'_, str>>> = policy
            .attachment_keys
            .iter()
            .map(|key| {
                call.attachments
                    .get(key)
                    .map(|value| Cow::Borrowed(&**value))
            })
            .collect();
        let facts = CallFacts {
            identities: &call.identities,
            method: call.method.as_deref(),
            generic: call.generic.as_deref(),
            one_way: call.one_way,
            callback: call.callback,
            classes: call.classes.as_deref(),
            serialization: "hessian2",
            origin: Some(&call.origin),
            claimed_app: call.app.as_deref(),
            attachments: &attachments,
        };
        let now = Now {
            mono: Nanos::from_secs(1000),
            wall: 1_700_000_000_000_000_000,
        };
        let mut counters = Counters::new("plugin", &policy.name, [7; 16], 7);
        policy.decide(&facts, &mut counters.open(&mut self.store), now)
    }

    /// The outcome in a word and the rule's name: `allowed`, `allowed by a`, `denied by -`, `limited by q/r`.
    pub(crate) fn outcome(&mut self, policy: &Policy, call: &Call) -> String {
        name(&self.decide(policy, call).verdict)
    }
}

/// See [`Decider::outcome`].
pub(crate) fn name(verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::Allowed { rule: None } => "allowed".to_owned(),
        Verdict::Allowed { rule: Some(rule) } => format!("allowed by {}", rule.name),
        Verdict::Denied { rule: None } => "denied by -".to_owned(),
        Verdict::Denied { rule: Some(rule) } => format!("denied by {}", rule.name),
        Verdict::Limited { rule, quota } => format!("limited by {}/{}", rule.name, quota.name),
        Verdict::Expired { rule, list } => format!("unavailable by {}/{list}", rule.name),
        Verdict::Unavailable { rule, quota } => {
            format!("unavailable by {}/{}", rule.name, quota.name)
        }
    }
}

/// Decides one call.
pub(crate) fn outcome(policy: &Policy, call: &Call) -> String {
    Decider::default().outcome(policy, call)
}

/// Shared data in memory.
#[derive(Debug, Default)]
struct Store {
    values: HashMap<String, Versioned>,
    cas: u32,
    broken: bool,
}

impl SharedData for Store {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        match self.broken {
            true => Err(StoreError),
            false => Ok(self.values.get(key).cloned()),
        }
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        if self.broken {
            return Err(SetError::Failed);
        }
        if self.values.get(key).map(|value| value.cas) != cas {
            return Err(SetError::CasMismatch);
        }
        self.cas += 1;
        let value = Versioned {
            value: value.to_vec(),
            cas: self.cas,
        };
        self.values.insert(key.to_owned(), value);
        Ok(())
    }
}
