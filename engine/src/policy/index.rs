//! Which rules may be about a call, without a look at each: ten thousand rules must not cost more than ten.
//!
//! A rule whose `match` asks for whole texts or beginnings of an attribute is found by these. The rest are looked at for
//! every call.

use std::borrow::Cow;
use std::collections::HashMap;

use super::condition::{Condition, Scope};
use super::facts::Reading;
use super::matcher::{Matcher, Pattern};
use super::names::Names;
use crate::attributes::{Attribute, Value, other_spelling};

/// The places of scopes, by what their `match` asks for.
#[derive(Debug, Default)]
pub struct Index {
    by: Vec<ByAttribute>,
    /// Scopes that may be about any call.
    rest: Vec<u32>,
}

/// Scopes by what they ask of one attribute.
#[derive(Debug)]
struct ByAttribute {
    attribute: Attribute,
    names: Names,
    /// In lower case: for tests that ignore it.
    folded: Names,
}

/// A text without which a condition does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    pub(super) text: Cow<'a, str>,
    /// It is the beginning of what is asked for, or the whole.
    pub(super) prefix: bool,
    /// It is in lower case, and case does not matter.
    pub(super) folded: bool,
}

impl Index {
    /// An index of these scopes, by their places.
    pub(super) fn of<'s>(scopes: impl Iterator<Item = &'s Scope> + Clone) -> Index {
        let mut counts: HashMap<(&Attribute, Key<'s>), usize> = HashMap::new();
        for condition in scopes.clone().flat_map(conditions) {
            for (attribute, keys) in keyed(condition) {
                for key in keys {
                    *counts.entry((attribute, key)).or_default() += 1;
                }
            }
        }
        let mut index = Index::default();
        for (place, scope) in (0..).zip(scopes) {
            let found: Option<Vec<_>> = match scope.matches() {
                Some(_) => conditions(scope).map(|one| rarest(one, &counts)).collect(),
                None => None,
            };
            let Some(found) = found else {
                index.rest.push(place);
                continue;
            };
            for (attribute, keys) in found {
                let by = index.by(attribute);
                for key in keys {
                    by.add(&key, place);
                }
            }
        }
        for by in &mut index.by {
            by.names.finish();
            by.folded.finish();
        }
        index
    }

    /// Calls `take` for the places of all scopes that may be about the call so read, in their order and each once, until
    /// it returns true. `room` is what that needs; nothing in it counts.
    pub(super) fn visit(
        &self,
        reading: &Reading<'_>,
        room: &mut Vec<u32>,
        mut take: impl FnMut(usize) -> bool,
    ) {
        room.clear();
        for by in &self.by {
            by.find(reading.value(&by.attribute), room);
        }
        room.sort_unstable();
        room.dedup();
        // Two sorted lists, of which the longer one need not be copied.
        let (mut found, mut rest) = (room.iter().peekable(), self.rest.iter().peekable());
        loop {
            let next = match (found.peek(), rest.peek()) {
                (Some(one), Some(other)) if one < other => found.next(),
                (_, Some(_)) => rest.next(),
                (_, None) => found.next(),
            };
            match next {
                Some(place) if !take(*place as usize) => {}
                _ => return,
            }
        }
    }

    fn by(&mut self, attribute: &Attribute) -> &mut ByAttribute {
        let known = self.by.iter().position(|by| by.attribute == *attribute);
        let at = known.unwrap_or(self.by.len());
        if known.is_none() {
            self.by.push(ByAttribute {
                attribute: attribute.clone(),
                names: Names::default(),
                folded: Names::default(),
            });
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "it was found there, or just put there"
        )]
        &mut self.by[at]
    }
}

impl ByAttribute {
    fn add(&mut self, key: &Key<'_>, place: u32) {
        let names = match key.folded {
            true => &mut self.folded,
            false => &mut self.names,
        };
        names.add(&key.text, key.prefix, place);
    }

    fn find(&self, value: Option<Value<'_>>, found: &mut Vec<u32>) {
        match value {
            Some(Value::Text(text)) => self.find_text(text, found),
            Some(Value::Method(name)) => {
                self.find_text(name, found);
                if let Some(other) = other_spelling(name) {
                    self.find_text(&other, found);
                }
            }
            Some(Value::Principal(principal)) => {
                self.find_text(principal.uri(), found);
                self.find_text(principal.name(), found);
            }
            Some(Value::Flag(_) | Value::Names(_) | Value::Ip(_)) | None => {}
        }
    }

    fn find_text(&self, text: &str, found: &mut Vec<u32>) {
        self.names.find(text, |places| found.extend(places));
        if !self.folded.is_empty() {
            let folded = text.to_ascii_lowercase();
            self.folded.find(&folded, |places| found.extend(places));
        }
    }
}

fn conditions(scope: &Scope) -> impl Iterator<Item = &Condition> {
    scope
        .matches()
        .into_iter()
        .flat_map(|matches| matches.conditions())
}

/// What the condition cannot do without, by attribute.
fn keyed(condition: &Condition) -> impl Iterator<Item = (&Attribute, Vec<Key<'_>>)> {
    let tests = condition.tests().iter();
    tests.filter_map(|(attribute, matcher)| Some((attribute, keys(matcher)?)))
}

/// Of these, what the fewest others ask for.
fn rarest<'s>(
    condition: &'s Condition,
    counts: &HashMap<(&'s Attribute, Key<'s>), usize>,
) -> Option<(&'s Attribute, Vec<Key<'s>>)> {
    keyed(condition).min_by_key(|(attribute, keys)| {
        let count = |key: &Key<'s>| counts.get(&(*attribute, key.clone())).copied();
        keys.iter().filter_map(count).sum::<usize>()
    })
}

/// Texts of which the value has to have one, if there are such.
pub(super) fn keys(matcher: &Matcher) -> Option<Vec<Key<'_>>> {
    match matcher {
        Matcher::Text(pattern) => Some(vec![key(pattern)?]),
        Matcher::Any(any) => {
            let keys: Option<Vec<_>> = any.iter().map(keys).collect();
            Some(keys?.concat())
        }
        Matcher::All(all) => all.iter().find_map(keys),
        Matcher::Net(_)
        | Matcher::Flag(_)
        | Matcher::In(_)
        | Matcher::Some(_)
        | Matcher::Every(_)
        | Matcher::Unseen(_)
        | Matcher::Present(_)
        | Matcher::Not(_) => None,
    }
}

pub(super) fn key(pattern: &Pattern) -> Option<Key<'_>> {
    let (text, prefix, folded) = match pattern {
        Pattern::Exact(text) => (text, false, false),
        Pattern::Prefix(text) => (text, true, false),
        Pattern::ExactIgnoreCase(text) => (text, false, true),
        Pattern::PrefixIgnoreCase(text) => (text, true, true),
        Pattern::Suffix(_)
        | Pattern::Contains(_)
        | Pattern::SuffixIgnoreCase(_)
        | Pattern::ContainsIgnoreCase(_)
        | Pattern::Regex(_) => return None,
    };
    let text = match folded {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(&**text),
    };
    Some(Key {
        text,
        prefix,
        folded,
    })
}
