//! VMs on real threads.

use std::sync::Mutex;
use std::thread;

use engine::shared::{SetError, SharedData, StoreError, Versioned};

use crate::memory::Memory;
use crate::vm::{at, charge, fixed, rolling, take, vm};

/// Shared data, locked for one operation, as Envoy does it.
struct Locked<'a> {
    memory: &'a Mutex<Memory>,
    dice: u64,
}

impl SharedData for Locked<'_> {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        let found = self.memory.lock().unwrap().get(key);
        // Threads hardly ever change over between a get and a set by themselves. Where they always do, they run in turn,
        // and the same one is always first.
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if self.dice >> 63 == 1 {
            thread::yield_now();
        }
        found
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.memory.lock().unwrap().set(key, value, cas)
    }
}

#[test]
fn threads_that_race_for_two_limits_get_all_of_the_lower_one_and_no_more() {
    let one = rolling("one", 500);
    let two = fixed("two", 800);
    let memory = Mutex::new(Memory::default());
    let granted: usize = thread::scope(|scope| {
        let run = |nonce| {
            let (memory, one, two) = (&memory, &one, &two);
            scope.spawn(move || {
                let mut vm = vm(nonce);
                let takes = if nonce % 2 == 0 {
                    [(one, "a", 1), (two, "a", 1)]
                } else {
                    [(two, "a", 1), (one, "a", 1)]
                };
                let mut store = Locked {
                    memory,
                    dice: nonce.into(),
                };
                let calls = (0..500).map(|_| charge(&mut vm, &mut store, at(0), &takes));
                let granted = calls.filter(|outcome| *outcome == Ok(Ok(()))).count();
                // What was taken ahead comes back once its tenth is over.
                vm.tick(at(100), &mut store);
                granted
            })
        };
        let threads: Vec<_> = (0..8).map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let mut memory = memory.into_inner().unwrap();
    let mut left = |quota| {
        let calls = 0..1_000;
        calls
            .filter(|_| take(&mut vm(1), &mut memory, at(100), quota, "a"))
            .count()
    };
    // The last few may be refused while a call that will not go on holds one.
    let (left_of_one, left_of_two) = (left(&one), left(&two));
    assert_eq!((granted + left_of_one, granted + left_of_two), (500, 800));
    assert!(granted >= 495, "{granted} of 500");
}

#[test]
fn threads_that_race_through_three_windows_get_at_most_three_limits() {
    let quota = rolling("q", 300);
    let memory = Mutex::new(Memory::default());
    let granted: usize = thread::scope(|scope| {
        let run = |nonce| {
            let (memory, quota) = (&memory, &quota);
            scope.spawn(move || {
                let mut vm = vm(nonce);
                let mut store = Locked {
                    memory,
                    dice: nonce.into(),
                };
                let calls = (0..3_000).step_by(3);
                calls
                    .filter(|ms| take(&mut vm, &mut store, at(*ms), quota, "a"))
                    .count()
            })
        };
        let threads: Vec<_> = (0..8).map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert!((300..=900).contains(&granted), "{granted}");
}
