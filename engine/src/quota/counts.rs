//! What one key has used of its current window.

use super::limit::{Algorithm, Rate};
use crate::time::{Nanos, Now};

/// A ring of slots: ten of a tenth of the window on the monotonic clock, or a single one on the wall clock. The sum of the
/// ring is what the window has used; a slot is emptied when the ring comes round to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) algorithm: Algorithm,
    pub(super) window: Nanos,
    /// The newest slot, counted from the clock's zero.
    pub(super) head: u64,
    /// When the head became the head.
    pub(super) opened: Nanos,
    /// By slot number modulo [`ring`]; the rest stays zero.
    pub(super) slots: [u64; SLOTS],
}

impl Counts {
    pub(super) fn new(algorithm: Algorithm, window: Nanos, now: Now) -> Counts {
        Counts {
            algorithm,
            window,
            head: slot(algorithm, window, now),
            opened: now.mono,
            slots: [0; SLOTS],
        }
    }

    /// Empties the slots that `now` has left behind.
    ///
    /// The head never goes back, with one exception: a wall clock that was set back would keep a window's count for as
    /// long as it takes to catch up, so the count is given up when a whole window has passed by the other clock.
    pub(super) fn roll(&mut self, now: Now) {
        let slot = slot(self.algorithm, self.window, now);
        if slot > self.head {
            let passed = (slot - self.head).min(ring(self.algorithm));
            for stale in 0..passed {
                *self.at(slot - stale) = 0;
            }
            self.head = slot;
            self.opened = now.mono;
        } else if slot < self.head && now.mono - self.opened >= self.window {
            *self = Counts::new(self.algorithm, self.window, now);
        }
    }

    /// The sum of the window that ends with the head.
    pub(super) fn used(&self) -> u64 {
        self.slots.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Counts `amount` in the head slot, whose number is returned.
    pub(super) fn add(&mut self, amount: u64) -> u64 {
        let head = self.head;
        let count = self.at(head);
        *count = count.saturating_add(amount);
        head
    }

    /// Takes back what [`add`](Counts::add) counted in `slot`, unless it has left the window.
    pub(super) fn take_back(&mut self, slot: u64, amount: u64) {
        if slot <= self.head && self.head - slot < ring(self.algorithm) {
            let count = self.at(slot);
            *count = count.saturating_sub(amount);
        }
    }

    /// The tenth in which what is counted in the head is good at the least: the head, or its first one.
    pub(super) fn head_tenth(&self) -> u64 {
        match self.algorithm {
            Algorithm::Rolling => self.head,
            Algorithm::Fixed => {
                self.head.saturating_mul(self.window.0) / (self.window.0 / 10).max(1)
            }
        }
    }

    fn at(&mut self, slot: u64) -> &mut u64 {
        let [first, rest @ ..] = &mut self.slots;
        match usize::try_from(slot % ring(self.algorithm)) {
            Ok(place @ 1..) => rest.get_mut(place - 1).unwrap_or(first),
            _ => first,
        }
    }
}

/// The tenth of a window in which `now` lies, counted from the zero of the rate's clock.
pub(super) fn tenth(rate: &Rate, now: Now) -> u64 {
    let clock = match rate.algorithm {
        Algorithm::Rolling => now.mono.0,
        Algorithm::Fixed => now.wall,
    };
    clock / (rate.window.0 / 10).max(1)
}

/// How many slots make a window.
pub(super) fn ring(algorithm: Algorithm) -> u64 {
    match algorithm {
        Algorithm::Rolling => SLOTS as u64,
        Algorithm::Fixed => 1,
    }
}

fn slot(algorithm: Algorithm, window: Nanos, now: Now) -> u64 {
    let clock = match algorithm {
        Algorithm::Rolling => now.mono.0,
        Algorithm::Fixed => now.wall,
    };
    clock / (window.0 / ring(algorithm)).max(1)
}

/// In a rolling window.
pub(super) const SLOTS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const WINDOW: Nanos = Nanos::from_secs(1);

    /// `ms` after the start of both clocks.
    fn at(ms: u64) -> Now {
        Now {
            mono: Nanos::from_millis(ms),
            wall: Nanos::from_millis(ms).0,
        }
    }

    fn used_at(mut counts: Counts, ms: u64) -> u64 {
        counts.roll(at(ms));
        counts.used()
    }

    #[test]
    fn a_rolling_count_leaves_with_the_tenth_slot_after_its_own() {
        let mut counts = Counts::new(Algorithm::Rolling, WINDOW, at(250));
        counts.add(7);
        for (ms, used) in [(250, 7), (299, 7), (1199, 7), (1200, 0), (9000, 0)] {
            assert_eq!(used_at(counts, ms), used, "at {ms} ms");
        }
    }

    #[test]
    fn a_fixed_count_leaves_with_its_window_on_the_wall_clock() {
        let mut counts = Counts::new(Algorithm::Fixed, WINDOW, at(2250));
        counts.add(7);
        for (ms, used) in [(2250, 7), (2999, 7), (3000, 0)] {
            assert_eq!(used_at(counts, ms), used, "at {ms} ms");
        }
    }

    #[test]
    fn slots_leave_one_by_one() {
        let mut counts = Counts::new(Algorithm::Rolling, WINDOW, at(0));
        for slot in 0..10 {
            counts.roll(at(slot * 100));
            counts.add(1 << slot);
        }
        assert_eq!(counts.used(), 0b11_1111_1111);
        for slot in 10..20 {
            let left = 0b11_1111_1111 & !((2 << (slot - 10)) - 1);
            assert_eq!(used_at(counts, slot * 100), left, "in slot {slot}");
        }
    }

    #[test]
    fn an_older_reading_counts_in_the_head() {
        let mut counts = Counts::new(Algorithm::Rolling, WINDOW, at(1000));
        counts.add(1);
        counts.roll(at(600));
        assert_eq!(counts.add(1), 10);
        assert_eq!(used_at(counts, 1999), 2);
    }

    #[test]
    fn what_is_taken_back_leaves_its_own_slot() {
        let mut counts = Counts::new(Algorithm::Rolling, WINDOW, at(0));
        let first = counts.add(3);
        counts.roll(at(500));
        counts.add(4);
        counts.take_back(first, 2);
        assert_eq!((counts.used(), used_at(counts, 1000)), (5, 4));
    }

    #[test]
    fn nothing_is_taken_back_once_the_slot_has_left() {
        let mut counts = Counts::new(Algorithm::Rolling, WINDOW, at(0));
        let first = counts.add(3);
        counts.roll(at(1000));
        counts.add(4);
        counts.take_back(first, 3);
        assert_eq!(counts.used(), 4);
    }

    #[test]
    fn a_wall_clock_set_back_keeps_the_count_for_one_window() {
        let mut counts = Counts::new(Algorithm::Fixed, WINDOW, at(50_000));
        counts.add(9);
        let set_back = |ms: u64| Now {
            mono: Nanos::from_millis(50_000 + ms),
            wall: Nanos::from_millis(10_000 + ms).0,
        };
        counts.roll(set_back(999));
        assert_eq!(counts.used(), 9);
        counts.roll(set_back(1000));
        assert_eq!((counts.used(), counts.head), (0, 11));
    }

    #[test]
    fn a_window_that_is_no_multiple_of_ten_nanoseconds_has_slots_of_whole_ones() {
        let now = Now {
            mono: Nanos(1_000_000_009),
            wall: 0,
        };
        assert_eq!(slot(Algorithm::Rolling, Nanos(1_000_000_009), now), 10);
    }
}
