//! Tests of one attribute's value.

use std::rc::Rc;

use ipnet::IpNet;

use super::list::List;
use super::truth::{Expired, Truth};
use crate::attributes::{Value, other_spelling};

/// A test that an attribute, present or absent, passes or not.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// The text is of this pattern.
    Text(Pattern),
    /// The address is in this network.
    Net(IpNet),
    /// The flag is this one.
    Flag(bool),
    /// The value is in this list.
    In(Rc<List>),
    /// One of many values passes.
    Some(Box<Matcher>),
    /// Each of many values passes; so it does when there are none.
    Every(Box<Matcher>),
    /// Whatever the test, its value is not known: who replays a capture has not seen it.
    Unseen(Expired),
    /// The attribute is there, or is not.
    Present(bool),
    /// The other does not hold: true for an absent attribute, if the other is a test of the value.
    Not(Box<Matcher>),
    /// Each of them holds.
    All(Vec<Matcher>),
    /// One of them holds.
    Any(Vec<Matcher>),
}

impl Matcher {
    /// Whether `value` is known to pass.
    pub fn holds(&self, value: Option<Value<'_>>) -> bool {
        self.test(value).is_true()
    }

    /// Whether `value` passes. No test of a value holds for an absent one; `Not` and `Present` alone see absence.
    pub fn test(&self, value: Option<Value<'_>>) -> Truth {
        match (self, value) {
            (Matcher::Unseen(expired), _) => Truth::Unknown(*expired),
            (Matcher::Present(present), value) => (value.is_some() == *present).into(),
            (Matcher::Not(inner), value) => !inner.test(value),
            (Matcher::All(all), value) => Truth::all(all.iter().map(|matcher| matcher.test(value))),
            (Matcher::Any(any), value) => Truth::any(any.iter().map(|matcher| matcher.test(value))),
            (Matcher::Text(_) | Matcher::In(_), Some(Value::Method(name))) => {
                let test = |name: &str| self.test(Some(Value::Text(name)));
                match (test(name), other_spelling(name)) {
                    (Truth::True, _) => Truth::True,
                    (truth, None) => truth,
                    (truth, Some(other)) => truth.or(test(&other)),
                }
            }
            (Matcher::Text(_) | Matcher::In(_), Some(Value::Principal(principal))) => {
                let test = |text: &str| self.test(Some(Value::Text(text)));
                let (uri, name) = (principal.uri(), principal.name());
                match test(name) {
                    Truth::True => Truth::True,
                    truth if name.len() == uri.len() => truth,
                    truth => truth.or(test(uri)),
                }
            }
            (Matcher::Text(pattern), Some(Value::Text(text))) => pattern.holds(text).into(),
            (Matcher::Net(net), Some(Value::Ip(ip))) => net.contains(&ip).into(),
            (Matcher::Flag(flag), Some(Value::Flag(value))) => (*flag == value).into(),
            (Matcher::In(list), Some(value)) => list.contains(value),
            (Matcher::Some(one), Some(Value::Names(names))) => {
                Truth::any(names.iter().map(|name| one.test(Some(Value::Text(name)))))
            }
            (Matcher::Every(each), Some(Value::Names(names))) => {
                Truth::all(names.iter().map(|name| each.test(Some(Value::Text(name)))))
            }
            (Matcher::Text(_) | Matcher::Net(_) | Matcher::Flag(_), _)
            | (Matcher::In(_), None)
            | (Matcher::Some(_) | Matcher::Every(_), _) => Truth::False,
        }
    }

    /// Whether it says, somewhere, what an absent attribute means.
    pub fn speaks_of_presence(&self) -> bool {
        match self {
            Matcher::Present(_) => true,
            Matcher::Not(inner) => inner.speaks_of_presence(),
            Matcher::All(several) | Matcher::Any(several) => {
                several.iter().any(Matcher::speaks_of_presence)
            }
            Matcher::Text(_)
            | Matcher::Net(_)
            | Matcher::Flag(_)
            | Matcher::In(_)
            | Matcher::Unseen(_)
            | Matcher::Some(_)
            | Matcher::Every(_) => false,
        }
    }
}

/// A test of a text. Ignoring case means that of ASCII letters: what providers compare is never folded further.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// The same text.
    Exact(Box<str>),
    /// Begins with this.
    Prefix(Box<str>),
    /// Ends with this.
    Suffix(Box<str>),
    /// Has this within.
    Contains(Box<str>),
    /// Is this but for the case of letters.
    ExactIgnoreCase(Box<str>),
    /// Begins with this but for the case of letters.
    PrefixIgnoreCase(Box<str>),
    /// Ends with this but for the case of letters.
    SuffixIgnoreCase(Box<str>),
    /// Has this within but for the case of letters.
    ContainsIgnoreCase(Box<str>),
    /// The whole text is of this regular expression, which is anchored when it is compiled.
    Regex(regex_lite::Regex),
}

impl Pattern {
    /// Whether `text` is of the pattern.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Pattern::Exact(want) => text == &**want,
            Pattern::Prefix(want) => text.starts_with(&**want),
            Pattern::Suffix(want) => text.ends_with(&**want),
            Pattern::Contains(want) => text.contains(&**want),
            Pattern::ExactIgnoreCase(want) => text.eq_ignore_ascii_case(want),
            Pattern::PrefixIgnoreCase(want) => {
                same_letters(text.as_bytes().get(..want.len()), want)
            }
            Pattern::SuffixIgnoreCase(want) => {
                let tail = text
                    .len()
                    .checked_sub(want.len())
                    .and_then(|at| text.as_bytes().get(at..));
                same_letters(tail, want)
            }
            Pattern::ContainsIgnoreCase(want) => {
                want.is_empty()
                    || text
                        .as_bytes()
                        .windows(want.len())
                        .any(|window| same_letters(Some(window), want))
            }
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

fn same_letters(part: Option<&[u8]>, want: &str) -> bool {
    part.is_some_and(|part| part.eq_ignore_ascii_case(want.as_bytes()))
}
