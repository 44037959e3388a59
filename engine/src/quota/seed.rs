//! The seed of all hashes over what callers choose: one for all VMs of a process.
//!
//! ```text
//! dubbo-policy/1/seed   "dps" | format 1 | 16 random bytes
//! ```

use crate::shared::{SetError, SharedData, StoreError};

/// Keys SipHash.
pub(super) type Seed = [u8; 16];

/// The seed that all VMs use: `random`, if nobody has set another one before.
pub(super) fn agree(store: &mut dyn SharedData, random: Seed) -> Result<Seed, StoreError> {
    if let Some(theirs) = store.get(NAME)? {
        return decode(&theirs.value);
    }
    let mut ours = FORMAT.to_vec();
    ours.extend_from_slice(&random);
    match store.set(NAME, &ours, None) {
        Ok(()) => Ok(random),
        Err(SetError::CasMismatch) => decode(&store.get(NAME)?.ok_or(StoreError)?.value),
        Err(SetError::Failed) => Err(StoreError),
    }
}

fn decode(value: &[u8]) -> Result<Seed, StoreError> {
    let seed = value.strip_prefix(&FORMAT).ok_or(StoreError)?;
    seed.try_into().map_err(|_| StoreError)
}

const NAME: &str = "dubbo-policy/1/seed";

const FORMAT: [u8; 4] = *b"dps\x01";
