//! How much of a key is asked for at a time.

use crate::time::Nanos;

/// What a key has been used for lately, as one VM sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    /// The window, and what all VMs had used of it, at the last look.
    seen: (u64, u64),
    /// What this VM has refused since.
    pub(super) refused: u64,
    /// The largest charge so far.
    pub(super) largest: u64,
    at: Nanos,
    /// What will be used in the next [`AHEAD`].
    ahead: u64,
}

impl Demand {
    /// Takes note of what all VMs have `used` of the window `number` at `now`.
    pub(super) fn look(&mut self, number: u64, used: u64, now: Nanos) {
        let passed = now - self.at;
        if passed < SHORTEST_LOOK {
            return;
        }
        let before = match self.seen {
            (window, before) if window == number => before,
            _ => 0,
        };
        let wanted = used.saturating_sub(before).saturating_add(self.refused);
        // Of a key that was quiet for long nobody knows when in this time it woke up.
        let passed = passed.min(AHEAD);
        let ahead = u128::from(wanted) * u128::from(AHEAD.0) / u128::from(passed.0.max(1));
        // A pause between two bursts is no reason to start from nothing.
        self.ahead = u64::try_from(ahead).unwrap_or(u64::MAX).max(self.ahead / 2);
        self.seen = (number, used);
        self.refused = 0;
        self.at = now;
    }

    /// How much a node has at hand at most: what it uses in [`AHEAD`], but no more than the largest lease.
    pub(super) fn lease(&self, limit: u64) -> u64 {
        self.ahead
            .clamp(1, self.largest_lease(limit))
            .max(self.largest)
    }

    /// What may be admitted before a window's first answer, at most the largest lease. Some of it is for bursts: only what is
    /// used of it is ever asked for.
    pub(super) fn credit(&self, limit: u64) -> u64 {
        let largest = self.largest_lease(limit);
        let burst = (limit / 100).max(BURST).min(largest);
        self.ahead.clamp(burst, largest)
    }

    /// A tenth of the limit, or one charge where that is more.
    fn largest_lease(&self, limit: u64) -> u64 {
        (limit / 10).max(self.largest).max(1)
    }
}

/// A lease lasts so long: the time between two ticks, that of an answer, and some more.
const AHEAD: Nanos = Nanos::from_millis(250);
/// Calls at once that a quiet key's first window takes, where that is no more than the largest lease.
const BURST: u64 = 5;
const SHORTEST_LOOK: Nanos = Nanos::from_millis(25);

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn after(looks: &[(u64, u64, u64)]) -> Demand {
        let mut demand = Demand::default();
        for (ms, number, used) in looks {
            demand.look(*number, *used, Nanos::from_millis(*ms));
        }
        demand
    }

    #[test]
    fn a_lease_lasts_for_a_quarter_of_a_second_of_the_same_use() {
        let demand = after(&[(1000, 1, 0), (1050, 1, 20), (1100, 1, 40)]);
        assert_eq!((demand.lease(10_000), demand.credit(10_000)), (100, 100));
    }

    #[test]
    fn no_lease_is_larger_than_a_tenth_of_the_limit() {
        let demand = after(&[(1000, 1, 0), (1050, 1, 900)]);
        assert_eq!((demand.lease(1000), demand.credit(1000)), (100, 100));
        assert_eq!((demand.lease(5), demand.credit(5)), (1, 1));
    }

    #[test]
    fn but_one_charge_fits_into_any() {
        let demand = Demand {
            largest: 7,
            ..Demand::default()
        };
        assert_eq!((demand.lease(20), demand.credit(20)), (7, 5));
    }

    #[test]
    fn a_key_of_which_nothing_is_known_has_a_hundredth_on_credit_and_is_leased_by_ones() {
        let demand = Demand::default();
        assert_eq!((demand.lease(60_000), demand.credit(60_000)), (1, 600));
    }

    #[test]
    fn what_was_refused_is_demand_too() {
        let mut demand = after(&[(1000, 1, 0)]);
        demand.refused = 30;
        demand.look(1, 0, Nanos::from_millis(1250));
        assert_eq!(demand.lease(10_000), 30);
    }

    #[test]
    fn a_new_window_counts_from_zero_and_a_pause_halves() {
        let demand = after(&[(1000, 1, 0), (1050, 1, 20), (1100, 2, 10)]);
        assert_eq!(demand.lease(10_000), 50);
        let paused = after(&[(1000, 1, 0), (1050, 1, 20), (1100, 1, 20)]);
        assert_eq!(paused.lease(10_000), 50);
    }
}
