//! Calls in flight, counted by VMs that die, among them.

use std::cell::{Cell, RefCell};

use engine::quota::{Charge, Counters, Hold, InFlight, Kind, Quota, Refused, WhenFull, Why};
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::{Nanos, Now};
use proptest::prelude::*;

use crate::memory::Memory;
use crate::vm::at;

const MAX_HOLD: Nanos = Nanos::from_secs(3);
const ONEWAY_HOLD: Nanos = Nanos::from_millis(300);

fn slots(limit: u64) -> Quota {
    Quota {
        name: "slots".into(),
        kind: Kind::InFlight(InFlight {
            limit,
            max_hold: MAX_HOLD,
            oneway_hold: ONEWAY_HOLD,
        }),
        per: vec!["service".into()],
        max_keys: 10_000,
        when_full: WhenFull::Share,
    }
}

fn vm(nonce: u64) -> Counters {
    Counters::new("plugin", "policy", [1; 16], nonce)
}

fn begin(
    vm: &mut Counters,
    store: &mut dyn SharedData,
    now: Now,
    quota: &Quota,
    value: &str,
    amount: u64,
    one_way: bool,
) -> Result<Vec<Hold>, Refused> {
    let mut ledger = vm.open(store);
    let key = ledger.key(quota, &quota.kind, false, [value]).unwrap();
    ledger.charge_all(
        now,
        &[Charge {
            quota,
            kind: &quota.kind,
            key,
            amount,
            one_way,
        }],
    )
}

/// The holds of as many calls as get through, of `calls`.
fn fill(
    vm: &mut Counters,
    store: &mut Memory,
    ms: u64,
    quota: &Quota,
    calls: usize,
) -> Vec<Vec<Hold>> {
    (0..calls)
        .filter_map(|_| begin(vm, store, at(ms), quota, "a", 1, false).ok())
        .collect()
}

#[test]
fn a_slot_that_is_free_is_free_for_others_after_a_tick() {
    let quota = slots(10);
    let mut store = Memory::default();
    let (mut one, mut other) = (vm(1), vm(2));
    let mut of_one = fill(&mut one, &mut store, 0, &quota, 50);
    assert_eq!(of_one.len(), 10);
    assert_eq!(fill(&mut other, &mut store, 0, &quota, 5).len(), 0);
    of_one.truncate(6);
    assert_eq!(
        fill(&mut other, &mut store, 49, &quota, 5).len(),
        0,
        "not yet"
    );
    assert!(one.busy());
    one.tick(at(50), &mut store);
    let of_other = fill(&mut other, &mut store, 51, &quota, 5);
    assert_eq!(of_other.len(), 4);
    // Its own it may use at once.
    of_one.truncate(5);
    assert_eq!(fill(&mut one, &mut store, 51, &quota, 5).len(), 1);
}

#[test]
fn what_a_vm_has_taken_serves_its_next_calls_without_shared_data() {
    let quota = slots(10);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    drop(fill(&mut vm, &mut store, 0, &quota, 3));
    let operations = store.operations(|store| {
        for _ in 0..100 {
            assert_eq!(fill(&mut vm, store, 10, &quota, 3).len(), 3);
        }
    });
    assert_eq!(operations, (0, 0));
}

#[test]
fn a_refused_call_asks_once_in_a_millisecond() {
    let quota = slots(1);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let held = fill(&mut vm, &mut store, 0, &quota, 1);
    assert_eq!(held.len(), 1);
    let operations = store.operations(|store| {
        assert_eq!(fill(&mut vm, store, 10, &quota, 100).len(), 0);
    });
    assert_eq!(operations, (1, 0));
}

#[test]
fn max_hold_ends_it_once_and_the_late_answer_changes_nothing() {
    let quota = slots(2);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let late = fill(&mut vm, &mut store, 0, &quota, 2);
    assert_eq!(fill(&mut vm, &mut store, 2_999, &quota, 2).len(), 0);
    let next = fill(&mut vm, &mut store, 3_001, &quota, 3);
    assert_eq!(next.len(), 2);
    drop(late);
    assert_eq!(fill(&mut vm, &mut store, 3_002, &quota, 3).len(), 0);
    drop(next);
    vm.tick(at(3_003), &mut store);
    assert!(!vm.busy(), "nothing is held any more");
}

#[test]
fn a_one_way_call_holds_for_its_time() {
    let quota = slots(1);
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let held = begin(&mut vm, &mut store, at(0), &quota, "a", 1, true).unwrap();
    assert!(held.is_empty(), "nobody tells its end");
    assert_eq!(fill(&mut vm, &mut store, 299, &quota, 1).len(), 0);
    assert_eq!(fill(&mut vm, &mut store, 300, &quota, 1).len(), 1);
}

#[test]
fn the_share_of_a_dead_vm_comes_back_within_seven_seconds_and_not_before_five() {
    let quota = slots(4);
    let mut store = Memory::default();
    let (mut dead, mut other) = (vm(1), vm(2));
    let held = fill(&mut dead, &mut store, 0, &quota, 3);
    let mut back = None;
    for ms in (0..10_000).step_by(50) {
        other.tick(at(ms), &mut store);
        let got = fill(&mut other, &mut store, ms, &quota, 4).len();
        match got {
            1 => {}
            4 => {
                back = Some(ms);
                break;
            }
            _ => panic!("{got} at {ms} ms"),
        }
    }
    assert!((5_000..=6_500).contains(&back.unwrap()), "{back:?}");
    drop(held);
}

/// It was held up for longer than the others wait, and goes on: what its calls hold counts again, so that nothing more is
/// admitted until there is room.
#[test]
fn a_vm_that_was_taken_for_gone_counts_again_when_it_is_back() {
    let quota = slots(4);
    let mut store = Memory::default();
    let (mut stalled, mut other) = (vm(1), vm(2));
    let mut of_stalled = fill(&mut stalled, &mut store, 0, &quota, 3);
    for ms in (0..8_000).step_by(50) {
        other.tick(at(ms), &mut store);
    }
    // Held for three seconds at most; these are new.
    let mut of_other = fill(&mut other, &mut store, 8_000, &quota, 4);
    assert_eq!(of_other.len(), 4);
    // The old ones are over their time. Of its share nothing is left to it, although nobody has told it.
    assert_eq!(fill(&mut stalled, &mut store, 8_000, &quota, 1).len(), 0);
    of_stalled.clear();
    stalled.tick(at(8_010), &mut store);
    of_other.truncate(1);
    other.tick(at(8_050), &mut store);
    of_stalled = fill(&mut stalled, &mut store, 8_060, &quota, 5);
    assert_eq!(of_stalled.len(), 3);
}

#[test]
fn a_share_that_could_not_be_written_is_set_right_by_a_tick() {
    let quota = slots(4);
    let mut store = Failing::default();
    let mut vm = vm(1);
    let held = begin(&mut vm, &mut store, at(0), &quota, "a", 1, false).unwrap();
    store.lies.set(true);
    let outcome = begin(&mut vm, &mut store, at(0), &quota, "a", 2, false);
    assert_eq!(outcome.unwrap_err().why, Why::Unavailable);
    store.lies.set(false);
    assert!(vm.busy());
    vm.tick(at(50), &mut store);
    assert_eq!(
        fill(&mut self::vm(2), &mut store.memory, 60, &quota, 5).len(),
        3
    );
    drop(held);
}

/// Sets what it says that it could not set.
#[derive(Default)]
struct Failing {
    memory: Memory,
    lies: Cell<bool>,
}

impl SharedData for Failing {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.memory.get(key)
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        let set = self.memory.set(key, value, cas);
        match self.lies.get() {
            true => set.and(Err(SetError::Failed)),
            false => set,
        }
    }
}

#[test]
fn other_max_keys_leave_no_share_behind() {
    let with = |max_keys| Quota {
        max_keys,
        ..slots(4)
    };
    // Its key stands in another bucket, with these.
    let (few, many) = (with(10), with(1_000_000));
    let (mut store, mut vm) = (Memory::default(), vm(1));
    let one = fill(&mut vm, &mut store, 0, &few, 2);
    let two = fill(&mut vm, &mut store, 10, &many, 4);
    assert_eq!((one.len(), two.len()), (2, 2), "all four count");
    vm.tick(at(50), &mut store);
    drop((one, two));
    vm.tick(at(100), &mut store);
    let mut other = self::vm(2);
    assert_eq!(fill(&mut other, &mut store, 110, &few, 9).len(), 4);
    other.tick(at(150), &mut store);
    assert_eq!(fill(&mut other, &mut store, 160, &many, 9).len(), 4);
}

/// What happens next, by dice.
struct World<'w> {
    quota: &'w Quota,
    values: Vec<String>,
    vms: RefCell<Vec<Option<Vm>>>,
    state: RefCell<State>,
    /// In percent: how often another VM goes first at a get or set.
    busy: u64,
}

struct State {
    memory: Memory,
    dice: u64,
    now: u64,
    left: usize,
    next_nonce: u64,
    granted: usize,
    refused: usize,
    deaths: usize,
    deepest: usize,
    depth: usize,
}

struct Vm {
    counters: Counters,
    ticked: u64,
    calls: Vec<InFlightCall>,
}

/// The model's own account of a call.
struct InFlightCall {
    value: usize,
    amount: u64,
    /// The model's: it counts until then.
    until: u64,
    hold: Vec<Hold>,
}

const MILLI: u64 = 1_000_000;

impl World<'_> {
    fn roll(&self, of: u64) -> u64 {
        let mut state = self.state.borrow_mut();
        state.dice = state.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % of
    }

    fn now(&self) -> Now {
        let now = 1_000_000 * MILLI + self.state.borrow().now;
        Now {
            mono: Nanos(now),
            wall: now,
        }
    }

    /// The next operation of a VM that is in none.
    fn next(&self) -> bool {
        {
            let mut state = self.state.borrow_mut();
            if state.left == 0 || state.depth > 4 {
                return false;
            }
            state.left -= 1;
        }
        // Time passes between operations, not within one that is held up.
        if self.state.borrow().depth == 0 {
            let passed = self.roll(4 * MILLI);
            self.state.borrow_mut().now += passed;
        }
        let at = self.roll(self.vms.borrow().len() as u64) as usize;
        let taken = self.vms.borrow_mut()[at].take();
        let Some(mut vm) = taken else { return true };
        {
            let mut state = self.state.borrow_mut();
            state.depth += 1;
            state.deepest = state.deepest.max(state.depth);
        }
        let now = self.now();
        let mut view = View { world: self };
        if now.mono.0 - vm.ticked >= 50 * MILLI {
            vm.ticked = now.mono.0;
            vm.counters.tick(now, &mut view);
        }
        match self.roll(1_000) {
            0 => {
                let nonce = {
                    let mut state = self.state.borrow_mut();
                    state.deaths += 1;
                    state.next_nonce += 1;
                    state.next_nonce
                };
                // Nothing is told to anybody.
                let dead = core::mem::replace(&mut vm, new_vm(nonce));
                core::mem::forget(dead);
            }
            1..550 => {
                let (value, amount) = (self.roll(self.values.len() as u64), 1 + self.roll(3));
                let (value, one_way) = (value as usize, self.roll(10) == 0);
                let name = &self.values[value];
                let began = begin(
                    &mut vm.counters,
                    &mut view,
                    now,
                    self.quota,
                    name,
                    amount,
                    one_way,
                );
                match began {
                    Ok(hold) => {
                        let time = if one_way { ONEWAY_HOLD } else { MAX_HOLD };
                        vm.calls.push(InFlightCall {
                            value,
                            amount,
                            until: now.mono.0 + time.0,
                            hold,
                        });
                        self.state.borrow_mut().granted += 1;
                    }
                    Err(refused) => {
                        assert_eq!(refused.why, Why::Limited);
                        self.state.borrow_mut().refused += 1;
                    }
                }
            }
            _ if vm.calls.is_empty() => {}
            // Some callers wait, some go away, and the rest of the calls is answered.
            550..600 => vm
                .calls
                .retain(|call| call.value != 0 || call.hold.is_empty()),
            _ => {
                let which = self.roll(vm.calls.len() as u64) as usize;
                if !vm.calls[which].hold.is_empty() {
                    vm.calls.swap_remove(which);
                }
            }
        }
        let over = |call: &InFlightCall| call.until <= now.mono.0;
        // A call that is never answered keeps its hold long after it counts.
        vm.calls.retain(|call| {
            !over(call) || !call.hold.is_empty() && call.until + MAX_HOLD.0 > now.mono.0
        });
        self.vms.borrow_mut()[at] = Some(vm);
        self.state.borrow_mut().depth -= 1;
        self.check();
        true
    }

    /// What counts of each key, by the model, is never above the limit. VMs that are in a call are left out: a call of theirs
    /// that was admitted is counted as soon as they are out of it.
    fn check(&self) {
        let now = self.now().mono.0;
        let limit = self.quota.kind.limit();
        for value in 0..self.values.len() {
            let vms = self.vms.borrow();
            let calls = vms.iter().flatten().flat_map(|vm| &vm.calls);
            let counted = calls.filter(|call| call.value == value && call.until > now);
            let sum: u64 = counted.map(|call| call.amount).sum();
            assert!(sum <= limit, "{sum} of {limit} of key {value}");
        }
    }
}

fn new_vm(nonce: u64) -> Vm {
    Vm {
        counters: vm(nonce),
        ticked: 0,
        calls: Vec::new(),
    }
}

struct View<'a, 'w> {
    world: &'a World<'w>,
}

impl View<'_, '_> {
    fn pause(&self) {
        while self.world.roll(100) < self.world.busy && self.world.next() {}
    }
}

impl SharedData for View<'_, '_> {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.pause();
        self.world.state.borrow_mut().memory.get(key)
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.pause();
        self.world.state.borrow_mut().memory.set(key, value, cas)
    }
}

/// Runs the operations, and looks at what is left in the end: all of each limit, and no more.
fn operations(quota: &Quota, keys: usize, vms: usize, busy: u64, count: usize, dice: u64) {
    let world = World {
        quota,
        values: (0..keys).map(|key| format!("key-{key}")).collect(),
        vms: RefCell::new((1..=vms as u64).map(|nonce| Some(new_vm(nonce))).collect()),
        state: RefCell::new(State {
            memory: Memory::default(),
            dice,
            now: 0,
            left: count,
            next_nonce: 1_000,
            granted: 0,
            refused: 0,
            deaths: 0,
            deepest: 0,
            depth: 0,
        }),
        busy,
    };
    while world.next() {}
    let now = world.now();
    let later = |seconds| Now {
        mono: now.mono + Nanos::from_secs(seconds),
        wall: now.wall,
    };
    let mut state = world.state.into_inner();
    let mut vms = world.vms.into_inner();
    for vm in vms.iter_mut().flatten() {
        vm.calls.clear();
    }
    // The dead are missed, and one-way calls are over.
    for seconds in 1..=12 {
        for vm in vms.iter_mut().flatten() {
            vm.counters.tick(later(seconds), &mut state.memory);
        }
    }
    for vm in vms.iter().flatten() {
        assert!(!vm.counters.busy(), "something is still held");
    }
    let mut fresh = vm(999);
    fresh.tick(later(12), &mut state.memory);
    for value in &world.values {
        let limit = quota.kind.limit();
        let mut take = |amount| {
            let memory = &mut state.memory;
            begin(&mut fresh, memory, later(12), quota, value, amount, false)
        };
        let all = take(limit).expect("all of it is free");
        assert!(take(1).is_err());
        // The keys that share do so with this one, too.
        drop(all);
        fresh.tick(later(12), &mut state.memory);
    }
    if count >= 100_000 {
        assert!(state.granted > count / 10, "{}", state.granted);
        assert!(state.refused > count / 100, "{}", state.refused);
        assert!(state.deaths > 20, "{}", state.deaths);
        assert!(state.deepest > 2, "{}", state.deepest);
    }
}

#[test]
fn a_hundred_thousand_operations_leak_nothing_and_are_never_above() {
    operations(&slots(10), 3, 4, 20, 100_000, 7);
}

#[test]
fn a_hundred_thousand_operations_of_keys_that_share_leak_nothing_and_are_never_above() {
    let quota = Quota {
        max_keys: 2,
        ..slots(10)
    };
    operations(&quota, 6, 4, 20, 100_000, 8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_above_the_limit_or_leaks_however_vms_interleave(
        limit in prop_oneof![3..30_u64, 3..2_000_u64],
        max_keys in prop_oneof![1..4_u32, Just(10_000)],
        keys in 1..8_usize,
        vms in 1..=8_usize,
        busy in 0..40_u64,
        dice: u64,
    ) {
        let quota = Quota { max_keys, ..slots(limit) };
        operations(&quota, keys, vms, busy, 4_000, dice);
    }
}
