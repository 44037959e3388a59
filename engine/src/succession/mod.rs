//! Who succeeds whom: which load of the module, and which of its policies, was the last to be put in force in this process.
//!
//! A VM does not learn that from its host. One with the code of an earlier load keeps its connections for as long as they last.
//! And where a policy comes back while connections are open that began under it, Envoy takes their root context up again
//! without a word to the worker. The main thread's VM is always told; so each VM writes what it was told into shared data,
//! where the others find it.

mod standing;
mod table;

use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

pub use standing::{Outlook, Standing};

/// Names a thing by its parts. Not a secret: nobody gains anything by two names that collide but an operator's own confusion.
pub fn fingerprint(parts: &[&[u8]]) -> u64 {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_u64(part.len() as u64);
        hasher.write(part);
    }
    hasher.finish128().h1
}
