//! Which calls are counted together.

use engine::quota::{Algorithm, Charge, Counters, Kind, Quota, Rate};
use engine::shared::{StoreError, Versioned};
use engine::time::Nanos;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::memory::Memory;
use crate::vm::{at, fixed, rolling, take, vm};

/// A call of a limit of one, made by one VM, and another one: whether both are counted together.
struct Pair {
    counters: Counters,
    quota: Quota,
    dry_run: bool,
    values: Vec<&'static str>,
}

impl Pair {
    fn same() -> Pair {
        Pair {
            counters: vm(2),
            quota: rolling("q", 1),
            dry_run: false,
            values: vec!["ab", "c"],
        }
    }

    fn charge(mut self, store: &mut Memory) -> bool {
        let mut ledger = self.counters.open(store);
        let kind = &self.quota.kind;
        let key = ledger.key(&self.quota, kind, self.dry_run, &self.values);
        let charge = Charge {
            quota: &self.quota,
            kind,
            key: key.unwrap(),
            // All of it, so that nothing is left to the other one.
            amount: kind.limit(),
            one_way: false,
        };
        ledger.charge_all(at(0), &[charge]).is_ok()
    }

    fn counted_together(self) -> bool {
        let mut store = Memory::default();
        assert!(Pair::same().charge(&mut store));
        !self.charge(&mut store)
    }
}

#[test]
fn vms_of_one_process_count_together_whatever_seeds_they_bring() {
    let other = Pair {
        counters: vm(7),
        ..Pair::same()
    };
    assert!(other.counted_together());
}

#[test]
fn what_a_configuration_may_change_keeps_the_counters() {
    let changed = |quota| Pair {
        quota,
        ..Pair::same()
    };
    assert!(changed(rolling("q", 5)).counted_together());
    let max_keys = Quota {
        max_keys: 12_345,
        ..rolling("q", 1)
    };
    assert!(changed(max_keys).counted_together());
}

#[test]
fn everything_else_is_counted_apart() {
    let same = Pair::same;
    let per = Quota {
        per: vec!["method".into()],
        ..rolling("q", 1)
    };
    let two_seconds = Quota {
        kind: Kind::Rate(Rate {
            limit: 1,
            window: Nanos::from_secs(2),
            algorithm: Algorithm::Rolling,
        }),
        ..rolling("q", 1)
    };
    let of = |plugin, policy| Counters::new(plugin, policy, [2; 16], 2);
    #[rustfmt::skip]
    let others = [
        ("plugin", Pair { counters: of("other", "policy"), ..same() }),
        ("policy", Pair { counters: of("plugin", "other"), ..same() }),
        ("plugin and policy", Pair { counters: of("pluginpolicy", ""), ..same() }),
        ("quota", Pair { quota: rolling("other", 1), ..same() }),
        ("algorithm", Pair { quota: fixed("q", 1), ..same() }),
        ("per", Pair { quota: per, ..same() }),
        ("window", Pair { quota: two_seconds, ..same() }),
        ("dry run", Pair { dry_run: true, ..same() }),
        ("value", Pair { values: vec!["ab", "d"], ..same() }),
        ("where values part", Pair { values: vec!["a", "bc"], ..same() }),
        ("number of values", Pair { values: vec!["ab", "c", ""], ..same() }),
    ];
    for (what, other) in others {
        assert!(!other.counted_together(), "another {what}");
    }
}

#[test]
fn another_process_places_its_keys_elsewhere() {
    let quota = rolling("q", 10);
    let buckets = |nonce| {
        let (mut store, mut vm) = (Memory::default(), vm(nonce));
        for value in 0..8 {
            take(&mut vm, &mut store, at(0), &quota, &value.to_string());
        }
        store
            .buckets()
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(buckets(1), buckets(1));
    assert_ne!(buckets(1), buckets(2));
}

#[test]
fn a_seed_that_is_none_of_ours_makes_quotas_unavailable() {
    let quota = rolling("q", 10);
    for garbage in [
        &b""[..],
        b"dps\x01",
        b"dps\x020123456789abcdef",
        b"dps\x010123456789abcdef!",
    ] {
        let mut store = Memory::default();
        let value = Versioned {
            value: garbage.to_vec(),
            cas: 1,
        };
        store.values.insert("dubbo-policy/1/seed".into(), value);
        let key = vm(1)
            .open(&mut store)
            .key(&quota, &quota.kind, false, ["a"]);
        assert_eq!(key, Err(StoreError), "{garbage:?}");
        assert_eq!(store.sets, 0);
    }
}
