//! Shared data that fails, or holds what it should not: nothing is granted that is not counted.

use engine::quota::{Refused, Why};
use engine::shared::{SetError, SharedData, StoreError, Versioned};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::memory::Memory;
use crate::vm::{at, charge, fixed, rolling, take, vm};

const UNAVAILABLE: Refused = Refused {
    index: 0,
    why: Why::Unavailable,
};

/// Fails as told, from the `after`th get or set of a bucket on.
struct Failing {
    memory: Memory,
    fault: Fault,
    after: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Get,
    Set,
    /// The value is set, but the answer says that it is not.
    Answer,
    Mismatch,
}

impl Failing {
    fn hit(&mut self, key: &str) -> bool {
        if !key.contains("/quota/") {
            return false;
        }
        let hit = self.after == 0;
        self.after = self.after.saturating_sub(1);
        hit
    }
}

impl SharedData for Failing {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        if self.fault == Fault::Get && self.hit(key) {
            return Err(StoreError);
        }
        self.memory.get(key)
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        if self.fault == Fault::Get || !self.hit(key) {
            return self.memory.set(key, value, cas);
        }
        match self.fault {
            Fault::Mismatch => {
                self.memory.sets += 1;
                Err(SetError::CasMismatch)
            }
            Fault::Answer => self.memory.set(key, value, cas).and(Err(SetError::Failed)),
            Fault::Set | Fault::Get => Err(SetError::Failed),
        }
    }
}

#[test]
fn a_charge_that_cannot_be_counted_is_unavailable() {
    let quota = rolling("q", 10);
    for fault in [Fault::Get, Fault::Set, Fault::Answer, Fault::Mismatch] {
        let mut store = Failing {
            memory: Memory::default(),
            fault,
            after: 0,
        };
        let outcome = charge(&mut vm(1), &mut store, at(0), &[(&quota, "a", 1)]);
        assert_eq!(outcome, Ok(Err(UNAVAILABLE)), "{fault:?}");
    }
}

#[test]
fn a_compare_and_set_that_never_succeeds_ends() {
    let quota = rolling("q", 10);
    let mut store = Failing {
        memory: Memory::default(),
        fault: Fault::Mismatch,
        after: 0,
    };
    let _ = charge(&mut vm(1), &mut store, at(0), &[(&quota, "a", 1)]);
    assert!(
        (2..=1_000).contains(&store.memory.sets),
        "{} sets",
        store.memory.sets
    );
}

/// Whenever the store begins to fail, and however: what is left afterwards is never more than what was not granted.
#[test]
fn nothing_is_granted_twice_when_the_store_fails_on_the_way() {
    let (one, two) = (rolling("one", 10), fixed("two", 10));
    for fault in [Fault::Get, Fault::Set, Fault::Answer, Fault::Mismatch] {
        for after in 0..40 {
            let mut store = Failing {
                memory: Memory::default(),
                fault,
                after,
            };
            let mut vm = vm(1);
            let takes = [(&one, "a", 1), (&two, "a", 1)];
            let calls = (0..30).map(|_| charge(&mut vm, &mut store, at(0), &takes).unwrap());
            let granted = calls.filter(Result::is_ok).count();
            let mut left = |quota| {
                let calls = 0..30;
                calls
                    .filter(|_| take(&mut vm, &mut store.memory, at(0), quota, "a"))
                    .count()
            };
            let (one, two) = (left(&one), left(&two));
            assert!(
                granted + one <= 10 && granted + two <= 10,
                "{fault:?} after {after}"
            );
            assert_eq!(granted, (after / 2).min(10), "{fault:?} after {after}");
        }
    }
}

#[test]
fn a_charge_is_taken_back_when_the_next_one_fails() {
    let (one, two) = (rolling("one", 10), fixed("two", 10));
    let mut store = FailsOnce {
        memory: Memory::default(),
        sets: 0,
    };
    let mut vm = vm(1);
    let outcome = charge(
        &mut vm,
        &mut store,
        at(0),
        &[(&one, "a", 7), (&two, "a", 7)],
    );
    let refused = Refused {
        index: 1,
        why: Why::Unavailable,
    };
    assert_eq!(outcome, Ok(Err(refused)));
    let outcome = charge(
        &mut vm,
        &mut store,
        at(0),
        &[(&one, "a", 10), (&two, "a", 10)],
    );
    assert_eq!(outcome, Ok(Ok(())), "all of both is left");
}

/// Refuses the second set of a bucket.
struct FailsOnce {
    memory: Memory,
    sets: usize,
}

impl SharedData for FailsOnce {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.memory.get(key)
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.sets += usize::from(key.contains("/quota/"));
        if self.sets == 2 {
            return Err(SetError::Failed);
        }
        self.memory.set(key, value, cas)
    }
}

#[test]
fn a_bucket_that_is_none_of_ours_is_unavailable_and_left_alone() {
    let quota = rolling("q", 10);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    assert!(take(&mut vm, &mut store, at(0), &quota, "a"));
    let name = store.buckets()[0].to_owned();
    let good = store.values[&name].value.clone();
    let mut bad: Vec<Vec<u8>> = (0..good.len()).map(|len| good[..len].to_vec()).collect();
    // The header alone is a bucket without entries.
    bad.retain(|prefix| prefix.len() != 20);
    bad.push([&good[..], b"!"].concat());
    for (place, byte) in [(0, b'D'), (3, 2), (20, 0), (20, 9), (20, 11)] {
        let mut changed = good.clone();
        changed[place] = byte;
        bad.push(changed);
    }
    for value in bad {
        store
            .values
            .get_mut(&name)
            .unwrap()
            .value
            .clone_from(&value);
        let outcome = charge(&mut vm, &mut store, at(0), &[(&quota, "a", 1)]);
        assert_eq!(outcome, Ok(Err(UNAVAILABLE)), "{value:?}");
        assert_eq!(store.values[&name].value, value);
    }
}
