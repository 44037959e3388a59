//! What all threads of the fake Envoy share.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::metrics::Metrics;
use crate::properties::Properties;
use crate::shared::{Registrant, SharedData, SharedQueues};
use crate::status::Status;
use crate::upstream::{Cluster, Pending};

/// Everything outside of the VMs: the clock, shared data, stats, clusters, and a book of what the
/// modules called.
pub(crate) struct Host {
    /// Nanoseconds since the start.
    pub(crate) now: u64,
    pub(crate) shared_data: SharedData,
    pub(crate) queues: SharedQueues,
    /// Roots to be told that a queue holds something.
    pub(crate) wakes: VecDeque<(Registrant, u32)>,
    pub(crate) metrics: Metrics,
    pub(crate) clusters: BTreeMap<String, Cluster>,
    pub(crate) pending: Vec<Pending>,
    /// Properties that every context has (the node's, the plugin's).
    pub(crate) properties: Properties,
    /// Lines of the module, with their level (0 trace to 5 critical).
    pub(crate) log: Vec<(u32, String)>,
    pub(crate) log_level: u32,
    pub(crate) faults: Faults,
    /// Calls by name, the failed ones included.
    pub(crate) calls: BTreeMap<&'static str, u64>,
}

/// 2023-11-14T22:13:20Z: where the wall clock stands at the start.
const WALL_START: Duration = Duration::from_secs(1_700_000_000);

/// Where the monotonic clock stands at the start: like a machine's, not at 0.
const MONOTONIC_START: Duration = Duration::from_secs(5_000);

impl Host {
    pub(crate) fn new(properties: Properties, log_level: u32) -> Host {
        Host {
            now: 0,
            shared_data: SharedData::default(),
            queues: SharedQueues::default(),
            wakes: VecDeque::new(),
            metrics: Metrics::default(),
            clusters: BTreeMap::new(),
            pending: Vec::new(),
            properties,
            log: Vec::new(),
            log_level,
            faults: Faults::default(),
            calls: BTreeMap::new(),
        }
    }

    /// Nanoseconds since the UTC epoch.
    pub(crate) fn wall(&self) -> u64 {
        WALL_START.as_nanos() as u64 + self.now
    }

    /// Nanoseconds of the monotonic clock.
    pub(crate) fn monotonic(&self) -> u64 {
        MONOTONIC_START.as_nanos() as u64 + self.now
    }

    /// Counts a call and answers the status that a test wants it to fail with.
    pub(crate) fn enter(&mut self, call: &'static str) -> Option<Status> {
        *self.calls.entry(call).or_default() += 1;
        self.faults.strike(call)
    }
}

/// Statuses that fail on demand.
#[derive(Default)]
pub(crate) struct Faults(BTreeMap<String, Fault>);

struct Fault {
    status: Status,
    spared: u64,
}

impl Faults {
    pub(crate) fn set(&mut self, call: &str, status: Status, after: u64) {
        self.0.insert(
            call.to_owned(),
            Fault {
                status,
                spared: after,
            },
        );
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn strike(&mut self, call: &str) -> Option<Status> {
        let fault = self.0.get_mut(call)?;
        match fault.spared.checked_sub(1) {
            Some(left) => {
                fault.spared = left;
                None
            }
            None => Some(fault.status),
        }
    }
}
