//! What one VM does for one policy: its connections, their timers and budgets, its reports and its metrics.

use core::net::SocketAddr;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::connection::{
    CloseReason, Connection, Context, Effects, Judged, Memory, Peers, Side, Surroundings,
};
use crate::drain::Drain;
use crate::lists::{self, Fetch, FetchId, Following, Notice};
use crate::metrics::{Direction, Metrics};
use crate::policy::{Policy, Workload};
use crate::quota::{Ask, AskId, Counters};
use crate::report::{Node, Reports};
use crate::shared::SharedData;
use crate::time::{Nanos, Now};

mod closing;
mod policies;

use self::policies::Waiting;

/// The host's number of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// What one VM is, for its reports and its share in the quotas.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Envoy's node, and a random number of this VM: the tables over names that callers choose are seeded with it.
    pub node: Node,
    /// Envoy's `plugin_name`: with the policy's name, it owns the state of the quotas.
    pub plugin: String,
    /// Random bytes, the seed of the quotas' keys if this VM is the first to need one.
    pub random: [u8; 16],
}

/// Whatever one VM does for one policy. Policies replace each other under it: open connections follow the new one at
/// their next call, and no record or count is lost.
#[derive(Debug)]
pub struct Worker {
    identity: Identity,
    common: Common,
    connections: HashMap<ConnectionId, Entry>,
    /// When to look at a connection although nothing comes: the `timer` of each entry.
    timers: BTreeSet<(Nanos, ConnectionId)>,
    /// Bytes of incomplete frames, in all connections.
    held: usize,
    /// Requests in flight, in all connections.
    in_flight: usize,
    /// Connections to close at the next tick, because another one's callback is no place to do it.
    doomed: Vec<ConnectionId>,
    /// Connections that have to go, little by little.
    drains: Vec<Drain>,
    /// Whether a drain is in its last part.
    hurries: bool,
    /// Connections so far.
    opened: u64,
    counters: Counters,
    /// What this Envoy's node says of itself.
    workload: Rc<Workload>,
    /// Keeps the fetched lists up to date.
    lists: Following,
    /// A policy that is to replace the one in force as soon as its lists have been fetched.
    waiting: Option<Waiting>,
    /// Whether there has been a connection.
    serves: bool,
    /// Not yet taken to be sent.
    asks: Vec<Ask>,
}

/// What all connections work with.
#[derive(Debug)]
struct Common {
    policy: Rc<Policy>,
    /// What earlier calls said.
    memory: Memory,
    metrics: Metrics,
    /// Also when the policy in force wants none, but one before did: what that had queued goes out, and numbers are not used twice.
    reports: Option<Reports>,
    /// Decisions since they were asked for last, if they are asked for.
    trail: Option<Vec<Judged>>,
}

impl Common {
    /// Without room for requests in flight: what ends adds none.
    fn context(&mut self, now: Now) -> Context<'_> {
        Context {
            now,
            policy: &self.policy,
            memory: &mut self.memory,
            metrics: &mut self.metrics,
            reports: self
                .reports
                .as_mut()
                .filter(|_| self.policy.reports.is_some()),
            trail: self.trail.as_mut(),
            max_in_flight: 0,
        }
    }
}

#[derive(Debug)]
struct Entry {
    connection: Connection,
    timer: Option<Nanos>,
    held: usize,
    in_flight: usize,
    /// The root context that it began with.
    origin: u32,
    /// When something last came.
    active: Nanos,
}

impl Worker {
    /// A worker without connections.
    pub fn new(policy: Rc<Policy>, identity: Identity) -> Worker {
        let seed = identity.node.vm_nonce;
        let metrics = Metrics::new(
            &policy.name,
            &policy.revision,
            identity.node.direction,
            seed,
        );
        let counters = Counters::new(&identity.plugin, &policy.name, identity.random, seed);
        let mut worker = Worker {
            connections: HashMap::new(),
            timers: BTreeSet::new(),
            held: 0,
            in_flight: 0,
            doomed: Vec::new(),
            drains: Vec::new(),
            hurries: false,
            opened: 0,
            common: Common {
                policy: Rc::clone(&policy),
                memory: Memory::new(seed),
                metrics,
                reports: None,
                trail: None,
            },
            counters,
            workload: Rc::default(),
            lists: Following::new(&identity.plugin, seed),
            waiting: None,
            serves: false,
            asks: Vec::new(),
            identity,
        };
        worker.put_in_force(policy);
        worker
    }

    /// The policy in force.
    pub fn policy(&self) -> &Rc<Policy> {
        &self.common.policy
    }

    /// Which way the listener's traffic goes: Envoy tells it to connections only.
    pub fn set_direction(&mut self, direction: Direction) {
        self.identity.node.direction = direction;
        self.common.metrics.set_direction(direction);
        if let Some(reports) = &mut self.common.reports {
            reports.set_direction(
                direction,
                &self.common.policy.name,
                &self.common.policy.revision,
            );
        }
    }

    /// The workload that this Envoy stands before: connections that begin from now on know it.
    pub fn set_workload(&mut self, workload: Workload) {
        self.workload = Rc::new(workload);
    }

    /// A connection begins.
    pub fn open(&mut self, id: ConnectionId, peers: Peers) {
        let surroundings = Surroundings {
            direction: self.identity.node.direction,
            node: Rc::clone(&self.workload),
        };
        self.serves = true;
        self.opened += 1;
        self.connections.insert(
            id,
            Entry {
                connection: Connection::new(peers, surroundings, self.identity.node.vm_nonce),
                timer: None,
                held: 0,
                in_flight: 0,
                origin: 0,
                active: Nanos(0),
            },
        );
    }

    /// Whether the certificates of clients are of use: rules look at them, or reports have them.
    pub fn wants_principals(&self) -> bool {
        self.common.policy.looks_at_certificates || self.common.policy.reports.is_some()
    }

    /// The URI of the client's certificate is known; `None` when the client has shown none. The host must have verified
    /// the certificate.
    pub fn set_principal(&mut self, id: ConnectionId, uri: Option<&str>) {
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.connection.set_principal(uri);
        }
    }

    /// The root context that a connection began with, for [`Worker::drain`].
    pub fn set_origin(&mut self, id: ConnectionId, root: u32) {
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.origin = root;
        }
    }

    /// How many connections there have been.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// The connection's provider is known.
    pub fn set_provider(&mut self, id: ConnectionId, provider: Option<SocketAddr>) {
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.connection.set_provider(provider);
        }
    }

    /// Some bytes of a connection have come from one side; at `end_of_stream` they are its last.
    pub fn data(
        &mut self,
        id: ConnectionId,
        from: Side,
        bytes: Vec<u8>,
        end_of_stream: bool,
        now: Now,
        shared: &mut dyn SharedData,
    ) -> Effects {
        let Some(entry) = self.connections.get_mut(&id) else {
            return Effects::close(CloseReason::UNKNOWN_CONNECTION);
        };
        entry.active = now.mono;
        let limits = self.common.policy.limits;
        let others = self.in_flight - entry.in_flight;
        let mut context = self.common.context(now);
        context.max_in_flight = limits
            .calls_in_flight_per_connection
            .min(limits.calls_in_flight_per_worker.saturating_sub(others));
        let mut ledger = self.counters.open(shared);
        let effects = entry
            .connection
            .data(from, bytes, end_of_stream, &mut ledger, &mut context);
        if entry.connection.is_closing() && effects.close.is_none() {
            self.doomed.push(id);
        }
        self.settle(id);
        if self.held > self.common.policy.limits.held_bytes_per_worker {
            self.relieve();
        }
        effects
    }

    /// A connection is gone.
    pub fn closed(&mut self, id: ConnectionId, now: Now) {
        let Some(mut entry) = self.connections.remove(&id) else {
            return;
        };
        entry.connection.gone(&mut self.common.context(now));
        self.held -= entry.held;
        self.in_flight -= entry.in_flight;
        if let Some(at) = entry.timer {
            self.timers.remove(&(at, id));
        }
    }

    /// Looks at what has waited too long, and says which connections have to be closed now. There may be more of them: the next tick names these.
    pub fn tick(&mut self, now: Now, shared: &mut dyn SharedData) -> Vec<ConnectionId> {
        let later = self
            .timers
            .split_off(&(now.mono + Nanos(1), ConnectionId(0)));
        for (_, id) in core::mem::replace(&mut self.timers, later) {
            let Some(entry) = self.connections.get_mut(&id) else {
                continue;
            };
            entry.timer = None;
            if let Some(reason) = entry.connection.overdue(&mut self.common.context(now)) {
                self.doom(id, reason);
            }
            self.settle(id);
        }
        let known = self.counters.keys().any(|(_, keys)| keys > 0);
        if known || self.counters.busy() || !self.common.policy.quotas.is_empty() {
            self.counters.tick(now, shared);
            self.common.metrics.set_quota_keys(self.counters.keys());
        }
        self.lists
            .tick(now, self.serves, shared, &mut self.common.metrics);
        self.wait_for_lists(now.mono);
        self.tick_globals(now, shared);
        self.tick_drains(now.mono);
        self.common.metrics.set_held_bytes(self.held as u64);
        self.common
            .metrics
            .set_calls_in_flight(self.in_flight as u64);
        if let Some(reports) = &self.common.reports {
            self.common.metrics.set_reports(&reports.books());
        }
        self.take_doomed()
    }

    fn tick_globals(&mut self, now: Now, shared: &mut dyn SharedData) {
        let globals = self.counters.globals();
        let quotas = self.common.policy.quotas.iter();
        let of_policy = quotas.filter_map(|limiter| limiter.quota.global());
        self.asks
            .extend(globals.tick(shared, now, of_policy.clone()));
        let up = of_policy.map(|global| (&*global.quota, globals.is_up(&global.service)));
        self.common.metrics.set_quota_services(up);
        self.common.metrics.set_quota_asks(globals.asked());
    }

    /// What is to be asked of rate limit services now.
    pub fn take_asks(&mut self) -> Vec<Ask> {
        core::mem::take(&mut self.asks)
    }

    /// The answer to an ask: a serialized `RateLimitResponse`, or why there is none.
    pub fn asked(
        &mut self,
        ask: AskId,
        answer: Result<&[u8], &'static str>,
        now: Now,
        shared: &mut dyn SharedData,
    ) {
        self.counters.globals().answered(shared, now, ask, answer);
    }

    /// Whether an answer to this ask still says something.
    pub fn awaits(&mut self, ask: AskId) -> bool {
        self.counters.globals().awaits(ask)
    }

    /// Whether a tick should come soon, in 50 ms: for reports, for what is taken of quotas or asked for them, for lists on their
    /// way, and for connections to close. For all else a second will do.
    pub fn busy(&self) -> bool {
        let reports = self.common.reports.as_ref();
        !self.doomed.is_empty()
            || self.hurries
            || self.counters.busy()
            || self.lists.busy()
            || self.waiting.is_some()
            || reports.is_some_and(|reports| reports.next_wakeup().is_some())
    }

    /// The lists that have to be fetched now. Each needs an answer, even if it cannot be sent.
    pub fn fetches(&mut self) -> Vec<Fetch> {
        self.lists.take_fetches()
    }

    /// What came of fetching a list.
    pub fn fetched(
        &mut self,
        id: FetchId,
        answer: lists::Answer,
        now: Now,
        shared: &mut dyn SharedData,
    ) {
        self.lists
            .answer(id, answer, now, shared, &mut self.common.metrics);
        self.wait_for_lists(now.mono);
    }

    /// What there is to log.
    pub fn notices(&mut self) -> Vec<Notice> {
        let mut notices = self.lists.take_notices();
        notices.extend(self.counters.globals().take_notices());
        notices
    }

    /// The reports on their way, if the policy wants any or one before did.
    pub fn reports(&mut self) -> Option<&mut Reports> {
        self.common.reports.as_mut()
    }

    /// The decisions since this was called last. They are written down from the first time on: nothing else may forget to
    /// ask for them.
    pub fn trail(&mut self) -> Vec<Judged> {
        self.common.trail.replace(Vec::new()).unwrap_or_default()
    }

    /// What was counted.
    pub fn metrics(&mut self) -> &mut Metrics {
        &mut self.common.metrics
    }

    /// Brings the sums and the timer of a connection up to date.
    fn settle(&mut self, id: ConnectionId) {
        let Some(entry) = self.connections.get_mut(&id) else {
            return;
        };
        let (held, in_flight) = (entry.connection.held_bytes(), entry.connection.in_flight());
        self.held = self.held - entry.held + held;
        self.in_flight = self.in_flight - entry.in_flight + in_flight;
        (entry.held, entry.in_flight) = (held, in_flight);
        let wake = entry.connection.wake();
        if let Some(at) = wake
            && entry.timer.is_none_or(|timer| at < timer)
        {
            if let Some(timer) = entry.timer.replace(at) {
                self.timers.remove(&(timer, id));
            }
            self.timers.insert((at, id));
        }
    }
}
