//! The one configuration that a command works with.

use std::ffi::OsStr;

use engine::config::{self, Node};
use engine::policy::Policy;

use super::file::{documents, held_in};
use crate::command::Failure;

/// A configuration without mistakes.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// As it is written.
    pub(crate) node: Node,
    pub(crate) policy: Policy,
}

/// Loads the configuration of a file, which has these bytes: its only one, or that whose policy has this name. `load` compiles it.
///
/// # Errors
/// Every mistake of the file, a line each.
pub(crate) fn choose(
    file: &OsStr,
    bytes: &[u8],
    name: Option<&str>,
    load: impl Fn(&Node) -> Result<config::Loaded, config::Errors>,
) -> Result<Chosen, Failure> {
    let shown = file.to_string_lossy();
    let at = |place: super::Place, text: &str| {
        format!("{shown}:{}:{}: error: {text}", place.line, place.column)
    };
    let syntax = |error: super::yaml::SyntaxError| Failure(at(error.place, &error.text));
    let documents = documents(&shown, bytes).map_err(syntax)?;
    let mut mistakes = Vec::new();
    let mut found = Vec::new();
    for held in held_in(&documents).map_err(syntax)? {
        let loaded = held.node.and_then(|node| Ok((load(&node)?, node)));
        match loaded {
            Ok((loaded, node)) => found.push(Chosen {
                node,
                policy: loaded.policy,
            }),
            Err(errors) => mistakes.extend(errors.iter().map(|error| {
                let place = held.yaml.locate(&error.path);
                at(place, &error.to_string())
            })),
        }
    }
    if !mistakes.is_empty() {
        return Err(Failure(mistakes.join("\n")));
    }
    if let Some(name) = name {
        found.retain(|chosen| chosen.policy.name == name);
        if found.is_empty() {
            return Err(Failure(format!(
                "{shown}: it has no policy of the name {name}"
            )));
        }
    }
    let names: Vec<&str> = found.iter().map(|chosen| &*chosen.policy.name).collect();
    if names.len() > 1 {
        let names = names.join(", ");
        let why = format!("{shown}: it has several policies ({names}): choose one with --policy");
        return Err(Failure(why));
    }
    found
        .pop()
        .ok_or_else(|| Failure(format!("{shown}: it has no policy")))
}
