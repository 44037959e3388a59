//! Limits counted exactly across the workers of one Envoy.
//!
//! All VMs count in the host's shared data, in a fixed table of values that are changed by compare-and-set only:
//!
//! ```text
//! dubbo-policy/1/seed        16 random bytes; hashes of everything that callers choose are keyed with them
//! dubbo-policy/1/cells       which VMs are there
//! dubbo-policy/1/quota/HHH   a bucket: 4096 of them, found by the hash of (plugin, policy, quota, window, algorithm, per, values)
//! ```
//!
//! Envoy never frees a shared-data key, so the table's size bounds what hostile callers can make it keep, together with
//! `max_keys`. Counters leave their bucket once they have no part in the current window, shares when nothing is held.
//!
//! A VM takes more than a call needs, where the limit is large, so that most calls find enough in its own `books`. A call
//! that does not reads its buckets, and writes each when all its charges fit. Whatever goes wrong on the way leaves too much
//! counted, never too little: the limit holds, and what was counted too much leaves with its window, or by the next tick.

mod books;
mod bucket;
mod by_id;
mod cells;
mod charge;
mod counts;
mod global;
mod hold;
mod key;
mod keys;
mod leases;
mod limit;
mod seed;
mod shares;
mod slots;
mod table;

pub use charge::{Charge, Refused, Why};
pub use global::{Ask, AskId, Asked, Global, Globals, Service, Unit, WhenUnavailable};
pub use hold::Hold;
pub use key::{Counters, Key, Ledger};
pub use limit::{Algorithm, GlobalRate, InFlight, Kind, Override, Quota, Rate, WhenFull};
