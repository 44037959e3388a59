//! What a configuration names, and refers to by name.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::reader::Value;
use super::suggest::suggest;
use crate::attributes::Attribute;
use crate::policy::{Expired, Limiter, List, Matcher};

/// Everything that one part of a configuration says and another one uses.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) lists: Registry<'a, Rc<List>>,
    pub(super) quotas: Registry<'a, Rc<Limiter>>,
    /// The bodies of some calls are not read, so nothing that stands there is known of them.
    pub(super) some_pass_unread: bool,
    /// Attributes of which nothing is known, whatever a call is, if it is looked at from afar: then nothing is known of
    /// fetched lists either.
    pub(super) unseen: Option<&'static [Attribute]>,
    attachment_keys: RefCell<Vec<String>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(some_pass_unread: bool, unseen: Option<&'static [Attribute]>) -> Names<'a> {
        Names {
            lists: Registry::new("list"),
            quotas: Registry::new("quota"),
            some_pass_unread,
            unseen,
            attachment_keys: RefCell::default(),
        }
    }

    /// The attribute of this name. `at` is where a mistake is recorded.
    pub(super) fn attribute(&self, name: &str, at: &Value<'a>) -> Option<Attribute> {
        let named = Attribute::NAMED
            .into_iter()
            .find(|named| named.to_string() == name);
        if named.is_some() {
            return named;
        }
        if let Some(key) = name
            .strip_prefix("attachments.")
            .filter(|key| !key.is_empty())
        {
            let slot = self.slot(key);
            return Some(Attribute::Attachment {
                key: key.into(),
                slot,
            });
        }
        let names: Vec<String> = Attribute::NAMED.iter().map(Attribute::to_string).collect();
        let hint = match name {
            "attachments" => Some("write attachments.KEY".to_owned()),
            _ => suggest(name, names.iter().map(String::as_str)),
        };
        at.reject_as("an attribute", format!("{name:?}"), hint);
        None
    }

    /// The matcher, or, of an attribute that nobody sees, one that never knows. Unseen attributes are named behind the
    /// lists in `Policy::list_names`.
    pub(super) fn unless_unseen(&self, attribute: &Attribute, matcher: Matcher) -> Matcher {
        let unseen = self.unseen.unwrap_or_default();
        match unseen.iter().position(|unseen| unseen == attribute) {
            Some(at) => Matcher::Unseen(Expired {
                list: self.lists.len() + at,
                refuses: true,
            }),
            None => matcher,
        }
    }

    /// The attachments that something looks at; the index is the slot.
    pub(super) fn into_attachment_keys(self) -> Vec<String> {
        self.attachment_keys.into_inner()
    }

    fn slot(&self, key: &str) -> usize {
        let mut keys = self.attachment_keys.borrow_mut();
        keys.iter()
            .position(|known| known == key)
            .unwrap_or_else(|| {
                keys.push(key.to_owned());
                keys.len() - 1
            })
    }
}

/// The things of one kind.
#[derive(Debug)]
pub(super) struct Registry<'a, T> {
    kind: &'static str,
    /// `None` for what has a name and could not be read: to refer to it is no second mistake.
    things: BTreeMap<&'a str, Option<T>>,
}

impl<'a, T: Clone> Registry<'a, T> {
    pub(super) fn new(kind: &'static str) -> Registry<'a, T> {
        Registry {
            kind,
            things: BTreeMap::new(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    /// Adds a thing under the name that stands at `name`; two of one name are a mistake.
    pub(super) fn add(&mut self, name: &Value<'a>, thing: Option<T>) {
        let Some(text) = name.name() else { return };
        if self.things.insert(text, thing).is_some() {
            let found = format!("that of another {}, {text:?}", self.kind);
            name.reject_as("a name of its own", found, None);
        }
    }

    /// The thing that is referred to at `name`; it is a mistake if there is none.
    pub(super) fn find(&self, name: &Value<'_>) -> Option<T> {
        let text = name.text()?;
        let Some(thing) = self.things.get(text) else {
            let hint = suggest(text, self.things.keys().copied());
            name.reject(format!("the name of a {}", self.kind), hint);
            return None;
        };
        thing.clone()
    }
}
