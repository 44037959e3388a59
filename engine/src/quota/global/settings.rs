//! What `global` of a quota says.

use super::unit::Unit;

/// A quota that several Envoys share, by a rate limit service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Which counters of which service.
    pub service: Service,
    /// The quota's name, its limit and its window, for a try of the service.
    pub quota: String,
    /// At most what the service's messages can carry.
    pub limit: u32,
    /// The window.
    pub unit: Unit,
    /// What is admitted while the service does not answer, or not as it should.
    pub when_unavailable: WhenUnavailable,
}

impl Global {
    /// The first entry of a descriptor.
    pub(super) fn entry(&self, dry_run: bool) -> (String, String) {
        let key = if dry_run { "dry_run_quota" } else { "quota" };
        (key.to_owned(), self.quota.clone())
    }
}

/// A domain of a rate limit service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The Envoy cluster of the service.
    pub cluster: String,
    /// The service's `domain`.
    pub domain: String,
}

/// `global.when_unavailable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnavailable {
    /// So much in a window, counted in this Envoy alone.
    Local(u64),
    /// Everything.
    Allow,
    /// Nothing but what was granted before.
    Deny,
}
