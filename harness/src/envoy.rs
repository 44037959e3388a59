//! The fake Envoy: its threads, how it takes a configuration, and what a test can see of it.
//!
//! The data path is in [`flow`], time and what it brings about in [`events`].

mod events;
mod flow;

use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::connection::{Connection, ConnectionId, End, Peer};
use crate::host::Host;
use crate::imports::HOST_CALLS;
use crate::metrics::Metric;
use crate::program::Program;
use crate::properties::Properties;
use crate::settings::{Client, Settings, UpstreamConnect};
use crate::status::Status;
use crate::thread::{Thread, ThreadId};
use crate::upstream::Cluster;
use crate::vm::{Action, Vm, VmPlan};

/// A fake Envoy with one filter chain: the module, then tcp_proxy.
pub struct Envoy {
    program: Program,
    settings: Settings,
    host: Rc<RefCell<Host>>,
    configuration: Vec<u8>,
    /// The main thread, then the workers; none before the first configuration.
    threads: Vec<Thread>,
    connections: Vec<Connection>,
    vms: u32,
    traps: Vec<(ThreadId, String)>,
    reloads: u64,
}

/// A configuration that Envoy did not take.
#[derive(Debug)]
pub struct Rejected {
    /// What the module logged about it, or why it could not be asked.
    pub log: Vec<String>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "config rejected: Unable to create Wasm plugin")?;
        self.log.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl std::error::Error for Rejected {}

impl Envoy {
    /// An Envoy that has no configuration yet: [`Envoy::configure`] starts it.
    pub fn new(program: Program, settings: Settings) -> Envoy {
        let mut properties = settings.node.clone();
        properties.set(&["plugin_name"], &settings.plugin_name);
        properties.set(&["plugin_root_id"], &settings.root_id);
        properties.set(&["plugin_vm_id"], &settings.vm_id);
        let host = Host::new(properties, settings.log_level);
        Envoy {
            program,
            settings,
            host: Rc::new(RefCell::new(host)),
            configuration: Vec::new(),
            threads: Vec::new(),
            connections: Vec::new(),
            vms: 0,
            traps: Vec::new(),
            reloads: 0,
        }
    }

    /// Starts with a configuration, or updates to it as ECDS does: a canary VM tries it; then each
    /// thread's VM makes a new root, on which `on_vm_start` and `on_configure` run. Statics,
    /// shared data and open connections (on their old root) stay.
    ///
    /// A worker whose `on_configure` answers false, after the canary's answered true, lets new
    /// connections bypass the filter, as Envoy does.
    ///
    /// # Errors
    /// When the canary refuses it or traps; what ran before goes on.
    pub fn configure(&mut self, configuration: &[u8]) -> Result<(), Rejected> {
        self.try_in_canary(configuration)?;
        self.configuration = configuration.to_vec();
        if self.threads.is_empty() {
            let workers = (0..self.settings.workers).map(ThreadId::Worker);
            for id in [ThreadId::Main].into_iter().chain(workers) {
                let vm = self.new_vm(id).map_err(|error| Rejected {
                    log: vec![format!("{error:#}")],
                })?;
                self.threads.push(Thread {
                    id,
                    vm,
                    root: None,
                    failed_at: None,
                });
            }
        }
        for index in 0..self.threads.len() {
            let thread = &mut self.threads[index];
            thread.root = thread.vm.configure(configuration);
            self.note_trap(index);
        }
        self.settle();
        Ok(())
    }

    /// Updates to other code, as ECDS does: every thread gets a new VM, and the old one lives on while it has connections.
    ///
    /// # Errors
    /// When the canary refuses it or traps; what ran before goes on.
    ///
    /// # Panics
    /// When there is no configuration yet.
    pub fn upgrade(&mut self, program: Program, configuration: &[u8]) -> Result<(), Rejected> {
        let before = std::mem::replace(&mut self.program, program);
        if let Err(rejected) = self.try_in_canary(configuration) {
            self.program = before;
            return Err(rejected);
        }
        self.configuration = configuration.to_vec();
        for index in 0..=self.settings.workers {
            let id = self.threads[index].id;
            let vm = self.new_vm(id).map_err(|error| Rejected {
                log: vec![format!("{error:#}")],
            })?;
            let new = Thread {
                id,
                vm,
                root: None,
                failed_at: None,
            };
            let mut old = std::mem::replace(&mut self.threads[index], new);
            let thread = &mut self.threads[index];
            thread.root = thread.vm.configure(configuration);
            self.note_trap(index);
            old.vm.supersede_all_but(None);
            old.root = None;
            // It goes on as a thread of its own, which no client connects to.
            for connection in &mut self.connections {
                if (connection.thread, connection.vm) == (index, old.vm.number()) {
                    connection.thread = self.threads.len();
                }
            }
            self.threads.push(old);
        }
        self.settle();
        Ok(())
    }

    fn try_in_canary(&mut self, configuration: &[u8]) -> Result<(), Rejected> {
        let logged = self.host.borrow().log.len();
        let reason = match self.new_vm(ThreadId::Canary) {
            Err(error) => format!("{error:#}"),
            Ok(mut vm) => match (vm.configure(configuration), vm.trap()) {
                (Some(_), _) => return Ok(()),
                (None, None) => "on_vm_start or on_configure answered false".to_owned(),
                (None, Some(trap)) => {
                    self.traps.push((ThreadId::Canary, trap.to_owned()));
                    trap.to_owned()
                }
            },
        };
        let host = self.host.borrow();
        let lines = host.log[logged..].iter().map(|(_, line)| line.clone());
        Err(Rejected {
            log: lines.chain([reason]).collect(),
        })
    }

    fn new_vm(&mut self, thread: ThreadId) -> Result<Vm> {
        self.vms += 1;
        Vm::new(&VmPlan {
            program: &self.program,
            host: &self.host,
            number: self.vms,
            thread,
            vm_id: &self.settings.vm_id,
            vm_configuration: &self.settings.vm_configuration,
        })
    }

    /// Accepts a client on its worker. With failure policy `FAIL_RELOAD` (the only one here) a
    /// worker whose VM has trapped closes new connections for a second, then makes a new VM.
    ///
    /// # Panics
    /// When there is no such worker, or no configuration yet.
    pub fn connect(&mut self, client: &Client) -> ConnectionId {
        let id = ConnectionId(self.connections.len());
        let index = client.worker + 1;
        self.reload_if_due(index);
        let wall = self.host.borrow().wall();
        let thread = &mut self.threads[index];
        let dead = thread.vm.trap().is_some();
        let mut paused = false;
        let mut connection = Connection {
            thread: index,
            vm: thread.vm.number(),
            stream: None,
            reading: true,
            route: None,
            cluster: None,
            closed: dead,
            client: End {
                ended: dead,
                ..End::default()
            },
            provider: End {
                ended: dead,
                ..End::default()
            },
        };
        if let (Some(root), false) = (thread.root, dead) {
            let stream = thread.vm.open(root, client.properties(id.0, wall));
            connection.stream = Some(stream);
            let action = thread.vm.on_new_connection(stream);
            paused = action != Action::Continue;
            // Before it is connected, tcp_proxy reads only where it waits for data.
            connection.reading =
                !paused || self.settings.upstream_connect == UpstreamConnect::OnDownstreamData;
        }
        self.connections.push(connection);
        self.after_callback(id);
        if !paused {
            self.pick_route(id);
        }
        if self.connections[id.0].reading
            && self.settings.upstream_connect == UpstreamConnect::Immediate
        {
            self.connect_upstream(id);
        }
        self.settle();
        id
    }

    fn reload_if_due(&mut self, index: usize) {
        let now = self.host.borrow().now;
        let backoff = RELOAD_BACKOFF.as_nanos() as u64;
        match self.threads[index].failed_at {
            Some(failed_at) if now >= failed_at + backoff => {}
            _ => return,
        }
        let id = self.threads[index].id;
        let Ok(vm) = self.new_vm(id) else { return };
        let configuration = self.configuration.clone();
        let thread = &mut self.threads[index];
        (thread.vm, thread.failed_at) = (vm, None);
        thread.root = thread.vm.configure(&configuration);
        self.reloads += 1;
        self.note_trap(index);
    }

    /// Ends as SIGTERM does: every connection is closed, then every root, and what they answer to
    /// `on_done` does not count.
    pub fn shut_down(&mut self) {
        for index in 0..self.connections.len() {
            self.close(ConnectionId(index), crate::vm::CloseType::Local);
        }
        let workers_then_main = (1..self.threads.len()).chain([0]);
        for index in workers_then_main {
            self.threads[index].vm.end_roots();
            self.note_trap(index);
        }
        self.threads.clear();
    }

    /// From now on a host call answers `status` instead of doing anything, once it has been made
    /// `after` more times. [`Envoy::heal`] ends it.
    ///
    /// # Panics
    /// When there is no host call of that name ([`HOST_CALLS`]).
    pub fn fail(&mut self, call: &str, status: Status, after: u64) {
        assert!(HOST_CALLS.contains(&call), "no host call is named {call}");
        self.host.borrow_mut().faults.set(call, status, after);
    }

    /// Lets all host calls work again.
    pub fn heal(&mut self) {
        self.host.borrow_mut().faults.clear();
    }

    /// Adds a cluster that the module can call, or replaces it.
    pub fn add_cluster(&mut self, name: &str, cluster: Cluster) {
        self.host
            .borrow_mut()
            .clusters
            .insert(name.to_owned(), cluster);
    }

    /// A cluster that was added.
    ///
    /// # Panics
    /// When it was not.
    pub fn cluster(&mut self, name: &str) -> RefMut<'_, Cluster> {
        RefMut::map(self.host.borrow_mut(), |host| {
            host.clusters.get_mut(name).unwrap()
        })
    }

    /// Adds a property that every context has, or replaces it.
    pub fn set_property(&mut self, path: &[&str], value: impl AsRef<[u8]>) {
        self.host.borrow_mut().properties.set(path, value);
    }

    /// All that has arrived at a peer.
    pub fn received(&self, id: ConnectionId, at: Peer) -> &[u8] {
        let connection = &self.connections[id.0];
        match at {
            Peer::Client => &connection.client.received,
            Peer::Provider => &connection.provider.received,
        }
    }

    /// Whether a peer has seen the connection end: by a half-close that went through, or a close.
    pub fn ended(&self, id: ConnectionId, at: Peer) -> bool {
        let connection = &self.connections[id.0];
        match at {
            Peer::Client => connection.client.ended,
            Peer::Provider => connection.provider.ended,
        }
    }

    /// Whether Envoy has closed both sides and told the module.
    pub fn closed(&self, id: ConnectionId) -> bool {
        self.connections[id.0].closed
    }

    /// The cluster that tcp_proxy connected to; `None` before it connects.
    pub fn upstream_cluster(&self, id: ConnectionId) -> Option<&str> {
        self.connections[id.0].cluster.as_deref()
    }

    /// A filter state of an open connection, as an access log reads it.
    pub fn filter_state(&mut self, id: ConnectionId, name: &str) -> Option<Vec<u8>> {
        let connection = &self.connections[id.0];
        let state = self.threads[connection.thread].vm.state();
        state
            .stream_by_id(connection.stream?)?
            .filter_state
            .get(name)
            .cloned()
    }

    /// All stats by raw name, tags included.
    pub fn metrics(&self) -> Vec<(String, Metric)> {
        let host = self.host.borrow();
        host.metrics
            .iter()
            .map(|(name, metric)| (name.to_owned(), metric.clone()))
            .collect()
    }

    /// The sum of all stats with a name and, among others, these tags, where raw names are
    /// `TAG=.=VALUE;.;` pairs and then the name. The tags' order does not count.
    pub fn metric(&self, name: &str, tags: &[(&str, &str)]) -> u64 {
        let host = self.host.borrow();
        let matches = |raw: &str| {
            let mut parts: Vec<&str> = raw.split(";.;").collect();
            parts.pop() == Some(name)
                && tags
                    .iter()
                    .all(|(tag, value)| parts.contains(&format!("{tag}=.={value}").as_str()))
        };
        host.metrics
            .iter()
            .filter(|(raw, _)| matches(raw))
            .map(|(_, metric)| metric.value)
            .sum()
    }

    /// The module's log lines with their levels, 0 trace to 5 critical.
    pub fn log(&self) -> Ref<'_, [(u32, String)]> {
        Ref::map(self.host.borrow(), |host| host.log.as_slice())
    }

    /// How often a host call was made, by all VMs together.
    pub fn calls(&self, call: &str) -> u64 {
        self.host.borrow().calls.get(call).copied().unwrap_or(0)
    }

    /// The keys in the plugin's shared data, in order.
    pub fn shared_keys(&self) -> Vec<Vec<u8>> {
        let host = self.host.borrow();
        host.shared_data
            .keys(&self.settings.vm_id)
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// VMs that trapped so far, and in what.
    pub fn traps(&self) -> &[(ThreadId, String)] {
        &self.traps
    }

    /// VMs made anew after a trap.
    pub fn reloads(&self) -> u64 {
        self.reloads
    }

    /// Bytes of linear memory of a worker's VM.
    pub fn memory_size(&self, worker: usize) -> usize {
        self.threads[worker + 1].vm.memory_size()
    }

    /// Simulated time since the start.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.host.borrow().now)
    }

    /// Records a trap that has just happened on a thread.
    fn note_trap(&mut self, index: usize) {
        let thread = &mut self.threads[index];
        if let (Some(trap), None) = (thread.vm.trap(), thread.failed_at) {
            self.traps.push((thread.id, trap.to_owned()));
            thread.failed_at = Some(self.host.borrow().now);
        }
    }

    /// The properties that appear when upstream is connected.
    fn upstream_properties(properties: &mut Properties) {
        properties.set(&["upstream", "address"], "127.0.0.1:20880");
        properties.set(&["upstream", "port"], 20_880_u64.to_le_bytes());
        properties.set(&["upstream", "local_address"], "127.0.0.1:50000");
    }
}

/// `reload_config.backoff.base_interval`, without its jitter.
const RELOAD_BACKOFF: Duration = Duration::from_secs(1);
