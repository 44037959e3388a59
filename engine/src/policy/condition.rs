//! Conjunctions of matchers, and alternatives of those.

use super::facts::Reading;
use super::matcher::{Matcher, Pattern};
use super::truth::Truth;
use crate::attributes::Attribute;

/// Matchers that all have to hold: one object of `match`.
#[derive(Debug, Clone)]
pub struct Condition {
    /// In the order of [`Attribute`], so that the service, which tells most rules apart, is looked at first.
    tests: Vec<(Attribute, Matcher)>,
}

impl Condition {
    /// The conjunction of these tests.
    pub fn new(tests: Vec<(Attribute, Matcher)>) -> Condition {
        let mut sorted: Vec<(Attribute, Matcher)> = Vec::with_capacity(tests.len());
        for test in tests {
            let at = sorted.partition_point(|(attribute, _)| *attribute <= test.0);
            sorted.insert(at, test);
        }
        Condition { tests: sorted }
    }

    /// Whether every test holds.
    pub fn test(&self, reading: &Reading<'_>) -> Truth {
        let tests = self.tests.iter();
        Truth::all(tests.map(|(attribute, matcher)| matcher.test(reading.value(attribute))))
    }

    /// The service, if the condition asks for one by its whole name.
    fn service(&self) -> Option<&str> {
        match self.tests.first()? {
            (Attribute::Service, Matcher::Text(Pattern::Exact(service))) => Some(service),
            _ => None,
        }
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
    pub fn test(&self, reading: &Reading<'_>) -> Truth {
        Truth::any(self.any.iter().map(|condition| condition.test(reading)))
    }

    /// The alternatives.
    pub fn conditions(&self) -> &[Condition] {
        &self.any
    }

    /// The service that every alternative asks for.
    fn only_service(&self) -> Option<&str> {
        let (first, rest) = self.any.split_first()?;
        let service = first.service()?;
        rest.iter()
            .all(|condition| condition.service() == Some(service))
            .then_some(service)
    }
}

/// What a rule or a route is about: `match` and `except`.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Every call, if it is not there.
    matches: Option<Match>,
    /// But not these calls.
    except: Option<Match>,
    /// The one service that `matches` may hold for: one comparison passes most rules over.
    service: Option<Box<str>>,
}

impl Scope {
    /// The calls of `matches`, or all, without those of `except`.
    pub fn new(matches: Option<Match>, except: Option<Match>) -> Scope {
        let service = matches
            .as_ref()
            .and_then(Match::only_service)
            .map(Box::from);
        Scope {
            matches,
            except,
            service,
        }
    }

    /// Whether the call is one that the rule is about.
    pub fn covers(&self, reading: &Reading<'_>) -> Truth {
        if let Some(only) = &self.service
            && reading.service() != Some(only)
        {
            return Truth::False;
        }
        let test = |matches: &Option<Match>| matches.as_ref().map(|matches| matches.test(reading));
        match test(&self.matches).unwrap_or(Truth::True) {
            Truth::False => Truth::False,
            covers => covers.and(!test(&self.except).unwrap_or(Truth::False)),
        }
    }

    /// `match`, if it is written.
    pub fn matches(&self) -> Option<&Match> {
        self.matches.as_ref()
    }

    /// `except`, if it is written.
    pub fn except(&self) -> Option<&Match> {
        self.except.as_ref()
    }
}
