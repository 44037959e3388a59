//! Work that one VM does for all: fetching a list, asking for a lease.
//!
//! ```text
//! dubbo-policy/1/lock/NAME   "dpl" | format 1 | nonce of the holder's VM 8 | deadline on the monotonic clock 8
//! ```

use super::store::{SetError, SharedData, StoreError};
use crate::time::Nanos;

/// A lock in shared data. A holder that is gone loses it when its deadline has passed, so whoever holds it renews it in time.
#[derive(Debug, Clone)]
pub struct Lock {
    key: String,
    nonce: u64,
}

impl Lock {
    /// The lock `name`, for the VM with this `nonce`. Names are of a bounded set, for shared data is never freed.
    pub fn new(name: &str, nonce: u64) -> Lock {
        Lock {
            key: format!("dubbo-policy/1/lock/{name}"),
            nonce,
        }
    }

    /// Takes the lock until `now + hold`, or renews it. Whether it is this VM's now. One get, and a set if it is taken.
    ///
    /// # Errors
    /// When shared data cannot be read or written, or holds something else under this key. Nobody does the work then.
    pub fn take(
        &self,
        store: &mut dyn SharedData,
        now: Nanos,
        hold: Nanos,
    ) -> Result<bool, StoreError> {
        let found = store.get(&self.key)?;
        let cas = match found {
            None => None,
            Some(found) => {
                let (holder, deadline) = decode(&found.value)?;
                if holder != self.nonce && now < deadline {
                    return Ok(false);
                }
                Some(found.cas)
            }
        };
        match store.set(&self.key, &encode(self.nonce, now + hold), cas) {
            Ok(()) => Ok(true),
            Err(SetError::CasMismatch) => Ok(false),
            Err(SetError::Failed) => Err(StoreError),
        }
    }
}

fn encode(nonce: u64, deadline: Nanos) -> Vec<u8> {
    let mut value = FORMAT.to_vec();
    value.extend_from_slice(&nonce.to_le_bytes());
    value.extend_from_slice(&deadline.0.to_le_bytes());
    value
}

fn decode(value: &[u8]) -> Result<(u64, Nanos), StoreError> {
    let numbers = value.strip_prefix(&FORMAT).ok_or(StoreError)?;
    match numbers.as_chunks() {
        ([nonce, deadline], []) => Ok((
            u64::from_le_bytes(*nonce),
            Nanos(u64::from_le_bytes(*deadline)),
        )),
        _ => Err(StoreError),
    }
}

const FORMAT: [u8; 4] = *b"dpl\x01";

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::Versioned;
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Default)]
    struct Store(HashMap<String, Versioned>, u32);

    impl SharedData for Store {
        fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
            Ok(self.0.get(key).cloned())
        }

        fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
            if self.0.get(key).map(|found| found.cas) != cas {
                return Err(SetError::CasMismatch);
            }
            self.1 += 1;
            let (value, cas) = (value.to_vec(), self.1);
            self.0.insert(key.to_owned(), Versioned { value, cas });
            Ok(())
        }
    }

    const HOLD: Nanos = Nanos::from_secs(5);

    #[test]
    fn one_vm_holds_the_lock_and_renews_it() {
        let mut store = Store::default();
        let (one, two) = (Lock::new("fetch", 1), Lock::new("fetch", 2));
        let at = Nanos::from_secs;
        assert_eq!(one.take(&mut store, at(10), HOLD), Ok(true));
        assert_eq!(two.take(&mut store, at(14), HOLD), Ok(false));
        assert_eq!(one.take(&mut store, at(14), HOLD), Ok(true));
        assert_eq!(two.take(&mut store, at(18), HOLD), Ok(false));
    }

    #[test]
    fn a_holder_that_is_gone_loses_it_at_its_deadline() {
        let mut store = Store::default();
        let (one, two) = (Lock::new("fetch", 1), Lock::new("fetch", 2));
        assert_eq!(one.take(&mut store, Nanos::from_secs(10), HOLD), Ok(true));
        assert_eq!(two.take(&mut store, Nanos::from_secs(15), HOLD), Ok(true));
        assert_eq!(one.take(&mut store, Nanos::from_secs(16), HOLD), Ok(false));
    }

    #[test]
    fn what_is_no_lock_is_not_overwritten() {
        let mut store = Store::default();
        let lock = Lock::new("fetch", 1);
        store
            .set("dubbo-policy/1/lock/fetch", b"foreign", None)
            .unwrap();
        assert_eq!(
            lock.take(&mut store, Nanos::from_secs(1), HOLD),
            Err(StoreError)
        );
    }
}
