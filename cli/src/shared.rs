//! Shared data of a process that has no host.

use std::collections::HashMap;

use engine::shared::{SetError, SharedData, StoreError, Versioned};

/// Values in memory. Nothing fails, and nobody else sets them.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    values: HashMap<String, Versioned>,
    sets: u32,
}

impl SharedData for Memory {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        Ok(self.values.get(key).cloned())
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        if self.values.get(key).map(|found| found.cas) != cas {
            return Err(SetError::CasMismatch);
        }
        self.sets = self.sets.wrapping_add(1);
        let (value, cas) = (value.to_vec(), self.sets);
        self.values.insert(key.to_owned(), Versioned { value, cas });
        Ok(())
    }
}
