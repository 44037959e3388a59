//! A VM's side of the host: what its host calls read and change.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use wasmtime::{Memory, TypedFunc};

use crate::buffer;
use crate::context::{AfterCall, Context, Root, Stream, Timer};
use crate::host::Host;
use crate::metrics::MetricIds;
use crate::proto::{self, GrpcTarget};
use crate::shared::Registrant;
use crate::status::Status;
use crate::thread::ThreadId;
use crate::upstream::{self, Answer, Call, Pending, Request};

/// The data of a VM's wasmtime store.
pub(crate) struct VmState {
    pub(crate) host: Rc<RefCell<Host>>,
    /// Unique in this Envoy, also after a reload.
    pub(crate) number: u32,
    pub(crate) thread: ThreadId,
    pub(crate) vm_id: String,
    pub(crate) vm_configuration: Vec<u8>,
    /// Present only while a plugin is being configured.
    pub(crate) plugin_configuration: Option<Vec<u8>>,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocate: Option<TypedFunc<u32, u32>>,
    /// The context whose callback runs; 0 while there is none, as in `_initialize`.
    pub(crate) active: u32,
    /// The context that host calls act on, when it is not the active one; else 0.
    pub(crate) effective: u32,
    pub(crate) contexts: BTreeMap<u32, Context>,
    pub(crate) metric_ids: MetricIds,
    pub(crate) after_call: Vec<AfterCall>,
    /// The answer of a cluster that is being delivered.
    pub(crate) answer: Option<Answer>,
    pub(crate) next_token: u32,
    pub(crate) random: u64,
}

impl VmState {
    /// The context that host calls act on.
    pub(crate) fn context_id(&self) -> u32 {
        match self.effective {
            0 => self.active,
            id if self.contexts.contains_key(&id) => id,
            _ => self.active,
        }
    }

    pub(crate) fn set_effective(&mut self, id: u32) -> Result<(), Status> {
        if !self.contexts.contains_key(&id) {
            return Err(Status::BAD_ARGUMENT);
        }
        self.effective = id;
        Ok(())
    }

    pub(crate) fn stream(&mut self) -> Option<&mut Stream> {
        self.stream_by_id(self.context_id())
    }

    pub(crate) fn stream_by_id(&mut self, id: u32) -> Option<&mut Stream> {
        match self.contexts.get_mut(&id)? {
            Context::Stream(stream) => Some(stream),
            Context::Root(_) => None,
        }
    }

    /// The root of the context that host calls act on.
    pub(crate) fn root_id(&self) -> u32 {
        let id = self.context_id();
        match self.contexts.get(&id) {
            Some(Context::Stream(stream)) => stream.root,
            _ => id,
        }
    }

    pub(crate) fn root_by_id(&mut self, id: u32) -> Option<&mut Root> {
        match self.contexts.get_mut(&id)? {
            Context::Root(root) => Some(root),
            Context::Stream(_) => None,
        }
    }

    pub(crate) fn read_buffer(
        &mut self,
        kind: u32,
        start: u32,
        length: u32,
    ) -> Result<Vec<u8>, Status> {
        let empty = Vec::new();
        let bytes = match kind {
            DOWNSTREAM | UPSTREAM => {
                return match self.stream() {
                    Some(stream) if kind == DOWNSTREAM => stream.downstream.read(start, length),
                    Some(stream) => stream.upstream.read(start, length),
                    None => Ok(Vec::new()),
                };
            }
            HTTP_CALL_BODY => match &self.answer {
                Some(Answer::Response { body, .. }) => body,
                _ => return Err(Status::NOT_FOUND),
            },
            GRPC_RECEIVE => match &self.answer {
                Some(Answer::Message(message)) => message,
                _ => &empty,
            },
            VM_CONFIGURATION => &self.vm_configuration,
            PLUGIN_CONFIGURATION => self
                .plugin_configuration
                .as_ref()
                .ok_or(Status::NOT_FOUND)?,
            _ => return Err(Status::BAD_ARGUMENT),
        };
        buffer::read(bytes, start, length)
    }

    /// Only a stream's data can be edited, and only while it is there.
    pub(crate) fn edit_buffer(
        &mut self,
        kind: u32,
        start: u32,
        length: u32,
        bytes: &[u8],
    ) -> Result<(), Status> {
        match (kind, self.stream()) {
            (DOWNSTREAM, Some(stream)) => stream.downstream.edit(start, length, bytes),
            (UPSTREAM, Some(stream)) => stream.upstream.edit(start, length, bytes),
            _ => Err(Status::BAD_ARGUMENT),
        }
    }

    /// A stream's own properties come first, then what it keeps as filter state, then what every
    /// context has.
    pub(crate) fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        let host = Rc::clone(&self.host);
        if let Some(stream) = self.stream() {
            match stream.properties.get(path) {
                Err(Status::NOT_FOUND) => {}
                found => return found.map(<[u8]>::to_vec),
            }
            let path = String::from_utf8_lossy(path);
            let (name, bare) = match path.strip_prefix("filter_state\0") {
                Some(name) => (name.to_owned(), false),
                None => (format!("wasm.{path}"), path == "filter_state"),
            };
            if let Some(value) = stream.filter_state.get(&name) {
                return Ok(value.clone());
            }
            if bare {
                return Err(Status::SERIALIZATION_FAILURE);
            }
        }
        host.borrow().properties.get(path).map(<[u8]>::to_vec)
    }

    /// Becomes filter state of the connection, which a root does not have.
    pub(crate) fn set_property(&mut self, path: &[u8], value: Vec<u8>) -> Result<(), Status> {
        let name = format!("wasm.{}", String::from_utf8_lossy(path));
        let stream = self.stream().ok_or(Status::NOT_FOUND)?;
        stream.filter_state.insert(name, value);
        Ok(())
    }

    pub(crate) fn call_foreign(&mut self, function: &[u8], arguments: &[u8]) -> Result<(), Status> {
        if function != b"set_envoy_filter_state" {
            return Err(Status::NOT_FOUND);
        }
        let (path, value) = proto::filter_state(arguments).ok_or(Status::BAD_ARGUMENT)?;
        if !FILTER_STATE_FACTORIES.contains(&path.as_str()) {
            return Err(Status::NOT_FOUND);
        }
        self.stream()
            .ok_or(Status::NOT_FOUND)?
            .filter_state
            .insert(path, value);
        Ok(())
    }

    pub(crate) fn close_stream(&mut self, kind: u32) -> Result<(), Status> {
        self.after(kind, AfterCall::Close(self.context_id()))
    }

    pub(crate) fn continue_stream(&mut self, kind: u32) -> Result<(), Status> {
        match kind {
            UPSTREAM => Err(Status::UNIMPLEMENTED),
            _ => self.after(kind, AfterCall::Continue(self.context_id())),
        }
    }

    /// Of the HTTP directions nothing is there to act on, which is no error.
    fn after(&mut self, kind: u32, action: AfterCall) -> Result<(), Status> {
        match kind {
            0 | 1 => Ok(()),
            DOWNSTREAM | UPSTREAM => {
                if self.stream().is_some() {
                    self.after_call.push(action);
                }
                Ok(())
            }
            _ => Err(Status::BAD_ARGUMENT),
        }
    }

    /// Arms the root's timer, or with 0 disarms it.
    pub(crate) fn set_tick_period(&mut self, milliseconds: u32) {
        let now = self.host.borrow().now;
        let period = u64::from(milliseconds) * 1_000_000;
        let timer = (period > 0).then_some(Timer {
            period,
            due: now + period,
        });
        if let Some(root) = self.root_by_id(self.root_id()) {
            root.timer = timer;
        }
    }

    /// Answers the token, or why there is none.
    pub(crate) fn grpc_call(
        &mut self,
        target: &GrpcTarget,
        call: Call,
        timeout: Duration,
    ) -> Result<u32, Status> {
        let known = |name: &String| self.host.borrow().clusters.contains_key(name);
        let cluster = match target {
            GrpcTarget::Name(name) if !known(name) => return Err(Status::PARSE_FAILURE),
            GrpcTarget::Service(name) if !known(name) => {
                let token = self.token();
                self.deliver(0, token, upstream::unavailable());
                return Err(Status::INTERNAL_FAILURE);
            }
            GrpcTarget::Name(name) | GrpcTarget::Service(name) => name,
            GrpcTarget::Unset => return Err(Status::BAD_ARGUMENT),
        };
        Ok(self.dispatch(cluster, call, timeout))
    }

    /// Answers the token, or why there is none.
    pub(crate) fn http_call(
        &mut self,
        cluster: &str,
        call: Call,
        timeout: Duration,
    ) -> Result<u32, Status> {
        let Call::Http { headers, .. } = &call else {
            return Err(Status::BAD_ARGUMENT);
        };
        let complete = [":method", ":path", ":authority"]
            .iter()
            .all(|needed| headers.iter().any(|(name, _)| name == needed));
        if !complete || !self.host.borrow().clusters.contains_key(cluster) {
            return Err(Status::BAD_ARGUMENT);
        }
        Ok(self.dispatch(cluster, call, timeout))
    }

    /// The canary's calls get a token and are never sent.
    fn dispatch(&mut self, cluster: &str, call: Call, timeout: Duration) -> u32 {
        let token = self.token();
        if self.thread == ThreadId::Canary {
            return token;
        }
        let host = Rc::clone(&self.host);
        let mut host = host.borrow_mut();
        let at = Duration::from_nanos(host.now);
        let request = Request {
            thread: self.thread,
            at,
            timeout,
            call,
        };
        let answer = host
            .clusters
            .get_mut(cluster)
            .and_then(|cluster| cluster.call(request));
        drop(host);
        if let Some((delay, answer)) = answer {
            self.deliver(delay.as_nanos() as u64, token, answer);
        }
        token
    }

    fn deliver(&mut self, delay: u64, token: u32, answer: Answer) {
        let (vm, root) = (self.number, self.root_id());
        let mut host = self.host.borrow_mut();
        let due = host.now + delay;
        host.pending.push(Pending {
            due,
            vm,
            root,
            token,
            answer,
        });
    }

    /// Forgets a call that is under way.
    pub(crate) fn cancel(&mut self, token: u32) -> Result<(), Status> {
        let mut host = self.host.borrow_mut();
        let before = host.pending.len();
        host.pending
            .retain(|pending| (pending.vm, pending.token) != (self.number, token));
        if host.pending.len() == before {
            Err(Status::NOT_FOUND)
        } else {
            Ok(())
        }
    }

    fn token(&mut self) -> u32 {
        self.next_token += 1;
        self.next_token
    }

    pub(crate) fn registrant(&self) -> Registrant {
        Registrant {
            vm: self.number,
            root: self.root_id(),
        }
    }

    /// The next of this VM's random numbers (SplitMix64), the same in every run.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Buffer and stream types of the ABI.
const DOWNSTREAM: u32 = 2;
const UPSTREAM: u32 = 3;
const HTTP_CALL_BODY: u32 = 4;
const GRPC_RECEIVE: u32 = 5;
const VM_CONFIGURATION: u32 = 6;
const PLUGIN_CONFIGURATION: u32 = 7;

/// Names that Envoy can make filter state from; of any other it says [`Status::NOT_FOUND`].
const FILTER_STATE_FACTORIES: [&str; 4] = [
    "envoy.tcp_proxy.cluster",
    "envoy.network.upstream_server_name",
    "envoy.network.application_protocols",
    "envoy.string",
];
