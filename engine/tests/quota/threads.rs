//! VMs on real threads.

use std::sync::Mutex;
use std::thread;

use engine::quota::{Quota, SetError, SharedData, StoreError, Versioned};

use crate::judge::Judge;
use crate::memory::Memory;
use crate::vm::{at, charge, fixed, rolling, take, vm};

/// Shared data, locked for one operation, as Envoy does it.
struct Locked<'a>(&'a Mutex<Memory>);

impl SharedData for Locked<'_> {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        let found = self.0.lock().unwrap().get(key);
        // Two cores hardly ever change over between a get and a set by themselves.
        thread::yield_now();
        found
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.0.lock().unwrap().set(key, value, cas)
    }
}

#[test]
fn threads_that_race_for_two_limits_get_all_of_the_lower_one_and_no_more() {
    let one = rolling("one", 500);
    let two = Quota {
        limit: 800,
        ..fixed("two", 800)
    };
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
                let calls = (0..500).map(|_| charge(&mut vm, &mut Locked(memory), at(0), &takes));
                calls.filter(|outcome| *outcome == Ok(Ok(()))).count()
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
            .filter(|_| take(&mut vm(1), &mut memory, at(0), quota, "a"))
            .count()
    };
    // The last few may be refused while a call that will not go on holds one.
    let (left_of_one, left_of_two) = (left(&one), left(&two));
    assert_eq!((granted + left_of_one, granted + left_of_two), (500, 800));
    assert!(granted >= 495, "{granted} of 500");
}

#[test]
fn threads_that_race_over_a_window_never_get_more_than_the_limit() {
    let quota = rolling("q", 300);
    let memory = Mutex::new(Memory::default());
    let judge = Mutex::new(Judge::default());
    thread::scope(|scope| {
        for nonce in 0..8 {
            let (memory, judge, quota) = (&memory, &judge, &quota);
            scope.spawn(move || {
                let mut vm = vm(nonce);
                for ms in 0..3_000 {
                    let charge = charge(&mut vm, &mut Locked(memory), at(ms), &[(quota, "a", 1)]);
                    // Threads run apart, so the slot that one counts in is the head; total and rate are judged below.
                    if charge == Ok(Ok(())) {
                        judge.lock().unwrap().grant(quota, "a", 1, at(0));
                    }
                }
            });
        }
    });
    // Three seconds have at most three windows' limits.
    let total = judge.into_inner().unwrap().total(&quota);
    assert!((300..=900).contains(&total), "{total}");
}
