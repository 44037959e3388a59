//! When a failed send is tried again.

use crate::time::Nanos;

/// Waits that double, each cut by a random part of at most half, so that many nodes do not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Backoff {
        Backoff { random: seed }
    }

    /// How long to wait after the `attempt`th failure (from 1); `None` when it was the last attempt.
    pub(super) fn wait(&mut self, attempt: u32) -> Option<Nanos> {
        if attempt >= MAX_ATTEMPTS {
            return None;
        }
        let longest = FIRST_WAIT.0 << (attempt - 1).min(8);
        Some(Nanos(longest - self.next() % (longest / 2)))
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.random;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }
}

/// With waits of 0.5, 1, 2 and 4 s and a timeout of 5 s a batch is given up after 33 s at the latest.
const MAX_ATTEMPTS: u32 = 5;
const FIRST_WAIT: Nanos = Nanos::from_millis(500);
