//! Whether a rate limit service answers as it should: what the VMs of a node know of it together.
//!
//! ```text
//! dubbo-policy/1/ratelimit/HH   "dph" | format 1 | id 16 | standing 8 | failures 8 | retry_at 8 | cause 8
//! ```
//!
//! A service that failed is tried by one VM at a time, with an ask that takes nothing, at growing intervals. So it costs
//! little as long as it is away, and no call is needed to find that it is back.

use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::super::key::Id;
use super::settings::Service;
use crate::shared::{SetError, SharedData};
use crate::time::Nanos;

/// A service that the policy uses.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) service: Service,
    name: String,
    known: Known,
    /// When it was last said in the log that it is back, and that it is away.
    said: [Option<Nanos>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody has asked it yet. It is taken for up until it fails.
    Unknown,
    Up,
    Down,
}

/// What stands in shared data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    id: Id,
    standing: Standing,
    /// In a row.
    failures: u64,
    /// Nobody tries it before.
    retry_at: Nanos,
    /// Of the last failure: a hash of what is said of it.
    cause: u64,
}

impl Health {
    /// A service of which nothing is known.
    pub(super) fn new(service: Service) -> Health {
        let id = hash(&[&service.cluster, &service.domain]);
        let [low, _] = id;
        Health {
            service,
            name: format!("dubbo-policy/1/ratelimit/{:02x}", low % 256),
            known: Known {
                id,
                standing: Standing::Unknown,
                failures: 0,
                retry_at: Nanos(0),
                cause: 0,
            },
            said: [None; 2],
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.known.standing
    }

    /// Learns what other VMs found out. Whether this one is to try the service now.
    pub(super) fn look(&mut self, store: &mut dyn SharedData, now: Nanos, patience: Nanos) -> bool {
        let cas = self.learn(store);
        if self.known.standing == Standing::Up || now < self.known.retry_at {
            return false;
        }
        let mut claimed = self.known;
        claimed.retry_at = now + patience;
        let set = store.set(&self.name, &claimed.encode(), cas);
        if set != Err(SetError::CasMismatch) {
            // Without shared data each VM tries on its own.
            self.known = claimed;
            return true;
        }
        false
    }

    /// The service has answered as it should. Whether that is news.
    pub(super) fn succeeded(&mut self, store: &mut dyn SharedData) -> bool {
        if self.known.standing == Standing::Up {
            return false;
        }
        let cas = self.learn(store);
        let news = self.known.standing == Standing::Down;
        self.known.standing = Standing::Up;
        self.known.failures = 0;
        self.known.retry_at = Nanos(0);
        self.publish(store, cas);
        news
    }

    /// The service has not answered, or not as it should. Whether that is news. `random` spreads the tries of many nodes.
    pub(super) fn failed(
        &mut self,
        store: &mut dyn SharedData,
        now: Nanos,
        random: u64,
        cause: &'static str,
    ) -> bool {
        let cas = self.learn(store);
        let before = self.known;
        let [cause, _] = hash(&[cause]);
        let longest = (FIRST_WAIT.0 << before.failures.min(8)).min(LONGEST_WAIT.0);
        self.known = Known {
            standing: Standing::Down,
            failures: before.failures.saturating_add(1),
            retry_at: now + Nanos(longest - random % (longest / 2)),
            cause,
            ..before
        };
        self.publish(store, cas);
        before.standing != Standing::Down || before.cause != self.known.cause
    }

    /// Whether this VM may say in the log that the service is away, or back: each every ten seconds.
    pub(super) fn may_say(&mut self, now: Nanos, is_away: bool) -> bool {
        let [back, away] = &mut self.said;
        let said = if is_away { away } else { back };
        let may = said.is_none_or(|said| now >= said + QUIET);
        if may {
            *said = Some(now);
        }
        may
    }

    fn learn(&mut self, store: &mut dyn SharedData) -> Option<u32> {
        let found = store.get(&self.name).ok().flatten()?;
        let known = Known::decode(&found.value)?;
        // Two services may share a value: the one that wrote last is told of, and each VM goes by its own for the other.
        if known.id == self.known.id {
            self.known = known;
        }
        Some(found.cas)
    }

    /// Where another VM was faster, its word stands until the next look.
    fn publish(&self, store: &mut dyn SharedData, cas: Option<u32>) {
        let _ = store.set(&self.name, &self.known.encode(), cas);
    }
}

impl Known {
    fn decode(value: &[u8]) -> Option<Known> {
        let words = value.strip_prefix(&FORMAT)?;
        let (&[low, high, standing, failures, retry_at, cause], []) = words.as_chunks::<8>() else {
            return None;
        };
        Some(Known {
            id: [u64::from_le_bytes(low), u64::from_le_bytes(high)],
            standing: match u64::from_le_bytes(standing) {
                0 => Standing::Unknown,
                1 => Standing::Up,
                2 => Standing::Down,
                _ => return None,
            },
            failures: u64::from_le_bytes(failures),
            retry_at: Nanos(u64::from_le_bytes(retry_at)),
            cause: u64::from_le_bytes(cause),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let standing = match self.standing {
            Standing::Unknown => 0,
            Standing::Up => 1,
            Standing::Down => 2,
        };
        let [low, high] = self.id;
        let mut value = FORMAT.to_vec();
        let after = [self.failures, self.retry_at.0, self.cause];
        for word in [low, high, standing].into_iter().chain(after) {
            value.extend_from_slice(&word.to_le_bytes());
        }
        value
    }
}

/// Of names from the configuration, so it needs no seed.
fn hash(texts: &[&str]) -> Id {
    let mut hash = SipHasher13::new();
    for text in texts {
        hash.write(text.as_bytes());
        hash.write_u8(0xff);
    }
    let hash = hash.finish128();
    [hash.h1, hash.h2]
}

const FORMAT: [u8; 4] = *b"dph\x01";
const FIRST_WAIT: Nanos = Nanos::from_millis(100);
/// So a service that is back is found well within two windows of a second, even if its first answer is one more error.
const LONGEST_WAIT: Nanos = Nanos::from_millis(400);
const QUIET: Nanos = Nanos::from_secs(10);
