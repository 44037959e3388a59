//! The names that stand in a policy: an operator chose them, so metrics may have a series for each.

use super::matcher::{Matcher, Pattern};
use super::{Action, Condition, Match, Policy};
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

    /// Whether a rule or a route names this service, which has a `/`, by its whole name or a beginning with a `/`; or the
    /// configuration says that one is exported under this path.
    pub fn names_path(&self, path: &str) -> bool {
        let tests = self.tests();
        let mut services = tests.filter(|(attribute, _)| *attribute == Attribute::Service);
        services.any(|(_, matcher)| names_path(matcher, path))
            || self
                .services
                .iter()
                .any(|service| service.paths.iter().any(|known| known == path))
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

fn names_path(matcher: &Matcher, path: &str) -> bool {
    match matcher {
        Matcher::Text(Pattern::Prefix(begin) | Pattern::PrefixIgnoreCase(begin)) => {
            begin.contains('/') && matcher.holds(Some(Value::Text(path)))
        }
        Matcher::Text(Pattern::Exact(_) | Pattern::ExactIgnoreCase(_)) | Matcher::In(_) => {
            matcher.holds(Some(Value::Text(path)))
        }
        Matcher::Not(inner) => names_path(inner, path),
        Matcher::All(inner) | Matcher::Any(inner) => {
            inner.iter().any(|matcher| names_path(matcher, path))
        }
        _ => false,
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
