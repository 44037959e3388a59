//! Which of the shared values holds a key's counters.

use super::key::Key;

/// One of the table's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Place {
    /// Where the counters of `key` stand. Only the number of buckets depends on `max_keys`, so counters survive its change
    /// as long as that stays the same.
    pub(super) fn of(key: Key, max_keys: u32) -> Place {
        let [low, _] = key.id;
        let bucket = low % u64::from(buckets(max_keys));
        Place(key.quota.wrapping_add(bucket) % u64::from(PLACES))
    }

    /// The name in shared data.
    pub(super) fn name(self) -> String {
        format!("dubbo-policy/1/quota/{:03x}", self.0)
    }
}

/// How many keys of one quota a bucket takes.
pub(super) fn capacity(max_keys: u32) -> usize {
    max_keys.div_ceil(buckets(max_keys)) as usize
}

/// How many buckets a quota's keys are spread over: a power of two, so that few changes of `max_keys` change it.
fn buckets(max_keys: u32) -> u32 {
    let wanted = (max_keys / KEYS_A_BUCKET).checked_ilog2().unwrap_or(0);
    (1 << wanted).min(PLACES)
}

/// A name costs Envoy about a hundred bytes that it never frees, so all of them together stay below a megabyte.
const PLACES: u32 = 4096;

/// More make a bucket's value long to copy in and out of the VM, fewer make the spread of keys over buckets uneven.
const KEYS_A_BUCKET: u32 = 64;

#[cfg(test)]
mod tests {
    use super::super::limit::Quota;
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn max_keys_sets_the_buckets_and_their_capacity() {
        for (max_keys, count, each) in [
            (0, 1, 0),
            (1, 1, 1),
            (127, 1, 127),
            (128, 2, 64),
            (10_000, 128, 79),
            (1_000_000, 4096, 245),
            (u32::MAX, 4096, 1_048_576),
        ] {
            assert_eq!(
                (buckets(max_keys), capacity(max_keys)),
                (count, each),
                "of {max_keys}"
            );
        }
    }

    #[test]
    fn below_exact_keys_there_is_one_bucket() {
        assert_eq!(buckets(Quota::EXACT_KEYS - 1), 1);
        assert_eq!(buckets(Quota::EXACT_KEYS), 2);
    }

    #[test]
    fn the_last_bucket_wraps_round_to_the_first_place() {
        let key = Key {
            id: [1, 0],
            quota: u64::MAX,
        };
        assert_eq!(Place::of(key, 10_000).name(), "dubbo-policy/1/quota/000");
    }
}
