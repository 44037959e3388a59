//! A whole policy.

use std::rc::Rc;

use dubbo::Serialization;

use super::list::Changes;
use super::{Form, Index, Limiter, List, Paths, Route, Rule};
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
    /// The names of `lists`; what is unknown because of one names it by its place.
    pub list_names: Vec<Box<str>>,
    /// `lists`, at the same places.
    pub lists: Vec<Rc<List>>,
    /// `quotas`.
    pub quotas: Vec<Rc<Limiter>>,
    /// `rules`; a rule's index is its place.
    pub rules: Vec<Rule>,
    /// Finds the rules that may be about a call.
    pub rule_index: Index,
    /// `routes`; a route's index is its place.
    pub routes: Vec<Route>,
    /// Finds the routes that may be about a call.
    pub route_index: Index,
    /// Counts the changes of lists that are fetched, if there are such.
    pub list_changes: Option<Changes>,
    /// The paths that rules, routes and `protocol.services` name.
    pub paths: Paths,
    /// `reports`; without it none are made.
    pub reports: Option<ReportsConfig>,
    /// `denial`: how refused callers are told.
    pub denial: Form,
    /// `protocol.contradiction`.
    pub contradictions: Contradictions,
    /// `protocol.services`.
    pub services: Vec<ExportedService>,
    /// `protocol.serialization`.
    pub serializations: Serializations,
    /// `protocol.unchecked_classes`: definitions of these may have other fields than the class that Java reads.
    pub unchecked_classes: Vec<String>,
    /// `protocol.foreign_bytes`.
    pub foreign_bytes: ForeignBytes,
    /// Whether some route chooses the cluster of a connection.
    pub chooses_clusters: bool,
    /// Whether some rule or route looks at the classes that calls carry.
    pub looks_at_classes: bool,
    /// Whether some rule, route or quota looks at the certificates of callers.
    pub looks_at_certificates: bool,
    /// Whether something looks at what callers say they are.
    pub looks_at_claimed_app: bool,
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

/// `protocol.serialization`: what becomes of calls whose bodies are not in hessian2, which is always read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serializations {
    /// Of calls in fastjson2.
    pub fastjson2: Treatment,
    /// Of calls in any other; these cannot be read.
    pub other: Treatment,
}

/// What becomes of calls in one serialization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// They are read, and judged by what they say.
    Check,
    /// They are judged without a look at their bodies.
    Pass,
    /// They are refused; where refusals cannot be written in the serialization, by closing the connection.
    Deny,
}

/// `protocol.foreign_bytes`: what becomes of a connection whose first bytes are not Dubbo's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignBytes {
    /// It is closed.
    Close,
    /// All of it passes, both ways, and nothing of it is looked at.
    PassUnprotected,
}

impl Serializations {
    /// Of calls in this serialization.
    pub fn treatment(&self, serialization: Serialization) -> Treatment {
        match serialization {
            Serialization::HESSIAN2 => Treatment::Check,
            Serialization::FASTJSON2 => self.fastjson2,
            _ => self.other,
        }
    }

    /// Whether some calls are judged without a look at their bodies.
    pub fn some_pass_unread(&self) -> bool {
        [self.fastjson2, self.other].contains(&Treatment::Pass)
    }
}

impl Policy {
    /// Changes whenever what some list says has changed: findings of an earlier version must be made anew.
    pub fn lists_version(&self) -> u64 {
        let changes = self.list_changes.as_ref();
        changes.map_or(0, |changes| changes.get())
    }

    /// Whether `path` is one under which the configuration says that `interface` is exported.
    pub fn exports(&self, interface: &str, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.services.iter().any(|service| {
            service.interface == interface && service.paths.iter().any(|p| p == path)
        })
    }
}
