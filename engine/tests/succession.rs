//! Every VM finds out what was put in force last, whatever it was told itself.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;

use engine::shared::{StoreError, Versioned};
use engine::succession::{Outlook, Standing};
use engine::time::Nanos;
use memory::Memory as Store;
use proptest::prelude::*;

fn standing(generation: u64) -> Standing {
    Standing::new("plugin", "root", "policy", generation)
}

fn told(generation: u64, revision: u64, at: u64) -> Standing {
    let mut standing = standing(generation);
    standing.told(revision, Nanos(at));
    standing
}

const LATER: Nanos = Nanos(1_000_000);

#[test]
fn a_vm_of_an_older_load_is_superseded_whichever_looks_first() {
    for old_first in [true, false] {
        let mut store = Store::default();
        let (mut old, mut new) = (told(1, 7, 10), told(2, 7, 20));
        if old_first {
            assert_eq!(old.look(LATER, true, &mut store), Ok(Outlook::Untold));
        }
        assert_eq!(new.look(LATER, true, &mut store), Ok(Outlook::Untold));
        assert_eq!(old.look(LATER, true, &mut store), Ok(Outlook::Superseded));
        assert_eq!(new.look(LATER, true, &mut store), Ok(Outlook::InForce));
    }
}

#[test]
fn a_load_that_comes_back_supersedes_the_one_that_had_superseded_it() {
    let mut store = Store::default();
    let (mut old, mut new) = (told(1, 7, 10), told(2, 7, 20));
    new.look(LATER, true, &mut store).unwrap();
    // The main thread's VM is told, the worker's is not.
    let mut main = told(1, 7, 30);
    assert_eq!(main.look(LATER, true, &mut store), Ok(Outlook::Untold));
    assert_eq!(old.look(LATER, true, &mut store), Ok(Outlook::InForce));
    assert_eq!(new.look(LATER, true, &mut store), Ok(Outlook::Superseded));
}

#[test]
fn a_revision_that_comes_back_is_seen_by_a_vm_that_was_not_told() {
    let mut store = Store::default();
    let mut worker = told(1, 8, 20);
    worker.look(LATER, true, &mut store).unwrap();
    told(1, 7, 30).look(LATER, true, &mut store).unwrap();
    let revised = Outlook::Revised {
        revision: 7,
        since: Nanos(30),
    };
    assert_eq!(worker.look(LATER, true, &mut store), Ok(revised));
}

#[test]
fn a_vm_that_is_made_again_after_a_trap_changes_nothing() {
    let mut store = Store::default();
    let mut other = told(1, 7, 10);
    other.look(LATER, true, &mut store).unwrap();
    let sets = store.sets;
    assert_eq!(
        told(1, 7, 900).look(LATER, true, &mut store),
        Ok(Outlook::InForce)
    );
    assert_eq!(other.look(LATER, true, &mut store), Ok(Outlook::InForce));
    assert_eq!(store.sets, sets);
}

#[test]
fn a_policy_that_a_vm_has_no_root_for_is_retired_in_all_vms_of_its_load_until_somebody_is_told_of_it()
 {
    let mut store = Store::default();
    let (mut main, mut worker) = (told(1, 7, 10), told(1, 7, 12));
    main.look(LATER, true, &mut store).unwrap();
    main.retire(Nanos(40), &mut store).unwrap();
    assert_eq!(worker.look(LATER, true, &mut store), Ok(Outlook::Retired));
    told(1, 7, 50).look(LATER, true, &mut store).unwrap();
    assert_eq!(worker.look(LATER, true, &mut store), Ok(Outlook::InForce));
}

#[test]
fn a_load_that_has_given_a_policy_over_does_not_retire_it() {
    let mut store = Store::default();
    let (mut old, mut new) = (told(1, 7, 10), told(2, 7, 20));
    old.look(LATER, true, &mut store).unwrap();
    new.look(LATER, true, &mut store).unwrap();
    old.retire(Nanos(40), &mut store).unwrap();
    assert_eq!(new.look(LATER, true, &mut store), Ok(Outlook::InForce));
    assert_eq!(old.look(LATER, true, &mut store), Ok(Outlook::Superseded));
}

#[test]
fn other_policies_and_plugins_and_roots_have_places_of_their_own() {
    let mut store = Store::default();
    let names = [
        ("p", "r", "n"),
        ("q", "r", "n"),
        ("p", "s", "n"),
        ("p", "r", "m"),
        ("pr", "", "n"),
        ("", "pr", "n"),
    ];
    for (number, (plugin, root, policy)) in names.into_iter().enumerate() {
        let mut standing = Standing::new(plugin, root, policy, number as u64);
        standing.told(1, Nanos(5));
        assert_eq!(standing.look(LATER, true, &mut store), Ok(Outlook::Untold));
        assert_eq!(standing.look(LATER, true, &mut store), Ok(Outlook::InForce));
    }
}

#[test]
fn who_does_not_speak_writes_nothing_and_who_was_told_without_a_clock_was_told_now() {
    let mut store = Store::default();
    let mut silent = told(1, 7, 0);
    assert_eq!(
        silent.look(Nanos(50), false, &mut store),
        Ok(Outlook::Untold)
    );
    assert_eq!(store.sets, 0);
    told(2, 7, 40).look(LATER, true, &mut store).unwrap();
    assert_eq!(silent.look(LATER, false, &mut store), Ok(Outlook::Untold));
    told(2, 7, 60).look(LATER, true, &mut store).unwrap();
}

#[test]
fn the_table_is_one_key_of_bounded_length_and_what_is_no_table_is_left_alone() {
    let mut store = Store::default();
    for number in 0..1000 {
        let mut standing = Standing::new("plugin", "root", &format!("policy {number}"), 1);
        standing.told(1, Nanos(number + 1));
        standing.look(LATER, true, &mut store).unwrap();
    }
    assert_eq!(store.values.len(), 1);
    let (key, found) = store.values.iter_mut().next().unwrap();
    assert!(key.starts_with("dubbo-policy/1/"));
    assert!(found.value.len() <= 4100, "{}", found.value.len());
    for foreign in [
        &b""[..],
        b"foreign",
        b"dpf\x01123",
        b"dpf\x0112345678",
        b"dpf\x02",
    ] {
        let key = "dubbo-policy/1/in_force".to_owned();
        let value = foreign.to_vec();
        store
            .values
            .insert(key.clone(), Versioned { value, cas: 5 });
        assert_eq!(
            told(1, 7, 10).look(LATER, true, &mut store),
            Err(StoreError)
        );
        assert_eq!(store.values[&key].value, foreign);
    }
}

/// One change, as Envoy brings it to the main thread and then to the workers.
#[derive(Debug, Clone, Copy)]
struct Change {
    generation: u64,
    revision: u64,
    /// How long after the last change, and how much later it comes to the second and the third VM; `None`: it is not told.
    after: u64,
    lags: [Option<u64>; 2],
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let lag = prop::option::of(0..300_u64);
    let change = (1..3_u64, 1..4_u64, 1..1000_u64, [lag.clone(), lag]);
    let change = change.prop_map(|(generation, revision, after, lags)| Change {
        generation,
        revision,
        after,
        lags,
    });
    prop::collection::vec(change, 1..12)
}

proptest! {
    /// The model is a list in the order of time: its last entry is in force. The main thread's VM is told each change, the workers
    /// late or not at all; whoever has another revision than the last finds the last one, and other loads find that they are none.
    #[test]
    fn when_all_is_quiet_every_vm_knows_the_last_change(changes in changes(), looks in prop::collection::vec(0..6_usize, 0..60)) {
        let mut store = Store::default();
        // Two loads of three VMs: main and two workers.
        let mut vms: Vec<Standing> = (0..6).map(|vm| standing(1 + vm / 3)).collect();
        let mut present = [false; 6];
        let mut events = Vec::new();
        let mut at = 1000;
        for change in &changes {
            at += change.after;
            let first = if change.generation == 1 { 0 } else { 3 };
            events.push((at, first, change.revision));
            for (worker, lag) in change.lags.iter().enumerate() {
                if let Some(lag) = lag {
                    events.push((at + lag, first + 1 + worker, change.revision));
                }
            }
        }
        // A worker is told in the order of the changes, so a later one waits for the one before.
        events.sort_by_key(|(at, vm, _)| (*at, *vm));
        let last = *changes.last().unwrap();
        let end = at + 1000;
        let mut looks = looks.into_iter();
        for (at, vm, revision) in events {
            vms[vm].told(revision, Nanos(at));
            present[vm] = true;
            if let Some(look) = looks.next() && present[look] {
                vms[look].look(Nanos(at), true, &mut store).unwrap();
            }
        }
        // A worker that is told late of a change before the last says so later than the main thread's VM has said the last. That one
        // has no root for it, hears nothing of it, and insists.
        let main = if last.generation == 1 { 0 } else { 3 };
        vms[main].insist(Nanos(end));
        for _ in 0..2 {
            for vm in (0..6).filter(|vm| present[*vm]) {
                vms[vm].look(Nanos(end), true, &mut store).unwrap();
            }
        }
        for vm in (0..6).filter(|vm| present[*vm]) {
            let outlook = vms[vm].look(Nanos(end), true, &mut store).unwrap();
            let load = if vm < 3 { 1 } else { 2 };
            if load != last.generation {
                prop_assert_eq!(outlook, Outlook::Superseded);
            } else if let Outlook::Revised { revision, .. } = outlook {
                prop_assert_eq!(revision, last.revision);
            } else {
                prop_assert_eq!(outlook, Outlook::InForce);
            }
        }
    }
}
