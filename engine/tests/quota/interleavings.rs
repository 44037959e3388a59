//! Random interleavings of VMs: between any get and set of one, others make whole calls and tick.

use std::cell::RefCell;
use std::collections::HashMap;

use engine::quota::{Algorithm, Counters, Kind, Quota, Rate, Refused, WhenFull, Why};
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::{Nanos, Now};
use proptest::prelude::*;

use crate::judge::{Judge, rate};
use crate::memory::Memory;
use crate::vm::{Take, charge, take, vm};

/// A call to come: which VM makes it, when that VM reads its clock, and what it takes.
#[derive(Debug, Clone)]
struct Call {
    vm: usize,
    after: Nanos,
    takes: Vec<(usize, usize, u64)>,
}

/// How the VMs get in each other's way.
#[derive(Debug, Clone, Copy)]
struct Traffic {
    vms: usize,
    /// In percent: how often another VM goes first at a get or set.
    busy: u64,
    /// How long the VM may be held up by others that do.
    held_up: Nanos,
    /// Where all calls take from one quota only, none may be refused what is free, but for what others have taken ahead.
    all_refusals_just: bool,
    dice: u64,
}

/// All VMs of a process, in one thread.
struct World<'w> {
    quotas: &'w [Quota],
    traffic: Traffic,
    values: Vec<String>,
    /// The bucket of each (quota, value), found out by a look at what a charge of it sets.
    buckets: RefCell<HashMap<(usize, usize), String>>,
    /// `None` while the VM is in a call or a tick.
    vms: RefCell<Vec<Option<Vm>>>,
    state: RefCell<State>,
}

struct Vm {
    counters: Counters,
    ticked: Nanos,
}

struct State {
    memory: Memory,
    judge: Judge,
    calls: std::vec::IntoIter<Call>,
    now: Now,
    dice: u64,
    /// The newest reading that has been written to a bucket.
    written: HashMap<String, Now>,
    granted: usize,
    limited: usize,
    lost: usize,
}

/// Shared data as the VM that makes one call sees it.
struct View<'a, 'w> {
    world: &'a World<'w>,
    now: Now,
    /// Its charges of one key are justly refused, as of the last get, or as of its beginning.
    justified: bool,
    takes: &'a [(usize, usize, u64)],
    /// When what it has set counts.
    counted: HashMap<String, Now>,
}

const START: Now = Now {
    mono: Nanos::from_secs(1_000),
    wall: 1_700_000_000_123_456_789,
};

fn newer(a: Now, b: Now) -> Now {
    if a.mono >= b.mono { a } else { b }
}

impl<'w> World<'w> {
    fn new(quotas: &'w [Quota], keys: usize, traffic: Traffic, calls: Vec<Call>) -> World<'w> {
        World {
            quotas,
            traffic,
            values: (0..keys).map(|key| format!("key-{key}")).collect(),
            buckets: RefCell::default(),
            vms: RefCell::new(
                (1..=traffic.vms)
                    .map(|nonce| {
                        Some(Vm {
                            counters: Counters::new("plugin", "policy", SEED, nonce as u64),
                            ticked: Nanos(0),
                        })
                    })
                    .collect(),
            ),
            state: RefCell::new(State {
                memory: Memory::default(),
                judge: Judge::default(),
                calls: calls.into_iter(),
                now: START,
                dice: traffic.dice,
                written: HashMap::new(),
                granted: 0,
                limited: 0,
                lost: 0,
            }),
        }
    }

    /// Makes all calls, and gives the account of them.
    fn run(&self) -> std::cell::Ref<'_, State> {
        while self.next(Nanos(u64::MAX)) {}
        self.state.borrow()
    }

    /// Makes the next call, if it comes until `latest` and its VM is not in another one; otherwise it waits.
    fn next(&self, latest: Nanos) -> bool {
        let (call, now) = {
            let state = self.state.borrow();
            (state.calls.as_slice().first().cloned(), state.now)
        };
        let Some(call) = call.filter(|call| now.mono + call.after <= latest) else {
            return false;
        };
        if self.vms.borrow()[call.vm].is_none() {
            return false;
        }
        let now = {
            let mut state = self.state.borrow_mut();
            let _ = state.calls.next();
            state.now.mono = state.now.mono + call.after;
            state.now.wall += call.after.0;
            state.now
        };
        self.tick_all(now);
        let Some(mut vm) = self.vms.borrow_mut()[call.vm].take() else {
            // It has begun another call while one of the others ticked: this one is lost.
            self.state.borrow_mut().lost += 1;
            return true;
        };
        let now = self.state.borrow().now;
        let mut view = View {
            world: self,
            now,
            justified: call
                .takes
                .iter()
                .any(|take| take.2 > rate(&self.quotas[take.0]).limit),
            takes: &call.takes,
            counted: HashMap::new(),
        };
        view.judge(now);
        let takes: Vec<Take<'_>> = call
            .takes
            .iter()
            .map(|(quota, value, amount)| {
                (&self.quotas[*quota], self.values[*value].as_str(), *amount)
            })
            .collect();
        let outcome = charge(&mut vm.counters, &mut view, now, &takes).unwrap();
        let View {
            justified, counted, ..
        } = view;
        self.vms.borrow_mut()[call.vm] = Some(vm);
        let mut state = self.state.borrow_mut();
        match outcome {
            Ok(()) => {
                state.granted += 1;
                for (take, (quota, value, amount)) in call.takes.iter().zip(&takes) {
                    // Nothing is set for what was taken before, in the same tenth.
                    let set = counted.get(&self.bucket(take.0, take.1));
                    let counted = set.copied().unwrap_or(now);
                    state.judge.grant(quota, value, *amount, counted);
                }
            }
            Err(Refused {
                why: Why::Limited, ..
            }) => {
                state.limited += 1;
                let just = justified || !self.traffic.all_refusals_just;
                assert!(just, "refused although there is room: {call:?}");
            }
            Err(refused) => panic!("the store works, but: {refused:?}"),
        }
        true
    }

    /// Lets every VM tick that is in no call, and has not ticked for 50 ms.
    fn tick_all(&self, now: Now) {
        for at in 0..self.traffic.vms {
            let due = |vm: &mut Vm| now.mono - vm.ticked >= Nanos::from_millis(50);
            let vm = self.vms.borrow_mut()[at].take_if(due);
            if let Some(mut vm) = vm {
                vm.ticked = now.mono;
                let mut view = View {
                    world: self,
                    now,
                    justified: false,
                    takes: &[],
                    counted: HashMap::new(),
                };
                vm.counters.tick(now, &mut view);
                self.vms.borrow_mut()[at] = Some(vm);
            }
        }
    }

    fn bucket(&self, quota: usize, value: usize) -> String {
        let mut buckets = self.buckets.borrow_mut();
        let bucket = buckets.entry((quota, value)).or_insert_with(|| {
            let mut vm = Counters::new("plugin", "policy", SEED, 1);
            let mut memory = Memory::default();
            let now = Now::default();
            assert!(take(
                &mut vm,
                &mut memory,
                now,
                &self.quotas[quota],
                &self.values[value]
            ));
            memory.buckets()[0].to_owned()
        });
        bucket.clone()
    }
}

impl View<'_, '_> {
    /// Whether a charge of one key is justly refused, if it counts at `now`.
    fn judge(&mut self, now: Now) {
        if let [(quota, value, amount)] = *self.takes {
            let state = self.world.state.borrow();
            let quota = &self.world.quotas[quota];
            let used = state.judge.used(quota, &self.world.values[value], now);
            let limit = rate(quota).limit;
            // So much of it may lie unused with others: a hundredth in this tenth, if they know of each other, and what
            // they have not given back of the last one.
            let ahead = if limit < 100 { 0 } else { limit * 4 / 100 };
            self.justified = used + amount + ahead > limit;
        }
    }

    /// Others may go first.
    fn pause(&self) {
        let traffic = &self.world.traffic;
        let others_go = || self.world.state.borrow_mut().roll() % 100 < traffic.busy;
        while others_go() && self.world.next(self.now.mono + traffic.held_up) {}
    }
}

impl SharedData for View<'_, '_> {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.pause();
        let now = match self.world.state.borrow().written.get(key) {
            Some(written) => newer(self.now, *written),
            None => self.now,
        };
        self.judge(now);
        self.world.state.borrow_mut().memory.get(key)
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.pause();
        let mut state = self.world.state.borrow_mut();
        state.memory.set(key, value, cas)?;
        // A tick gives back, and a second set of a bucket takes back what the first one charged: neither charges anything.
        if !self.takes.is_empty() && !self.counted.contains_key(key) {
            let written = state.written.entry(key.into()).or_insert(self.now);
            *written = newer(self.now, *written);
            self.counted.insert(key.into(), *written);
        }
        Ok(())
    }
}

impl State {
    /// SplitMix64.
    fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Makes the limit one of 1 to `highest`.
fn lower(quota: &mut Quota, highest: u64) {
    if let Kind::Rate(rate) = &mut quota.kind {
        rate.limit = rate.limit % highest + 1;
    }
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Rolling), Just(Algorithm::Fixed)]
}

prop_compose! {
    fn any_quota(name: String)(
        algorithm in algorithm(),
        limit in prop_oneof![1..20_u64, 1..10_000_u64],
        window in 1_000..60_000_u64,
    ) -> Quota {
        Quota {
            name: name.clone(),
            kind: Kind::Rate(Rate {
                limit,
                window: Nanos::from_millis(window),
                algorithm,
            }),
            per: vec!["service".into()],
            max_keys: 10_000,
            when_full: WhenFull::Share,
        }
    }
}

/// Calls on one quota, at a rate of `load` times its limits.
fn calls_on_one(
    quota: &Quota,
    keys: usize,
    vms: usize,
    load: f64,
    count: usize,
    mut dice: u64,
) -> Vec<Call> {
    let gap = rate(quota).window.0 as f64 / (rate(quota).limit as f64 * load * keys as f64 / 3.0);
    let mut random = move || {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        dice >> 33
    };
    (0..count)
        .map(|_| Call {
            vm: random() as usize % vms,
            after: Nanos((gap * (random() % 1_000) as f64 / 500.0) as u64),
            takes: vec![(0, random() as usize % keys, 1 + random() % 5)],
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Each refusal is checked against the judge's own account, so what is free is granted.
    #[test]
    fn no_window_has_more_than_the_limit_and_no_call_is_refused_what_is_free(
        quota in any_quota("q".into()),
        keys in prop_oneof![1..4_usize, 1..1_000_usize],
        vms in 1..=8_usize,
        load in 0.3..4.0_f64,
        busy in 0..60_u64,
        dice: u64,
    ) {
        let quotas = [quota];
        let calls = calls_on_one(&quotas[0], keys, vms, load, 3_000, dice);
        let traffic = Traffic { vms, busy, held_up: FOR_EVER, all_refusals_just: true, dice };
        let world = World::new(&quotas, keys, traffic, calls);
        let state = world.run();
        state.judge.assert_never_above(&quotas[0]);
        prop_assert_eq!(state.granted + state.limited + state.lost, 3_000);
    }

    /// In the end there is just as much left of each limit as the judge says: no part of a refused call stays counted.
    #[test]
    fn calls_on_several_quotas_are_charged_to_all_or_none(
        mut quotas in (any_quota("one".into()), any_quota("two".into()), any_quota("three".into())),
        keys in 1..6_usize,
        vms in 1..=8_usize,
        busy in 0..60_u64,
        gap in 0..200_000_000_u64,
        takes in prop::collection::vec(
            prop::collection::vec((0..3_usize, 0..6_usize, 1..=5_u64), 1..=3),
            300,
        ),
        dice: u64,
    ) {
        // Low limits make calls race for the last of them.
        for quota in [&mut quotas.0, &mut quotas.1, &mut quotas.2] {
            lower(quota, 50);
        }
        let quotas = [quotas.0, quotas.1, quotas.2];
        let calls = takes.into_iter().enumerate().map(|(n, mut takes)| {
            takes.iter_mut().for_each(|take| take.1 %= keys);
            Call { vm: n % vms, after: Nanos(gap), takes }
        });
        let traffic = Traffic { vms, busy, held_up: FOR_EVER, all_refusals_just: false, dice };
        let world = World::new(&quotas, keys, traffic, calls.collect());
        world.run();
        let mut state = world.state.borrow_mut();
        let (now, judge) = (state.now, std::mem::take(&mut state.judge));
        for quota in &quotas {
            judge.assert_never_above(quota);
            for value in &world.values {
                let left = rate(quota).limit - judge.used(quota, value, now);
                let mut take = |amount| charge(&mut vm(1), &mut state.memory, now, &[(quota, value, amount)]);
                prop_assert_eq!(take(left), Ok(Ok(())));
                let refused = Refused { index: 0, why: Why::Limited };
                prop_assert_eq!(take(1), Ok(Err(refused)));
            }
        }
    }

    /// Keys come, find no room, share, leave and come back: whatever counts them, none gets more than its limit.
    #[test]
    fn no_key_gets_more_than_the_limit_when_keys_share(
        quota in any_quota("q".into()),
        max_keys in 1..20_u32,
        keys in 1..60_usize,
        vms in 1..=8_usize,
        load in 0.3..4.0_f64,
        busy in 0..60_u64,
        dice: u64,
    ) {
        let mut quotas = [Quota { max_keys, ..quota }];
        lower(&mut quotas[0], 20);
        let calls = calls_on_one(&quotas[0], keys, vms, load, 2_000, dice);
        // Others may have used what is shared, so refusals need not be just.
        let traffic = Traffic { vms, busy, held_up: FOR_EVER, all_refusals_just: false, dice };
        let world = World::new(&quotas, keys, traffic, calls);
        world.run().judge.assert_never_above(&quotas[0]);
    }
}

/// Eight VMs that charge in bunches of eight calls at a time, and hold each other up for a thousandth of the window only:
/// a VM that stalls for longer than that counts in slots that its calls do not come in.
fn steady(quota: Quota, load: f64, largest: u64, windows: u64, check: impl Fn(&Quota, &State)) {
    let mean = (1 + largest) as f64 / 2.0;
    let gap = rate(&quota).window.0 as f64 * mean / (rate(&quota).limit as f64 * load);
    let count = (windows as f64 * rate(&quota).window.0 as f64 / gap).ceil() as usize;
    let bunch = if load > 1.0 { 8 } else { 1 };
    let calls = (0..count.next_multiple_of(bunch)).map(|n| Call {
        vm: n % 8,
        after: Nanos(if n % bunch == 0 {
            (gap * bunch as f64).ceil() as u64
        } else {
            0
        }),
        takes: vec![(0, 0, 1 + n as u64 % largest)],
    });
    let traffic = Traffic {
        vms: 8,
        busy: 50,
        held_up: Nanos(rate(&quota).window.0 / 1_000),
        all_refusals_just: true,
        dice: rate(&quota).limit,
    };
    let quotas = [quota];
    let world = World::new(&quotas, 1, traffic, calls.collect());
    check(&quotas[0], &world.run());
}

#[test]
fn an_overload_gets_the_whole_limit() {
    for quota in [crate::vm::rolling, crate::vm::fixed] {
        for (limit, largest) in [(8, 1), (10, 3), (99, 5), (100, 5), (1_000, 5), (10_000, 1)] {
            steady(quota("q", limit), 3.0, largest, 5, |quota, state| {
                state.judge.assert_never_above(quota);
                // The first and the last window may lie partly outside of the load's time.
                let possible = 3 * limit;
                let least = match limit {
                    100.. => possible * 99 / 100,
                    _ => 3 * (limit - (largest - 1)),
                };
                let total = state.judge.total(quota);
                assert!(total >= least, "{quota:?}: {total} of {possible}");
            });
        }
    }
}

#[test]
fn an_even_load_of_nine_tenths_is_never_refused() {
    for quota in [crate::vm::rolling, crate::vm::fixed] {
        for limit in [1, 2, 3, 7, 10, 99, 100, 1_000, 10_000] {
            steady(quota("q", limit), 0.9, 1, 5, |quota, state| {
                assert_eq!(state.limited, 0, "{quota:?}");
            });
        }
    }
}

/// All VMs bring the same seed, so it is known beforehand where a key stands.
const SEED: [u8; 16] = [1; 16];

/// Longer than any of the simulations.
const FOR_EVER: Nanos = Nanos::from_secs(1_000_000_000);
