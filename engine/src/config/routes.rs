//! `routes`.

use std::collections::BTreeSet;

use super::conditions::Effect;
use super::names::{Names, Registry};
use super::reader::{Fields, Value};
use super::rules::{scope, transpose};
use super::schema;
use crate::policy::Route;

/// Reads all routes.
pub(super) fn read<'a>(routes: &Value<'a>, names: &Names<'a>) -> Vec<Route> {
    let mut unique = Registry::new("route");
    let mut read = Vec::new();
    for value in routes.items().unwrap_or_default() {
        let Some(fields) = value.fields(&schema::ROUTE) else {
            continue;
        };
        if let Some(name) = fields.get("name") {
            unique.add(&name, Some(()));
        }
        read.extend(route(&fields, read.len(), names));
    }
    read
}

/// The attachments that some route sets, each once and in lower case.
pub(super) fn owned_attachments(routes: &[Route]) -> Vec<String> {
    let keys: BTreeSet<String> = routes
        .iter()
        .flat_map(|route| &route.set)
        .map(|(key, _)| key.to_ascii_lowercase())
        .collect();
    keys.into_iter().collect()
}

fn route<'a>(fields: &Fields<'a>, index: usize, names: &Names<'a>) -> Option<Route> {
    let name = fields.get("name").and_then(|name| name.text());
    let scope = scope(fields, Effect::Grants, names);
    let set = fields.get("set")?.fields(&schema::SET)?;
    let attachments = set.get("attachments").and_then(|set| attachments(&set));
    let cluster = set
        .written("connection_cluster")
        .map(|cluster| cluster.name());
    if attachments.as_ref().is_some_and(Vec::is_empty) && cluster.is_none() {
        set.at()
            .reject_as("attachments or connection_cluster", "neither", None);
    }
    Some(Route {
        index,
        name: name?.into(),
        scope: scope?,
        set: attachments?,
        connection_cluster: transpose(cluster)?.map(str::to_owned),
    })
}

fn attachments(value: &Value<'_>) -> Option<Vec<(String, String)>> {
    let mut set: Vec<(String, String)> = Vec::new();
    let mut whole = true;
    for (key, value) in value.entries()? {
        let owned = IDENTITY_KEYS
            .iter()
            .any(|owned| owned.eq_ignore_ascii_case(key));
        if owned || key.is_empty() {
            let expected = "an attachment that says nothing of the call's identity";
            value.reject_as(expected, format!("{key:?}"), None);
        }
        if set.iter().any(|(other, _)| other.eq_ignore_ascii_case(key)) {
            let expected = "a key that differs from the others by more than case";
            value.reject_as(expected, format!("{key:?}"), None);
        }
        match value.text() {
            Some(text) => set.push((key.to_owned(), text.to_owned())),
            None => whole = false,
        }
    }
    whole.then_some(set)
}

/// What a call is and who makes it: whoever sets these makes another call of it, after it was decided on.
const IDENTITY_KEYS: [&str; 7] = [
    "path",
    "interface",
    "version",
    "group",
    "generic",
    "token",
    "application",
];
