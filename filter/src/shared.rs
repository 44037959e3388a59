//! Envoy's shared data, as the engine wants it.

use engine::shared::{SetError, SharedData, StoreError, Versioned};

use crate::host;

/// A number that no value has: a key that exists is not overwritten with it, and one that is missing is created. With 0
/// the host would overwrite.
const CREATE: u32 = u32::MAX;

/// The shared data of this VM's `vm_id`.
#[derive(Debug)]
pub(crate) struct HostData;

impl SharedData for HostData {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        let found = host::shared_data(key).map_err(|_| StoreError)?;
        Ok(found.map(|(value, cas)| Versioned { value, cas }))
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        host::set_shared_data(key, value, cas.unwrap_or(CREATE)).map_err(|error| {
            match error.status {
                host::CAS_MISMATCH => SetError::CasMismatch,
                _ => SetError::Failed,
            }
        })
    }
}
