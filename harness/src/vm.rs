//! One VM: a module instantiated on one thread, with the callbacks that Envoy makes into it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use wasmtime::{Instance, Linker, Store, WasmParams, WasmResults};

use crate::context::{AfterCall, Context, Root, Stream};
use crate::host::Host;
use crate::metrics::MetricIds;
use crate::program::Program;
use crate::properties::Properties;
use crate::state::VmState;
use crate::thread::ThreadId;
use crate::upstream::Answer;
use crate::{imports, wasi};

/// What a VM is made with.
pub(crate) struct VmPlan<'a> {
    pub(crate) program: &'a Program,
    pub(crate) host: &'a Rc<RefCell<Host>>,
    pub(crate) number: u32,
    pub(crate) thread: ThreadId,
    pub(crate) vm_id: &'a str,
    pub(crate) vm_configuration: &'a [u8],
}

pub(crate) struct Vm {
    store: Store<VmState>,
    instance: Instance,
    next_context: u32,
    trap: Option<String>,
}

/// Who closed a connection, with the ABI's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CloseType {
    Unknown = 0,
    Local = 1,
    Remote = 2,
}

/// What a stream's callback answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    Continue,
    Pause,
}

impl Vm {
    /// Instantiates the module and runs `_initialize`, in which it must not call the host.
    pub(crate) fn new(plan: &VmPlan<'_>) -> Result<Vm> {
        let module = plan.program.module();
        let state = VmState {
            host: Rc::clone(plan.host),
            number: plan.number,
            thread: plan.thread,
            vm_id: plan.vm_id.to_owned(),
            vm_configuration: plan.vm_configuration.to_vec(),
            plugin_configuration: None,
            memory: None,
            allocate: None,
            active: 0,
            effective: 0,
            contexts: BTreeMap::new(),
            metric_ids: MetricIds::default(),
            after_call: Vec::new(),
            answer: None,
            next_token: 0,
            random: u64::from(plan.number),
        };
        let mut store = Store::new(module.engine(), state);
        let mut linker = Linker::new(module.engine());
        imports::define(&mut linker)?;
        wasi::define(&mut linker)?;
        let instance = linker
            .instantiate(&mut store, module)
            .map_err(anyhow::Error::from)
            .context("Envoy would not load the module")?;
        let allocate = ["proxy_on_memory_allocate", "malloc"]
            .iter()
            .find_map(|name| instance.get_typed_func(&mut store, name).ok());
        store.data_mut().allocate = allocate;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        store.set_fuel(FUEL)?;
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            let done = initialize.call(&mut store, ()).map_err(anyhow::Error::from);
            done.context("_initialize")?;
        }
        Ok(Vm {
            store,
            instance,
            next_context: 0,
            trap: None,
        })
    }

    pub(crate) fn state(&mut self) -> &mut VmState {
        self.store.data_mut()
    }

    pub(crate) fn number(&self) -> u32 {
        self.store.data().number
    }

    /// Why the VM is dead.
    pub(crate) fn trap(&self) -> Option<&str> {
        self.trap.as_deref()
    }

    /// Bytes of linear memory.
    pub(crate) fn memory_size(&self) -> usize {
        self.store
            .data()
            .memory
            .map_or(0, |memory| memory.data_size(&self.store))
    }

    /// Makes a root context for a configuration; the others become superseded when it takes it.
    /// A root that is still there with the same configuration is taken up again, without a callback.
    /// `None`: it was refused, or the VM trapped.
    pub(crate) fn configure(&mut self, configuration: &[u8]) -> Option<u32> {
        let same = |(id, context): (&u32, &Context)| match context {
            Context::Root(root) if root.configuration == configuration && !root.waits_for_done => {
                Some(*id)
            }
            _ => None,
        };
        if self.trap.is_none()
            && let Some(root) = self.state().contexts.iter().find_map(same)
        {
            self.supersede_all_but(Some(root));
            return Some(root);
        }
        let new = Root {
            configuration: configuration.to_vec(),
            ..Root::default()
        };
        let root = self.create(Context::Root(new), 0);
        let vm_size = self.store.data().vm_configuration.len() as u32;
        let started = self
            .call(root, "proxy_on_vm_start", (root, vm_size))
            .unwrap_or(1);
        let mut taken = 0;
        if started != 0_u32 && self.trap.is_none() {
            self.state().plugin_configuration = Some(configuration.to_vec());
            let arguments = (root, configuration.len() as u32);
            taken = self
                .call(root, "proxy_on_configure", arguments)
                .unwrap_or(1_u32);
            self.state().plugin_configuration = None;
        }
        if taken == 0 || self.trap.is_some() {
            self.state().contexts.remove(&root);
            return None;
        }
        self.supersede_all_but(Some(root));
        Some(root)
    }

    /// New connections get this root, or none of this VM.
    pub(crate) fn supersede_all_but(&mut self, current: Option<u32>) {
        for (id, context) in &mut self.state().contexts {
            if let Context::Root(root) = context {
                root.superseded = Some(*id) != current;
            }
        }
    }

    /// Makes the context of a connection and answers its id.
    pub(crate) fn open(&mut self, root: u32, properties: Properties) -> u32 {
        self.create(Context::Stream(Stream::new(root, properties)), root)
    }

    fn create(&mut self, context: Context, parent: u32) -> u32 {
        self.next_context += 1;
        let id = self.next_context;
        self.state().contexts.insert(id, context);
        self.call::<_, ()>(id, "proxy_on_context_create", (id, parent));
        id
    }

    pub(crate) fn on_new_connection(&mut self, stream: u32) -> Action {
        action(self.call(stream, "proxy_on_new_connection", stream))
    }

    pub(crate) fn on_data(&mut self, stream: u32, export: &str, size: u32, end: bool) -> Action {
        action(self.call(stream, export, (stream, size, u32::from(end))))
    }

    pub(crate) fn on_upstream_close(&mut self, stream: u32, by: CloseType) {
        self.call::<_, ()>(
            stream,
            "proxy_on_upstream_connection_close",
            (stream, by as u32),
        );
    }

    /// The callbacks of a connection that has ended. What `on_done` answers does not count.
    pub(crate) fn on_downstream_close(&mut self, stream: u32, by: CloseType) {
        self.call::<_, ()>(
            stream,
            "proxy_on_downstream_connection_close",
            (stream, by as u32),
        );
        self.call::<_, u32>(stream, "proxy_on_done", stream);
        self.call::<_, ()>(stream, "proxy_on_log", stream);
        self.delete(stream);
    }

    pub(crate) fn on_tick(&mut self, root: u32) {
        self.call::<_, ()>(root, "proxy_on_tick", root);
        let now = self.store.data().host.borrow().now;
        if let Some(timer) = self
            .state()
            .root_by_id(root)
            .and_then(|root| root.timer.as_mut())
        {
            timer.due = now + timer.period;
        }
    }

    pub(crate) fn on_queue_ready(&mut self, root: u32, queue: u32) {
        if self.state().root_by_id(root).is_some() {
            self.call::<_, ()>(root, "proxy_on_queue_ready", (root, queue));
        }
    }

    /// Delivers an answer to the root that asked, if it is still there.
    pub(crate) fn on_answer(&mut self, root: u32, token: u32, answer: Answer) {
        let Some(context) = self.state().root_by_id(root) else {
            return;
        };
        match answer {
            Answer::Message(ref message) => {
                let size = message.len() as u32;
                self.state().answer = Some(answer);
                self.call::<_, ()>(root, "proxy_on_grpc_receive", (root, token, size));
            }
            Answer::Failure(code, message) => {
                context.status = (code, message);
                self.call::<_, ()>(root, "proxy_on_grpc_close", (root, token, code));
                if let Some(context) = self.state().root_by_id(root) {
                    context.status.1.clear();
                }
            }
            Answer::Response {
                ref headers,
                ref body,
            } => {
                let arguments = (root, token, headers.len() as u32, body.len() as u32, 0_u32);
                self.state().answer = Some(answer);
                self.call::<_, ()>(root, "proxy_on_http_call_response", arguments);
            }
            Answer::Silence => {}
        }
        self.state().answer = None;
    }

    /// Ends the superseded roots whose last stream has gone.
    pub(crate) fn retire(&mut self) {
        let contexts = &self.state().contexts;
        let in_use = |root| {
            contexts
                .values()
                .any(|context| matches!(context, Context::Stream(s) if s.root == root))
        };
        let ready: Vec<u32> = contexts
            .iter()
            .filter(|(id, context)| {
                let waits = |root: &Root| root.superseded && !root.waits_for_done;
                matches!(context, Context::Root(root) if waits(root)) && !in_use(**id)
            })
            .map(|(id, _)| *id)
            .collect();
        for root in ready {
            match self.call(root, "proxy_on_done", root) {
                Some(0_u32) => {
                    if let Some(context) = self.state().root_by_id(root) {
                        context.waits_for_done = true;
                    }
                }
                _ => self.delete(root),
            }
        }
    }

    /// Ends every root, whatever `on_done` answers: a shutdown waits for nobody.
    pub(crate) fn end_roots(&mut self) {
        let contexts: Vec<u32> = self.state().contexts.keys().copied().collect();
        for root in contexts {
            self.call::<_, u32>(root, "proxy_on_done", root);
            self.delete(root);
        }
    }

    pub(crate) fn delete(&mut self, context: u32) {
        self.call::<_, ()>(context, "proxy_on_delete", context);
        self.state().contexts.remove(&context);
    }

    pub(crate) fn take_after_call(&mut self) -> Vec<AfterCall> {
        std::mem::take(&mut self.state().after_call)
    }

    /// Calls an export on a context; `None` when the module has no such export, when it traps, or
    /// when it is dead.
    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        context: u32,
        export: &str,
        arguments: P,
    ) -> Option<R> {
        if self.trap.is_some() {
            return None;
        }
        let function = self.instance.get_func(&mut self.store, export)?;
        self.state().active = context;
        self.state().effective = 0;
        let result = self
            .store
            .set_fuel(FUEL)
            .and_then(|()| function.typed::<P, R>(&self.store))
            .and_then(|function| function.call(&mut self.store, arguments));
        self.state().active = 0;
        match result {
            Ok(result) => Some(result),
            Err(error) => {
                self.trap = Some(format!("{export}: {}", error.root_cause()));
                None
            }
        }
    }
}

/// What a callback may use up, in instructions: enough for any honest work on 1 MiB of data, so that
/// an endless loop is a trap and not a test that hangs. Envoy has no such bound.
const FUEL: u64 = 2_000_000_000;

/// Envoy lets everything but 0 stop the iteration; without an export it goes on.
fn action(result: Option<u32>) -> Action {
    if result.unwrap_or(0) == 0 {
        Action::Continue
    } else {
        Action::Pause
    }
}
