//! What leases cost in shared data, and what they cost in calls that are refused: VMs under a load, in simulated time, ticking
//! as Envoy lets them.

use std::collections::HashMap;

use engine::quota::{Algorithm, Counters, Kind, Quota, Rate, WhenFull};
use engine::time::{Nanos, Now};

use crate::judge::{Judge, rate};
use crate::memory::Memory;
use crate::vm::take;

const TICK: u64 = 50_000_000;
const WINDOW: u64 = 1_000_000_000;
const TENTH: u64 = WINDOW / 10;

/// What became of a load.
struct Ran {
    judge: Judge,
    granted: u64,
    refused: u64,
    /// By VM and tenth: what was granted, how often shared data was asked, and how often by a call that was refused.
    tenths: HashMap<(usize, u64), Tenth>,
    /// What each key could get at most.
    possible: u64,
}

#[derive(Default, Clone, Copy)]
struct Tenth {
    granted: u64,
    asked: u64,
    refused_asked: u64,
}

#[derive(Clone, Copy, Debug)]
struct Load {
    algorithm: Algorithm,
    limit: u64,
    vms: usize,
    /// Times the limit.
    load: f64,
    windows: u64,
}

fn quota(load: &Load) -> Quota {
    Quota {
        name: "q".into(),
        kind: Kind::Rate(Rate {
            limit: load.limit,
            window: Nanos(WINDOW),
            algorithm: load.algorithm,
        }),
        per: vec![],
        max_keys: 10_000,
        when_full: WhenFull::Share,
    }
}

/// Calls at an even rate, by one VM after the other.
fn run(load: Load) -> Ran {
    let quota = quota(&load);
    let mut memory = Memory::default();
    let mut vms: Vec<Counters> = (1..=load.vms)
        .map(|nonce| Counters::new("plugin", "policy", [1; 16], nonce as u64))
        .collect();
    for vm in &mut vms {
        // They agree on a seed.
        let key = vm.open(&mut memory).key(&quota, &quota.kind, false, [""]);
        assert!(key.is_ok());
    }
    let mut ran = Ran {
        judge: Judge::default(),
        granted: 0,
        refused: 0,
        tenths: HashMap::new(),
        possible: load.limit * load.windows,
    };
    let gap = WINDOW as f64 / (load.limit as f64 * load.load);
    let calls = (WINDOW as f64 * load.windows as f64 / gap) as u64;
    let mut ticked = 0;
    for call in 0..calls {
        let passed = (call as f64 * gap) as u64;
        let at = |passed: u64| Now {
            mono: Nanos(1_000 * WINDOW + passed),
            wall: 1_700_000_000 * WINDOW + passed,
        };
        while ticked <= passed {
            for (at_vm, vm) in vms.iter_mut().enumerate() {
                // VMs tick one after the other.
                let now = at(ticked + at_vm as u64 * TICK / 8);
                let before = memory.gets;
                vm.tick(now, &mut memory);
                let own = ran.tenths.entry((at_vm, ticked / TENTH)).or_default();
                // But for what it says of itself, twice a second.
                own.asked += (memory.gets - before).saturating_sub(1) as u64;
            }
            ticked += TICK;
        }
        let now = at(passed);
        let vm = call as usize % load.vms;
        let before = memory.gets;
        let granted = take(&mut vms[vm], &mut memory, now, &quota, "");
        let asked = (memory.gets - before) as u64;
        let tenth = ran.tenths.entry((vm, passed / TENTH)).or_default();
        tenth.asked += asked;
        if granted {
            tenth.granted += 1;
            ran.granted += 1;
            ran.judge.grant(&quota, "", 1, now);
        } else {
            tenth.refused_asked += asked;
            ran.refused += 1;
        }
    }
    ran.judge.assert_never_above(&quota);
    ran
}

fn loads(of: &[f64], limits: &[u64]) -> Vec<Load> {
    let mut loads = Vec::new();
    for algorithm in [Algorithm::Rolling, Algorithm::Fixed] {
        for vms in [1, 2, 4, 8] {
            for limit in limits {
                for load in of {
                    loads.push(Load {
                        algorithm,
                        limit: *limit,
                        vms,
                        load: *load,
                        windows: if *limit < 10_000 { 3 } else { 2 },
                    });
                }
            }
        }
    }
    loads
}

const LIMITS: [u64; 6] = [1, 10, 99, 100, 1_000, 10_000];

#[test]
fn an_overload_gets_its_limit_whatever_the_number_of_vms() {
    for mut load in loads(&[1.5, 3.0], &LIMITS) {
        // Enough calls come in every tenth to use what comes up.
        load.load *= (100 / load.limit).max(1) as f64;
        let ran = run(load);
        let least = match load.limit {
            100.. => ran.possible * 99 / 100,
            _ => ran.possible,
        };
        assert!(ran.granted >= least, "{load:?}: {} of {least}", ran.granted);
    }
}

#[test]
fn an_even_load_of_nine_tenths_is_never_refused_whatever_the_number_of_vms() {
    for load in loads(&[0.9], &LIMITS) {
        assert_eq!(run(load).refused, 0, "{load:?}");
    }
}

/// For a key, a VM and a tenth: what it was granted by its lease, and two. A lease is at least what the VM used in the tenth
/// before, up to a hundredth of the limit for all VMs together.
#[test]
fn shared_data_is_asked_no_more_than_once_a_lease_and_twice() {
    for load in loads(&[0.9, 2.5], &[10, 100, 1_000, 10_000]) {
        let ran = run(load);
        for ((vm, tenth), own) in &ran.tenths {
            // In the first second the VMs get to know each other, and how much they use.
            if *tenth < 10 {
                continue;
            }
            let before = ran.tenths.get(&(*vm, tenth - 1));
            let used = before.map_or(0, |before| before.granted);
            let lease = used.min(load.limit / (100 * load.vms as u64)).max(1);
            let most = own.granted / lease + 2;
            assert!(
                own.asked <= most,
                "{load:?}, VM {vm}: {} of {most}",
                own.asked
            );
            assert!(own.refused_asked <= 1, "{load:?}, VM {vm}");
        }
    }
}

#[test]
fn at_a_limit_of_10_000_with_8_vms_few_calls_ask() {
    let load = Load {
        algorithm: Algorithm::Rolling,
        limit: 10_000,
        vms: 8,
        load: 4.0,
        windows: 4,
    };
    let ran = run(load);
    let asked: u64 = ran.tenths.values().map(|own| own.asked).sum();
    let calls = ran.granted + ran.refused;
    let each = asked as f64 / calls as f64;
    assert!(each <= 0.025, "{asked} of {calls}: {each}");
}

#[test]
fn a_lease_is_good_in_its_tenth_only_and_what_is_left_comes_back() {
    let load = Load {
        algorithm: Algorithm::Rolling,
        limit: 1_000,
        vms: 1,
        load: 1.0,
        windows: 1,
    };
    let quota = quota(&load);
    let mut memory = Memory::default();
    let new = |nonce| Counters::new("plugin", "policy", [1; 16], nonce);
    let (mut one, mut other) = (new(1), new(2));
    let at = |ms| crate::vm::at(ms);
    // The tenth call takes a lease of ten, and leaves nine.
    for _ in 0..10 {
        assert!(take(&mut one, &mut memory, at(0), &quota, ""));
    }
    let left = (0..)
        .take_while(|_| {
            let before = memory.gets;
            take(&mut one, &mut memory, at(0), &quota, "") && memory.gets == before
        })
        .count();
    assert!(left > 2, "{left} without a look at shared data");
    // One has a lease now that it does not use. All but that is the other's to have.
    let granted = |vm: &mut Counters, memory: &mut Memory, ms| {
        (0..2_000)
            .filter(|_| take(vm, memory, at(ms), &quota, ""))
            .count()
    };
    let all = 10 + left + 1 + granted(&mut other, &mut memory, 50);
    assert!((990..1_000).contains(&all), "{all}");
    // In the next tenth it cannot be used, and it is given back.
    one.tick(at(100), &mut memory);
    assert_eq!(all + granted(&mut other, &mut memory, 100), 1_000);
    assert!(!take(&mut one, &mut memory, at(100), &quota, ""));
    assert_eq!(rate(&quota).limit, 1_000);
}

#[test]
fn a_lowered_limit_grants_nothing_until_the_count_is_below_not_even_what_was_taken_ahead() {
    let with = |limit| {
        quota(&Load {
            algorithm: Algorithm::Rolling,
            limit,
            vms: 1,
            load: 1.0,
            windows: 1,
        })
    };
    let (high, low) = (with(1_000), with(100));
    let mut memory = Memory::default();
    let mut vm = Counters::new("plugin", "policy", [1; 16], 1);
    for _ in 0..105 {
        assert!(take(&mut vm, &mut memory, crate::vm::at(0), &high, ""));
    }
    for ms in [0, 50, 500, 999] {
        assert!(
            !take(&mut vm, &mut memory, crate::vm::at(ms), &low, ""),
            "at {ms} ms"
        );
    }
    assert!(
        take(&mut vm, &mut memory, crate::vm::at(999), &high, ""),
        "raised again"
    );
    assert!(take(&mut vm, &mut memory, crate::vm::at(1_000), &low, ""));
}

#[test]
fn a_million_keys_do_not_fill_the_memory_of_a_vm() {
    let load = Load {
        algorithm: Algorithm::Fixed,
        limit: 1_000,
        vms: 1,
        load: 1.0,
        windows: 1,
    };
    let quota = quota(&load);
    let mut memory = Memory::default();
    let mut vm = Counters::new("plugin", "policy", [1; 16], 1);
    // More than it remembers: all the same they are counted.
    for key in 0..20_000 {
        assert!(take(
            &mut vm,
            &mut memory,
            crate::vm::at(0),
            &quota,
            &key.to_string()
        ));
    }
    let before = memory.gets;
    assert!(take(
        &mut vm,
        &mut memory,
        crate::vm::at(0),
        &quota,
        "19999"
    ));
    assert_eq!(memory.gets, before + 1);
    // And those that are not charged are forgotten.
    vm.tick(crate::vm::at(10_000), &mut memory);
    assert!(!vm.busy());
    for _ in 0..20 {
        assert!(take(
            &mut vm,
            &mut memory,
            crate::vm::at(10_000),
            &quota,
            "19999"
        ));
    }
    let before = memory.gets;
    assert!(take(
        &mut vm,
        &mut memory,
        crate::vm::at(10_000),
        &quota,
        "19999"
    ));
    assert_eq!(memory.gets, before, "there is room for a lease again");
}
