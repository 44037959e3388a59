//! What is granted, and what it costs in shared data.

use engine::quota::{Quota, Refused, WhenFull, Why};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::memory::Memory;
use crate::vm::{Take, at, charge, fixed, rolling, take, vm};

/// How many of `calls` get through.
fn granted(store: &mut Memory, ms: u64, quota: &Quota, calls: usize) -> usize {
    let mut vms = [vm(1), vm(2), vm(3)];
    (0..calls)
        .filter(|call| take(&mut vms[call % 3], store, at(ms), quota, "a"))
        .count()
}

#[test]
fn a_limit_of_100_admits_100_whatever_the_number_of_vms() {
    for quota in [rolling("q", 100), fixed("q", 100)] {
        let mut store = Memory::default();
        assert_eq!(granted(&mut store, 5_000, &quota, 250), 100, "{quota:?}");
        assert_eq!(granted(&mut store, 5_999, &quota, 250), 0, "{quota:?}");
        assert_eq!(granted(&mut store, 6_000, &quota, 250), 100, "{quota:?}");
    }
}

#[test]
fn a_fixed_window_ends_with_the_clock_and_a_rolling_one_does_not() {
    for (quota, after_the_turn) in [(rolling("q", 10), 0), (fixed("q", 10), 10)] {
        let mut store = Memory::default();
        assert_eq!(granted(&mut store, 5_900, &quota, 20), 10);
        assert_eq!(
            granted(&mut store, 6_000, &quota, 20),
            after_the_turn,
            "{quota:?}"
        );
    }
}

#[test]
fn a_limit_of_zero_blocks() {
    let mut store = Memory::default();
    assert_eq!(granted(&mut store, 0, &rolling("q", 0), 10), 0);
}

#[test]
fn the_highest_limit_is_counted_to_the_last_one() {
    let quota = rolling("q", Quota::MAX_LIMIT);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let all_but_one = [(&quota, "a", Quota::MAX_LIMIT - 1)];
    assert_eq!(charge(&mut vm, &mut store, at(0), &all_but_one), Ok(Ok(())));
    assert!(take(&mut vm, &mut store, at(0), &quota, "a"));
    assert!(!take(&mut vm, &mut store, at(0), &quota, "a"));
}

#[test]
fn a_changed_limit_goes_on_with_the_count() {
    let mut store = Memory::default();
    assert_eq!(granted(&mut store, 0, &rolling("q", 10), 20), 10);
    assert_eq!(granted(&mut store, 0, &rolling("q", 15), 20), 5);
    assert_eq!(granted(&mut store, 0, &rolling("q", 5), 20), 0);
    assert_eq!(granted(&mut store, 1_000, &rolling("q", 5), 20), 5);
}

/// The outcome of one call, and what is left of each limit then.
fn call(takes: &[Take<'_>]) -> (Result<(), Refused>, Vec<u64>) {
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let outcome = charge(&mut vm, &mut store, at(0), takes).unwrap();
    let mut left = Vec::new();
    for (quota, value, _) in takes {
        let more = (0..).take_while(|_| take(&mut vm, &mut store, at(0), quota, value));
        left.push(more.count() as u64);
    }
    (outcome, left)
}

#[test]
fn a_call_is_charged_to_all_its_quotas_or_to_none() {
    let (few, many) = (rolling("few", 3), fixed("many", 9));
    assert_eq!(
        call(&[(&few, "a", 2), (&many, "a", 4)]),
        (Ok(()), vec![1, 5])
    );
    let refused = |index| {
        Err(Refused {
            index,
            why: Why::Limited,
        })
    };
    assert_eq!(
        call(&[(&few, "a", 4), (&many, "a", 4)]),
        (refused(0), vec![3, 9])
    );
    assert_eq!(
        call(&[(&many, "a", 4), (&few, "a", 4)]),
        (refused(1), vec![9, 3])
    );
}

#[test]
fn two_charges_of_one_key_add_up() {
    let quota = rolling("q", 5);
    assert_eq!(call(&[(&quota, "a", 2), (&quota, "a", 3)]).0, Ok(()));
    let refused = Refused {
        index: 1,
        why: Why::Limited,
    };
    assert_eq!(
        call(&[(&quota, "a", 3), (&quota, "a", 3)]),
        (Err(refused), vec![5, 0])
    );
}

#[test]
fn a_charge_costs_one_get_and_one_set_and_a_refusal_one_get() {
    let quota = rolling("q", 2);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let mut one = |store: &mut Memory, value| {
        store.operations(|store| {
            take(&mut vm, store, at(0), &quota, value);
        })
    };
    assert_eq!(one(&mut store, "a"), (3, 3), "with seed and cell");
    assert_eq!(one(&mut store, "a"), (1, 1));
    assert_eq!(one(&mut store, "a"), (1, 0), "at the limit");
    assert_eq!(one(&mut store, "a"), (0, 0), "which it remembers");
}

#[test]
fn an_amount_above_the_limit_is_refused_without_shared_data() {
    let quota = rolling("q", 2);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    take(&mut vm, &mut store, at(0), &quota, "a");
    let operations = store.operations(|store| {
        let refused = charge(&mut vm, store, at(0), &[(&quota, "a", 3)]);
        assert!(matches!(refused, Ok(Err(_))));
    });
    assert_eq!(operations, (0, 0));
}

#[test]
fn charges_in_one_bucket_are_one_compare_and_set() {
    let quota = Quota {
        max_keys: 100,
        ..rolling("q", 2)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    take(&mut vm, &mut store, at(0), &quota, "a");
    let takes = [(&quota, "a", 1), (&quota, "b", 1), (&quota, "c", 1)];
    let operations = store.operations(|store| {
        assert_eq!(charge(&mut vm, store, at(0), &takes), Ok(Ok(())));
    });
    assert_eq!(operations, (1, 1));
}

#[test]
fn a_vm_with_an_older_reading_counts_in_the_newest_slot() {
    for quota in [rolling("q", 10), fixed("q", 10)] {
        let mut store = Memory::default();
        assert_eq!(granted(&mut store, 3_000, &quota, 4), 4);
        assert_eq!(granted(&mut store, 2_400, &quota, 20), 6, "{quota:?}");
        assert_eq!(granted(&mut store, 3_999, &quota, 20), 0, "{quota:?}");
    }
}

#[test]
fn a_vm_with_an_older_reading_finds_no_room_where_counters_have_left() {
    let quota = Quota {
        max_keys: 100,
        ..rolling("q", 10)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    for _ in 0..10 {
        assert!(take(&mut vm, &mut store, at(500), &quota, "a"));
    }
    assert!(
        take(&mut vm, &mut store, at(1_500), &quota, "b"),
        "drops the counters of a"
    );
    for _ in 0..10 {
        // At 1.4 s the ten of 0.5 s are still in the window; they count as of 1.5 s, when they no longer are.
        assert!(take(&mut vm, &mut store, at(1_400), &quota, "a"));
    }
    assert!(!take(&mut vm, &mut store, at(2_499), &quota, "a"));
    assert!(take(&mut vm, &mut store, at(2_500), &quota, "a"));
}

#[test]
fn counters_leave_their_bucket_when_they_have_nothing_left_to_say() {
    let quota = Quota {
        max_keys: 100,
        ..rolling("q", 10)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    for value in 0..100 {
        assert!(take(&mut vm, &mut store, at(0), &quota, &value.to_string()));
    }
    let bucket = store.buckets()[0].to_owned();
    let full = store.values[&bucket].value.len();
    assert!(take(&mut vm, &mut store, at(1_000), &quota, "new"));
    let one = store.values[&bucket].value.len();
    assert!(one <= 150 && one * 50 < full, "{one} of {full} bytes");
}

#[test]
fn any_number_of_keys_makes_a_bounded_number_of_shared_values() {
    let quota = rolling("q", 10);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    for value in 0..12_000 {
        take(&mut vm, &mut store, at(0), &quota, &value.to_string());
    }
    assert_eq!(store.buckets().len(), 128);
    let longest = store.values.values().map(|found| found.value.len()).max();
    assert!(longest < Some(11_000), "{longest:?}");
}

#[test]
fn keys_that_find_no_room_share_one() {
    let quota = Quota {
        max_keys: 2,
        ..rolling("q", 10)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let mut granted = |store: &mut Memory, ms, value| {
        let calls = 0..20;
        calls
            .filter(|_| take(&mut vm, store, at(ms), &quota, value))
            .count()
    };
    assert_eq!(granted(&mut store, 0, "a"), 10);
    assert_eq!(granted(&mut store, 0, "b"), 10);
    assert_eq!(granted(&mut store, 0, "c"), 10);
    assert_eq!(granted(&mut store, 0, "d"), 0, "c has used what they share");
    assert_eq!(granted(&mut store, 1_000, "d"), 10, "there is room again");
}

#[test]
fn keys_that_find_no_room_are_refused_where_the_quota_says_so() {
    let quota = Quota {
        max_keys: 2,
        when_full: WhenFull::Deny,
        ..rolling("q", 10)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    for (ms, value, granted) in [
        (0, "a", true),
        (0, "b", true),
        (0, "c", false),
        (0, "a", true),
        (1_000, "c", true),
    ] {
        assert_eq!(
            take(&mut vm, &mut store, at(ms), &quota, value),
            granted,
            "{value} at {ms} ms"
        );
    }
}

#[test]
fn a_key_that_no_longer_has_to_share_takes_its_count_along() {
    let quota = Quota {
        max_keys: 1,
        ..rolling("q", 10)
    };
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let mut granted = |store: &mut Memory, ms, value| {
        let calls = 0..20;
        calls
            .filter(|_| take(&mut vm, store, at(ms), &quota, value))
            .count()
    };
    assert_eq!(granted(&mut store, 0, "a"), 10);
    assert_eq!(granted(&mut store, 900, "b"), 10, "shares");
    assert_eq!(
        granted(&mut store, 1_000, "b"),
        0,
        "a has left, but b has had its ten at 900 ms"
    );
    assert_eq!(granted(&mut store, 1_900, "b"), 10);
}
