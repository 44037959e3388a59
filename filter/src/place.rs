//! All seats of one policy in this VM, and the policies that were put in force there.
//!
//! With ECDS Envoy leaves open connections on the root context that they began with, for as long as they last. So roots
//! that come with another configuration for the same policy take over its seat, and all connections find the new policy
//! there. Where two listeners have different policies under one name, that is wrong, and the roots get seats of their own.

use core::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use engine::policy::Policy;
use engine::time::Nanos;

use crate::seat::{Seat, text};
use crate::succession::revision;

thread_local! {
    static PLACES: RefCell<HashMap<Key, Place>> = RefCell::default();
    /// Places that their last root has left, and when. Without one, Envoy has no listener with this name.
    static LEFT: RefCell<Vec<(Key, Nanos)>> = RefCell::default();
}

/// A root comes before the one that it replaces has gone, and another load of the module within this time.
const MOURNING: Nanos = Nanos::from_secs(2);

/// What tells the policies of one VM apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) plugin: String,
    pub(crate) root_id: String,
    pub(crate) policy: String,
}

#[derive(Debug)]
struct Place {
    /// It outlives its roots: their reports and quotas are in it.
    shared: Rc<Seat>,
    /// Those of roots that the shared one did not fit.
    apart: Vec<Weak<Seat>>,
    roots: Vec<u32>,
    /// What was put in force, as far as a root still has it.
    policies: Vec<Weak<Policy>>,
}

/// The seat of this policy in this VM, taken over by `root`, with the policy in force for all who follow.
pub(crate) fn take(root: u32, policy: &Rc<Policy>, since: Nanos) -> Rc<Seat> {
    let key = Key {
        plugin: text(&["plugin_name"]),
        root_id: text(&["plugin_root_id"]),
        policy: policy.name.clone(),
    };
    PLACES.with_borrow_mut(|places| {
        let place = places.entry(key).or_insert_with_key(|key| Place {
            shared: Seat::new(key.clone(), root, Rc::clone(policy)),
            apart: Vec::new(),
            roots: Vec::new(),
            policies: Vec::new(),
        });
        place.roots.push(root);
        place.policies.retain(|policy| policy.strong_count() > 0);
        place.policies.push(Rc::downgrade(policy));
        place.apart.retain(|seat| seat.strong_count() > 0);
        for seat in place.seats() {
            seat.follow(policy, since);
        }
        place.shared.own(root);
        Rc::clone(&place.shared)
    })
}

/// `root` ends.
pub(crate) fn leave(root: u32, key: &Key, now: Nanos) {
    PLACES.with_borrow_mut(|places| {
        if let Some(place) = places.get_mut(key) {
            place.roots.retain(|other| *other != root);
            if place.roots.is_empty() {
                LEFT.with_borrow_mut(|left| left.push((key.clone(), now)));
            }
        }
    });
}

/// Tells the other VMs which policies have no root any more. In some of them, connections that began under an old name of a policy
/// would stay with it.
pub(crate) fn bury(now: Nanos) {
    let due = |(_, since): &mut (Key, Nanos)| now >= *since + MOURNING;
    let due: Vec<_> = LEFT.with_borrow_mut(|left| left.extract_if(.., due).collect());
    for (key, _) in due {
        let empty = PLACES.with_borrow(|places| {
            let place = places.get(&key).filter(|place| place.roots.is_empty());
            place.map(|place| Rc::clone(&place.shared))
        });
        if let Some(seat) = empty {
            seat.retire(now);
        }
    }
}

/// A seat for `root` alone, beside that of `key`.
pub(crate) fn part(key: &Key, root: u32, policy: &Rc<Policy>) -> Rc<Seat> {
    let seat = Seat::new(key.clone(), root, Rc::clone(policy));
    PLACES.with_borrow_mut(|places| {
        if let Some(place) = places.get_mut(key) {
            place.apart.push(Rc::downgrade(&seat));
        }
    });
    seat
}

/// A policy that was put in force in this VM, by the fingerprint of its revision; `None` if no root has it any more.
pub(crate) fn policy(key: &Key, fingerprint: u64) -> Option<Rc<Policy>> {
    PLACES.with_borrow(|places| {
        let policies = places.get(key)?.policies.iter().filter_map(Weak::upgrade);
        policies
            .into_iter()
            .find(|policy| revision(policy) == fingerprint)
    })
}

/// The seats of a key.
pub(crate) fn seats(key: &Key) -> Vec<Rc<Seat>> {
    PLACES.with_borrow(|places| places.get(key).map_or_else(Vec::new, Place::seats))
}

impl Place {
    fn seats(&self) -> Vec<Rc<Seat>> {
        let apart = self.apart.iter().filter_map(Weak::upgrade);
        core::iter::once(Rc::clone(&self.shared))
            .chain(apart)
            .collect()
    }
}
