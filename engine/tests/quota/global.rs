//! Several Envoys and a rate limit service, in simulated time.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::lists::Notice;
use engine::quota::{
    AskId, Charge, Counters, Global, GlobalRate, Kind, Quota, Service as Name, Unit, WhenFull,
    WhenUnavailable, Why,
};
use engine::time::{Nanos, Now};
use proptest::prelude::*;

use crate::memory::Memory;
use crate::ratelimit::Service;
use crate::vm::{charge, vm as vm_of};

/// On the service's clock.
const START: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;
const STEP: u64 = 5;
/// What a busy VM's ticks come after.
const TICK: u64 = 50;

fn quota(limit: u32, when_unavailable: WhenUnavailable) -> Quota {
    let global = Global {
        service: Name {
            cluster: "ratelimit".to_owned(),
            domain: "dubbo".to_owned(),
        },
        quota: "mesh".to_owned(),
        limit,
        unit: Unit::Second,
        when_unavailable,
    };
    Quota {
        name: "mesh".to_owned(),
        kind: Kind::Global(GlobalRate {
            limit,
            global: Arc::new(global),
        }),
        per: vec!["service".to_owned()],
        max_keys: 10_000,
        when_full: WhenFull::Share,
    }
}

/// What becomes of requests to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They are answered after so many milliseconds.
    Open(u64),
    /// They fail at once.
    Refused,
    /// They are never answered.
    Silent,
}

/// A process with some VMs.
struct Node {
    vms: Vec<Counters>,
    memory: Memory,
    /// How much its wall clock is ahead of the service's, in milliseconds.
    skew: i64,
    /// On their way: when they come, which VM has asked, and what.
    answers: Vec<(u64, usize, AskId, Vec<u8>)>,
}

struct World {
    quota: Quota,
    nodes: Vec<Node>,
    service: Service,
    way: Way,
    ms: u64,
    /// By the service's window and the key.
    admitted: BTreeMap<(u64, String), u64>,
    refused: BTreeMap<Refusal, u64>,
    notices: Vec<Notice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    Limited,
    Unavailable,
}

impl World {
    fn new(quota: Quota, skews: &[i64], vms: usize) -> World {
        let node = |(at, skew): (usize, &i64)| Node {
            vms: (0..vms).map(|vm| vm_of((at * 16 + vm) as u8)).collect(),
            memory: Memory::default(),
            skew: *skew,
            answers: Vec::new(),
        };
        World {
            quota,
            nodes: skews.iter().enumerate().map(node).collect(),
            service: Service::default(),
            way: Way::Open(3),
            ms: 0,
            admitted: BTreeMap::new(),
            refused: BTreeMap::new(),
            notices: Vec::new(),
        }
    }

    fn wall(&self) -> u64 {
        START + self.ms * MS
    }

    fn now(&self, node: usize) -> Now {
        let skew = self.nodes[node].skew * MS as i64;
        Now {
            mono: Nanos::from_millis(100_000 + self.ms),
            wall: self.wall().checked_add_signed(skew).unwrap(),
        }
    }

    /// The next few milliseconds: answers come in, and some VMs tick.
    fn step(&mut self) {
        self.ms += STEP;
        for node in 0..self.nodes.len() {
            let now = self.now(node);
            let answers = std::mem::take(&mut self.nodes[node].answers);
            for (due, vm, ask, answer) in answers {
                let at = &mut self.nodes[node];
                if due > self.ms {
                    at.answers.push((due, vm, ask, answer));
                    continue;
                }
                let globals = at.vms[vm].globals();
                globals.answered(&mut at.memory, now, ask, Ok(&answer));
            }
            for vm in 0..self.nodes[node].vms.len() {
                // Each has its own rhythm.
                if (self.ms / STEP + (node * 7 + vm * 3) as u64).is_multiple_of(TICK / STEP) {
                    self.tick(node, vm);
                }
            }
        }
    }

    fn tick(&mut self, node: usize, vm: usize) {
        let (now, wall) = (self.now(node), self.wall());
        let at = &mut self.nodes[node];
        let globals = at.vms[vm].globals();
        let asks = globals.tick(&mut at.memory, now, self.quota.global().into_iter());
        for ask in asks {
            match self.way {
                Way::Open(latency) => {
                    let answer = self.service.answer(&ask.message, wall);
                    at.answers.push((self.ms + latency, vm, ask.id, answer));
                }
                Way::Refused => {
                    globals.answered(&mut at.memory, now, ask.id, Err("refused"));
                }
                Way::Silent => {}
            }
        }
        self.notices.extend(globals.take_notices());
    }

    fn call(&mut self, node: usize, vm: usize, key: &str, amount: u64) -> bool {
        let now = self.now(node);
        let window = self.wall() / 1_000_000_000;
        let at = &mut self.nodes[node];
        let takes = [(&self.quota, key, amount)];
        let charged = charge(&mut at.vms[vm], &mut at.memory, now, &takes).unwrap();
        match charged {
            Ok(()) => *self.admitted.entry((window, key.to_owned())).or_default() += amount,
            Err(refused) => {
                let why = match refused.why {
                    Why::Limited => Refusal::Limited,
                    Why::Unavailable => Refusal::Unavailable,
                };
                *self.refused.entry(why).or_default() += amount;
            }
        }
        charged.is_ok()
    }

    /// Steps until `ms`, with `calls` a step of each VM.
    fn run(&mut self, until: u64, calls: u64) {
        while self.ms < until {
            self.step();
            for node in 0..self.nodes.len() {
                for vm in 0..self.nodes[node].vms.len() {
                    for _ in 0..calls {
                        self.call(node, vm, "a", 1);
                    }
                }
            }
        }
    }

    fn admitted(&self, second: u64) -> u64 {
        let window = START / 1_000_000_000 + second;
        let of_window = |((at, _), n): (&(u64, String), &u64)| (*at == window).then_some(*n);
        self.admitted.iter().filter_map(of_window).sum()
    }
}

fn lease(limit: u64, largest: u64) -> u64 {
    (limit / 10).max(largest).max(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_sum_of_all_nodes_is_at_most_the_limit_and_a_lease_a_node_and_one_more_for_a_skewed_clock(
        limit in prop_oneof![1..20_u32, 20..3_000_u32],
        skews in prop::collection::vec(prop_oneof![Just(0_i64), -600..600_i64], 1..5),
        vms in 1..4_usize,
        latency in 0..120_u64,
        dice in prop::collection::vec((0..5_usize, 0..4_usize, 0..3_usize, 1..6_u64, 0..40_u64), 600),
    ) {
        let mut world = World::new(quota(limit, WhenUnavailable::Deny), &skews, vms);
        world.way = Way::Open(latency);
        let mut largest = 0;
        for (node, vm, key, amount, times) in dice {
            let (node, vm) = (node % skews.len(), vm % vms);
            let amount = amount.min(limit.into());
            largest = largest.max(amount);
            for _ in 0..times {
                world.call(node, vm, ["a", "b", "c"][key], amount);
            }
            world.step();
        }
        let skewed = skews.iter().filter(|skew| **skew != 0).count() as u64;
        let leases = (skews.len() as u64 + skewed) * lease(limit.into(), largest);
        for ((window, key), admitted) in &world.admitted {
            prop_assert!(
                *admitted <= u64::from(limit) + leases,
                "{admitted} of {limit} and {leases} for {key} in {window}"
            );
        }
    }

    #[test]
    fn whatever_the_service_answers_a_node_admits_what_was_granted_and_a_lease(
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..50),
    ) {
        let quota = quota(100, WhenUnavailable::Deny);
        let mut world = World::new(quota, &[0], 2);
        world.way = Way::Silent;
        for answer in answers {
            world.run(world.ms + 100, 2);
            for vm in 0..2 {
                let now = world.now(0);
                let at = &mut world.nodes[0];
                let globals = at.vms[vm].globals();
                let asks = globals.tick(&mut at.memory, now, world.quota.global().into_iter());
                for ask in asks {
                    globals.answered(&mut at.memory, now, ask.id, Ok(&answer));
                }
            }
        }
        for admitted in world.admitted.values() {
            prop_assert!(*admitted <= 10, "{admitted} on nothing but credit");
        }
    }
}

#[test]
fn overload_gets_nearly_all_of_the_limit() {
    for (nodes, limit) in [(1, 1000), (2, 1000), (4, 1000), (2, 100), (2, 10_000)] {
        let mut world = World::new(quota(limit, WhenUnavailable::Deny), &vec![0; nodes], 2);
        world.run(10_000, u64::from(limit) / 50);
        let whole = 1..10;
        let sums: Vec<u64> = whole.clone().map(|second| world.admitted(second)).collect();
        let sum: u64 = sums.iter().sum();
        assert!(
            sum * 100 >= u64::from(limit) * 9 * 90,
            "{nodes} nodes get {sums:?} of {limit}"
        );
    }
}

#[test]
fn an_even_load_below_the_limit_is_hardly_refused() {
    let mut world = World::new(quota(1000, WhenUnavailable::Deny), &[0, 0], 1);
    // 800 a second: 2 a step and node.
    world.run(10_000, 2);
    let refused = world.refused.values().sum::<u64>();
    assert!(refused * 100 <= 8000, "{refused} of 8000");
}

#[test]
fn a_lease_is_asked_for_by_one_vm_and_many_calls_share_it() {
    let mut world = World::new(quota(10_000, WhenUnavailable::Deny), &[0], 4);
    world.run(5_000, 5);
    let (asks, calls) = (world.service.requests.len(), 5 * 4000);
    // A request each tick at most, of whichever VM is first.
    assert!(asks <= 5 * 21 * 4 / 2, "{asks} requests for {calls} calls");
    let operations = world.nodes[0].memory.gets + world.nodes[0].memory.sets;
    assert!(
        operations * 5 <= calls,
        "{operations} shared operations for {calls} calls"
    );
}

#[test]
fn nobody_is_asked_on_behalf_of_a_call_that_waits() {
    let mut world = World::new(quota(100, WhenUnavailable::Deny), &[0], 1);
    assert!(world.call(0, 0, "a", 1), "on credit");
    assert!(world.service.requests.is_empty());
}

#[test]
fn a_service_that_is_away_leaves_what_when_unavailable_says_and_is_found_again() {
    for (mode, expected) in [
        (WhenUnavailable::Deny, 0),
        (WhenUnavailable::Local(30), 30),
        (WhenUnavailable::Allow, 2 * 200),
    ] {
        for way in [Way::Refused, Way::Silent] {
            let mut world = World::new(quota(100, mode), &[0], 2);
            world.run(2_000, 1);
            world.way = way;
            world.run(6_000, 1);
            for second in 3..6 {
                assert_eq!(world.admitted(second), expected, "{mode:?}, {way:?}");
            }
            world.way = Way::Open(3);
            world.run(10_000, 1);
            for second in 8..10 {
                let admitted = world.admitted(second);
                assert!(
                    (80..=110).contains(&admitted),
                    "{admitted}, {mode:?}, {way:?}"
                );
            }
            assert_eq!(
                world.notices.iter().filter(|notice| notice.warning).count(),
                1
            );
            if mode == WhenUnavailable::Deny {
                assert!(world.refused[&Refusal::Unavailable] > 0);
            }
        }
    }
}

#[test]
fn what_a_vm_holds_is_worth_nothing_in_the_next_window() {
    let mut world = World::new(quota(1000, WhenUnavailable::Deny), &[0], 2);
    world.run(1_995, 2);
    // Another key finds that the service is away.
    world.way = Way::Refused;
    world.run(2_100, 0);
    world.call(0, 0, "b", 1);
    world.run(3_500, 0);
    for vm in 0..2 {
        assert!(!world.call(0, vm, "a", 1), "VM {vm}");
    }
}

#[test]
fn a_dry_run_is_counted_apart() {
    let mut world = World::new(quota(100, WhenUnavailable::Deny), &[0], 1);
    let now = world.now(0);
    let node = &mut world.nodes[0];
    let (store, quota) = (&mut node.memory, &world.quota);
    let mut ledger = node.vms[0].open(store);
    let keys = [true, false].map(|dry| ledger.key(quota, &quota.kind, dry, ["a"]).unwrap());
    for key in keys {
        let charge = Charge {
            quota,
            key,
            kind: &quota.kind,
            amount: 1,
            one_way: false,
        };
        ledger.charge_all(now, &[charge]).unwrap();
    }
    world.run(200, 0);
    let descriptors = world.service.requests.iter().flat_map(|r| &r.descriptors);
    let mut first: Vec<&str> = descriptors.map(|d| &*d.entries[0].key).collect();
    first.sort_unstable();
    first.dedup();
    assert_eq!(first, ["dry_run_quota", "quota"]);
}

#[test]
fn a_domain_without_limits_is_a_fault_and_grants_nothing() {
    let mut world = World::new(quota(100, WhenUnavailable::Deny), &[0], 2);
    world.service.knows_nothing = true;
    world.run(5_000, 1);
    for second in 1..5 {
        assert_eq!(world.admitted(second), 0);
    }
    assert!(
        world.nodes[0]
            .vms
            .iter_mut()
            .any(|vm| vm.globals().asked().faults > 0)
    );
    let texts: Vec<_> = world.notices.iter().map(|notice| &notice.text).collect();
    assert_eq!(
        texts,
        ["rate limit service ratelimit, domain dubbo: it has no such domain, or no limits"]
    );
}

#[test]
fn keys_are_described_by_the_quota_and_the_values_of_per() {
    let mut world = World::new(quota(100, WhenUnavailable::Deny), &[0], 1);
    world.call(0, 0, "com.foo.Demo", 1);
    world.call(0, 0, &"x".repeat(5000), 1);
    world.run(200, 0);
    let mut described: Vec<Vec<(String, usize)>> = Vec::new();
    for request in &world.service.requests {
        assert_eq!(request.domain, "dubbo");
        for descriptor in &request.descriptors {
            let entries = descriptor.entries.iter();
            described.push(
                entries
                    .map(|e| (format!("{}={:.12}", e.key, e.value), e.value.len()))
                    .collect(),
            );
        }
    }
    described.sort();
    described.dedup();
    let entry = |text: &str, len| (text.to_owned(), len);
    assert_eq!(
        described,
        [
            vec![entry("quota=mesh", 4)],
            vec![entry("quota=mesh", 4), entry("service=com.foo.Demo", 12)],
            vec![
                entry("quota=mesh", 4),
                entry("service=xxxxxxxxxxxx", 200 + 1 + 32)
            ],
        ]
    );
}

#[test]
fn keys_that_find_no_room_share_one_counter() {
    let mut quota = quota(100, WhenUnavailable::Deny);
    quota.max_keys = 1;
    let mut world = World::new(quota, &[0], 1);
    for key in ["a", "b", "c"] {
        world.call(0, 0, key, 1);
    }
    world.run(200, 0);
    let descriptors = world.service.requests.iter().flat_map(|r| &r.descriptors);
    let shared = descriptors.filter(|d| d.entries.iter().any(|e| e.key == "shared"));
    assert!(shared.count() > 0);
}

#[test]
fn a_charge_that_is_larger_than_any_lease_goes_through() {
    let mut world = World::new(quota(20, WhenUnavailable::Deny), &[0], 1);
    let mut admitted = 0;
    for _ in 0..400 {
        world.step();
        admitted += u64::from(world.call(0, 0, "a", 7)) * 7;
    }
    assert!(admitted >= 14, "{admitted}");
}
