//! From a tree to a policy.

use super::error::{Errors, Warning};
use super::names::Names;
use super::node::Node;
use super::reader::{Context, Fields, Value};
use super::rules::transpose;
use super::{denial, lists, parse, protocol, quotas, reports, routes, rules, schema, warnings};
use crate::attributes::Attribute;
use crate::policy::{Action, Index, Mode, Paths, Policy};

/// A configuration that has no mistakes.
#[derive(Debug)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// What is allowed and probably not meant.
    pub warnings: Vec<Warning>,
}

/// Compiles a configuration.
///
/// # Errors
/// Every mistake that it has.
pub fn load(node: &Node) -> Result<Loaded, Errors> {
    load_with(node, None)
}

/// The same, for who looks at calls from afar: of these attributes and of fetched lists nothing is known, so that a test of
/// them is neither true nor false, as one of a list that has expired and refuses.
///
/// # Errors
/// Every mistake that it has.
pub fn load_unseen(node: &Node, unseen: &'static [Attribute]) -> Result<Loaded, Errors> {
    load_with(node, Some(unseen))
}

fn load_with(node: &Node, unseen: Option<&'static [Attribute]>) -> Result<Loaded, Errors> {
    match node {
        Node::Null => return Err(vec![parse::nothing("null")]),
        Node::Object(fields) if fields.is_empty() => {
            return Err(vec![parse::nothing("an empty object")]);
        }
        _ => {}
    }
    let context = Context::default();
    let policy = Value::root(node, &context)
        .fields(&schema::POLICY)
        .and_then(|fields| policy(&fields, unseen));
    let (errors, digest) = context.finish();
    match policy {
        Some(mut policy) if errors.is_empty() => {
            policy.revision = digest.to_string();
            policy.compile();
            let warnings = warnings::of(&policy, node);
            Ok(Loaded { policy, warnings })
        }
        _ => Err(errors),
    }
}

fn policy(fields: &Fields<'_>, unseen: Option<&'static [Attribute]>) -> Option<Policy> {
    let version = fields
        .get("apiVersion")
        .and_then(|version| version.choice(&[("dubbo-policy/v1", ())]));
    let name = fields.get("name").and_then(|name| name.name());
    let mode = fields
        .get("mode")
        .and_then(|mode| mode.choice(&[("enforce", Mode::Enforce), ("dry_run", Mode::DryRun)]));
    let default_allow = fields
        .get("default")
        .and_then(|default| default.choice(&[("allow", true), ("deny", false)]));
    let protocol = fields
        .get("protocol")
        .and_then(|value| protocol::read(&value, default_allow != Some(false)));
    let some_pass_unread = protocol
        .as_ref()
        .is_some_and(|protocol| protocol.serializations.some_pass_unread());
    let mut names = Names::new(some_pass_unread, unseen);
    let lists = fields
        .get("lists")
        .map(|value| lists::read(&value, &mut names));
    let quotas = fields
        .get("quotas")
        .map(|value| quotas::read(&value, &mut names));
    let rules = fields.get("rules").map(|value| rules::read(&value, &names));
    let routes = fields
        .get("routes")
        .map(|value| routes::read(&value, &names));
    let reports = fields.written("reports").map(reports::read);
    let denial = fields.get("denial").and_then(|value| denial::read(&value));
    let (lists, rules, routes, protocol) = (lists?, rules?, routes?, protocol?);
    let allows = rules
        .iter()
        .any(|rule| matches!(rule.action, Action::Allow));
    if allows && fields.written("default").is_none() {
        let hint = "default: deny, if nothing else is to be allowed".to_owned();
        fields.get("default")?.reject_as(
            "allow or deny, because a rule says allow",
            "nothing",
            Some(hint),
        );
    }
    version?;
    Some(Policy {
        name: name?.to_owned(),
        revision: String::new(),
        mode: mode?,
        default_allow: default_allow?,
        list_names: lists
            .iter()
            .map(|list| list.name.clone())
            .chain(
                unseen
                    .unwrap_or_default()
                    .iter()
                    .map(|unseen| unseen.to_string().into()),
            )
            .collect(),
        lists,
        quotas: quotas?,
        rules,
        rule_index: Index::default(),
        reports: transpose(reports)?,
        denial: denial?,
        contradictions: protocol.contradictions,
        services: protocol.services,
        serializations: protocol.serializations,
        unchecked_classes: protocol.unchecked_classes,
        foreign_bytes: protocol.foreign_bytes,
        limits: protocol.limits,
        looks_at_classes: false,
        looks_at_claimed_app: false,
        looks_at_certificates: false,
        attachment_keys: names.into_attachment_keys(),
        owned_attachments: routes::owned_attachments(&routes),
        routes,
        route_index: Index::default(),
        list_changes: None,
        paths: Paths::default(),
        chooses_clusters: false,
    })
}
