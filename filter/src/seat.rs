//! Where a policy sits in this VM: one worker, shared by the root contexts that have been configured for it.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use engine::metrics::Direction;
use engine::policy::{Policy, Workload};
use engine::report::Node;
use engine::succession::Standing;
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Identity, Worker};

use crate::generation;
use crate::host;
use crate::metrics::MetricIds;
use crate::place::Key;
use crate::succession::Succession;

/// While something may be due soon.
const BUSY: Duration = Duration::from_millis(50);
/// Else.
const QUIET: Duration = Duration::from_secs(1);

/// A policy's worker, and what connects it to the host.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) worker: RefCell<Worker>,
    pub(crate) metrics: RefCell<MetricIds>,
    pub(crate) key: Key,
    /// What this VM knows of the policy's place among others.
    pub(crate) succession: RefCell<Succession>,
    /// The root context that was configured last: it ticks for the others.
    owner: Cell<Option<u32>>,
    period: Cell<Duration>,
    /// Wall clock less monotonic clock, read by ticks.
    epoch: Cell<u64>,
    /// Whether a connection has told which way the listener's traffic goes.
    directed: Cell<bool>,
}

impl Seat {
    /// A seat that `root` ticks for.
    pub(crate) fn new(key: Key, root: u32, policy: Rc<Policy>) -> Rc<Seat> {
        let identity = Identity {
            node: Node {
                id: text(&["xds", "node", "id"]),
                cluster: text(&["xds", "node", "cluster"]),
                direction: Direction::Unspecified,
                vm_nonce: random(),
            },
            plugin: key.plugin.clone(),
            random: (u128::from(random()) << 64 | u128::from(random())).to_le_bytes(),
        };
        let mut worker = Worker::new(policy, identity);
        let metadata = |name| Some(text(&["xds", "node", "metadata", name]));
        worker.set_workload(Workload {
            namespace: metadata("NAMESPACE").filter(|text| !text.is_empty()),
            name: metadata("WORKLOAD_NAME").filter(|text| !text.is_empty()),
        });
        let standing = Standing::new(&key.plugin, &key.root_id, &key.policy, generation::this());
        Rc::new(Seat {
            worker: RefCell::new(worker),
            metrics: RefCell::default(),
            key,
            succession: RefCell::new(Succession::new(standing)),
            owner: Cell::new(Some(root)),
            period: Cell::new(QUIET),
            epoch: Cell::default(),
            directed: Cell::default(),
        })
    }

    /// `root`, which is the effective context, ticks for the seat from now on. The first tick comes soon, because it tells the
    /// other VMs what this one was told.
    pub(crate) fn own(&self, root: u32) {
        self.owner.set(Some(root));
        self.tick_every(BUSY);
    }

    /// Whether `root` ticks for the seat. One whose owner is gone falls to whoever asks.
    pub(crate) fn is_owned_by(&self, root: u32) -> bool {
        if self.owner.get().is_none() {
            self.own(root);
        }
        self.owner.get() == Some(root)
    }

    /// Whether `root` ticks for the seat.
    pub(crate) fn is_of(&self, root: u32) -> bool {
        self.owner.get() == Some(root)
    }

    /// `root` will tick no more.
    pub(crate) fn leave(&self, root: u32) {
        if self.owner.get() == Some(root) {
            self.owner.set(None);
        }
    }

    /// Whether calls choose the cluster of their connection.
    pub(crate) fn chooses_clusters(&self) -> bool {
        self.worker.borrow().policy().chooses_clusters
    }

    /// What the host's clocks say. The wall clock is that of the last tick, carried on: it costs no host call.
    pub(crate) fn now(&self) -> host::Result<Now> {
        let mono = host::monotonic_time()?;
        if self.epoch.get() == 0 {
            self.epoch.set(host::wall_time()?.saturating_sub(mono));
        }
        Ok(Now {
            mono: Nanos(mono),
            wall: self.epoch.get().saturating_add(mono),
        })
    }

    /// Reads both clocks.
    pub(crate) fn now_exactly(&self) -> host::Result<Now> {
        self.epoch.set(0);
        self.now()
    }

    /// Lets the owner tick faster while something may be due, whichever context is the effective one now. An error leaves
    /// another context the effective one.
    pub(crate) fn keep_pace(&self, context: ConnectionId) -> host::Result<()> {
        if self.period.get() != BUSY
            && self.worker.borrow().busy()
            && let Some(owner) = self.owner.get()
            && self.try_host(host::set_effective_context(owner))
        {
            self.tick_every(BUSY);
            host::set_effective_context(context.0)?;
        }
        Ok(())
    }

    /// Learns which way the listener's traffic goes, from its first connection.
    pub(crate) fn learn_direction(&self) -> host::Result<()> {
        if !self.directed.replace(true)
            && let Some(bytes) = host::property(&["xds", "listener_direction"])?
            && let Ok(number) = bytes.try_into()
        {
            let direction = Direction::from_envoy(i64::from_le_bytes(number));
            self.worker.borrow_mut().set_direction(direction);
        }
        Ok(())
    }

    /// Whether its owner has to tick soon.
    pub(crate) fn is_busy(&self) -> bool {
        self.worker.borrow().busy()
    }

    /// Ticks as fast as is needed, called by the owner.
    pub(crate) fn set_pace(&self, busy: bool) {
        self.tick_every(if busy { BUSY } else { QUIET });
    }

    fn tick_every(&self, period: Duration) {
        if self.try_host(host::set_tick_period(period)) {
            self.period.set(period);
        }
    }

    /// Counts a host call that failed. Whether it did not.
    pub(crate) fn try_host(&self, result: host::Result<()>) -> bool {
        match result {
            Ok(()) => true,
            Err(error) => {
                self.failed(error);
                false
            }
        }
    }

    /// Counts a host call that failed.
    pub(crate) fn failed(&self, error: host::HostError) {
        self.worker
            .borrow_mut()
            .metrics()
            .host_call_failed(error.call);
    }
}

/// A property of the plugin or the node; empty if it has none. It names things, and decides nothing.
pub(crate) fn text(path: &[&str]) -> String {
    let value = host::property(path).ok().flatten();
    value.map_or_else(String::new, |bytes| {
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Random bytes from WASI, as the standard library takes them for its hash tables.
fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}
