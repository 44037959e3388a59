//! What is right, and may surprise: for who checks a configuration, not for Envoy's log.

use super::error::Warning;
use super::node::Node;
use super::path::Path;

/// The notes on a document that has no mistakes.
pub fn notes(document: &Node) -> Vec<Warning> {
    let mut notes = Vec::new();
    let quotas = document.get("quotas").and_then(Node::items);
    for (index, quota) in quotas.unwrap_or_default().iter().enumerate() {
        if quota.get("limit").is_some() && quota.get("global").is_none() {
            notes.push(Warning {
                path: Path::default().field("quotas").index(index),
                text: "each Envoy counts for itself, so that n of them admit n times as much; with global all count \
                       together"
                    .to_owned(),
            });
        }
    }
    let denies = document.get("default") == Some(&Node::String("deny".into()));
    if denies && !mentions(document, "callback") {
        notes.push(Warning {
            path: Path::default().field("default"),
            text: "what providers call back to their clients is decided by the same rules: it needs an allow, for \
                   the service that is called back"
                .to_owned(),
        });
    }
    notes
}

fn mentions(node: &Node, field: &str) -> bool {
    match node {
        Node::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == field || mentions(value, field)),
        Node::Array(items) => items.iter().any(|item| mentions(item, field)),
        _ => false,
    }
}
