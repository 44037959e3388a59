//! Shared data as Envoy keeps it: one growing number for all keys, nothing is ever deleted.

use std::collections::BTreeMap;

use engine::shared::{SetError, SharedData, StoreError, Versioned};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) values: BTreeMap<String, Versioned>,
    pub(crate) gets: usize,
    pub(crate) sets: usize,
    last_cas: u32,
}

impl Memory {
    /// The names of the buckets that exist.
    pub(crate) fn buckets(&self) -> Vec<&str> {
        let names = self.values.keys().map(String::as_str);
        names
            .filter(|name| name.starts_with("dubbo-policy/1/quota/"))
            .collect()
    }

    /// How many gets and sets `act` makes.
    pub(crate) fn operations(&mut self, act: impl FnOnce(&mut Memory)) -> (usize, usize) {
        let before = (self.gets, self.sets);
        act(self);
        (self.gets - before.0, self.sets - before.1)
    }
}

impl SharedData for Memory {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.gets += 1;
        Ok(self.values.get(key).cloned())
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        self.sets += 1;
        if self.values.get(key).map(|found| found.cas) != cas {
            return Err(SetError::CasMismatch);
        }
        self.last_cas += 1;
        let value = Versioned {
            value: value.to_vec(),
            cas: self.last_cas,
        };
        self.values.insert(key.into(), value);
        Ok(())
    }
}
