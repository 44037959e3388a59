//! What the VMs of one process have in common: the host's shared data, and who does a node's work.

mod lock;
mod store;

pub use lock::Lock;
pub use store::{SetError, SharedData, StoreError, Versioned};
