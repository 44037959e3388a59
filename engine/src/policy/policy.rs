//! A whole policy.

use std::rc::Rc;

use super::{Form, Limiter, Route, Rule};
use crate::config::Limits;
use crate::report::ReportsConfig;

/// A configuration, compiled. It never changes; a new configuration makes a new policy.
#[derive(Debug)]
pub struct Policy {
    /// `name`: labels metrics and reports, and owns the state of the quotas.
    pub name: String,
    /// A hash of the configuration, the same for every spelling of it, in 16 hexadecimal digits.
    pub revision: String,
    /// `mode`.
    pub mode: Mode,
    /// `default: allow`: what no rule speaks of goes on.
    pub default_allow: bool,
    /// `quotas`.
    pub quotas: Vec<Rc<Limiter>>,
    /// `rules`; a rule's index is its place.
    pub rules: Vec<Rule>,
    /// `routes`.
    pub routes: Vec<Route>,
    /// `reports`; without it none are made.
    pub reports: Option<ReportsConfig>,
    /// `denial`: how refused callers are told.
    pub denial: Form,
    /// `protocol.contradiction`.
    pub contradictions: Contradictions,
    /// `protocol.services`.
    pub services: Vec<ExportedService>,
    /// `protocol.limits`.
    pub limits: Limits,
    /// The attachments that rules, routes and quotas look at; the index is the slot.
    pub attachment_keys: Vec<String>,
    /// The attachments that some route sets: callers cannot choose these. Each once, ASCII case ignored.
    pub owned_attachments: Vec<String>,
}

/// `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is decided is done.
    Enforce,
    /// What is decided is counted and reported, and every call passes.
    DryRun,
}

/// `protocol.contradiction`: what becomes of a call that says in two places that it is for different services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradictions {
    /// It is refused.
    Deny,
    /// It is reported, and decided by all that it says.
    Report,
}

/// A service that is exported under paths of its own: calls for these name the interface in an attachment only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedService {
    /// The interface.
    pub interface: String,
    /// Its paths, without a leading `/`.
    pub paths: Vec<String>,
}

impl Policy {
    /// Whether some route chooses the cluster of a connection.
    pub fn chooses_clusters(&self) -> bool {
        self.routes
            .iter()
            .any(|route| route.connection_cluster.is_some())
    }

    /// Whether `path` is one under which the configuration says that `interface` is exported.
    pub fn exports(&self, interface: &str, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.services.iter().any(|service| {
            service.interface == interface && service.paths.iter().any(|p| p == path)
        })
    }
}
