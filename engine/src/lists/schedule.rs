//! When a list is fetched again.

use crate::time::Nanos;

/// Random waits, so that many nodes do not ask one server at the same time.
#[derive(Debug)]
pub(super) struct Schedule {
    random: u64,
}

impl Schedule {
    pub(super) fn new(seed: u64) -> Schedule {
        Schedule { random: seed }
    }

    /// From a good fetch to the next: `refresh`, cut by at most a tenth.
    pub(super) fn refresh(&mut self, refresh: Nanos) -> Nanos {
        Nanos(refresh.0 - self.below(refresh.0 / 10))
    }

    /// From the `failures`th failure in a row (from 1) to the next attempt: 1 s, 2 s, 4 s, ... but not above `refresh`, cut
    /// by at most a half.
    pub(super) fn retry(&mut self, failures: u64, refresh: Nanos) -> Nanos {
        let doublings = failures.saturating_sub(1).min(16);
        let longest = (FIRST.0 << doublings).min(refresh.0);
        Nanos(longest - self.below(longest / 2))
    }

    /// 0 to `most`. SplitMix64 (Steele, Lea, Flood 2014); a modulus is random enough for a wait.
    fn below(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.random;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (n ^ (n >> 31)) % most.saturating_add(1)
    }
}

const FIRST: Nanos = Nanos::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn waits_double_up_to_refresh_and_are_never_above() {
        let mut schedule = Schedule::new(7);
        let refresh = Nanos::from_secs(60);
        for (failures, longest) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (u64::MAX, 60)] {
            for _ in 0..1000 {
                let wait = schedule.retry(failures, refresh);
                let longest = Nanos::from_secs(longest);
                assert!(
                    wait <= longest && wait.0 * 2 >= longest.0,
                    "{failures}: {wait:?}"
                );
            }
        }
        for _ in 0..1000 {
            let wait = schedule.refresh(refresh);
            assert!(wait <= refresh && wait >= Nanos::from_secs(54), "{wait:?}");
        }
        assert!(schedule.retry(9, Nanos::from_secs(1)) <= Nanos::from_secs(1));
    }
}
