//! A VM that charges quotas, and the quotas that it charges.

use engine::quota::{Algorithm, Charge, Counters, Kind, Quota, Rate, Refused, WhenFull, Why};
use engine::shared::{SharedData, StoreError};
use engine::time::{Nanos, Now};

pub(crate) const SECOND: Nanos = Nanos::from_secs(1);

pub(crate) fn rolling(name: &str, limit: u64) -> Quota {
    Quota {
        name: name.into(),
        kind: Kind::Rate(Rate {
            limit,
            window: SECOND,
            algorithm: Algorithm::Rolling,
        }),
        per: vec!["service".into()],
        max_keys: 10_000,
        when_full: WhenFull::Share,
    }
}

pub(crate) fn fixed(name: &str, limit: u64) -> Quota {
    Quota {
        kind: Kind::Rate(Rate {
            limit,
            window: SECOND,
            algorithm: Algorithm::Fixed,
        }),
        ..rolling(name, limit)
    }
}

/// `ms` after the start of both clocks.
pub(crate) fn at(ms: u64) -> Now {
    Now {
        mono: Nanos::from_millis(ms),
        wall: Nanos::from_millis(ms).0,
    }
}

/// One of a process's VMs.
pub(crate) fn vm(nonce: u8) -> Counters {
    Counters::new("plugin", "policy", [nonce; 16], nonce.into())
}

/// What a call takes: quota, the value of its `per` attribute, amount.
pub(crate) type Take<'q> = (&'q Quota, &'q str, u64);

/// Charges a call. The outer error is a seed that cannot be had.
pub(crate) fn charge(
    vm: &mut Counters,
    store: &mut dyn SharedData,
    now: Now,
    takes: &[Take<'_>],
) -> Result<Result<(), Refused>, StoreError> {
    let mut ledger = vm.open(store);
    let mut charges = Vec::new();
    for (quota, value, amount) in takes {
        charges.push(Charge {
            quota,
            kind: &quota.kind,
            key: ledger.key(quota, &quota.kind, false, [value])?,
            amount: *amount,
            one_way: false,
        });
    }
    Ok(ledger.charge_all(now, &charges).map(drop))
}

/// What becomes of a call that takes one from one quota, in a store that works.
pub(crate) fn take(
    vm: &mut Counters,
    store: &mut dyn SharedData,
    now: Now,
    quota: &Quota,
    value: &str,
) -> bool {
    match charge(vm, store, now, &[(quota, value, 1)]) {
        Ok(Ok(())) => true,
        Ok(Err(Refused {
            why: Why::Limited, ..
        })) => false,
        other => panic!("the store works, but: {other:?}"),
    }
}
