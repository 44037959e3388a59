//! Conjunctions of matchers, and alternatives of those.

use super::facts::Reading;
use super::matcher::Matcher;
use crate::attributes::Attribute;

/// Matchers that all have to hold: one object of `match`.
#[derive(Debug, Clone)]
pub struct Condition {
    /// In the order of [`Attribute`], so that the service, which tells most rules apart, is looked at first.
    tests: Vec<(Attribute, Matcher)>,
}

impl Condition {
    /// The conjunction of these tests.
    pub fn new(mut tests: Vec<(Attribute, Matcher)>) -> Condition {
        tests.sort_by(|(a, _), (b, _)| a.cmp(b));
        Condition { tests }
    }

    /// Whether every test holds.
    pub fn holds(&self, reading: &Reading<'_>) -> bool {
        self.tests
            .iter()
            .all(|(attribute, matcher)| matcher.holds(reading.value(attribute)))
    }

    /// The tests.
    pub fn tests(&self) -> &[(Attribute, Matcher)] {
        &self.tests
    }
}

/// Conditions of which one has to hold: the whole of `match`, `except` or `require`.
#[derive(Debug, Clone)]
pub struct Match {
    any: Vec<Condition>,
}

impl Match {
    /// The alternatives.
    pub fn any(any: Vec<Condition>) -> Match {
        Match { any }
    }

    /// Whether one alternative holds.
    pub fn holds(&self, reading: &Reading<'_>) -> bool {
        self.any.iter().any(|condition| condition.holds(reading))
    }

    /// The alternatives.
    pub fn conditions(&self) -> &[Condition] {
        &self.any
    }
}

/// What a rule or a route is about: `match` and `except`.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Every call, if it is not there.
    pub matches: Option<Match>,
    /// But not these calls.
    pub except: Option<Match>,
}

impl Scope {
    /// Whether the call is one that the rule is about.
    pub fn covers(&self, reading: &Reading<'_>) -> bool {
        self.matches
            .as_ref()
            .is_none_or(|matches| matches.holds(reading))
            && !self
                .except
                .as_ref()
                .is_some_and(|except| except.holds(reading))
    }
}
