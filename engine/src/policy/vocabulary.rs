//! The names that stand in a policy: an operator chose them, so metrics may have a series for each. And what is made of
//! them once, so that calls need not look through all rules.

use std::rc::Rc;

use super::index::key;
use super::matcher::{Matcher, Pattern};
use super::names::Names;
use super::{Action, Condition, Index, List, Match, Policy};
use crate::attributes::{Attribute, Value};

impl Policy {
    /// Hands over every service that stands in the rules and routes by its whole name.
    pub fn services_by_name(&self, take: impl FnMut(&str)) {
        self.names_of(&Attribute::Service, take);
    }

    /// Hands over every method that stands in the rules and routes by its whole name.
    pub fn methods_by_name(&self, take: impl FnMut(&str)) {
        self.names_of(&Attribute::Method, take);
    }

    /// Whether some rule, route or quota looks at this attribute.
    pub fn looks_at(&self, wanted: &Attribute) -> bool {
        self.tests().any(|(attribute, _)| attribute == wanted)
            || self.quotas.iter().any(|quota| quota.per.contains(wanted))
    }

    /// Makes ready what is asked for every call.
    pub(crate) fn compile(&mut self) {
        self.rule_index = Index::of(self.rules.iter().map(|rule| &rule.scope));
        self.route_index = Index::of(self.routes.iter().map(|route| &route.scope));
        self.paths = Paths::of(self);
        let mut fetched = self.lists.iter().filter_map(|list| list.fetched.as_ref());
        self.list_changes = fetched.next().map(|fetched| Rc::clone(&fetched.changes));
        self.looks_at_classes = self.looks_at(&Attribute::Classes);
        self.looks_at_claimed_app = self.looks_at(&Attribute::ClaimedApp);
        self.looks_at_certificates = Attribute::NAMED
            .iter()
            .any(|attribute| attribute.is_certified() && self.looks_at(attribute));
        self.chooses_clusters = self
            .routes
            .iter()
            .any(|route| route.connection_cluster.is_some());
    }

    fn names_of(&self, wanted: &Attribute, mut take: impl FnMut(&str)) {
        self.tests()
            .filter(|(attribute, _)| attribute == wanted)
            .for_each(|(_, matcher)| whole_names(matcher, &mut take));
    }

    /// Everything that rules and routes ask of a call.
    fn tests(&self) -> impl Iterator<Item = &(Attribute, Matcher)> {
        let required = self.rules.iter().filter_map(|rule| match &rule.action {
            Action::Require(required) => Some(required),
            _ => None,
        });
        let scopes = self
            .rules
            .iter()
            .map(|rule| &rule.scope)
            .chain(self.routes.iter().map(|route| &route.scope));
        scopes
            .flat_map(|scope| [scope.matches(), scope.except()])
            .flatten()
            .chain(required)
            .flat_map(Match::conditions)
            .flat_map(Condition::tests)
    }
}

/// The paths that a policy names: those of services that are exported under paths of their own.
#[derive(Debug, Default)]
pub struct Paths {
    names: Names,
    /// In lower case.
    folded: Names,
    lists: Vec<Rc<List>>,
}

impl Paths {
    fn of(policy: &Policy) -> Paths {
        let mut paths = Paths::default();
        for (attribute, matcher) in policy.tests() {
            if *attribute == Attribute::Service {
                paths.add(matcher);
            }
        }
        for path in policy.services.iter().flat_map(|service| &service.paths) {
            paths.names.add(path, false, 0);
        }
        paths.names.finish();
        paths.folded.finish();
        paths
    }

    fn add(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::Text(pattern) => {
                if let Some(key) = key(pattern)
                    && (!key.prefix || key.text.contains('/'))
                {
                    let names = match key.folded {
                        true => &mut self.folded,
                        false => &mut self.names,
                    };
                    names.add(&key.text, key.prefix, 0);
                }
            }
            Matcher::In(list) if !self.lists.iter().any(|known| Rc::ptr_eq(known, list)) => {
                self.lists.push(Rc::clone(list));
            }
            Matcher::Not(inner) => self.add(inner),
            Matcher::All(inner) | Matcher::Any(inner) => {
                inner.iter().for_each(|matcher| self.add(matcher));
            }
            _ => {}
        }
    }

    /// Whether a rule or a route names this service, which has a `/`, by its whole name, by a beginning with a `/`, or in a
    /// list that has not expired; or the configuration says that one is exported under this path.
    pub fn contain(&self, path: &str) -> bool {
        let mut found = false;
        self.names.find(path, |_| found = true);
        if !self.folded.is_empty() {
            self.folded
                .find(&path.to_ascii_lowercase(), |_| found = true);
        }
        let is_in = |list: &Rc<List>| list.contains(Value::Text(path)).is_true();
        found || self.lists.iter().any(is_in)
    }
}

fn whole_names(matcher: &Matcher, take: &mut impl FnMut(&str)) {
    match matcher {
        Matcher::Text(Pattern::Exact(name)) => take(name),
        Matcher::Not(inner) => whole_names(inner, take),
        Matcher::All(inner) | Matcher::Any(inner) => {
            inner.iter().for_each(|matcher| whole_names(matcher, take));
        }
        _ => {}
    }
}
