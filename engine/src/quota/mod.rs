//! Limits counted exactly across the workers of one Envoy.

mod charge;
mod key;
mod limit;
mod store;

pub use charge::{Charge, Refused, Why};
pub use key::{Counters, Key, Ledger};
pub use limit::{Algorithm, Override, Quota, WhenFull};
pub use store::{SetError, SharedData, StoreError, Versioned};
