//! The call that is asked about, as attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use dubbo::Serialization;
use engine::attributes::Attribute;
use engine::config::suggest;
use engine::metrics::Direction;
use engine::policy::{CallFacts, Identity, Origin, Policy, Principal, Treatment, Workload};

use crate::command::Failure;

/// What is said of the call. What is not said is absent, or what most calls are.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// By the attribute's name, as they were written.
    pub(super) values: BTreeMap<String, String>,
    /// What was written and is not known of such a call, with the reason.
    pub(super) ignored: Vec<(String, &'static str)>,
    /// Why such a call is refused before any rule is looked at.
    pub(super) refused: Option<String>,
    unread: bool,
    identities: Vec<Identity<'static>>,
    classes: Option<Vec<Cow<'static, str>>>,
    attachments: Vec<Option<Cow<'static, str>>>,
    origin: Origin,
    one_way: bool,
    callback: bool,
}

/// What calls are when nothing else is said.
pub(super) const ASSUMED: [(&str, &str); 5] = [
    ("serialization", HESSIAN2),
    ("one_way", "false"),
    ("callback", "false"),
    ("direction", "unspecified"),
    ("classes", "none"),
];

const HESSIAN2: &str = "hessian2";

impl Given {
    /// Reads `NAME=VALUE` arguments.
    pub(super) fn read(pairs: &[String], policy: &Policy) -> Result<Given, Failure> {
        let mut given = Given::default();
        for pair in pairs {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Failure(format!("{pair}: expected ATTRIBUTE=VALUE")));
            };
            known(name)?;
            if given
                .values
                .insert(name.to_owned(), value.to_owned())
                .is_some()
            {
                return Err(Failure(format!("{name}: expected once, found again")));
            }
        }
        given.apply_serialization(policy)?;
        given.one_way = given.flag("one_way")?;
        given.callback = given.flag("callback")?;
        given.origin = given.origin()?;
        given.identities = given.identity()?.into_iter().collect();
        given.attachments = policy
            .attachment_keys
            .iter()
            .map(|key| given.owned(&format!("attachments.{key}")))
            .collect();
        given.classes = (!given.unread).then(|| given.class_names());
        Ok(given)
    }

    /// What rules are asked about.
    pub(super) fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            identities: &self.identities,
            method: self.text("method"),
            generic: self.text("generic"),
            one_way: self.one_way,
            callback: self.callback,
            serialization: self.text("serialization").unwrap_or(HESSIAN2),
            classes: self.classes.as_deref(),
            origin: Some(&self.origin),
            claimed_app: self.text("claimed.app"),
            attachments: &self.attachments,
        }
    }

    /// Calls in some serializations are refused, and of others nothing is known but what their heads say.
    fn apply_serialization(&mut self, policy: &Policy) -> Result<(), Failure> {
        let Some(name) = self.text("serialization") else {
            return Ok(());
        };
        let all = || (0..32).map(Serialization::from_flag);
        let known = all().find(|serialization| serialization.name() == Some(name));
        if known.is_none() && name != "unknown" {
            let names: Vec<&str> = all().filter_map(Serialization::name).collect();
            let hint = suggest(name, names.iter().copied()).unwrap_or_default();
            return Err(Failure(format!(
                "serialization: expected a name such as hessian2, found {name:?} ({hint})"
            )));
        }
        let treatment = known.map_or(policy.serializations.other, |known| {
            policy.serializations.treatment(known)
        });
        match treatment {
            Treatment::Check => {}
            Treatment::Deny => {
                self.refused = Some(format!(
                    "calls in {name} are refused (protocol.serialization)"
                ));
            }
            Treatment::Pass => {
                self.unread = true;
                let of_body = |name: &String| {
                    let of_connection = ["source.", "destination."];
                    let begins = |begin: &&str| name.starts_with(begin);
                    !OF_HEAD.contains(&&**name) && !of_connection.iter().any(begins)
                };
                let unread: Vec<String> = self
                    .values
                    .keys()
                    .filter(|name| of_body(name))
                    .cloned()
                    .collect();
                for name in unread {
                    self.values.remove(&name);
                    self.ignored
                        .push((name, "calls in this serialization pass unread"));
                }
            }
        }
        Ok(())
    }

    fn identity(&self) -> Result<Option<Identity<'static>>, Failure> {
        let own = |name| self.owned(name).unwrap_or_default();
        match self.owned("service") {
            Some(service) => Ok(Some(Identity {
                service,
                version: own("version"),
                group: own("group"),
            })),
            None if self.values.contains_key("version") || self.values.contains_key("group") => {
                Err(Failure(
                    "version and group: expected beside service".to_owned(),
                ))
            }
            None => Ok(None),
        }
    }

    fn class_names(&self) -> Vec<Cow<'static, str>> {
        let names = self.text("classes").unwrap_or_default();
        let names = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.map(|name| Cow::Owned(name.to_owned())).collect()
    }

    /// Who makes the call, and where it goes.
    fn origin(&self) -> Result<Origin, Failure> {
        let principal = self.text("source.principal").and_then(|text| {
            // As in rules, the scheme may be left out.
            let scheme = if text.is_empty() || text.contains("://") {
                ""
            } else {
                "spiffe://"
            };
            Principal::new(&format!("{scheme}{text}"))
        });
        let parts = principal.as_ref().map_or([None; 3], |principal| {
            [
                principal.namespace(),
                principal.service_account(),
                principal.trust_domain(),
            ]
        });
        let names = [
            "source.namespace",
            "source.service_account",
            "source.trust_domain",
        ];
        for (name, part) in names.into_iter().zip(parts) {
            if let Some(text) = self.text(name)
                && part != Some(text)
            {
                return Err(Failure(format!(
                    "{name}: expected a source.principal that says it \
                     (spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT), found {text:?}"
                )));
            }
        }
        let owned = |name| self.text(name).map(str::to_owned);
        Ok(Origin {
            source_ip: self.ip("source.ip")?,
            destination_ip: self.ip("destination.ip")?,
            destination_port: self.text("destination.port").map(Box::from),
            workload: Some(Rc::new(Workload {
                namespace: owned("destination.namespace"),
                name: owned("destination.workload"),
            })),
            direction: self.direction()?,
            principal,
        })
    }

    fn direction(&self) -> Result<Direction, Failure> {
        let all = [
            Direction::Unspecified,
            Direction::Inbound,
            Direction::Outbound,
        ];
        match self.text("direction") {
            None => Ok(Direction::Unspecified),
            Some(name) => {
                let found = all.into_iter().find(|direction| direction.name() == name);
                found.ok_or_else(|| {
                    Failure(format!(
                        "direction: expected inbound, outbound or unspecified, found {name:?}"
                    ))
                })
            }
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Failure(format!(
                "{name}: expected true or false, found {other:?}"
            ))),
        }
    }

    fn ip(&self, name: &str) -> Result<Option<IpAddr>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let wrong = |_| Failure(format!("{name}: expected an IP address, found {text:?}"));
        text.parse().map(Some).map_err(wrong)
    }

    fn owned(&self, name: &str) -> Option<Cow<'static, str>> {
        self.text(name).map(|text| Cow::Owned(text.to_owned()))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

/// Attributes that calls have which are not read, besides those of their connection.
const OF_HEAD: [&str; 4] = ["serialization", "one_way", "callback", "direction"];

fn known(name: &str) -> Result<(), Failure> {
    let names: Vec<String> = Attribute::NAMED.iter().map(Attribute::to_string).collect();
    let is_attachment = name
        .strip_prefix("attachments.")
        .is_some_and(|key| !key.is_empty());
    if is_attachment || names.iter().any(|known| known == name) {
        return Ok(());
    }
    let hint = match name {
        "attachments" => Some("write attachments.KEY=VALUE".to_owned()),
        _ => suggest(name, names.iter().map(String::as_str)),
    };
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    Err(Failure(format!(
        "expected an attribute, found {name:?}{hint}"
    )))
}
