//! Values that all VMs of a process share, changed by compare-and-set.

use core::fmt;

/// Envoy's shared data, as one VM sees it. Keys are never freed, so callers keep to a bounded set of them.
pub trait SharedData {
    /// The value of `key` and its version; `None` when nobody has set it yet.
    ///
    /// # Errors
    /// When the host refuses or answers what it should not.
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError>;

    /// Sets `key`, if it still has the version `cas`, or, for `None`, if it does not exist yet.
    ///
    /// Proxy-Wasm's number 0 overwrites whatever stands there, so it must never be passed on for `None`: in Envoy, any
    /// other number creates a missing key and is compared with that of an existing one.
    ///
    /// # Errors
    /// [`SetError::CasMismatch`] when somebody else was faster; nothing has changed then.
    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError>;
}

/// A value and the number that a later [`SharedData::set`] must name to replace it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The bytes.
    pub value: Vec<u8>,
    /// Changes with every set of any key.
    pub cas: u32,
}

/// Shared data could not be read, or does not hold what this module writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreError;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shared data could not be read")
    }
}

impl core::error::Error for StoreError {}

/// Why a value was not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetError {
    /// The key has another version by now.
    CasMismatch,
    /// The host refused.
    Failed,
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetError::CasMismatch => "the value was changed by somebody else",
            SetError::Failed => "the value could not be set",
        })
    }
}

impl core::error::Error for SetError {}
