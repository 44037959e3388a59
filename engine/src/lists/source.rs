//! Where a list is fetched from.

use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::body::Format;
use super::entries::Kind;
use crate::time::Nanos;

/// `source` of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The Envoy cluster of the server.
    pub cluster: String,
    /// The server's name, for `Host` or `:authority`.
    pub authority: String,
    /// What is asked for, with its query.
    pub path: String,
    /// How the list is written.
    pub format: Format,
    /// From one good fetch to the next.
    pub refresh: Nanos,
    /// For one fetch.
    pub timeout: Nanos,
    /// A longer body is not taken.
    pub max_bytes: usize,
}

/// `when_expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenExpired {
    /// Rules that could refuse a call refuse it.
    Deny,
    /// The entries that were fetched last still count.
    Keep,
    /// Rules that need the list do not apply, and grant nothing.
    Skip,
}

/// Names what is fetched for one list of one policy: two lists with the same identity have the same entries.
pub(super) type Identity = [u64; 2];

/// The identity of the list `name` of `policy`, which the plugin `plugin` has loaded. The configuration's words only:
/// nothing that a caller chooses, so the hash needs no secret.
pub(super) fn identity(
    plugin: &str,
    policy: &str,
    name: &str,
    kind: Kind,
    source: &Source,
) -> Identity {
    let mut hash = SipHasher13::new();
    let format = match source.format {
        Format::Lines => "lines",
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    let kind = kind.to_string();
    let texts = [
        plugin,
        policy,
        name,
        &kind,
        &source.cluster,
        &source.authority,
        &source.path,
        format,
    ];
    for text in texts {
        hash.write(text.as_bytes());
        // Stands in no UTF-8 text.
        hash.write(&[0xff]);
    }
    let hash = hash.finish128();
    [hash.h1, hash.h2]
}

/// A hash of bytes, the same in every VM; never 0.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    let mut hash = SipHasher13::new();
    hash.write(bytes);
    hash.finish128().h1.max(1)
}
