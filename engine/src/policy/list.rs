//! Lists that rules refer to by name.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::truth::{Expired, Truth};
use crate::attributes::Value;
use crate::lists::{Entries, Kind, Source, WhenExpired};
use crate::time::Nanos;

/// A list: what the configuration says is in it, and what its source says.
#[derive(Debug)]
pub struct List {
    /// What rules call it.
    pub name: Box<str>,
    /// Its place in `Policy::list_names`.
    pub place: usize,
    /// What its entries are.
    pub kind: Kind,
    /// `entries`.
    pub written: Entries,
    /// What goes with `source`, if there is one.
    pub fetched: Option<Fetched>,
}

/// The fetched part of a list: the one thing in a policy that changes under it.
#[derive(Debug)]
pub struct Fetched {
    /// `source`.
    pub source: Source,
    /// `expire_after`.
    pub expire_after: Nanos,
    /// `when_expired`.
    pub when_expired: WhenExpired,
    /// Counts the changes of all lists of a policy, which share it.
    pub changes: Changes,
    state: RefCell<State>,
}

/// Grows with every change of what some list of a policy says.
pub type Changes = Rc<Cell<u64>>;

/// What is known of a source.
#[derive(Debug, Clone, Default)]
struct State {
    /// What was fetched last; `None` when nothing ever was.
    entries: Option<Rc<Entries>>,
    /// That is not longer ago than `expire_after`.
    fresh: bool,
}

impl List {
    /// Whether the value is an entry, or of one. Entries of the configuration count whatever has become of the source.
    pub fn contains(&self, value: Value<'_>) -> Truth {
        if self.written.contains(value) {
            return Truth::True;
        }
        match &self.fetched {
            Some(fetched) => fetched.contains(value, self.place),
            None => Truth::False,
        }
    }
}

impl Fetched {
    /// Nothing fetched yet.
    pub fn new(
        source: Source,
        expire_after: Nanos,
        when_expired: WhenExpired,
        changes: Changes,
    ) -> Fetched {
        Fetched {
            source,
            expire_after,
            when_expired,
            changes,
            state: RefCell::default(),
        }
    }

    /// Puts these entries in the place of the last ones.
    pub(crate) fn update(&self, entries: Option<&Rc<Entries>>, fresh: bool) {
        let mut state = self.state.borrow_mut();
        let same = match (&state.entries, entries) {
            (Some(old), Some(new)) => Rc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same || state.fresh != fresh {
            *state = State {
                entries: entries.cloned(),
                fresh,
            };
            self.changes.set(self.changes.get() + 1);
        }
    }

    /// `keep` keeps what there is: of a source that never answered nothing can be kept, and to take its list for an empty
    /// one would let through what it forbids.
    fn contains(&self, value: Value<'_>, list: usize) -> Truth {
        let state = self.state.borrow();
        let refuses = match (&state.entries, self.when_expired) {
            (Some(entries), _) if state.fresh => return entries.contains(value).into(),
            (Some(entries), WhenExpired::Keep) => return entries.contains(value).into(),
            (_, WhenExpired::Deny | WhenExpired::Keep) => true,
            (_, WhenExpired::Skip) => false,
        };
        Truth::Unknown(Expired { list, refuses })
    }
}
